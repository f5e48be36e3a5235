import Testing
import TwinlockAccounts
import TwinlockStore
import TwinlockTesting

@testable import TwinlockStoreSQLite

@Suite("SQLite schema of recovery codes, behind the rules of the program")
struct RecoverySchemaTests {
    private let directory = TemporaryDirectory()

    /// Run against one account with a set of which code 0 is used, an issued code, a mark and one failure.
    static let refused = [
        "UPDATE recovery_codes SET used_at = NULL, used_service = NULL, used_host = NULL, used_tty = NULL",
        "UPDATE recovery_codes SET used_at = used_at WHERE used_at IS NOT NULL",
        "UPDATE recovery_codes SET used_at = used_at + 1 WHERE used_at IS NOT NULL",
        "UPDATE recovery_codes SET used_service = 'login' WHERE used_at IS NOT NULL",
        "UPDATE recovery_codes SET recovery_set = recovery_set + 1 WHERE used_at IS NOT NULL",
        "DELETE FROM recovery_codes WHERE used_at IS NOT NULL",
        "UPDATE recovery_codes SET used_at = 1 WHERE used_at IS NULL",
        "UPDATE recovery_codes SET used_service = '', used_host = '', used_tty = '' WHERE used_at IS NULL",
        "UPDATE recovery_codes SET number = 10 WHERE number = 9",
        "UPDATE recovery_codes SET number = -1 WHERE number = 9",
        "UPDATE recovery_codes SET number = 8 WHERE number = 9",
        "UPDATE recovery_codes SET sealed = x''",
        "UPDATE recovery_codes SET sealed = NULL",
        "UPDATE recovery_codes SET recovery_set = 77 WHERE number = 9",
        "INSERT INTO recovery_sets (account, kind, issued_at) SELECT id, 'own', 0 FROM accounts",
        "INSERT INTO recovery_sets (account, kind, issued_at) SELECT id + 1, 'own', 0 FROM accounts",
        "UPDATE recovery_sets SET kind = 'other'",
        "UPDATE recovery_sets SET expires_at = NULL WHERE kind = 'issued'",
        "UPDATE recovery_sets SET expires_at = issued_at WHERE kind = 'issued'",
        "UPDATE recovery_sets SET expires_at = issued_at + 1 WHERE kind = 'own'",
        "UPDATE recovery_sets SET acknowledged_at = issued_at WHERE kind = 'issued'",
        "UPDATE recovery_sets SET issued_at = 9223372036854775807",
        "UPDATE recoveries SET failures = 11",
        "UPDATE recoveries SET failures = -1",
        "UPDATE recoveries SET failures = 0",
        "UPDATE recoveries SET failing_since = NULL",
        "UPDATE recoveries SET account = account + 1",
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

    @Test("what hangs on an account goes with it, used codes too")
    func cascade() async throws {
        let store = try await self.populated()
        let left = try await store.perform { records throws(StoreError) in
            try records.database.execute("DELETE FROM accounts", to: "remove")
            return try records.database.prepare(
                """
                SELECT (SELECT count(*) FROM recovery_sets) + (SELECT count(*) FROM recovery_codes)
                    + (SELECT count(*) FROM recoveries)
                """,
                to: "count"
            ).first { row throws(StoreError) in try row.integer(0, in: 0...Int.max) }
        }
        #expect(left == 0)
        await store.close()
    }

    /// What somebody else may have written with the checks switched off.
    static let damages = [
        "UPDATE recovery_codes SET sealed = x'' WHERE number = 5",
        "UPDATE recovery_codes SET number = 77 WHERE number = 5",
        "UPDATE recovery_codes SET used_service = NULL WHERE used_at IS NOT NULL",
        "UPDATE recovery_codes SET used_host = CAST(x'ff' AS TEXT) WHERE used_at IS NOT NULL",
        "UPDATE recovery_codes SET used_at = -9223372036854775808 WHERE used_at IS NOT NULL",
        "DELETE FROM recovery_codes WHERE number = 5",
        "UPDATE recovery_sets SET issued_at = 9223372036854775807",
        "UPDATE recovery_sets SET expires_at = NULL",
        "UPDATE recoveries SET failures = 11",
        "UPDATE recoveries SET failures = 0",
        "UPDATE recoveries SET recovered_at = -9223372036854775808",
    ]

    @Test("what breaks the schema is damaged when it is read, and no recovery code is accepted", arguments: damages)
    func damaged(statement: String) async throws {
        let store = try await self.populated()
        let stage = Stage(store)
        let account = try await stage.account()
        let match = try await stage.match(1, of: account)
        try await store.perform { records throws(StoreError) in
            try records.database.execute("PRAGMA ignore_check_constraints = 1", to: "break store")
            try records.database.execute("DROP TRIGGER recovery_codes_stay_used", to: "break store")
            try records.database.execute(statement, to: "break store")
        }
        let outcome = await stage.together(1) { _ throws(StoreError) in
            try await stage.attemptRecovery(match, of: account)
        }
        guard case .failure(.damaged) = outcome[0] else {
            Issue.record("\(outcome)")
            return
        }
        await store.close()
    }

    @Test("an account from before there were recovery codes has none, and can be given some")
    func fromBefore() async throws {
        let store = try SQLiteStore(path: self.directory.database)
        let stage = Stage(store)
        let account = try await stage.enrol()
        try await store.perform { records throws(StoreError) in
            try records.database.execute("DELETE FROM recovery_sets", to: "go back")
        }
        #expect(try await stage.account().recovery == nil)
        #expect(try await stage.codes(of: account) == RecoveryCodes())
        #expect(try await stage.attemptRecovery(.none, of: account) == .wrong(.allowRetry))
        try await store.replaceRecoveryCodes(
            account: account.id,
            generation: account.generation,
            sealed: stage.recoveryCodes(),
            at: Stage.start
        )
        #expect(try await stage.account().recovery?.left == 10)
        await store.close()
    }

    private func populated() async throws -> SQLiteStore {
        let store = try SQLiteStore(path: self.directory.database)
        let stage = Stage(store)
        let account = try await stage.enrol()
        try await store.issueRecoveryCode(
            account: account.id,
            generation: account.generation,
            sealed: [1],
            at: Stage.start,
            expires: Stage.start + 60
        )
        _ = try await stage.attemptRecovery(try await stage.match(0, of: account), of: account, finishesLogin: true)
        _ = try await stage.attemptRecovery(.none, of: account)
        return store
    }
}
