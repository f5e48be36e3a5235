import TwinlockAccounts

/// Slows wrong passwords per account and source: the same steps and the same words as for wrong codes, so that both paths
/// reach a wait at the same answer; in bounded memory, and never touching the account's own count.
struct PasswordThrottle: Sendable {
    /// Pairs of account and source that are remembered; beyond it the one used longest ago gives way.
    static let maximumEntries = 4096

    private struct Key: Hashable, Sendable {
        let user: String
        let source: FailureSource
    }

    private struct Entry: Sendable {
        var throttle = Throttle()
        var used: UInt64
    }

    private var entries: [Key: Entry] = [:]
    private var clock: UInt64 = 0

    /// Whether a password may be looked at.
    mutating func admit(user: String, source: FailureSource, at now: UnixSeconds) -> Throttle.Admission {
        let key = Key(user: user, source: source)
        guard var entry = self.entries[key] else { return .read }
        let admission = entry.throttle.admit(at: now)
        self.keep(entry, for: key)
        return admission
    }

    /// Counts a failure. In a wait nothing is counted.
    ///
    /// - Returns: What to tell.
    mutating func reject(user: String, source: FailureSource, at now: UnixSeconds) -> Throttle.FailureAction {
        let key = Key(user: user, source: source)
        var entry = self.entries[key] ?? Entry(used: self.clock)
        defer { self.keep(entry, for: key) }
        switch entry.throttle.admit(at: now) {
        case .read: return entry.throttle.codeRejected(from: source, at: now)
        case .wait(let seconds): return .wait(seconds: seconds)
        case .exhausted: return .exhausted
        }
    }

    /// Forgets the failures of this source after a right password.
    mutating func accept(user: String, source: FailureSource) {
        self.entries[Key(user: user, source: source)] = nil
    }

    /// What a code is answered whose first factor failed already: the state, with nothing added.
    ///
    /// - Parameter begun: When the sign-in began. A wait that this very sign-in brought about starts when it is told, as
    ///   it does where the code was the failure; otherwise its length would tell the two apart.
    mutating func answer(
        user: String,
        source: FailureSource,
        begun: UnixSeconds,
        at now: UnixSeconds
    ) -> Throttle.FailureAction {
        let key = Key(user: user, source: source)
        guard var entry = self.entries[key] else { return .allowRetry }
        defer { self.keep(entry, for: key) }
        if entry.throttle.wait?.since == begun {
            entry.throttle.restartWait(at: now)
        }
        switch entry.throttle.admit(at: now) {
        case .read: return .allowRetry
        case .wait(let seconds): return .wait(seconds: seconds)
        case .exhausted: return .exhausted
        }
    }

    private mutating func keep(_ entry: Entry, for key: Key) {
        self.clock += 1
        if self.entries[key] == nil, self.entries.count >= Self.maximumEntries,
            let oldest = self.entries.min(by: { $0.value.used < $1.value.used })
        {
            self.entries[oldest.key] = nil
        }
        var entry = entry
        entry.used = self.clock
        self.entries[key] = entry
    }
}
