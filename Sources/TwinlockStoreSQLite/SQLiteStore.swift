import TwinlockAccounts
import TwinlockOTP
public import TwinlockStore

/// A store in one SQLite database, used by this process alone.
///
/// Operations that wait share a transaction: while one commit waits for the disk the next operations gather, so that many
/// logins cost few writes. Those that only read go first and are answered before that commit: what they rest on is on the
/// disk.
///
/// Whoever asks puts the operation into the line and waits where he is. Were this an actor he would have to change to its
/// thread first, and once more on his way back: a change of threads costs as much as reading an account.
public final class SQLiteStore: Sendable {
    private let transactor: Transactor
    private let line = Locked(Line())

    /// Opens the database of that path, makes it (0600) if it is not there, and brings its schema up to date.
    ///
    /// The directory must exist. Waits at most 5 seconds for another process to let go of the database.
    /// - Throws: `unavailable`, or `damaged` if the file is no database of Twinlock's.
    public convenience init(path: String) throws(StoreError) {
        try self.init(path: path, migrations: Migration.released)
    }

    /// As above, with other migrations or less patience, for tests.
    init(
        path: String,
        migrations: [Migration],
        waitingAtMost milliseconds: Int32 = Database.patienceMilliseconds
    ) throws(StoreError) {
        self.transactor = try Transactor(path: path, migrations: migrations, waitingAtMost: milliseconds)
    }

    /// Finishes what waits, then closes the database; every later operation is refused.
    ///
    /// Does nothing the second time.
    public func close() async {
        await self.transactor.close(after: self.line.withLock { $0.takeAll() })
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
        _ kind: Operation.Kind,
        _ operation: @escaping @Sendable (Records) throws(StoreError) -> Outcome
    ) async throws(StoreError) -> Outcome {
        let result: Result<Outcome, StoreError> = await withCheckedContinuation { continuation in
            self.join(
                Operation(
                    kind: kind,
                    run: { records throws(StoreError) in
                        let outcome = try operation(records)
                        return { continuation.resume(returning: .success(outcome)) }
                    },
                    refuse: { continuation.resume(returning: .failure($0)) }
                )
            )
        }
        return try result.get()
    }

    /// Lets the next transaction begin only when so many operations wait for it.
    ///
    /// For tests of what shares one.
    package func gather(_ count: Int) {
        self.line.withLock { $0.gathering = count }
    }

    /// Operations that wait for a transaction.
    ///
    /// For tests.
    package var waitingCount: Int {
        self.line.withLock { $0.count }
    }

    /// The most pages that the database may have; the disk is full beyond.
    ///
    /// For tests.
    package func limit(pages: Int) async throws(StoreError) {
        try await self.perform { records throws(StoreError) in
            try records.database.execute("PRAGMA max_page_count = \(pages)", to: "limit store")
        }
    }

    /// Puts an operation into the line. All that have come until its turn share that turn.
    private func join(_ operation: Operation) {
        if self.line.withLock({ $0.add(operation) }) {
            self.transactor.carryOutSoon { self.line.withLock { $0.take() } }
        }
    }
}

/// Operations that wait for their turn.
private struct Line {
    /// How many must wait before a turn begins: 1 but in tests.
    var gathering = 1
    private var waiting: [Operation] = []
    private var isTurnAhead = false

    var count: Int { self.waiting.count }

    /// Puts one behind the others; whether there must be a turn for it.
    mutating func add(_ operation: Operation) -> Bool {
        self.waiting.append(operation)
        guard !self.isTurnAhead, self.waiting.count >= self.gathering else { return false }
        self.isTurnAhead = true
        return true
    }

    /// Those whose turn it is.
    mutating func take() -> [Operation] {
        self.isTurnAhead = false
        guard self.waiting.count >= self.gathering else { return [] }
        return self.takeAll()
    }

    /// All of them.
    mutating func takeAll() -> [Operation] {
        self.gathering = 1
        defer { self.waiting = [] }
        return self.waiting
    }
}
