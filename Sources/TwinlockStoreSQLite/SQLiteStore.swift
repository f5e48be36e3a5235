import TwinlockAccounts
public import TwinlockStore

/// A store in one SQLite database, used by this process alone.
///
/// One connection, and an executor whose thread alone touches it. Operations that wait share a transaction: while one
/// commit waits for the disk the next operations gather, so that many logins cost few writes.
public actor SQLiteStore {
    /// An operation that waits for the next transaction.
    private struct Waiting {
        /// Whether it shares its transaction with nobody.
        let isApart: Bool
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
        let result: Result<Outcome, StoreError> = await withCheckedContinuation { continuation in
            self.waiting.append(
                Waiting(
                    isApart: apart,
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
        self.carryOut(batch.filter { !$0.isApart })
        for operation in batch where operation.isApart {
            self.carryOut([operation])
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
    /// - Throws: What befell the transaction as a whole. Nothing was changed then.
    /// - Returns: For each operation what tells its caller.
    private func transact(_ batch: [Waiting]) throws(StoreError) -> [() -> Void] {
        guard let records = self.records else {
            throw .unavailable(reason: "cannot use store at \"\(self.path)\": it is closed")
        }
        try records.beginTransaction()
        var answers: [() -> Void] = []
        for operation in batch {
            do {
                switch try records.isolate(operation.run) {
                case .success(let tell): answers.append(tell)
                case .failure(let error): answers.append { operation.refuse(error) }
                }
            } catch {
                records.abandonTransaction()
                throw error
            }
        }
        try records.commitTransaction()
        return answers
    }
}
