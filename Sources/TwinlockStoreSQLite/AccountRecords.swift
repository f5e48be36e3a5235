import TwinlockAccounts
import TwinlockStore

/// Accounts as rows.
///
/// To be used inside a transaction.
final class AccountRecords {
    private let selectSharing: Statement
    private let selectByID: Statement
    private let selectPage: Statement
    private let selectFailures: Statement
    private let insert: Statement
    private let delete: Statement
    private let update: Statement
    private let insertCredential: Statement
    private let moveStep: Statement
    private let deleteCredential: Statement
    private let putSetUp: Statement
    private let deleteSetUp: Statement
    private let putFailures: Statement
    private let deleteFailures: Statement
    private let rename: Statement
    private let moveAllStepsPast: Statement
    private let moveAllGenerations: Statement
    private let deleteAllSetUps: Statement
    private let recovery: RecoveryRecords
    private let path: String

    /// Prepares all statements.
    init(_ database: borrowing Database, recovery: RecoveryRecords) throws(StoreError) {
        self.recovery = recovery
        self.selectSharing = try database.prepare(
            Self.select + " WHERE a.name = ?1 OR a.uid = ?2 ORDER BY a.id",
            to: "read account in store"
        )
        self.selectByID = try database.prepare(Self.select + " WHERE a.id = ?1", to: "read account in store")
        // Every name is greater than the empty one. Text compares by its bytes here.
        self.selectPage = try database.prepare(
            Self.select + " WHERE a.name > ?1 ORDER BY a.name LIMIT ?2",
            to: "list accounts in store"
        )
        self.selectFailures = try database.prepare(
            "SELECT source, count FROM failures WHERE account = ?1",
            to: "read failures in store"
        )
        self.insert = try database.prepare(
            "INSERT INTO accounts (name, uid, generation) VALUES (?1, ?2, 0) RETURNING id",
            to: "save account in store"
        )
        self.delete = try database.prepare("DELETE FROM accounts WHERE id = ?1", to: "remove account in store")
        self.update = try database.prepare(
            "UPDATE accounts SET generation = ?2, wait_since = ?3, wait_seconds = ?4 WHERE id = ?1",
            to: "save account in store"
        )
        self.insertCredential = try database.prepare(
            """
            INSERT INTO credentials (account, sealed, algorithm, digits, time_step, last_step, drift, confirmed_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
            """,
            to: "save second factor in store"
        )
        self.moveStep = try database.prepare(
            """
            UPDATE credentials SET last_step = ?2, drift = ?3
            WHERE account = ?1 AND (last_step IS NULL OR last_step < ?2)
            """,
            to: "save accepted step in store"
        )
        self.deleteCredential = try database.prepare(
            "DELETE FROM credentials WHERE account = ?1",
            to: "remove second factor in store"
        )
        self.putSetUp = try database.prepare(
            """
            INSERT INTO set_ups (account, sealed, algorithm, digits, time_step, begun_at, failures)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
            ON CONFLICT (account) DO UPDATE SET sealed = excluded.sealed, algorithm = excluded.algorithm,
                digits = excluded.digits, time_step = excluded.time_step, begun_at = excluded.begun_at,
                failures = excluded.failures
            """,
            to: "save set-up in store"
        )
        self.deleteSetUp = try database.prepare("DELETE FROM set_ups WHERE account = ?1", to: "remove set-up in store")
        self.putFailures = try database.prepare(
            """
            INSERT INTO failures (account, source, count) VALUES (?1, ?2, ?3)
            ON CONFLICT (account, source) DO UPDATE SET count = excluded.count
            """,
            to: "save failures in store"
        )
        self.deleteFailures = try database.prepare(
            "DELETE FROM failures WHERE account = ?1 AND source = ?2",
            to: "forgive failures in store"
        )
        self.rename = try database.prepare(
            "UPDATE accounts SET name = ?2, uid = ?3 WHERE id = ?1",
            to: "save account in store"
        )
        // `Credential.newestStep` in SQL: a million accounts are not to be read for it.
        self.moveAllStepsPast = try database.prepare(
            """
            UPDATE credentials SET last_step = max(?1 / time_step + drift + \(CodeMatch.window), 0)
            WHERE last_step IS NULL OR last_step < max(?1 / time_step + drift + \(CodeMatch.window), 0)
            """,
            to: "save accepted steps in store"
        )
        self.moveAllGenerations = try database.prepare(
            "UPDATE accounts SET generation = generation + 1",
            to: "save accounts in store"
        )
        self.deleteAllSetUps = try database.prepare("DELETE FROM set_ups", to: "remove set-ups in store")
        self.path = database.path
    }

    /// All accounts that carry this name or this uid, oldest first.
    func sharing(_ identity: Identity) throws(StoreError) -> [Account] {
        let found = try self.selectSharing.rows(.text(identity.name), .integer(Int64(identity.uid)), read: Self.read)
        var accounts: [Account] = []
        for unfinished in found {
            accounts.append(try self.withFailures(unfinished))
        }
        return accounts
    }

    /// At most so many accounts behind that name, in the order of their names' bytes.
    func page(after name: String?, limit: Int) throws(StoreError) -> [Account] {
        let found = try self.selectPage.rows(.text(name ?? ""), .integer(Int64(limit)), read: Self.read)
        var accounts: [Account] = []
        for unfinished in found {
            accounts.append(try self.withFailures(unfinished))
        }
        return accounts
    }

