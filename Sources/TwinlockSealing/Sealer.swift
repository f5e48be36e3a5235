import Crypto
import FoundationEssentials
public import TwinlockOTP

/// Seals secrets, and opens them again for the account and the kind that they were sealed for.
///
/// ChaCha20-Poly1305 (RFC 8439) with a random 96-bit nonce. Nonces of one key may repeat by chance after some 2^48 values;
/// a host that signs in a thousand people a second gets there in nine thousand years.
public struct Sealer: Sendable {
    private let current: SealingKey
    private let keys: [String: SealingKey]

    /// - Parameters:
    ///   - current: Seals, and opens what it sealed.
    ///   - previous: Open what they sealed.
    public init(current: SealingKey, previous: [SealingKey] = []) {
        self.current = current
        self.keys = (previous + [current]).reduce(into: [:]) { $0[$1.id] = $1 }
    }

    /// Seals a secret with the current key.
    public func seal(_ secret: SecretBytes, for context: SealingContext) throws(SealingError) -> Sealed {
        do {
            let box = try secret.withUnsafeBytes { secret in
                try ChaChaPoly.seal(
                    secret,
                    using: Self.symmetricKey(self.current),
                    authenticating: Self.associatedData(keyID: self.current.id, context)
                )
            }
            return Sealed(keyID: self.current.id, combined: box.combined)
        } catch {
            // The library throws for nonces and keys of a wrong length alone; both are of the right one here.
            throw .malformed
        }
    }

    /// Opens what was sealed for this context.
    ///
    /// - Throws: `unknownKey`, or `notAuthentic` if it was changed or sealed for something else.
    public func open(_ sealed: Sealed, for context: SealingContext) throws(SealingError) -> SecretBytes {
        guard let key = self.keys[sealed.keyID] else { throw .unknownKey(id: sealed.keyID) }
        do {
            var plain = try ChaChaPoly.open(
                ChaChaPoly.SealedBox(combined: sealed.combined),
                using: Self.symmetricKey(key),
                authenticating: Self.associatedData(keyID: key.id, context)
            )
            defer {
                // The library's own copy. It is ours alone, so that this changes it in place.
                plain.resetBytes(in: plain.startIndex..<plain.endIndex)
            }
            return plain.withUnsafeBytes { SecretBytes(copying: $0) }
        } catch {
            throw .notAuthentic
        }
    }

    /// Whether it was sealed with a key other than the current one.
    public func needsResealing(_ sealed: Sealed) -> Bool {
        sealed.keyID != self.current.id
    }

    private static func symmetricKey(_ key: SealingKey) -> SymmetricKey {
        key.material.withUnsafeBytes { SymmetricKey(data: $0) }
    }

    /// Version, key, kind and account, each with its length in front, so that no two contexts have the same bytes.
    private static func associatedData(keyID: String, _ context: SealingContext) -> [UInt8] {
        [keyID, context.kind.rawValue, context.account].reduce(into: [Sealed.version]) { data, part in
            let bytes = Array(part.utf8)
            withUnsafeBytes(of: UInt32(bytes.count).bigEndian) { data += Array($0) }
            data += bytes
        }
    }
}
