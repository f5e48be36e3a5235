import Testing
import TwinlockAccounts
import TwinlockStore
import TwinlockTesting

@testable import TwinlockStoreSQLite

@Suite("SQLite schema, behind the rules of the program")
struct SchemaTests {
    private let directory = TemporaryDirectory()

    /// Run against one account with a credential whose step is 60 000 000 or so, a set-up, a session, a token and a
    /// sealed key.
    static let refused = [
        "UPDATE credentials SET last_step = last_step - 1",
        "UPDATE credentials SET last_step = last_step",
        "UPDATE credentials SET last_step = NULL",
        "UPDATE credentials SET digits = 5",
        "UPDATE credentials SET digits = 9",
        "UPDATE credentials SET digits = 'six'",
        "UPDATE credentials SET time_step = 0",
        "UPDATE credentials SET algorithm = 'MD5'",
        "UPDATE credentials SET sealed = x''",
        "UPDATE credentials SET sealed = NULL",
        "UPDATE credentials SET account = account + 1",
        "INSERT INTO credentials SELECT account + 1, sealed, algorithm, digits, time_step, -1, 0, 0 FROM credentials",
        "UPDATE accounts SET generation = generation - 1",
        "UPDATE accounts SET uid = -1",
        "UPDATE accounts SET uid = 4294967296",
        "UPDATE accounts SET name = ''",
        "UPDATE accounts SET name = NULL",
        "UPDATE accounts SET wait_since = 1",
        "UPDATE accounts SET wait_since = 1, wait_seconds = 0",
        "UPDATE accounts SET wait_since = 1, wait_seconds = 901",
        "INSERT INTO accounts (name, uid, generation) SELECT name, 7, 0 FROM accounts",
        "INSERT INTO accounts (name, uid, generation) SELECT 'other', uid, 0 FROM accounts",
        "UPDATE set_ups SET failures = 11",
        "UPDATE set_ups SET failures = -1",
        "INSERT INTO failures SELECT id, 'uid:1', 0 FROM accounts",
        "INSERT INTO failures SELECT id, 'uid:1', 101 FROM accounts",
        "INSERT INTO failures SELECT id, '', 1 FROM accounts",
        "INSERT INTO failures SELECT id + 1, 'uid:1', 1 FROM accounts",
        "UPDATE sessions SET digest = x'00'",
        "UPDATE sessions SET last_used = last_used - 1",
        "UPDATE sessions SET shows_code = 0, shows_password = 0, shows_publickey = 0",
        "UPDATE sessions SET shows_code = 2",
        "UPDATE sessions SET created = 9223372036854775807",
        "UPDATE audit_records SET count = count + 1",
        "UPDATE audit_counts SET rows = -1",
        "INSERT INTO audit_counts VALUES (3, 0)",
        "UPDATE sessions SET password_digest = NULL",
        "UPDATE sessions SET password_usable = NULL",
        "UPDATE sessions SET password_digest = x'00'",
        "UPDATE sessions SET password_usable = 2",
        "UPDATE tokens SET password_digest = NULL",
        "UPDATE tokens SET digest = x'00'",
        "UPDATE tokens SET id = 'short'",
        "UPDATE tokens SET description = ''",
        "UPDATE tokens SET opens = ''",
        "UPDATE tokens SET shows_code = 2",
        "UPDATE tokens SET expires = 9223372036854775807",
        "UPDATE tokens SET last_used = 2; UPDATE tokens SET last_used = 1",
        "UPDATE tokens SET last_used = 2; UPDATE tokens SET last_used = NULL",
        "UPDATE sealed_keys SET sealed = x''",
    ]

    @Test("refuses", arguments: refused)
    func refuses(statement: String) async throws {
        let store = try await self.populated()
        let outcome = await Stage(store).together(1) { _ throws(StoreError) in
            try await store.perform { records throws(StoreError) in
                try records.database.execute(statement, to: "break store")
            }
            return true
        }
        guard case .failure(.damaged) = outcome[0] else {
            Issue.record("\(outcome)")
            return
        }
        await store.close()
    }

    @Test("an account's rows go with it")
    func cascade() async throws {
        let store = try await self.populated()
        try await store.perform { records throws(StoreError) in
            try records.database.execute("INSERT INTO failures SELECT id, 'uid:1', 1 FROM accounts", to: "prepare")
            try records.database.execute("DELETE FROM accounts", to: "remove")
        }
        let left = try await store.perform { records throws(StoreError) in
            try records.database.prepare(
                """
                SELECT (SELECT count(*) FROM credentials) + (SELECT count(*) FROM set_ups)
                    + (SELECT count(*) FROM failures)
                """,
                to: "count"
            ).first { row throws(StoreError) in try row.integer(0, in: 0...Int.max) }
        }
        #expect(left == 0)
        await store.close()
    }

