import Crypto

/// The hash of the HMAC. RFC 6238 §1.2 allows SHA-256 and SHA-512 beside the SHA-1 of RFC 4226.
public enum HashAlgorithm: String, Sendable, CaseIterable {
    /// What every authenticator app knows.
    case sha1 = "SHA1"
    /// RFC 6238 §1.2.
    case sha256 = "SHA256"
    /// RFC 6238 §1.2.
    case sha512 = "SHA512"
}

/// A parameter outside its range.
public enum OTPError: Error, Hashable, Sendable {
    /// Fewer than 6 or more than 8 digits.
    case digits(Int)
    /// A time step shorter than one second or longer than a day.
    case timeStep(Int)
    /// No secret.
    case emptySecret
}

/// A counter-based one-time password generator.
///
/// RFC 4226 §5.3 (generation) and §5.4 (dynamic truncation).
public struct HOTP: Sendable {
    /// Lengths of a code. RFC 4226 §5.3, E.1.
    public static let digitsRange = 6...8

    /// Shared secret K, as raw bytes.
    let secret: SecretBytes
    let algorithm: HashAlgorithm
    /// Length of a code in decimal digits.
    let digits: Int

    /// A generator.
    ///
    /// - Parameters:
    ///   - secret: K, decoded, 1 byte or more; RFC 4226 §4, R6 asks for 16, and imports may be shorter.
    ///   - algorithm: The HMAC's hash.
    ///   - digits: 6 through 8.
    public init(secret: SecretBytes, algorithm: HashAlgorithm = .sha1, digits: Int = 6) throws(OTPError) {
        guard Self.digitsRange.contains(digits) else { throw .digits(digits) }
        guard secret.count > 0 else { throw .emptySecret }
        self.secret = secret
        self.algorithm = algorithm
        self.digits = digits
    }

    /// The code for one counter value.
    ///
    /// - Parameter counter: Moving factor C. Its 8 big-endian bytes are the HMAC's message.
    public func code(at counter: UInt64) -> Code {
        let key = self.secret.withUnsafeBytes { SymmetricKey(data: $0) }
        return switch self.algorithm {
        case .sha1: self.code(HMAC<Insecure.SHA1>.self, key, counter)
        case .sha256: self.code(HMAC<SHA256>.self, key, counter)
        case .sha512: self.code(HMAC<SHA512>.self, key, counter)
        }
    }

    private func code<Hash: HashFunction>(_: HMAC<Hash>.Type, _ key: SymmetricKey, _ counter: UInt64) -> Code {
        withUnsafeBytes(of: counter.bigEndian) { message in
            HMAC<Hash>.authenticationCode(for: message, using: key).withUnsafeBytes { mac in
                Code(value: Self.truncated(mac) % Self.modulus[self.digits - 6], digits: self.digits)
            }
        }
    }

    /// The low 31 bits of the four bytes at the place that the last byte's low four bits name. RFC 4226 §5.4.
    static func truncated(_ mac: UnsafeRawBufferPointer) -> UInt32 {
        let offset = Int(mac[mac.count - 1] & 0x0f)
        return mac[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) } & 0x7fff_ffff
    }

    private static let modulus: [UInt32] = [1_000_000, 10_000_000, 100_000_000]
}
