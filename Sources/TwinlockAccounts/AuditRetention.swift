extension AuditRecord {
    /// How much it is worth keeping, the least first. The raw value is stored, and never changes.
    public enum Worth: Int64, Hashable, Sendable, CaseIterable {
        /// A refusal under a name that belongs to nobody, as far as is known: anybody can make as many as he likes.
        case stranger = 0
        /// A refusal of an account: whoever knows its name can make them, though each costs him a check.
        case refusal = 1
        /// What a right factor, or its owner, brought about.
        case event = 2
    }

    /// How much it is worth keeping.
    public var worth: Worth {
        guard self.outcome == .refused else { return .event }
        return self.uid == nil ? .stranger : .refusal
    }
}

/// How long and how many records are kept.
///
/// A stranger's refusals have a share of the room, and so have everybody's: who floods the log pushes out refusals, and
/// never what tells of a login.
public struct AuditRetention: Equatable, Sendable {
    /// Records whose last decision is older go, days.
    public let days: Int
    /// Records beyond it go, the oldest first.
    public let rows: Int

    /// How long and how many.
    ///
    /// - Parameters:
    ///   - days: 1 or more. Default: a year, and the month in which somebody looks at it.
    ///   - rows: 100 or more.
    public init(days: Int = 400, rows: Int = 1_000_000) {
        precondition(days >= 1 && rows >= 100, "something is kept")
        self.days = days
        self.rows = rows
    }

    /// The moment before which records are too old.
    public func beginning(at now: UnixSeconds) -> UnixSeconds {
        now + -self.days * 86_400
    }

    /// What has to go: the oldest so many of those worth `worth`; nil for `worth` means of all.
    public struct Excess: Equatable, Sendable {
        /// Which.
        public let worth: AuditRecord.Worth?
        /// How many, 1 or more.
        public let count: Int

        /// So many of those.
        public init(worth: AuditRecord.Worth?, count: Int) {
            self.worth = worth
            self.count = count
        }
    }

    /// What has to go first, where there are so many records of each worth; nil if all may stay.
    ///
    /// Refusals under unknown names may be a tenth of the rows, refusals of accounts a half.
    public func excess(of counts: [AuditRecord.Worth: Int]) -> Excess? {
        let shares: [(AuditRecord.Worth?, Int, Int)] = [
            (.stranger, counts[.stranger] ?? 0, self.rows / 10),
            (.refusal, counts[.refusal] ?? 0, self.rows / 2),
            (nil, counts.values.reduce(0, +), self.rows),
        ]
        for (worth, count, share) in shares where count > share {
            return Excess(worth: worth, count: count - share)
        }
        return nil
    }
}
