/// A time-based one-time password generator: HOTP over a count of time steps since the Unix epoch.
///
/// RFC 6238 §4.2, with the epoch T0 fixed at 0, as every authenticator app has it. Knows no clock: time comes in as
/// a number. Which steps around the present one are allowed, and which was used already, is not decided here.
public struct TOTP: Sendable {
    /// Lengths of a time step X that are accepted, in seconds.
    ///
    /// Ours: a second up to a day.
    public static let timeSteps = 1...86_400

    /// Time step X, in seconds, within ``timeSteps``.
    public let timeStep: Int

    private let generator: HOTP

    /// The hash under the HMAC.
    public var algorithm: HashAlgorithm { self.generator.algorithm }

    /// Code length in decimal digits.
    public var digits: Int { self.generator.digits }

    /// A generator over `secret`.
    ///
    /// - Parameters:
    ///   - secret: Shared secret K, as raw bytes; its length within ``HOTP/secretByteCounts``.
    ///   - algorithm: The hash under the HMAC. RFC 6238 §1.2.
    ///   - digits: Code length, within ``HOTP/digitCounts``.
    ///   - timeStep: Time step X in seconds, within ``timeSteps``. RFC 6238 §5.2 recommends 30.
    public init(
        secret: SecretBytes,
        algorithm: HashAlgorithm = .sha1,
        digits: Int = 6,
        timeStep: Int = 30
    ) throws(OTPError) {
        guard Self.timeSteps.contains(timeStep) else { throw .timeStepOutOfRange(seconds: timeStep) }
        self.generator = try HOTP(secret: secret, algorithm: algorithm, digits: digits)
        self.timeStep = timeStep
    }

    /// The step T that a moment falls in: whole steps since the epoch, rounded down, before 1970 as after it.
    ///
    /// - Parameter unixSeconds: Unix seconds. 64 bits wide, so that 2038 is a year like others (RFC 6238 §4.2).
    public func step(at unixSeconds: Int64) -> Int64 {
        let (quotient, remainder) = unixSeconds.quotientAndRemainder(dividingBy: Int64(self.timeStep))
        return remainder < 0 ? quotient - 1 : quotient
    }

    /// The code of one step.
    ///
    /// - Parameter step: Step T. A negative one (a host that starts at the epoch and looks one step back) is taken as
    ///   its 64-bit two's complement: a code like any other, and no reason to stop.
    public func code(atStep step: Int64) -> Code {
        self.generator.code(at: UInt64(bitPattern: step))
    }
}
