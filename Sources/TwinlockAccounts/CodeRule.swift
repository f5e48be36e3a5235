public import TwinlockOTP

/// What comparing a code with a secret said, before anything else was asked. Holds no secret.
public enum CodeMatch: Equatable, Sendable {
    /// The code of these steps inside the window, ascending. More than one only if codes coincide.
    case inWindow(steps: [Int64])
    /// A right code, but so many steps too old (negative) or too new. Refused; named in the log.
    case outside(offset: Int)
    /// No code of this secret within the steps that were looked at, or not a code at all.
    case none

    /// Steps before and after the present one whose code is accepted. RFC 6238 §5.2 recommends one for delay; one more
    /// covers a prover whose clock is ahead.
    public static let window = 1
    /// Steps before and after the present one that are compared so that the log can name a clock that is off: 10 minutes
    /// of 30-second steps.
    public static let lookAround = 20

    /// Compares a code with those of the steps around a moment, always with all of them.
    ///
    /// - Parameters:
    ///   - code: As typed and normalised; nil for input that has not the shape of a code.
    ///   - totp: The verifier's secret and parameters.
    ///   - now: Decides the present step.
    ///   - drift: Steps by which the prover's clock is known to be ahead of that.
    public init(code: Code?, totp: TOTP, at now: UnixSeconds, drift: Int) {
        guard let code else {
            self = .none
            return
        }
        let present = totp.step(at: now.value) + Int64(drift)
        var steps: [Int64] = []
        var nearest: Int?
        for offset in -Self.lookAround...Self.lookAround {
            let step = present + Int64(offset)
            guard step >= 0, totp.code(atStep: step).matches(code) else { continue }
            if abs(offset) <= Self.window {
                steps.append(step)
            } else if abs(offset) < abs(nearest ?? Int.max) {
                nearest = offset
            }
        }
        if !steps.isEmpty {
            self = .inWindow(steps: steps)
        } else if let nearest {
            self = .outside(offset: nearest)
        } else {
            self = .none
        }
    }
}

/// What becomes of a code that somebody sent. It counts only once it is stored.
public enum CodeVerdict: Equatable, Sendable {
    /// Right, unused, and used by this. `failedCodes` of other sources still count against the account.
    case accepted(step: Int64, failedCodes: Int)
    /// Right, but of a step at or before the last accepted one. Not counted.
    case alreadyUsed
    /// Wrong, and counted.
    case wrong(Throttle.FailureAction)
    /// Refused unread, neither counted nor spent; seconds left.
    case refusedForNow(seconds: Int)
    /// Refused unread until the failures are cleared.
    case refusedUntilCleared
}

/// Decides about one code against one credential (RFC 6238 §5.2: a code is accepted once). Pure.
///
/// A store applies it inside the transaction that saves the result, so that of two attempts the second sees the first.
public enum CodeRule {
    /// Judges, and moves the step and the throttle accordingly.
    ///
    /// - Parameters:
    ///   - match: What comparing said.
    ///   - lastStep: The last accepted step; only moves up.
    ///   - throttle: The account's count of failures.
    ///   - source: Where the code came from.
    ///   - now: For waits.
    public static func judge(
        _ match: CodeMatch,
        lastStep: inout Int64?,
        throttle: inout Throttle,
        source: FailureSource,
        at now: UnixSeconds
    ) -> CodeVerdict {
        switch throttle.admit(at: now) {
        case .wait(let seconds):
            return .refusedForNow(seconds: seconds)
        case .exhausted:
            return .refusedUntilCleared
        case .read:
            break
        }
        switch match {
        case .inWindow(let steps):
            // The newest one: were the codes of two steps the same, the same digits would be right once more otherwise.
            guard let step = steps.last, step > lastStep ?? -1 else {
                return .alreadyUsed
            }
            lastStep = step
            throttle.codeAccepted(from: source)
            return .accepted(step: step, failedCodes: throttle.failures.total)
        case .outside, .none:
            return .wrong(throttle.codeRejected(from: source, at: now))
        }
    }
}
