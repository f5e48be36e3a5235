/// What a person typed at a prompt for a code.
///
/// It has exactly two shapes, and no text has both: the lengths differ. Normalised before anything is compared.
public enum TypedCode: Sendable {
    /// The digits of a code, as many as the account's codes have.
    case code(Code)
    /// Ten symbols.
    case recoveryCode(RecoveryCode)
    /// Anything else, nothing at all included.
    case neither

    /// Reads a text from a prompt.
    ///
    /// - Parameters:
    ///   - text: Unchecked. Secret, and the caller's to wipe.
    ///   - digits: Length of the account's codes, within ``HOTP/digitCounts``.
    public init(normalizing text: UnsafeRawBufferPointer, digits: Int) {
        if let code = Code(normalizing: text, digits: digits) {
            self = .code(code)
        } else if let code = RecoveryCode(normalizing: text) {
            self = .recoveryCode(code)
        } else {
            self = .neither
        }
    }

    /// The code, where it is one of digits.
    public var code: Code? {
        switch self {
        case .code(let code): code
        case .recoveryCode, .neither: nil
        }
    }
}
