import TwinlockAccounts
public import TwinlockStore

/// A store in one SQLite database, used by this process alone.
///
/// One connection, and an executor whose thread alone touches it. Operations that wait share a transaction: while one
/// commit waits for the disk the next operations gather, so that many logins cost few writes. Those that only read go
/// first and are answered before that commit: what they rest on is on the disk.
public actor SQLiteStore {
    private enum Kind {
        /// Changes nothing, and needs no transaction.
        case reading
        /// Shares its transaction.
        case sharing
        /// Shares its transaction with nobody.
        case apart
    }

    /// An operation that waits for its turn.
    private struct Waiting {
        let kind: Kind
        /// Does the work and returns what will tell its caller, once that may be told.
        let run: (Records) throws(StoreError) -> () -> Void
        /// Tells its caller that nothing was changed, and why.
        let refuse: (StoreError) -> Void
    }

    private let executor: QueueExecutor
    /// Nil once closed.
    private var records: Records?
    private var waiting: [Waiting] = []
    private var isDrainAhead = false
    /// How many operations must wait before a transaction begins: 1 but in tests.
    private var gathering = 1
    private let path: String

    /// The queue on which this store works.
    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        self.executor.asUnownedSerialExecutor()
    }

    /// Opens the database of that path, makes it (0600) if it is not there, and brings its schema up to date.
    ///
    /// The directory must exist. Waits at most 5 seconds for another process to let go of the database.
    /// - Throws: `unavailable`, or `damaged` if the file is no database of Twinlock's.
    public init(path: String) throws(StoreError) {
        try self.init(path: path, migrations: Migration.released)
    }

    /// As above, with other migrations or less patience, for tests.
    init(
        path: String,
        migrations: [Migration],
        waitingAtMost milliseconds: Int32 = Database.patienceMilliseconds
    ) throws(StoreError) {
        try DatabaseFile(path: path).prepare()
        let database = try Database.open(path: path, waitingAtMost: milliseconds)
        try Migrator(migrations).migrate(database)
        // After the migration: a newer schema or another program's database must stay as it is.
        try database.set("journal_mode", to: "wal")
        self.records = try Records(database)
        self.path = path
        self.executor = QueueExecutor(label: "twinlock.store")
    }

    /// Finishes what waits, then closes the database; every later operation is refused.
    ///
    /// Does nothing the second time.
    public func close() {
        self.gathering = 1
        self.drain()
        self.records = nil
    }

    /// Does an operation inside a transaction and returns when that is on the disk.
    ///
    /// - Parameters:
    ///   - apart: Whether it has a transaction of its own, so that what befalls that one befalls nobody else.
    ///   - operation: May throw to undo what it did itself, and nothing else.
    func perform<Outcome: Sendable>(
        apart: Bool = false,
        _ operation: @escaping @Sendable (Records) throws(StoreError) -> Outcome
    ) async throws(StoreError) -> Outcome {
        try await self.wait(apart ? .apart : .sharing, operation)
    }

    /// Does an operation that changes nothing.
    func read<Outcome: Sendable>(
        _ operation: @escaping @Sendable (Records) throws(StoreError) -> Outcome
    ) async throws(StoreError) -> Outcome {
        try await self.wait(.reading, operation)
    }

    private func wait<Outcome: Sendable>(
        _ kind: Kind,
        _ operation: @escaping @Sendable (Records) throws(StoreError) -> Outcome
    ) async throws(StoreError) -> Outcome {
        let result: Result<Outcome, StoreError> = await withCheckedContinuation { continuation in
            self.waiting.append(
                Waiting(
                    kind: kind,
                    run: { records throws(StoreError) in
                        let outcome = try operation(records)
                        return { continuation.resume(returning: .success(outcome)) }
                    },
                    refuse: { continuation.resume(returning: .failure($0)) }
                )
            )
            self.drainSoon()
        }
        return try result.get()
    }

    /// Lets the next transaction begin only when so many operations wait for it.
    ///
    /// For tests of what shares one.
    package func gather(_ count: Int) {
        self.gathering = count
    }

    /// Operations that wait for a transaction.
    ///
    /// For tests.
    package var waitingCount: Int {
        self.waiting.count
    }

    /// The most pages that the database may have; the disk is full beyond.
    ///
    /// For tests.
    package func limit(pages: Int) async throws(StoreError) {
        try await self.perform { records throws(StoreError) in
            try records.database.execute("PRAGMA max_page_count = \(pages)", to: "limit store")
        }
    }

    /// Puts a drain behind the operations that stand at the executor already, so that they share its transaction.
    private func drainSoon() {
        guard !self.isDrainAhead, self.waiting.count >= self.gathering else { return }
        self.isDrainAhead = true
        Task { self.drain() }
    }

    private func drain() {
        self.isDrainAhead = false
        guard !self.waiting.isEmpty, self.waiting.count >= self.gathering else { return }
        self.gathering = 1
        let batch = self.waiting
        self.waiting = []
        for operation in batch where operation.kind == .reading {
            self.answer(operation)
        }
        self.carryOut(batch.filter { $0.kind == .sharing })
        for operation in batch where operation.kind == .apart {
            self.carryOut([operation])
        }
    }

    /// Runs an operation that changes nothing and tells its caller.
    private func answer(_ operation: Waiting) {
        do throws(StoreError) {
            try operation.run(self.openRecords())()
        } catch {
            operation.refuse(error)
        }
    }

    /// Runs operations in one transaction and tells their callers.
    private func carryOut(_ batch: [Waiting]) {
        guard !batch.isEmpty else { return }
        do {
            // Nobody is told anything before the commit: a refusal, too, may rest on what a neighbour changed.
            for tell in try self.transact(batch) {
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
    private func transact(_ batch: [Waiting]) throws(StoreError) -> [() -> Void] {
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
        _ batch: [Waiting],
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
    private func run(_ batch: [Waiting], on records: Records) throws(StoreError) -> [() -> Void] {
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
