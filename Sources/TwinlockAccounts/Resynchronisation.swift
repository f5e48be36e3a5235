public import TwinlockOTP

/// How far a prover's clock is off, found by two of its codes in a row (RFC 6238 §6; RFC 4226 §7.4 asks for two).
///
/// An administrator's act. A login never learns a drift by itself: each would let old codes live a little longer.
public struct Resynchronisation: Equatable, Sendable {
    /// Steps before and after the present one that are looked at. Ours: twelve and a half hours of 30-second steps, which
    /// covers a phone that was set by hand in another time zone. Two codes that fit by chance: three in 10⁹.
    public static let reach = 1500

    /// Steps by which the prover is ahead (positive) of the verifier, or behind.
    public let drift: Int
    /// The step of the second code, by the prover's clock.
    public let step: Int64

    /// A drift that is known, for stores.
    public init(drift: Int, step: Int64) {
        self.drift = drift
        self.step = step
    }

    /// Looks for two codes of steps that follow each other, and always at all of them; nil if there are none. Of several
    /// pairs the one nearest to the present counts.
    ///
    /// - Parameters:
    ///   - first: The code that the app showed first.
    ///   - second: The one that it showed next, which is the present one by its clock.
    ///   - totp: The verifier's secret and parameters.
    ///   - now: Decides the present step.
    public init?(first: Code, second: Code, totp: TOTP, at now: UnixSeconds) {
        let present = totp.step(at: now.value)
        var nearest: Int?
        var isFirst = false
        for offset in -Self.reach - 1...Self.reach {
            let step = present + Int64(offset)
            let code = totp.code(atStep: step)
            if step > 0, isFirst, code.matches(second), abs(offset) < abs(nearest ?? Int.max) { nearest = offset }
            isFirst = code.matches(first)
        }
        guard let nearest else { return nil }
        self.init(drift: nearest, step: present + Int64(nearest))
    }
}

/// What became of two codes that an administrator gave for an account.
public enum ResynchronisationVerdict: Equatable, Sendable {
    /// The drift is saved, and the second code is used by this.
    case resynchronised
    /// The second code is of a step at or before the last accepted one.
    case alreadyUsed
}
