public import TwinlockOTP

/// The key that seals secrets at rest.
///
/// 32 bytes, with an id that says which key it is and nothing more about it.
public struct SealingKey: Sendable {
    /// Length of a key in bytes.
    public static let byteCount = 32

    /// 16 lower-case hex digits: the first 8 bytes of HMAC-SHA256 of a fixed text under the key.
    ///
    /// Not secret.
    public let id: String

    /// The key itself.
    let material: SecretBytes

    /// The id as it stands in a sealed value: 8 bytes.
    let idBytes: [UInt8]

    /// A key over 32 bytes from the system's generator.
    public init(material: SecretBytes) throws(SealingError) {
        guard material.count == Self.byteCount else { throw .badKeyLength(byteCount: material.count) }
        self.material = material
        self.idBytes = withWipedBuffer(count: HashAlgorithm.sha256.digestByteCount) { mac in
            material.withUnsafeBytes { key in
                var text = "twinlock key id"
                text.withUTF8 {
                    KeyedHash.authenticate(UnsafeRawBufferPointer($0), key: key, algorithm: .sha256, into: mac)
                }
            }
            return Array(mac[..<Sealed.keyIDByteCount])
        }
        self.id = Hex.text(self.idBytes)
    }
}

extension SealingKey: CustomStringConvertible {
    /// The id, never the key.
    public var description: String { "sealing key \(self.id)" }
}