    /// The account of that number; `conflict` if it is not there.
    func account(_ id: Int64) throws(StoreError) -> Account {
        guard let found = try self.selectByID.first(.integer(id), read: Self.read) else {
            throw .conflict
        }
        return try self.withFailures(found)
    }

    /// A new account without a factor.
    func make(for identity: Identity) throws(StoreError) -> Account {
        let id = try self.insert.rows(.text(identity.name), .integer(Int64(identity.uid))) { row throws(StoreError) in
            try row.integer(0, in: 1...Int64.max)
        }
        guard let id = id.first else {
            throw self.damaged("a new account has no number")
        }
        return Account(id: id, identity: identity, generation: 0, credential: nil, setUp: nil, throttle: Throttle())
    }

    /// Removes an account and all that hangs on it.
    func remove(_ account: Account) throws(StoreError) {
        try self.expectOne(self.delete.run(.integer(account.id)))
    }

    /// Gives an account another name and uid. Nobody else may have either.
    func rename(_ account: Int64, to identity: Identity) throws(StoreError) {
        try self.expectOne(
            self.rename.run(.integer(account), .text(identity.name), .integer(Int64(identity.uid)))
        )
    }

    /// What becomes of everybody's account when the database is an older one: see `AdministrationStore.markRestored`.
    func markRestored(at now: UnixSeconds) throws(StoreError) {
        try self.moveAllStepsPast.run(.integer(max(now.value, 0)))
        try self.moveAllGenerations.run()
        try self.deleteAllSetUps.run()
    }

    /// Saves what has changed between an account as it was read in this transaction and as it should be.
    func save(_ new: Account, was old: Account) throws(StoreError) {
        guard new != old else { return }
        // Most codes leave the account's own row as it is: a page less to write.
        let (wait, before) = (new.throttle.wait, old.throttle.wait)
        if new.generation != old.generation || wait?.since != before?.since || wait?.seconds != before?.seconds {
            try self.expectOne(
                self.update.run(
                    .integer(new.id),
                    .integer(new.generation),
                    .optional(wait?.since.value),
                    .optional(wait.map { Int64($0.seconds) })
                )
            )
        }
        try self.save(new.throttle.failures.bySource, was: old.throttle.failures.bySource, of: new.id)
        try self.save(new.credential, was: old.credential, of: new.id)
        try self.recovery.save(new, was: old)
        guard new.setUp != old.setUp else { return }
        if let setUp = new.setUp {
            try self.expectOne(
                self.putSetUp.run(
                    .integer(new.id),
                    .blob(setUp.secret.sealed),
                    .text(setUp.secret.algorithm.storedName),
                    .integer(Int64(setUp.secret.digits)),
                    .integer(Int64(setUp.secret.timeStep)),
                    .integer(setUp.begunAt.value),
                    .integer(Int64(setUp.failures))
                )
            )
        } else {
            try self.expectOne(self.deleteSetUp.run(.integer(new.id)))
        }
    }

    private func save(
        _ new: [FailureSource: Int],
        was old: [FailureSource: Int],
        of id: Int64
    ) throws(StoreError) {
        for source in old.keys where new[source] == nil {
            try self.expectOne(self.deleteFailures.run(.integer(id), .text(source.key)))
        }
        for (source, count) in new where old[source] != count {
            try self.expectOne(self.putFailures.run(.integer(id), .text(source.key), .integer(Int64(count))))
        }
    }

    private func save(_ new: Credential?, was old: Credential?, of id: Int64) throws(StoreError) {
        guard new != old else { return }
        if let new, let old, new.secret == old.secret, new.confirmedAt == old.confirmedAt, let step = new.lastStep {
            // The rule has decided already; this and the trigger behind it hold even if the rule is wrong one day.
            try self.expectOne(self.moveStep.run(.integer(id), .integer(step), .integer(Int64(new.drift))))
            return
        }
        if old != nil {
            try self.expectOne(self.deleteCredential.run(.integer(id)))
        }
        if let new {
            try self.expectOne(
                self.insertCredential.run(
                    .integer(id),
                    .blob(new.secret.sealed),
                    .text(new.secret.algorithm.storedName),
                    .integer(Int64(new.secret.digits)),
                    .integer(Int64(new.secret.timeStep)),
                    .optional(new.lastStep),
                    .integer(Int64(new.drift)),
                    .integer(new.confirmedAt.value)
                )
            )
        }
    }

    private func withFailures(_ account: Account) throws(StoreError) -> Account {
        let rows = try self.selectFailures.rows(.integer(account.id)) { row throws(StoreError) in
            (FailureSource(key: try row.text(0)), try row.integer(1, in: 1...Throttle.maximumFailures))
        }
        var bySource: [FailureSource: Int] = [:]
        for (source, count) in rows {
            bySource[source] = count
        }
        var finished = account
        finished.throttle = Throttle(failures: Failures(bySource: bySource), wait: account.throttle.wait)
        return try self.recovery.complete(finished)
    }

    private func expectOne(_ changed: Int) throws(StoreError) {
        guard changed == 1 else {
            throw self.damaged("\(changed) rows changed instead of one")
        }
    }

    private func damaged(_ what: String) -> StoreError {
        .damaged(reason: "cannot save account in store at \"\(self.path)\": \(what)")
    }
}
