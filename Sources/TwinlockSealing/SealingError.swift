/// Why something could not be sealed or opened. Holds no secret.
public enum SealingError: Error, Hashable, Sendable {
    /// A key that is not 32 bytes.
    case keyLength(Int)
    /// A key file that is not one line of the known form.
    case keyFile
    /// Sealed bytes of an unknown version, or too few.
    case malformed
    /// Sealed with a key that is not here.
    case unknownKey(id: String)
    /// Changed, or sealed for another account or kind.
    case notAuthentic
}
