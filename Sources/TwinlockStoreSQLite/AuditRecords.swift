import Glibc
import TwinlockAccounts
import TwinlockStore

/// Audit records as rows.
///
/// To be used inside a transaction.
final class AuditRecords {
    /// What is left free on the disk for everything else, bytes: sign-ins need a few pages and their log, and records
    /// alone must never be what takes these away.
    static let reservedBytes: UInt64 = 16 << 20

    private let selectRepeated: Statement
    private let insert: Statement
    private let delete: Statement
    private let before: Pages
    private let after: Pages
    private let selectCounts: Statement
    private let deleteOld: Statement
    private let deleteWorth: Statement
    private let deleteOldest: Statement
    private let path: String
    /// Bytes that must be free before a record is saved; another figure but in tests.
    var reservedBytes = AuditRecords.reservedBytes

    /// One statement for each filter, in one direction.
    private final class Pages {
        let everything: Statement
        let account: Statement
        let name: Statement

        init(_ database: borrowing Database, _ condition: String, _ order: String) throws(StoreError) {
            func statement(_ filter: String) throws(StoreError) -> Statement {
                try database.prepare(
                    "\(AuditRecords.select) WHERE number \(condition) ?1\(filter) ORDER BY number \(order) LIMIT ?2",
                    to: "read audit records in store"
                )
            }
            self.everything = try statement("")
            self.account = try statement(" AND name = ?3 AND (uid IS NULL OR uid = ?4)")
            self.name = try statement(" AND name = ?3")
        }

        func rows(
            of filter: AuditFilter,
            beyond number: Int64,
            limit: Int
        ) throws(StoreError) -> [AuditRecord] {
            let (number, limit) = (Value.integer(number), Value.integer(Int64(limit)))
            switch filter {
            case .everything:
                return try self.everything.rows(number, limit, read: AuditRecords.read)
            case .account(let identity):
                return try self.account.rows(
                    number,
                    limit,
                    .text(identity.name),
                    .integer(Int64(identity.uid)),
                    read: AuditRecords.read
                )
            case .name(let name):
                return try self.name.rows(number, limit, .text(name), read: AuditRecords.read)
            }
        }
    }

    private static let select = """
        SELECT number, at, first_at, count, name, uid, service, remote_host, tty, caller, method, outcome, reason
        FROM audit_records
        """

    /// Prepares all statements.
    init(_ database: borrowing Database) throws(StoreError) {
        self.selectRepeated = try database.prepare(
            Self.select + " WHERE repeat_key = ?1 ORDER BY number DESC LIMIT 1",
            to: "read audit record in store"
        )
        self.insert = try database.prepare(
            """
            INSERT INTO audit_records (at, first_at, count, name, uid, service, remote_host, tty, caller, method,
                outcome, reason, worth, repeat_key)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14) RETURNING number
            """,
            to: "save audit record in store"
        )
        let remove = "remove audit records in store"
        self.delete = try database.prepare("DELETE FROM audit_records WHERE number = ?1", to: remove)
        self.before = try Pages(database, "<", "DESC")
        self.after = try Pages(database, ">", "ASC")
        self.selectCounts = try database.prepare(
            "SELECT worth, rows FROM audit_counts",
            to: "count audit records in store"
        )
        self.deleteOld = try database.prepare(
            """
            DELETE FROM audit_records WHERE number IN
                (SELECT number FROM audit_records WHERE at < ?1 ORDER BY at, number LIMIT ?2)
            """,
            to: remove
        )
        self.deleteWorth = try database.prepare(
            """
            DELETE FROM audit_records WHERE number IN
                (SELECT number FROM audit_records WHERE worth = ?1 ORDER BY number LIMIT ?2)
            """,
            to: remove
        )
        self.deleteOldest = try database.prepare(
            "DELETE FROM audit_records WHERE number IN (SELECT number FROM audit_records ORDER BY number LIMIT ?1)",
            to: remove
        )
        self.path = database.path
    }

    /// Saves records in their order; repeats join.
    func append(_ records: [AuditRecord]) throws(StoreError) -> [AuditRecord] {
        try self.requireRoom()
        var first: Int64?
        for record in records {
            var new = record
            if let key = record.repeatKey, let found = try self.selectRepeated.first(.integer(key), read: Self.read),
                let joined = found.taking(in: record)
            {
                try self.delete.run(.integer(found.number))
                new = joined
            }
            let number = try self.add(new)
            first = first ?? number
        }
        guard let first else { return [] }
        return try self.after.rows(of: .everything, beyond: first - 1, limit: records.count)
    }

