import Testing
import TwinlockAccounts
import TwinlockStore
import TwinlockTesting

@testable import TwinlockStoreSQLite

@Suite("SQLite store, audit records")
struct AuditSchemaTests {
    private let directory = TemporaryDirectory()

    /// One column each that breaks a rule, in a record that is right otherwise.
    static let refused: [(column: String, value: String)] = [
        ("at", "253402300800"), ("first_at", "NULL"), ("count", "0"), ("uid", "-1"), ("uid", "4294967296"),
        ("uid", "NULL"), ("caller", "4294967296"), ("name", "NULL"), ("name", "x'00'"), ("method", "''"),
        ("outcome", "'maybe'"), ("outcome", "'accepted'"), ("reason", "''"), ("worth", "0"), ("worth", "2"),
        ("worth", "3"), ("repeat_key", "NULL"),
    ]

    @Test("the schema refuses a record that is none", arguments: refused)
    func refuses(column: String, value: String) async throws {
        let store = try SQLiteStore(path: self.directory.database)
        var values = [
            "at": "1", "first_at": "1", "count": "2", "name": "'a'", "uid": "7", "service": "''", "remote_host": "''",
            "tty": "''", "caller": "0", "method": "'M'", "outcome": "'refused'", "reason": "'codeWrong'", "worth": "1",
            "repeat_key": "5",
        ]
        try await self.insert(values, into: store)
        values[column] = value
        let broken = values
        await #expect(throws: StoreError.self) { try await self.insert(broken, into: store) }
        await store.close()
    }

    @Test("a word that this version does not know does not hide the record that holds it")
    func newerReason() async throws {
        let store = try SQLiteStore(path: self.directory.database)
        let stage = Stage(store)
        let saved = try await store.append([stage.record(outcome: .accepted)])
        try await store.perform { records throws(StoreError) in
            try records.database.execute(
                """
                INSERT INTO audit_records (at, first_at, count, name, uid, service, remote_host, tty, caller, method,
                    outcome, reason, worth, repeat_key)
                SELECT at, first_at, count, name, uid, service, remote_host, tty, caller, method, outcome,
                    'eyeColourWrong', worth, repeat_key FROM audit_records
                """,
                to: "write as a newer version"
            )
        }
        let read = try await store.records(of: .everything, before: nil, limit: 9)
        #expect(read.map(\.reason) == [.other, .codeWrong])
        #expect(read.last == saved[0])
        await store.close()
    }

    @Test("an outcome that there is not is damaged")
    func damaged() async throws {
        let store = try SQLiteStore(path: self.directory.database)
        _ = try await store.append([Stage(store).record()])
        try await store.perform { records throws(StoreError) in
            try records.database.execute("PRAGMA ignore_check_constraints = 1", to: "break store")
            try records.database.execute("DROP TRIGGER audit_records_stay", to: "break store")
            try records.database.execute("UPDATE audit_records SET outcome = 'maybe'", to: "break store")
        }
        do {
            _ = try await store.records(of: .everything, before: nil, limit: 9)
            Issue.record("it was read")
        } catch {
            guard case .damaged = error else {
                Issue.record("\(error)")
                return
            }
        }
        await store.close()
    }

    @Test("the counts are those of the rows, whatever came and went")
    func counts() async throws {
        let store = try SQLiteStore(path: self.directory.database)
        let stage = Stage(store)
        var records: [AuditRecord] = []
        for number in 0..<150 {
            records.append(stage.record(uid: nil, remoteHost: "host-\(number)"))
            records.append(stage.record(remoteHost: "host-\(number % 100)"))
            records.append(stage.record(outcome: number.isMultiple(of: 2) ? .accepted : .continued))
        }
        _ = try await store.append(records)
        _ = try await store.trimRecords(by: AuditRetention(days: 1, rows: 100), at: Stage.start, atMost: 77)
        let miscounted = try await store.perform { records throws(StoreError) in
            try records.database.prepare(
                """
                SELECT worth FROM audit_counts AS c
                WHERE rows <> (SELECT count(*) FROM audit_records AS r WHERE r.worth = c.worth)
                """,
                to: "count"
            ).rows { row throws(StoreError) in try row.integer(0, in: 0...2) }
        }
        #expect(miscounted == [])
        await store.close()
    }

