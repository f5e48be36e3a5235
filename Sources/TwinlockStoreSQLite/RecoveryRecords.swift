import TwinlockAccounts
import TwinlockStore

/// Recovery codes as rows.
///
/// To be used inside a transaction.
final class RecoveryRecords {
    private let selectState: Statement
    private let putState: Statement
    private let selectCodes: Statement
    private let insertSet: Statement
    private let insertCode: Statement
    private let use: Statement
    private let acknowledge: Statement
    private let reseal: Statement
    private let doubtOwn: Statement
    private let deleteAllIssued: Statement
    private let forgetMarks: Statement
    private let deleteSet: Statement
    private let path: String

    /// The kinds of set, in the words of the schema.
    private enum Kind: String {
        case own, issued
    }

    /// Prepares all statements.
    init(_ database: borrowing Database) throws(StoreError) {
        self.selectState = try database.prepare(
            """
            SELECT r.recovered_at, r.failures, r.failing_since, s.issued_at, s.acknowledged_at, s.in_doubt,
                (SELECT count(*) FROM recovery_codes WHERE recovery_set = s.id AND used_at IS NULL)
            FROM (SELECT ?1 AS account) AS a LEFT JOIN recoveries AS r ON r.account = a.account
                LEFT JOIN recovery_sets AS s ON s.account = a.account AND s.kind = 'own'
            """,
            to: "read recovery codes in store"
        )
        self.putState = try database.prepare(
            """
            INSERT INTO recoveries (account, recovered_at, failures, failing_since) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT (account) DO UPDATE SET recovered_at = excluded.recovered_at, failures = excluded.failures,
                failing_since = excluded.failing_since
            """,
            to: "save recovery in store"
        )
        self.selectCodes = try database.prepare(
            """
            SELECT s.id, s.issued_at, s.acknowledged_at, s.expires_at, c.number, c.sealed,
                c.used_at, c.used_service, c.used_host, c.used_tty, s.in_doubt
            FROM recovery_sets AS s JOIN recovery_codes AS c ON c.recovery_set = s.id
            WHERE s.account = ?1 ORDER BY s.kind, c.number
            """,
            to: "read recovery codes in store"
        )
        self.insertSet = try database.prepare(
            "INSERT INTO recovery_sets (account, kind, issued_at, expires_at) VALUES (?1, ?2, ?3, ?4) RETURNING id",
            to: "save recovery codes in store"
        )
        self.insertCode = try database.prepare(
            "INSERT INTO recovery_codes (recovery_set, number, sealed) VALUES (?1, ?2, ?3)",
            to: "save recovery codes in store"
        )
        self.use = try database.prepare(
            """
            UPDATE recovery_codes SET used_at = ?3, used_service = ?4, used_host = ?5, used_tty = ?6
            WHERE recovery_set = ?1 AND number = ?2 AND used_at IS NULL
            """,
            to: "use recovery code in store"
        )
        self.acknowledge = try database.prepare(
            """
            UPDATE recovery_sets SET acknowledged_at = coalesce(acknowledged_at, ?3)
            WHERE account = ?1 AND kind = 'own' AND issued_at = ?2
            """,
            to: "acknowledge recovery codes in store"
        )
        self.reseal = try database.prepare(
            "UPDATE recovery_codes SET sealed = ?3 WHERE recovery_set = ?1 AND number = ?2",
            to: "save recovery codes in store"
        )
        // Of a set without an unused code nothing is in doubt.
        self.doubtOwn = try database.prepare(
            """
            UPDATE recovery_sets SET in_doubt = 1 WHERE kind = 'own' AND EXISTS
                (SELECT 1 FROM recovery_codes WHERE recovery_set = recovery_sets.id AND used_at IS NULL)
            """,
            to: "mark recovery codes in store"
        )
        self.deleteAllIssued = try database.prepare(
            "DELETE FROM recovery_sets WHERE kind = 'issued'",
            to: "remove recovery codes in store"
        )
        self.forgetMarks = try database.prepare(
            "UPDATE recoveries SET recovered_at = NULL WHERE recovered_at IS NOT NULL",
            to: "save recovery in store"
        )
        self.deleteSet = try database.prepare(
            "DELETE FROM recovery_sets WHERE account = ?1 AND kind = ?2",
            to: "remove recovery codes in store"
        )
        self.path = database.path
    }

