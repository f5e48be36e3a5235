import TwinlockStore

/// The daemon's own sealed keys as rows.
///
/// To be used inside a transaction.
final class SealedKeyRecords {
    private let select: Statement
    private let insert: Statement

    /// Prepares all statements.
    init(_ database: borrowing Database) throws(StoreError) {
        self.select = try database.prepare("SELECT sealed FROM sealed_keys WHERE purpose = ?1", to: "read key in store")
        self.insert = try database.prepare(
            "INSERT INTO sealed_keys (purpose, sealed) VALUES (?1, ?2)",
            to: "save key in store"
        )
    }

    /// The key of that purpose; the one that is given if there was none.
    func key(for purpose: String, orElse made: [UInt8]) throws(StoreError) -> [UInt8] {
        let found = try self.select.first(.text(purpose)) { row throws(StoreError) in try row.blob(0) }
        if let found {
            return found
        }
        try self.insert.run(.text(purpose), .blob(made))
        return made
    }
}
