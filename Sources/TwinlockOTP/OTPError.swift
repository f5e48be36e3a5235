/// Why a generator of one-time passwords cannot be made.
///
/// The text names the value and its range, never the secret.
public enum OTPError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The secret's length in bytes is outside ``HOTP/secretByteCounts``.
    case secretLengthOutOfRange(byteCount: Int)
    /// The number of digits is outside ``HOTP/digitCounts``.
    case digitsOutOfRange(Int)
    /// The time step in seconds is outside ``TOTP/timeSteps``.
    case timeStepOutOfRange(seconds: Int)

    /// What is wrong, with which value, and the range.
    public var description: String {
        switch self {
        case .secretLengthOutOfRange(let byteCount):
            "secret: \(byteCount) bytes is out of range \(HOTP.secretByteCounts)"
        case .digitsOutOfRange(let digits):
            "digits: \(digits) is out of range \(HOTP.digitCounts)"
        case .timeStepOutOfRange(let seconds):
            "time step: \(seconds) s is out of range \(TOTP.timeSteps)"
        }
    }
}
