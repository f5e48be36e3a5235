/// What a sealed value is bound to: it opens for this account and this kind, and for nothing else.
public struct SealingContext: Hashable, Sendable {
    /// What is sealed.
    public enum Kind: String, Sendable, CaseIterable {
        case totpSecret = "totp-secret"
        case recoveryCode = "recovery-code"
        case pendingSignIn = "pending-sign-in"
    }

    /// A name of the account that stays, `alice/1000` say; empty for what belongs to none.
    public let account: String
    /// What is sealed.
    public let kind: Kind

    /// The account and the kind.
    public init(account: String, kind: Kind) {
        self.account = account
        self.kind = kind
    }
}

/// Sealed bytes: a version, the key's id, a nonce, the ciphertext and its tag.
///
/// Byte 0 is the version, 1; bytes 1 to 16 the key's id in ASCII; 17 to 28 the nonce; the last 16 the tag.
public struct Sealed: Hashable, Sendable {
    static let version: UInt8 = 1
    static let idBytes = 16
    static let headerBytes = 1 + idBytes
    /// Nonce and tag of ChaCha20-Poly1305 (RFC 8439 §2.8).
    static let overheadBytes = 12 + 16

    /// The whole.
    public let bytes: [UInt8]

    /// Sealed bytes as they were stored.
    ///
    /// - Throws: `malformed` for another version, too few bytes, or an id that is none.
    public init(bytes: [UInt8]) throws(SealingError) {
        guard bytes.count >= Self.headerBytes + Self.overheadBytes, bytes[0] == Self.version,
            bytes[1..<Self.headerBytes].allSatisfy({ Hexadecimal.value($0) != nil })
        else { throw .malformed }
        self.bytes = bytes
    }

    init(keyID: String, combined: some Sequence<UInt8>) {
        self.bytes = [Self.version] + Array(keyID.utf8) + Array(combined)
    }

    /// The id of the key that sealed it.
    public var keyID: String {
        String(decoding: self.bytes[1..<Self.headerBytes], as: UTF8.self)
    }

    /// Nonce, ciphertext and tag.
    var combined: ArraySlice<UInt8> {
        self.bytes[Self.headerBytes...]
    }
}
