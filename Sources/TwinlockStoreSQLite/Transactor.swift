import TwinlockStore

/// An operation on the database.
struct Operation: Sendable {
    enum Kind {
        /// Changes nothing, and needs no transaction.
        case reading
        /// Shares its transaction.
        case sharing
        /// Shares its transaction with nobody.
        case apart
    }

    let kind: Kind
    /// Does the work and returns what will tell its caller, once that may be told.
    let run: @Sendable (Records) throws(StoreError) -> () -> Void
    /// Tells its caller that nothing was changed, and why.
    let refuse: @Sendable (StoreError) -> Void
}

/// Carries operations out, on the one thread that touches the connection.
actor Transactor {
    private let executor: QueueExecutor
    /// Nil once closed.
    private var records: Records?
    private let path: String

    /// The queue on which it works.
    nonisolated var unownedExecutor: UnownedSerialExecutor {
        self.executor.asUnownedSerialExecutor()
    }

    /// Opens the database; see `SQLiteStore`.
    init(path: String, migrations: [Migration], waitingAtMost milliseconds: Int32) throws(StoreError) {
        try DatabaseFile(path: path).prepare()
        let database = try Database.open(path: path, waitingAtMost: milliseconds)
        try Migrator(migrations).migrate(database)
        // After the migration: a newer schema or another program's database must stay as it is.
        try database.set("journal_mode", to: "wal")
        self.records = try Records(database)
        self.path = path
        self.executor = QueueExecutor(label: "twinlock.store")
    }

    /// Carries operations out behind those before them.
    ///
    /// - Parameter take: Gives them when their turn has come.
    nonisolated func carryOutSoon(_ take: @escaping @Sendable () -> [Operation]) {
        self.executor.submit { self.assumeIsolated { $0.carryOut(take()) } }
    }

    /// Carries those operations out, and closes the database.
    func close(after last: [Operation]) {
        self.carryOut(last)
        self.records = nil
    }

    private func carryOut(_ batch: [Operation]) {
        for operation in batch where operation.kind == .reading {
            self.answer(operation)
        }
        self.transact(batch.filter { $0.kind == .sharing })
        for operation in batch where operation.kind == .apart {
            self.transact([operation])
        }
    }

    /// Runs an operation that changes nothing and tells its caller.
    private func answer(_ operation: Operation) {
        do throws(StoreError) {
            try operation.run(self.openRecords())()
        } catch {
            operation.refuse(error)
        }
    }

    /// Runs operations in one transaction and tells their callers.
    private func transact(_ batch: [Operation]) {
        guard !batch.isEmpty else { return }
        do {
            // Nobody is told anything before the commit: a refusal, too, may rest on what a neighbour changed.
            for tell in try self.tellers(of: batch) {
                tell()
            }
        } catch {
            for operation in batch {
                operation.refuse(error)
            }
        }
    }

    /// Runs a batch in one transaction.
    ///
    /// Where there is no room for the records of verdicts it is run once more without them: a record must never be what
    /// keeps somebody out.
    ///
    /// - Throws: What befell the transaction as a whole. Nothing was changed then.
    /// - Returns: For each operation what tells its caller.
    private func tellers(of batch: [Operation]) throws(StoreError) -> [() -> Void] {
        let records = try self.openRecords()
        do throws(StoreError) {
            return try self.transact(batch, on: records, keepingRecords: true)
        } catch {
            guard records.recording != nil else { throw error }
            return try self.transact(batch, on: records, keepingRecords: false)
        }
    }

    private func openRecords() throws(StoreError) -> Records {
        guard let records = self.records else {
            throw .unavailable(reason: "cannot use store at \"\(self.path)\": it is closed")
        }
        return records
    }

    private func transact(
        _ batch: [Operation],
        on records: Records,
        keepingRecords: Bool
    ) throws(StoreError) -> [() -> Void] {
        try records.beginTransaction(keepingRecords: keepingRecords)
        do throws(StoreError) {
            // An operation by itself is undone by giving the transaction up.
            let answers = batch.count == 1 ? [try batch[0].run(records)] : try self.run(batch, on: records)
            try records.commitTransaction()
            return answers
        } catch {
            records.abandonTransaction()
            throw error
        }
    }

    /// Runs operations so that one that fails leaves its neighbours alone.
    private func run(_ batch: [Operation], on records: Records) throws(StoreError) -> [() -> Void] {
        var answers: [() -> Void] = []
        for operation in batch {
            let result = try records.isolate(operation.run)
            if case .failure(let error) = records.recording { throw error }
            switch result {
            case .success(let tell): answers.append(tell)
            case .failure(let error): answers.append { operation.refuse(error) }
            }
        }
        return answers
    }
}