    /// The account with what it carries of its recovery codes.
    func complete(_ account: Account) throws(StoreError) -> Account {
        var finished = account
        let found = try self.selectState.first(.integer(account.id)) { row throws(StoreError) in
            if !row.isNull(0) {
                finished.recoveryMark = RecoveryMark(at: try row.moment(0))
            }
            if let since = try row.optionalMoment(2) {
                finished.recoveryThrottle = RecoveryThrottle(
                    failures: try row.integer(1, in: 1...RecoveryThrottle.maximumFailures),
                    since: since
                )
            }
            if !row.isNull(3) {
                finished.recovery = RecoverySummary(
                    issuedAt: try row.moment(3),
                    acknowledgedAt: try row.optionalMoment(4),
                    isInDoubt: try row.integer(5, in: 0...1) == 1,
                    left: try row.integer(6, in: 0...RecoverySet.size)
                )
            }
            return true
        }
        guard found != nil else {
            throw self.damaged("there is no answer")
        }
        return finished
    }

    /// Saves mark and failures, where they have changed between an account as it was read in this transaction and as it
    /// should be.
    func save(_ new: Account, was old: Account) throws(StoreError) {
        guard new.recoveryMark != old.recoveryMark || new.recoveryThrottle != old.recoveryThrottle else { return }
        try self.expectOne(
            self.putState.run(
                .integer(new.id),
                .optional(new.recoveryMark?.at.value),
                .integer(Int64(new.recoveryThrottle.failures)),
                .optional(new.recoveryThrottle.since?.value)
            )
        )
    }

    /// All codes of an account.
    func codes(of account: Int64) throws(StoreError) -> RecoveryCodes {
        let rows = try self.selectCodes.rows(.integer(account), read: Self.read)
        let own = rows.filter { $0.expiresAt == nil }
        let issued = rows.filter { $0.expiresAt != nil }
        // A place is a position: with a gap one code would stand for another.
        guard own.isEmpty || own.map(\.number) == Array(0..<RecoverySet.size),
            issued.isEmpty || issued.map(\.number) == [0]
        else {
            throw self.damaged("a set is not whole")
        }
        return RecoveryCodes(
            own: own.first.map {
                RecoverySet(
                    id: $0.set,
                    issuedAt: $0.issuedAt,
                    acknowledgedAt: $0.acknowledgedAt,
                    isInDoubt: $0.isInDoubt,
                    codes: own.map(\.code)
                )
            },
            issued: issued.first.map {
                IssuedRecoveryCode(
                    id: $0.set,
                    issuedAt: $0.issuedAt,
                    expiresAt: $0.expiresAt ?? $0.issuedAt,
                    code: $0.code
                )
            }
        )
    }

    /// Saves the uses that are new between codes as they were read in this transaction and as they should be.
    func save(_ new: RecoveryCodes, was old: RecoveryCodes) throws(StoreError) {
        if let new = new.own, let old = old.own {
            for (number, code) in new.codes.enumerated() where code != old.codes[number] {
                try self.save(code.use, at: RecoveryCodePlace(set: new.id, number: number))
            }
        }
        if let new = new.issued, new.code != old.issued?.code {
            try self.save(new.code.use, at: RecoveryCodePlace(set: new.id, number: 0))
        }
    }

    /// Puts new codes in place of an account's own.
    func replaceOwn(of account: Int64, with sealed: [[UInt8]], at now: UnixSeconds) throws(StoreError) {
        try self.remove(.own, of: account)
        try self.add(.own, of: account, sealed: sealed, at: now, expires: nil)
    }

    /// Puts one code in place of the one that was issued before.
    func replaceIssued(
        of account: Int64,
        with sealed: [UInt8],
        at now: UnixSeconds,
        expires: UnixSeconds
    ) throws(StoreError) {
        try self.remove(.issued, of: account)
        try self.add(.issued, of: account, sealed: [sealed], at: now, expires: expires)
    }

