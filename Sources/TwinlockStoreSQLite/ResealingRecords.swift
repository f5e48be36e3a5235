import TwinlockAccounts
import TwinlockStore

/// All that is sealed, wherever it is.
///
/// To be used inside a transaction.
final class ResealingRecords {
    private let count: Statement
    private let selectAccounts: Statement
    private let selectValues: Statement
    private let selectKeys: Statement
    private let updateSecondFactor: Statement
    private let updateSetUp: Statement
    private let updateRecoveryCode: Statement
    private let updateKey: Statement

    /// Prepares all statements.
    init(_ database: borrowing Database) throws(StoreError) {
        self.count = try database.prepare("SELECT count(*) FROM accounts", to: "count accounts in store")
        self.selectAccounts = try database.prepare(
            "SELECT id, name, uid FROM accounts WHERE id > ?1 ORDER BY id LIMIT ?2",
            to: "read sealed values in store"
        )
        self.selectValues = try database.prepare(
            """
            SELECT 0, 0, 0, sealed FROM credentials WHERE account = ?1
            UNION ALL SELECT 1, 0, 0, sealed FROM set_ups WHERE account = ?1
            UNION ALL SELECT 2, c.recovery_set, c.number, c.sealed
            FROM recovery_sets AS s JOIN recovery_codes AS c ON c.recovery_set = s.id WHERE s.account = ?1
            """,
            to: "read sealed values in store"
        )
        self.selectKeys = try database.prepare(
            "SELECT purpose, sealed FROM sealed_keys ORDER BY purpose",
            to: "read sealed values in store"
        )
        self.updateSecondFactor = try database.prepare(
            "UPDATE credentials SET sealed = ?3 WHERE account = ?1 AND sealed = ?2",
            to: "seal anew in store"
        )
        self.updateSetUp = try database.prepare(
            "UPDATE set_ups SET sealed = ?3 WHERE account = ?1 AND sealed = ?2",
            to: "seal anew in store"
        )
        self.updateRecoveryCode = try database.prepare(
            "UPDATE recovery_codes SET sealed = ?4 WHERE recovery_set = ?1 AND number = ?2 AND sealed = ?3",
            to: "seal anew in store"
        )
        self.updateKey = try database.prepare(
            "UPDATE sealed_keys SET sealed = ?3 WHERE purpose = ?1 AND sealed = ?2",
            to: "seal anew in store"
        )
    }

    /// How many accounts there are: read from the smallest index.
    func countAccounts() throws(StoreError) -> Int {
        try self.count.first { row throws(StoreError) in try row.integer(0, in: 0...Int.max) } ?? 0
    }

    /// What is sealed for the next accounts.
    func values(ofAccountsAfter number: Int64, limit: Int) throws(StoreError) -> SealedPage {
        let accounts = try self.selectAccounts.rows(.integer(number), .integer(Int64(limit))) {
            row throws(StoreError) in
            (
                id: try row.integer(0, in: 1...Int64.max),
                identity: Identity(name: try row.text(1), uid: try row.integer(2, in: 0...UInt32.max))
            )
        }
        var values: [SealedValue] = []
        for (id, identity) in accounts {
            values += try self.selectValues.rows(.integer(id)) { row throws(StoreError) in
                let place: SealedValue.Place =
                    switch try row.integer(0, in: 0...2) {
                    case 0: .secondFactor(account: id)
                    case 1: .setUp(account: id)
                    default:
                        .recoveryCode(
                            RecoveryCodePlace(
                                set: try row.integer(1, in: 1...Int64.max),
                                number: try row.integer(2, in: 0...(RecoverySet.size - 1))
                            )
                        )
                    }
                return SealedValue(place: place, identity: identity, sealed: try row.blob(3))
            }
        }
        return SealedPage(values: values, accounts: accounts.map(\.id))
    }

    /// The daemon's own keys.
    func keys() throws(StoreError) -> [SealedValue] {
        try self.selectKeys.rows { row throws(StoreError) in
            SealedValue(place: .key(purpose: try row.text(0)), identity: nil, sealed: try row.blob(1))
        }
    }

    /// Puts other bytes in place of a value's; whether it was still there.
    func reseal(_ value: SealedValue, as sealed: [UInt8]) throws(StoreError) -> Bool {
        let (old, new) = (Value.blob(value.sealed), Value.blob(sealed))
        let changed =
            switch value.place {
            case .secondFactor(let account): try self.updateSecondFactor.run(.integer(account), old, new)
            case .setUp(let account): try self.updateSetUp.run(.integer(account), old, new)
            case .recoveryCode(let place):
                try self.updateRecoveryCode.run(.integer(place.set), .integer(Int64(place.number)), old, new)
            case .key(let purpose): try self.updateKey.run(.text(purpose), old, new)
            }
        return changed == 1
    }
}
