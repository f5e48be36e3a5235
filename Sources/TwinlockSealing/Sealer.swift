import Crypto
// For `Data`, which is what swift-crypto opens into; it links this module in any case.
import FoundationEssentials
public import TwinlockOTP

/// Seals secrets for the store and opens them again, with one key for what is new and older ones for what is not.
///
/// ChaCha20-Poly1305 (RFC 8439), each value under a key of its own: HKDF-SHA256 of the sealing key and 16 random
/// bytes. Together with the random 96-bit nonce that makes 224 random bits a value, so no count of values ever brings
/// a repetition near. And it keeps the sealing key itself out of the cipher's context, which BoringSSL does not wipe:
/// what could be left of one there opens one value and no other.
public struct Sealer: Sendable {
    private let current: SealingKey
    private let previous: [SealingKey]

    /// A sealer that seals with `current` and opens what that or any of `previous` sealed.
    public init(current: SealingKey, previous: [SealingKey] = []) {
        self.current = current
        self.previous = previous
    }

    /// The id of the key that new values are sealed with.
    public var currentKeyID: String { self.current.id }

    /// Whether it opens for keys that seal no more.
    public var opensForOlderKeys: Bool { !self.previous.isEmpty }

    /// A sealer that seals with a new key, and opens what that or any key of this one sealed.
    public func succeeded(by key: SealingKey) -> Sealer {
        Sealer(current: key, previous: [self.current] + self.previous)
    }

    /// A sealer that knows the present key alone.
    public func forgettingOlderKeys() -> Sealer {
        Sealer(current: self.current)
    }

    /// Seals `secret` for one context.
    ///
    /// Salt and nonce come from the system's generator.
    ///
    /// - Parameters:
    ///   - secret: Any length; it shows in the result. The caller's to wipe.
    ///   - context: The only account and kind that it will open for.
    public func seal(
        _ secret: UnsafeRawBufferPointer,
        for context: SealingContext
    ) throws(SealingError) -> Sealed {
        var generator = SystemRandomNumberGenerator()
        // Eight bytes a call: each is a call of the kernel.
        let salt = (0..<Sealed.saltByteCount / 8).flatMap { _ in withUnsafeBytes(of: generator.next()) { Array($0) } }
        let key = Self.cipherKey(of: self.current, salt: salt)
        do {
            let box = try ChaChaPoly.seal(
                secret,
                using: key,
                authenticating: Self.associatedData(keyID: self.current.idBytes, context: context)
            )
            return Sealed(keyID: self.current.idBytes, salt: salt, nonceCiphertextTag: box.combined)
        } catch {
            throw .cipherFailed
        }
    }

    /// Seals `secret` for one context, as ``seal(_:for:)-(UnsafeRawBufferPointer,_)`` does.
    public func seal(_ secret: SecretBytes, for context: SealingContext) throws(SealingError) -> Sealed {
        try secret.withUnsafeBytes { (bytes) throws(SealingError) -> Sealed in
            try self.seal(bytes, for: context)
        }
    }

    /// Opens a value that was sealed for exactly this context.
    ///
    /// - Throws: ``SealingError/unknownKey(id:)`` if its key is not here; ``SealingError/notAuthentic`` if anything in
    ///   it was altered or the context is another.
    public func open(_ sealed: Sealed, for context: SealingContext) throws(SealingError) -> SecretBytes {
        let sealingKey = try self.key(id: sealed.keyID)
        let key = Self.cipherKey(of: sealingKey, salt: sealed.salt)
        let plain: Data
        do {
            plain = try ChaChaPoly.open(
                ChaChaPoly.SealedBox(combined: sealed.nonceCiphertextTag),
                using: key,
                authenticating: Self.associatedData(keyID: sealingKey.idBytes, context: context)
            )
        } catch {
            throw .notAuthentic
        }
        return plain.withUnsafeBytes { bytes in
            // The buffer is ordinary heap memory that swift-crypto filled for this call alone, and nobody else refers
            // to it. Wiped through the pointer for reading, because asking `Data` for a mutable one may make a copy.
            defer { wipe(UnsafeMutableRawBufferPointer(mutating: bytes)) }
            return SecretBytes(copying: bytes)
        }
    }

    /// Whether a value was sealed with another key than the current one, and so should be opened and sealed anew.
    public func needsResealing(_ sealed: Sealed) -> Bool {
        !sealed.keyIDBytes.elementsEqual(self.current.idBytes)
    }

    /// A key for authentication codes, derived from the current sealing key.
    ///
    /// - Parameter info: What it is for. Part of what is stored, in effect: another text is another key.
    public func derivedKey(info: String) -> DerivedKey {
        Self.derivedKey(of: self.current, info: info)
    }

    /// The derived key that ``derivedKey(info:)`` gave when `sealingKeyID` was current: for codes from before a rotation.
    public func derivedKey(info: String, sealingKeyID: String) throws(SealingError) -> DerivedKey {
        Self.derivedKey(of: try self.key(id: sealingKeyID), info: info)
    }

    private func key(id: String) throws(SealingError) -> SealingKey {
        if self.current.id == id { return self.current }
        guard let key = self.previous.first(where: { $0.id == id }) else { throw .unknownKey(id: id) }
        return key
    }

    private static func derivedKey(of key: SealingKey, info: String) -> DerivedKey {
        let material = key.material.withUnsafeBytes {
            KeyDerivation.derive(from: $0, salt: EmptyCollection(), info: Array("twinlock derived key v1 \(info)".utf8))
        }
        return DerivedKey(sealingKeyID: key.id, material: material)
    }

    /// The key of one value, in swift-crypto's form, which is wiped when it goes.
    private static func cipherKey(of key: SealingKey, salt: some Sequence<UInt8>) -> SymmetricKey {
        key.material.withUnsafeBytes {
            KeyDerivation.derive(from: $0, salt: salt, info: Array("twinlock sealed value v1".utf8))
                .withUnsafeBytes { SymmetricKey(data: $0) }
        }
    }

    /// What the tag covers beside the ciphertext.
    ///
    /// Version and key id have fixed lengths; salt and nonce need no place here, since with another of either nothing
    /// opens.
    private static func associatedData(keyID: [UInt8], context: SealingContext) -> [UInt8] {
        [Sealed.version] + keyID + context.authenticatedBytes
    }
}
