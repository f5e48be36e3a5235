import TwinlockAccounts

/// The account that somebody tries to get into, and from where.
struct Target: Hashable, Sendable {
    /// Without case.
    fileprivate let user: String
    let source: FailureSource

    /// - Parameters:
    ///   - user: As it was given. Directories may ignore case; a variant in case is no fresh start.
    ///   - source: Where the attempts come from.
    init(_ user: String, from source: FailureSource) {
        self.user = user.lowercased()
        self.source = source
    }
}

/// Values by account and source, in bounded memory: beyond it the one used longest ago gives way.
struct BySource<Value: Sendable>: Sendable {
    /// Pairs of account and source that are remembered.
    static var maximumEntries: Int { 4096 }

    private struct Entry: Sendable {
        var value: Value
        var used: UInt64
    }

    private var entries: [Target: Entry] = [:]
    private var clock: UInt64 = 0

    /// The value of a target. Setting it counts as a use; nil forgets it.
    subscript(target: Target) -> Value? {
        get { self.entries[target]?.value }
        set {
            guard let newValue else {
                self.entries[target] = nil
                return
            }
            self.clock += 1
            if self.entries[target] == nil, self.entries.count >= Self.maximumEntries,
                let oldest = self.entries.min(by: { $0.value.used < $1.value.used })
            {
                self.entries[oldest.key] = nil
            }
            self.entries[target] = Entry(value: newValue, used: self.clock)
        }
    }

    /// Forgets all of one name, from wherever.
    mutating func forget(user: String) {
        let user = user.lowercased()
        self.entries = self.entries.filter { $0.key.user != user }
    }
}