    /// Records with a lower number, the highest first.
    func page(of filter: AuditFilter, before number: Int64?, limit: Int) throws(StoreError) -> [AuditRecord] {
        try self.before.rows(of: filter, beyond: number ?? .max, limit: limit)
    }

    /// Records with a higher number, the lowest first.
    func page(of filter: AuditFilter, after number: Int64, limit: Int) throws(StoreError) -> [AuditRecord] {
        try self.after.rows(of: filter, beyond: number, limit: limit)
    }

    /// Removes records that are too old or too many; how many.
    func trim(by retention: AuditRetention, at now: UnixSeconds, atMost limit: Int) throws(StoreError) -> Int {
        let beginning = retention.beginning(at: now)
        var removed = try self.deleteOld.run(.integer(beginning.value), .integer(Int64(limit)))
        while removed < limit, let excess = retention.excess(of: try self.counts()) {
            let count = Value.integer(Int64(min(excess.count, limit - removed)))
            let gone =
                if let worth = excess.worth {
                    try self.deleteWorth.run(.integer(worth.rawValue), count)
                } else {
                    try self.deleteOldest.run(count)
                }
            guard gone > 0 else {
                throw .damaged(reason: "cannot remove audit records in store at \"\(self.path)\": they are miscounted")
            }
            removed += gone
        }
        return removed
    }

    private func add(_ record: AuditRecord) throws(StoreError) -> Int64 {
        let number = try self.insert.rows(
            .integer(record.at.value),
            .integer(record.firstAt.value),
            .integer(record.count),
            .text(record.name),
            .optional(record.uid.map(Int64.init)),
            .text(record.service),
            .text(record.remoteHost),
            .text(record.tty),
            .optional(record.caller.map(Int64.init)),
            .text(record.method),
            .text(record.outcome.rawValue),
            .text(record.reason.rawValue),
            .integer(record.worth.rawValue),
            .optional(record.repeatKey)
        ) { row throws(StoreError) in try row.integer(0, in: 1...Int64.max) }
        guard let number = number.first else {
            throw .damaged(reason: "cannot save audit record in store at \"\(self.path)\": it has no number")
        }
        return number
    }

    private func counts() throws(StoreError) -> [AuditRecord.Worth: Int] {
        let rows = try self.selectCounts.rows { row throws(StoreError) in
            guard let worth = AuditRecord.Worth(rawValue: try row.integer(0, in: 0...Int64.max)) else {
                throw row.damaged(0)
            }
            return (worth, try row.integer(1, in: 0...Int.max))
        }
        return Dictionary(rows) { $0 + $1 }
    }

    /// A file system that does not say how large it is has room.
    private func requireRoom() throws(StoreError) {
        var status = statvfs()
        guard statvfs(self.path, &status) == 0, status.f_blocks > 0 else { return }
        let free = UInt64(status.f_bavail) * UInt64(status.f_frsize)
        guard free >= self.reservedBytes else {
            throw .unavailable(
                reason: "cannot save audit records in store at \"\(self.path)\": \(free) bytes are left on its disk, "
                    + "\(self.reservedBytes) are kept for sign-ins"
            )
        }
    }

    private static func read(_ row: borrowing Row) throws(StoreError) -> AuditRecord {
        guard let outcome = AuditOutcome(rawValue: try row.text(11)) else {
            throw row.damaged(11)
        }
        return AuditRecord(
            number: try row.integer(0, in: 1...Int64.max),
            at: try row.moment(1),
            firstAt: try row.moment(2),
            count: try row.integer(3, in: 1...Int64.max),
            name: try row.text(4),
            uid: try row.optional(5, in: 0...UInt32.max),
            service: try row.text(6),
            remoteHost: try row.text(7),
            tty: try row.text(8),
            caller: try row.optional(9, in: 0...UInt32.max),
            method: try row.text(10),
            outcome: outcome,
            reason: AuditReason(rawValue: try row.text(12)) ?? .other
        )
    }
}
