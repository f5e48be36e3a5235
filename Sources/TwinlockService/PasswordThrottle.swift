import TwinlockAccounts

/// Slows wrong passwords per account and source: decides whether one is looked at, by the same steps as for wrong codes.
/// In bounded memory, and never touching the account's own count.
///
/// Where the result of a password is hidden nobody is told what stands here: see `ToldThrottle`.
struct PasswordThrottle: Sendable {
    private var throttles = BySource<Throttle>()

    /// Whether a password may be looked at.
    mutating func admit(_ target: Target, at now: UnixSeconds) -> Throttle.Admission {
        guard var throttle = self.throttles[target] else { return .read }
        defer { self.throttles[target] = throttle }
        return throttle.admit(at: now)
    }

    /// Counts a failure. In a wait nothing is counted.
    mutating func reject(_ target: Target, at now: UnixSeconds) {
        var throttle = self.throttles[target] ?? Throttle()
        _ = throttle.count(from: target.source, at: now)
        self.throttles[target] = throttle
    }

    /// Forgets the failures of this source after a right password.
    mutating func accept(_ target: Target) {
        self.throttles[target] = nil
    }

    /// Forgets the failures of all sources for a name, by an administrator's will.
    mutating func forget(user: String) {
        self.throttles.forget(user: user)
    }

    /// What a failure is answered that was counted already: the state, with nothing added.
    ///
    /// - Parameter begun: When the attempt began. A wait that it brought about starts when it is told, so that the whole
    ///   of its length is told.
    mutating func answer(_ target: Target, begun: UnixSeconds, at now: UnixSeconds) -> Throttle.FailureAction {
        guard var throttle = self.throttles[target] else { return .allowRetry }
        defer { self.throttles[target] = throttle }
        if throttle.wait?.since == begun {
            throttle.restartWait(at: now)
        }
        return throttle.standing(at: now)
    }
}

extension Throttle {
    /// Counts a failure, unless this is a time at which none is read; what to tell.
    mutating func count(from source: FailureSource, at now: UnixSeconds) -> FailureAction {
        switch self.admit(at: now) {
        case .read: self.codeRejected(from: source, at: now)
        case .wait(let seconds): .wait(seconds: seconds)
        case .exhausted: .exhausted
        }
    }

    /// What to tell with nothing counted.
    mutating func standing(at now: UnixSeconds) -> FailureAction {
        switch self.admit(at: now) {
        case .read: .allowRetry
        case .wait(let seconds): .wait(seconds: seconds)
        case .exhausted: .exhausted
        }
    }
}
