import TwinlockAccounts

/// What a wrong code is told where the result of a password is hidden: the same whether that was right or wrong.
///
/// It takes in every sign-in that went on to a code and every code, by account and source, and knows nothing of what
/// became of the password. It decides nothing: whether a password is looked at is `PasswordThrottle`'s, whether a code is
/// the account's. In bounded memory; a restart may forget it.
struct ToldThrottle: Sendable {
    private struct Entry: Sendable {
        var throttle = Throttle()
        var recoveryThrottle = RecoveryThrottle()
        /// Codes that came, those during waits included.
        var codes = 0
        var recoveryCodes = 0
        /// The pending sign-in that brought the present wait about, until that was told.
        var cause: UInt128?
    }

    private var entries = BySource<Entry>()

    /// Counts a sign-in that goes on to a code, as if its first factor had failed.
    ///
    /// - Parameter id: The pending sign-in's.
    mutating func began(_ id: UInt128, _ target: Target, at now: UnixSeconds) {
        var entry = self.entries[target] ?? Entry()
        if entry.throttle.standing(at: now) == .allowRetry,
            case .wait = entry.throttle.count(from: target.source, at: now)
        {
            entry.cause = id
        }
        self.entries[target] = entry
    }

    /// Counts a code, and says what to tell unless it is accepted.
    ///
    /// The first one of a sign-in adds nothing: the sign-in was counted. Recovery codes add nothing either, but have a
    /// bucket as the account's have.
    ///
    /// - Parameter id: The pending sign-in's. A wait that it brought about starts when it is told.
    mutating func came(
        isRecoveryCode: Bool,
        isFirst: Bool,
        _ id: UInt128,
        _ target: Target,
        at now: UnixSeconds
    ) -> Telling {
        var entry = self.entries[target] ?? Entry()
        defer { self.entries[target] = entry }
        if entry.cause == id {
            entry.throttle.restartWait(at: now)
            entry.cause = nil
        }
        guard isRecoveryCode else {
            entry.codes += 1
            let action =
                isFirst
                ? entry.throttle.standing(at: now)
                : entry.throttle.count(from: target.source, at: now)
            return Telling(action: action, seen: entry.codes)
        }
        entry.recoveryCodes += 1
        let ofBucket: Throttle.FailureAction =
            switch entry.recoveryThrottle.count(at: now) {
            case .allowRetry: .allowRetry
            case .wait(let seconds): .wait(seconds: seconds)
            }
        return Telling(action: max(entry.throttle.standing(at: now), ofBucket), seen: entry.recoveryCodes)
    }

    /// Forgets all sources for a name, by an administrator's will.
    mutating func forget(user: String) {
        self.entries.forget(user: user)
    }

    /// Forgets a source that finished a sign-in.
    mutating func finished(_ target: Target) {
        self.entries[target] = nil
    }
}

/// What a refused code is told, and when.
struct Telling: Equatable, Sendable {
    /// What is told whatever became of the password.
    var action: Throttle.FailureAction
    /// Codes of its kind that came from its source, itself included.
    var seen: Int
    /// The uptime at which the code came; nil where it does not matter.
    ///
    /// A code that is looked at is counted on the disk. What that takes must not show: the delay of a refusal begins here.
    var came: Duration?

    /// For a code after which the account's own answer is told: the result of the password is no secret.
    static let plain = Telling(action: .allowRetry, seen: 0)

    /// What to tell after a right password.
    ///
    /// The account's own answer is told only if it has failures that cannot all be of this source: others wait for them
    /// as well, and have to know how long. Its wait alone, brought about from here, may end at another moment than the
    /// one that is told, and would say that the password was right.
    ///
    /// - Parameters:
    ///   - own: What the account's own throttle says.
    ///   - failures: That the account had before this code.
    func action(own: Throttle.FailureAction, failures: Int) -> Throttle.FailureAction {
        failures < self.seen ? self.action : max(own, self.action)
    }
}

extension RecoveryThrottle {
    /// Counts a wrong one, unless this is a time at which none is read; what to tell.
    fileprivate mutating func count(at now: UnixSeconds) -> FailureAction {
        switch self.admit(at: now) {
        case .read: self.codeRejected(at: now)
        case .wait(let seconds): .wait(seconds: seconds)
        }
    }
}
