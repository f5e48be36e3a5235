import TwinlockAccounts

/// Remembers which pending sign-ins were tried, finished or signed out. Bounded memory; a restart may forget it, because
/// the account's own count and its last step do not.
struct PendingLedger: Sendable {
    /// Entries kept. Each lives at most two minutes, so that this is 80 sign-ins a second.
    static let maximumEntries = 10_000

    private struct Entry: Sendable {
        var tries: UInt8 = 0
        /// By which try it was ended; 0 for none of them. nil while it is open.
        var ending: UInt8?
        let begun: UnixSeconds
    }

    private var entries: [UInt128: Entry] = [:]

    /// Takes one more code for a pending sign-in.
    ///
    /// - Returns: Which try it is, 1 for the first; nil if no further one is taken.
    mutating func takeCode(for pending: PendingSignIn, at now: UnixSeconds) -> UInt8? {
        guard pending.isOpen(at: now) else { return nil }
        var entry = self.entries[pending.id] ?? Entry(begun: pending.begun)
        guard entry.ending == nil, entry.tries < PendingSignIn.maximumTries else { return nil }
        entry.tries += 1
        self.keep(entry, for: pending.id, at: now)
        return entry.tries
    }

    /// Whether it was finished or signed out.
    func isOver(_ pending: PendingSignIn) -> Bool {
        self.entries[pending.id]?.ending != nil
    }

    /// Ends a pending sign-in; whether this call was the one that ended it.
    ///
    /// - Parameter attempt: The try that ends it, as `takeCode` numbered it, which may say so more than once; 0 for what is
    ///   none.
    mutating func end(_ pending: PendingSignIn, by attempt: UInt8 = 0, at now: UnixSeconds) -> Bool {
        var entry = self.entries[pending.id] ?? Entry(begun: pending.begun)
        guard entry.ending == nil else { return attempt > 0 && entry.ending == attempt }
        entry.ending = attempt
        self.keep(entry, for: pending.id, at: now)
        return true
    }

    /// Opens again what a try has ended whose code could not be judged after all.
    mutating func reopen(_ pending: PendingSignIn, by attempt: UInt8) {
        if self.entries[pending.id]?.ending == attempt {
            self.entries[pending.id]?.ending = nil
        }
    }

    private mutating func keep(_ entry: Entry, for id: UInt128, at now: UnixSeconds) {
        if self.entries[id] == nil, self.entries.count >= Self.maximumEntries {
            self.forget(at: now)
        }
        self.entries[id] = entry
    }

    /// Forgets what has run out; if nothing has, the older half.
    private mutating func forget(at now: UnixSeconds) {
        let lifetime = Int64(PendingSignIn.lifetimeSeconds)
        self.entries = self.entries.filter { (0..<lifetime).contains(now - $0.value.begun) }
        guard self.entries.count >= Self.maximumEntries else { return }
        let byAge = self.entries.sorted { $0.value.begun < $1.value.begun }
        for (id, _) in byAge.prefix(Self.maximumEntries / 2) {
            self.entries[id] = nil
        }
    }
}
