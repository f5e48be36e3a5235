/// Why a secret could not be sealed or opened, or a key not be read.
///
/// Holds key ids, never keys or secrets.
public enum SealingError: Error, Hashable, Sendable {
    /// A key is 32 bytes long, and this was not.
    case badKeyLength(byteCount: Int)
    /// The value was sealed with a key that is not here.
    case unknownKey(id: String)
    /// Altered, or sealed for another account or another kind. Which of them cannot be known.
    case notAuthentic
    /// Too short for a sealed value, or of a version that is not ours.
    case malformed
    /// The text is not exactly one line as ``SealingKey/fileText(material:)`` writes it.
    case malformedKeyFile
    /// The cipher refused to work, which it has no reason to do. Nothing was sealed.
    case cipherFailed
}
