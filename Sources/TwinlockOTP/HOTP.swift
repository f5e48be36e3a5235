/// A counter-based one-time password generator.
///
/// RFC 4226 §5.3 (generation) and §5.4 (dynamic truncation).
public struct HOTP: Sendable {
    /// Code lengths that are supported, in decimal digits.
    ///
    /// RFC 4226 §5.3 asks for 6 at least.
    public static let digitCounts = 6...8

    /// Lengths of a shared secret that are accepted, in bytes.
    ///
    /// RFC 4226 §4, R6 asks for 16 at least, and what Twinlock makes has 20. 10 is ours: well-known services hand out
    /// 80 bits, and people bring those along. Below that the secret itself could be guessed. 256 is ours too.
    public static let secretByteCounts = 10...256

    /// The hash under the HMAC.
    ///
    /// RFC 4226 knows SHA-1 alone; the others come from RFC 6238 §1.2.
    public let algorithm: HashAlgorithm

    /// Code length in decimal digits, within ``digitCounts``.
    public let digits: Int

    /// Shared secret K, as raw bytes (already Base32-decoded).
    private let secret: SecretBytes

    /// A generator over `secret`.
    ///
    /// - Parameters:
    ///   - secret: Shared secret K, as raw bytes; its length within ``secretByteCounts``.
    ///   - algorithm: The hash under the HMAC.
    ///   - digits: Code length, within ``digitCounts``.
    public init(secret: SecretBytes, algorithm: HashAlgorithm = .sha1, digits: Int = 6) throws(OTPError) {
        guard Self.secretByteCounts.contains(secret.count) else {
            throw .secretLengthOutOfRange(byteCount: secret.count)
        }
        guard Self.digitCounts.contains(digits) else { throw .digitsOutOfRange(digits) }
        self.secret = secret
        self.algorithm = algorithm
        self.digits = digits
    }

    /// The code for one counter value.
    ///
    /// - Parameter counter: Moving factor C. Its 8 big-endian bytes are the HMAC message.
    public func code(at counter: UInt64) -> Code {
        Code(value: self.truncatedValue(at: counter) % Self.modulus(digits: self.digits), digits: self.digits)
    }

    /// The 31-bit number Snum that a code is the last digits of.
    ///
    /// RFC 4226 §5.3, steps 1 and 2.
    func truncatedValue(at counter: UInt64) -> UInt32 {
        withWipedBuffer(count: self.algorithm.digestByteCount) { mac in
            withUnsafeBytes(of: counter.bigEndian) { message in
                self.secret.withUnsafeBytes { key in
                    KeyedHash.authenticate(message, key: key, algorithm: self.algorithm, into: mac)
                }
            }
            // The low four bits of the last byte say where the four bytes start. 15 + 3 stays inside the shortest MAC.
            let offset = Int(mac[mac.count - 1] & 0x0f)
            let word = mac.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
            return UInt32(bigEndian: word) & 0x7fff_ffff
        }
    }

    /// Ten to the power of `digits`, which is at most 8 and so fits.
    private static func modulus(digits: Int) -> UInt32 {
        (0..<digits).reduce(1) { power, _ in power * 10 }
    }
}
