/// A sealed secret, as it is stored.
///
/// Says which key opens it and nothing else; not secret itself.
///
/// | Bytes | What |
/// |---|---|
/// | 1 | version, 1 |
/// | 8 | key id |
/// | 16 | salt, from which and the key the one key of this value is derived |
/// | 12 | nonce |
/// | any | ciphertext, as long as the secret |
/// | 16 | tag |
public struct Sealed: Sendable, Hashable {
    static let version: UInt8 = 1
    static let keyIDByteCount = 8
    static let saltByteCount = 16
    static let nonceByteCount = 12
    static let tagByteCount = 16

    /// Length of a sealed value beyond that of its secret, in bytes.
    public static let overheadByteCount =
        1 + Self.keyIDByteCount + Self.saltByteCount + Self.nonceByteCount + Self.tagByteCount

    /// The whole value.
    public let bytes: [UInt8]

    /// A value as it was stored, with its shape checked and no more.
    public init(bytes: [UInt8]) throws(SealingError) {
        guard bytes.count >= Self.overheadByteCount, bytes[0] == Self.version else { throw .malformed }
        self.bytes = bytes
    }

    /// Joins the parts of a freshly sealed value.
    ///
    /// Their lengths are ours to have right.
    init(keyID: [UInt8], salt: [UInt8], nonceCiphertextTag: some Collection<UInt8>) {
        precondition(keyID.count == Self.keyIDByteCount && salt.count == Self.saltByteCount)
        self.bytes = [Self.version] + keyID + salt + nonceCiphertextTag
    }

    /// The id of the key that sealed it, as ``SealingKey/id``.
    ///
    /// Unchecked until it is opened.
    public var keyID: String { Hex.text(self.keyIDBytes) }

    var keyIDBytes: ArraySlice<UInt8> { self.bytes[1..<(1 + Self.keyIDByteCount)] }

    var salt: ArraySlice<UInt8> {
        self.bytes[(1 + Self.keyIDByteCount)..<(1 + Self.keyIDByteCount + Self.saltByteCount)]
    }

    /// Nonce, ciphertext and tag in a row.
    var nonceCiphertextTag: ArraySlice<UInt8> {
        self.bytes[(1 + Self.keyIDByteCount + Self.saltByteCount)...]
    }
}