    /// Removes all codes of an account.
    func remove(of account: Int64) throws(StoreError) {
        try self.remove(.own, of: account)
        try self.remove(.issued, of: account)
    }

    /// Notes that the own codes made at that moment are saved; `conflict` if there are no such.
    func acknowledge(of account: Int64, issuedAt: UnixSeconds, at now: UnixSeconds) throws(StoreError) {
        let changed = try self.acknowledge.run(
            .integer(account),
            .integer(issuedAt.value),
            .integer(now.value)
        )
        guard changed == 1 else {
            throw .conflict
        }
    }

    /// Saves codes that were sealed anew, each at its place.
    func reseal(_ codes: [RecoveryCodePlace: [UInt8]]) throws(StoreError) {
        for (place, sealed) in codes {
            try self.expectOne(
                self.reseal.run(.integer(place.set), .integer(Int64(place.number)), .blob(sealed))
            )
        }
    }

    /// What becomes of everybody's codes when the database is an older one: see `AdministrationStore.markRestored`.
    func markRestored() throws(StoreError) {
        try self.doubtOwn.run()
        try self.deleteAllIssued.run()
        try self.forgetMarks.run()
    }

    private func remove(_ kind: Kind, of account: Int64) throws(StoreError) {
        try self.deleteSet.run(.integer(account), .text(kind.rawValue))
    }

    private func add(
        _ kind: Kind,
        of account: Int64,
        sealed: [[UInt8]],
        at now: UnixSeconds,
        expires: UnixSeconds?
    ) throws(StoreError) {
        let ids = try self.insertSet.rows(
            .integer(account),
            .text(kind.rawValue),
            .integer(now.value),
            .optional(expires?.value)
        ) { row throws(StoreError) in
            try row.integer(0, in: 1...Int64.max)
        }
        guard let id = ids.first else {
            throw self.damaged("a new set has no number")
        }
        for (number, code) in sealed.enumerated() {
            try self.expectOne(self.insertCode.run(.integer(id), .integer(Int64(number)), .blob(code)))
        }
    }

    private func save(_ use: RecoveryCodeUse?, at place: RecoveryCodePlace) throws(StoreError) {
        guard let use else {
            throw self.damaged("a used code would become unused")
        }
        // The rule has decided already; this and the trigger behind it hold even if the rule is wrong one day.
        try self.expectOne(
            self.use.run(
                .integer(place.set),
                .integer(Int64(place.number)),
                .integer(use.at.value),
                .text(use.service),
                .text(use.remoteHost),
                .text(use.tty)
            )
        )
    }

    /// A code together with its set.
    private struct CodeRow {
        let set: Int64
        let issuedAt: UnixSeconds
        let acknowledgedAt: UnixSeconds?
        let expiresAt: UnixSeconds?
        let isInDoubt: Bool
        let number: Int
        let code: SealedRecoveryCode
    }

    private static func read(_ row: borrowing Row) throws(StoreError) -> CodeRow {
        var use: RecoveryCodeUse?
        if !row.isNull(6) {
            use = RecoveryCodeUse(
                at: try row.moment(6),
                service: try row.text(7),
                remoteHost: try row.text(8),
                tty: try row.text(9)
            )
        }
        return CodeRow(
            set: try row.integer(0, in: 1...Int64.max),
            issuedAt: try row.moment(1),
            acknowledgedAt: try row.optionalMoment(2),
            expiresAt: try row.optionalMoment(3),
            isInDoubt: try row.integer(10, in: 0...1) == 1,
            number: try row.integer(4, in: 0...(RecoverySet.size - 1)),
            code: SealedRecoveryCode(sealed: try row.blob(5), use: use)
        )
    }

    private func expectOne(_ changed: Int) throws(StoreError) {
        guard changed == 1 else {
            throw self.damaged("\(changed) rows changed instead of one")
        }
    }

    private func damaged(_ what: String) -> StoreError {
        .damaged(reason: "cannot use recovery codes in store at \"\(self.path)\": \(what)")
    }
}

extension Row {
    /// A moment, or nil for NULL.
    borrowing func optionalMoment(_ column: Int32) throws(StoreError) -> UnixSeconds? {
        self.isNull(column) ? nil : try self.moment(column)
    }
}