    /// As `AuditRecords` runs them.
    static let statements = [
        "SELECT * FROM audit_records WHERE repeat_key = 1 ORDER BY number DESC LIMIT 1",
        "SELECT * FROM audit_records WHERE number < 9 AND name = 'a' AND (uid IS NULL OR uid = 1) ORDER BY number DESC",
        "SELECT * FROM audit_records WHERE number > 9 AND name = 'a' AND (uid IS NULL OR uid = 1) ORDER BY number ASC",
        "SELECT * FROM audit_records WHERE number < 9 AND name = 'a' ORDER BY number DESC LIMIT 9",
        "SELECT * FROM audit_records WHERE number < 9 ORDER BY number DESC LIMIT 9",
        "SELECT number FROM audit_records WHERE at < 9 ORDER BY at, number LIMIT 9",
        "SELECT number FROM audit_records WHERE worth = 0 ORDER BY number LIMIT 9",
    ]

    @Test("no record is looked for row by row, and none are sorted", arguments: statements)
    func plans(statement: String) async throws {
        let store = try SQLiteStore(path: self.directory.database)
        let plan = try await store.perform { records throws(StoreError) in
            try records.database.prepare("EXPLAIN QUERY PLAN " + statement, to: "explain")
                .rows { row throws(StoreError) in try row.text(3) }
        }
        #expect(plan.count == 1 && plan[0].hasPrefix("SEARCH audit_records USING"), "\(plan)")
        await store.close()
    }

    @Test("where the disk is nearly full no record is saved, and sign-ins are")
    func reserve() async throws {
        let store = try SQLiteStore(path: self.directory.database)
        let stage = Stage(store)
        let account = try await stage.enrol()
        try await store.reserve(bytes: .max)
        do {
            _ = try await store.append([stage.record()])
            Issue.record("it was saved")
        } catch {
            guard case .unavailable(let reason) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(reason.hasPrefix("cannot save audit records in store at \"\(self.directory.database)\": "))
            #expect(reason.hasSuffix(" bytes are left on its disk, \(UInt64.max) are kept for sign-ins"))
        }
        let verdict = try await stage.attempt(.inWindow(steps: [Stage.step]), of: account)
        #expect(verdict == .accepted(step: Stage.step, failedCodes: 0))
        try await store.reserve(bytes: AuditRecords.reservedBytes)
        #expect(try await store.append([stage.record()]).count == 1)
        await store.close()
    }

    @Test("what costs records their transaction leaves the sign-in alone that is saved at the same moment")
    func apart() async throws {
        let store = try SQLiteStore(path: self.directory.database)
        let stage = Stage(store) { store.gather($0) }
        let account = try await stage.enrol()
        // As SQLite does by itself where the disk is full.
        try await store.perform { records throws(StoreError) in
            try records.database.execute(
                """
                CREATE TEMP TRIGGER lost BEFORE INSERT ON audit_records
                BEGIN SELECT RAISE(ROLLBACK, 'no room'); END
                """,
                to: "break store"
            )
        }
        let outcomes = await stage.together(2) { number throws(StoreError) -> CodeVerdict? in
            guard number == 0 else {
                _ = try await store.append([stage.record()])
                return nil
            }
            return try await stage.attempt(.inWindow(steps: [Stage.step]), of: account)
        }
        #expect(outcomes[0] == .success(.accepted(step: Stage.step, failedCodes: 0)))
        guard case .failure(.damaged(let reason)) = outcomes[1] else {
            Issue.record("\(outcomes[1])")
            return
        }
        #expect(reason.contains("no room"))
        #expect(try await store.records(of: .everything, before: nil, limit: 9) == [])
        #expect(try await stage.account().credential?.lastStep == Stage.step)
        await store.close()
    }

    private func insert(_ values: [String: String], into store: SQLiteStore) async throws(StoreError) {
        try await store.perform { records throws(StoreError) in
            let columns = values.keys.sorted()
            try records.database.execute(
                """
                INSERT INTO audit_records (\(columns.joined(separator: ", ")))
                VALUES (\(columns.compactMap { values[$0] }.joined(separator: ", ")))
                """,
                to: "write record"
            )
        }
    }
}