    /// What somebody else may have written with the checks switched off.
    static let damages = [
        "UPDATE credentials SET digits = 1000000",
        "UPDATE credentials SET time_step = 0",
        "UPDATE credentials SET algorithm = 'MD5'",
        "UPDATE credentials SET sealed = x''",
        "UPDATE credentials SET last_step = -9223372036854775808",
        "UPDATE accounts SET wait_since = 9223372036854775807, wait_seconds = 1",
        "UPDATE accounts SET uid = 4294967296",
        "UPDATE accounts SET name = CAST(x'ff' AS TEXT)",
        "UPDATE set_ups SET begun_at = -9223372036854775808",
        "INSERT INTO failures SELECT id, 'uid:1', 9223372036854775807 FROM accounts",
    ]

    @Test("what breaks the schema is damaged when it is read", arguments: damages)
    func damaged(statement: String) async throws {
        let store = try await self.populated()
        try await store.perform { records throws(StoreError) in
            try records.database.execute("PRAGMA ignore_check_constraints = 1", to: "break store")
            try records.database.execute("DROP TRIGGER credentials_step_moves_up", to: "break store")
            try records.database.execute(statement, to: "break store")
        }
        let outcome = await Stage(store).together(1) { _ throws(StoreError) in
            try await store.attemptCode(
                of: Stage(store).identity(),
                generation: 1,
                match: .inWindow(steps: [Stage.step]),
                source: .peer(uid: 1),
                at: Stage.start
            )
        }
        guard case .failure(.damaged) = outcome[0] else {
            Issue.record("\(outcome)")
            return
        }
        await store.close()
    }

    static let damagedTokens = [
        "UPDATE tokens SET password_usable = NULL",
        "UPDATE tokens SET password_digest = x'00'",
        "UPDATE tokens SET password_usable = 7",
        "UPDATE tokens SET uid = -1",
        "UPDATE tokens SET expires = 9223372036854775807",
        "UPDATE tokens SET description = CAST(x'ff' AS TEXT)",
    ]

    @Test("a token that breaks the schema is damaged when it is read", arguments: damagedTokens)
    func damagedToken(statement: String) async throws {
        let store = try await self.populated()
        try await store.perform { records throws(StoreError) in
            try records.database.execute("PRAGMA ignore_check_constraints = 1", to: "break store")
            try records.database.execute(statement, to: "break store")
        }
        let outcome = await Stage(store).together(1) { _ throws(StoreError) in
            try await store.token(digest: Stage(store).digest(1))
        }
        guard case .failure(.damaged) = outcome[0] else {
            Issue.record("\(outcome)")
            return
        }
        await store.close()
    }

    @Test("no error's words hold a bound value")
    func words() async throws {
        let store = try await self.populated()
        let secret = "kept-from-the-log"
        let outcome = await Stage(store).together(1) { _ throws(StoreError) in
            try await store.perform { records throws(StoreError) in
                try records.database.prepare("UPDATE credentials SET algorithm = ?1", to: "break store")
                    .run(.text(secret))
            }
        }
        guard case .failure(.damaged(let reason)) = outcome[0] else {
            Issue.record("\(outcome)")
            return
        }
        #expect(reason.contains("CHECK constraint failed"))
        #expect(!reason.contains(secret))
        await store.close()
    }

    @Test("each pragma that safety rests on is on")
    func pragmas() async throws {
        let store = try SQLiteStore(path: self.directory.database)
        let expected = [
            "journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "trusted_schema": "0",
            "secure_delete": "1", "locking_mode": "exclusive", "application_id": "1417112651",
            "user_version": "\(Migration.released.count)",
        ]
        for (pragma, value) in expected {
            let found = try await store.perform { records throws(StoreError) in
                try records.database.pragma(pragma)
            }
            #expect(found == value, "\(pragma)")
        }
        await store.close()
    }

    private func populated() async throws -> SQLiteStore {
        let store = try SQLiteStore(path: self.directory.database)
        let stage = Stage(store)
        _ = try await stage.enrol()
        _ = try await store.beginSetUp(
            SetUp(secret: stage.secret(2), begunAt: Stage.start),
            for: stage.identity()
        )
        try await store.insert(stage.session(1))
        _ = try await store.append([stage.record()])
        let account = try await stage.account()
        _ = try await store.createToken(stage.token(1), under: account.generation, at: Stage.start)
        _ = try await store.sealedKey(for: "tests", orElse: [1])
        return store
    }
}
