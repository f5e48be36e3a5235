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

extension SealingError: CustomStringConvertible {
    /// The error in words, to be read behind what could not be done.
    public var description: String {
        switch self {
        case .badKeyLength(let byteCount):
            "a sealing key is \(SealingKey.byteCount) bytes long, and this has \(byteCount)"
        case .unknownKey(let id): "it was sealed with the key \(id), which is not here"
        case .notAuthentic: "it was altered, or belongs to another account"
        case .malformed: "it is no sealed value"
        case .malformedKeyFile: "it does not hold a sealing key"
        case .cipherFailed: "the cipher refused to work"
        }
    }
}
