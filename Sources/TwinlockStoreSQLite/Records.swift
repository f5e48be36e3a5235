import TwinlockAccounts
import TwinlockStore

/// An open database with all its statements, and the transactions in which they run.
///
/// Not `Sendable`: it stays with the actor that made it.
final class Records {
    /// Accounts, their factors and failures.
    let accounts: AccountRecords
    /// Sessions.
    let sessions: SessionRecords
    /// Recovery codes.
    let recovery: RecoveryRecords
    /// What was decided.
    let audit: AuditRecords
    /// Tokens.
    let tokens: TokenRecords
    /// The daemon's own sealed keys.
    let sealedKeys: SealedKeyRecords
    /// All that is sealed.
    let resealing: ResealingRecords
    /// Whether records of verdicts are saved in this transaction.
    private var keepsRecords = true
    /// What became of the records of verdicts in this transaction; nil where there were none.
    private(set) var recording: Result<Void, StoreError>?
    private let trial: Statement
    private let begin: Statement
    private let commit: Statement
    private let rollback: Statement
    private let savepoint: Statement
    private let release: Statement
    private let rollbackToSavepoint: Statement
    /// Last, so that it closes after all statements have ended.
    let database: Database

    /// Prepares all statements.
    init(_ database: consuming Database) throws(StoreError) {
        self.recovery = try RecoveryRecords(database)
        self.accounts = try AccountRecords(database, recovery: self.recovery)
        self.sessions = try SessionRecords(database)
        self.audit = try AuditRecords(database)
        self.tokens = try TokenRecords(database)
        self.sealedKeys = try SealedKeyRecords(database)
        self.resealing = try ResealingRecords(database)
        self.trial = try database.prepare(
            "INSERT INTO trials (id, at) VALUES (1, ?1) ON CONFLICT (id) DO UPDATE SET at = excluded.at",
            to: "save to store"
        )
        self.begin = try database.prepare("BEGIN IMMEDIATE", to: "begin transaction in store")
        self.commit = try database.prepare("COMMIT", to: "commit to store")
        self.rollback = try database.prepare("ROLLBACK", to: "roll back in store")
        self.savepoint = try database.prepare("SAVEPOINT operation", to: "begin operation in store")
        self.release = try database.prepare("RELEASE operation", to: "end operation in store")
        self.rollbackToSavepoint = try database.prepare(
            "ROLLBACK TO operation",
            to: "undo operation in store"
        )
        self.database = database
    }

    /// Writes a moment where nothing depends on it.
    func tryToSave(at moment: Int64) throws(StoreError) {
        try self.trial.run(.integer(moment))
    }

    /// Saves the records of a verdict in the verdict's own transaction.
    ///
    /// - Throws: That they could not be saved. The transaction is to be given up then, and tried again without.
    /// - Returns: nil if this is the transaction without.
    func record(_ new: [AuditRecord]) throws(StoreError) -> [AuditRecord]? {
        guard !new.isEmpty else { return [] }
        guard self.keepsRecords else { return nil }
        do throws(StoreError) {
            let saved = try self.audit.append(new)
            if self.recording == nil { self.recording = .success(()) }
            return saved
        } catch {
            self.recording = .failure(error)
            throw error
        }
    }

    /// Begins a transaction that may write.
    ///
    /// - Parameter keepingRecords: Whether records of verdicts are saved with them.
    func beginTransaction(keepingRecords: Bool) throws(StoreError) {
        self.keepsRecords = keepingRecords
        self.recording = nil
        if self.database.isInTransaction {
            try self.rollback.run()
        }
        try self.begin.run()
    }

    /// Ends the transaction; what it changed is on the disk when this returns, and undone if it throws.
    func commitTransaction() throws(StoreError) {
        do {
            try self.commit.run()
        } catch {
            self.abandonTransaction()
            throw error
        }
    }

    /// Gives up the transaction, after something that leaves its contents in doubt.
    func abandonTransaction() {
        if self.database.isInTransaction {
            // What went wrong before is the error to tell; if this fails, the next transaction tries it again.
            _ = try? self.rollback.run()
        }
    }

    /// Runs one operation so that its failure leaves the transaction as it was before.
    ///
    /// - Throws: That the transaction cannot go on: SQLite has ended it, as after a full disk, or the operation could
    ///   not be undone.
    /// - Returns: What became of the operation itself.
    func isolate<Outcome>(
        _ operation: (Records) throws(StoreError) -> Outcome
    ) throws(StoreError) -> Result<Outcome, StoreError> {
        try self.savepoint.run()
        do throws(StoreError) {
            let outcome = try operation(self)
            try self.release.run()
            return .success(outcome)
        } catch {
            // Without a transaction each further operation would be saved by itself, and half of this one.
            guard self.database.isInTransaction else { throw error }
            try self.rollbackToSavepoint.run()
            try self.release.run()
            return .failure(error)
        }
    }
}
