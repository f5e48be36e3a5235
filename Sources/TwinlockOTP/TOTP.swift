/// A time-based one-time password generator: HOTP whose counter is the number of time steps since the epoch.
///
/// RFC 6238 §4.2, with T0 = 0.
public struct TOTP: Sendable {
    /// Lengths of a time step, seconds. Ours: a second to a day.
    public static let timeStepRange = 1...86_400

    /// Time step X, seconds.
    public let timeStep: Int

    private let hotp: HOTP

    /// A generator.
    ///
    /// - Parameters:
    ///   - secret: K, decoded, 1 byte or more.
    ///   - algorithm: The HMAC's hash.
    ///   - digits: 6 through 8.
    ///   - timeStep: X, seconds, 1 through 86 400. RFC 6238 §5.2 recommends 30.
    public init(
        secret: SecretBytes,
        algorithm: HashAlgorithm = .sha1,
        digits: Int = 6,
        timeStep: Int = 30
    ) throws(OTPError) {
        guard Self.timeStepRange.contains(timeStep) else { throw .timeStep(timeStep) }
        self.hotp = try HOTP(secret: secret, algorithm: algorithm, digits: digits)
        self.timeStep = timeStep
    }

    /// The step T that a moment lies in, rounded down.
    ///
    /// - Parameter unixSeconds: 64 bits, as RFC 6238 §4.2 asks for beyond 2038. Negative before 1970, and so is the step.
    public func step(at unixSeconds: Int64) -> Int64 {
        let step = Int64(self.timeStep)
        return unixSeconds >= 0 ? unixSeconds / step : (unixSeconds - step + 1) / step
    }

    /// The code of a step.
    ///
    /// - Parameter step: T, 0 or more.
    public func code(atStep step: Int64) -> Code {
        precondition(step >= 0, "there is no code before the epoch")
        return self.hotp.code(at: UInt64(step))
    }
}
