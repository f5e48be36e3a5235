import TwinlockAccounts

/// Records that wait for the store, in bounded memory: where it has no room, what is worth least goes first, and is
/// counted. Pure.
struct AuditQueue: Sendable {
    /// Records that wait at most. A commit takes less than a millisecond: this is room for a store that stands still for
    /// a while, at half a megabyte.
    static let capacity = 2048

    private var records: [AuditRecord] = []
    /// Decisions whose records were given up, with the first and the last moment.
    private var lost: (count: Int64, first: UnixSeconds, last: UnixSeconds)?

    /// Records that wait.
    var count: Int { self.records.count }

    /// Whether there is nothing to save, not even that something was lost.
    var isEmpty: Bool { self.records.isEmpty && self.lost == nil }

    /// Puts a record behind the others.
    mutating func add(_ record: AuditRecord) {
        self.records.append(record)
        self.shrink()
    }

    /// Takes the first ones out, at most so many; in front of them what tells how many were lost.
    mutating func take(_ limit: Int) -> [AuditRecord] {
        var batch = Array(self.records.prefix(limit))
        self.records.removeFirst(batch.count)
        if let lost {
            batch.insert(.lost(lost.count, from: lost.first, to: lost.last), at: 0)
            self.lost = nil
        }
        return batch
    }

    /// Puts records that could not be saved back to where they came from.
    mutating func putBack(_ batch: [AuditRecord]) {
        self.records.insert(contentsOf: batch.filter { $0.reason != .recordsLost }, at: 0)
        for record in batch where record.reason == .recordsLost {
            self.lose(record)
        }
        self.shrink()
    }

    /// Counts a record that is given up.
    mutating func lose(_ record: AuditRecord) {
        let (before, first, last) = self.lost ?? (0, record.firstAt, record.at)
        self.lost = (before + record.count, min(first, record.firstAt), max(last, record.at))
    }

    private mutating func shrink() {
        while self.records.count > Self.capacity {
            let index =
                self.records.firstIndex { $0.outcome == .refused }
                ?? self.records.firstIndex { $0.outcome == .continued } ?? 0
            self.lose(self.records.remove(at: index))
        }
    }
}

extension AuditRecord {
    /// That so many decisions have no record.
    fileprivate static func lost(_ count: Int64, from first: UnixSeconds, to last: UnixSeconds) -> AuditRecord {
        AuditRecord(
            at: last,
            firstAt: first,
            count: count,
            name: "",
            uid: nil,
            service: "",
            remoteHost: "",
            tty: "",
            caller: nil,
            method: "Log",
            outcome: .refused,
            reason: .recordsLost
        )
    }
}
