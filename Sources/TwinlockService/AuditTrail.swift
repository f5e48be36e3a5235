import Logging
import TwinlockAccounts
import TwinlockOTP
import TwinlockStore

/// Brings the records of decisions into the store, off the way of the answers.
///
/// The record of a verdict about a code is saved with the verdict, and takes along what waits: see `ride`. Any other
/// waits in bounded memory for the one task that saves what waits, in batches; whoever decided does not wait for it. Of a
/// sign-in that goes on to a code it waits for that code, for a moment. While the store fails the records stay, each
/// further decision lets it try again, and what no longer fits is counted and told: in the log, and by a record of its own.
///
/// A kill loses the records of the last instant: those that wait, and those of a transaction that was not finished. The
/// decisions themselves it does not lose, they are on the disk before they are answered; and the journal was told of those
/// first. A stop loses nothing that was decided before `flush`.
final class AuditTrail: Sendable {
    /// Records that share a transaction at most. Among a million others it took 0.1 ms to add one: a sign-in that waits
    /// for the store's one writer meanwhile waits no longer than for a few others like it.
    static let batch = 64
    /// After so many records it is looked whether some must go, so that a flood cannot outgrow the room until the hour.
    static let trimInterval = 1000
    /// Records that one step of trimming removes at most; for the same reason.
    static let trimStep = 50

    /// How long the record of a step waits for the verdict that follows, so that the two cost one write.
    static let patience = Duration.seconds(1)

    private struct State {
        var queue = AuditQueue()
        var writer: Task<Void, Never>?
        var isWriterAhead = false
        var isFailing = false
        var savedSinceTrim = 0
    }

    let tail = AuditTail()
    private let store: any AuditStore
    private let retention: AuditRetention
    private let now: @Sendable () -> UnixSeconds
    private let logger: Logger
    private let patience: Duration
    private let state = Locked(State())

    init(
        store: any AuditStore,
        retention: AuditRetention,
        now: @escaping @Sendable () -> UnixSeconds,
        logger: Logger,
        patience: Duration = AuditTrail.patience
    ) {
        self.store = store
        self.patience = patience
        self.retention = retention
        self.now = now
        self.logger = logger
    }

    /// Takes a record in. Never waits, never fails.
    func add(_ record: AuditRecord) {
        self.state.withLock { state in
            state.queue.add(record)
            if record.outcome == .continued {
                self.startWriterSoon(&state)
            } else {
                self.startWriter(&state)
            }
        }
    }

    /// Lets the record of a verdict be saved with it, and takes along what waits.
    ///
    /// - Parameter work: Saves the verdict with the records that the ride gives it.
    func ride<Verdict>(
        _ work: (AuditRide) async throws(StoreError) -> Recorded<Verdict>
    ) async throws(StoreError) -> Verdict {
        let ride = AuditRide(self)
        do throws(StoreError) {
            let done = try await work(ride)
            if let saved = done.records {
                self.note(ride.all, savedAs: saved)
            } else {
                self.putBack(ride.waiting, adding: ride.own)
            }
            return done.verdict
        } catch {
            self.putBack(ride.waiting, adding: [])
            throw error
        }
    }

    /// Takes out what waits, as much as may ride along.
    fileprivate func takeWaiting() -> [AuditRecord] {
        self.state.withLock { $0.queue.isEmpty ? [] : $0.queue.take(Self.batch) }
    }

    private func putBack(_ waiting: [AuditRecord], adding own: [AuditRecord]) {
        self.state.withLock { state in
            state.queue.putBack(waiting)
            own.forEach { state.queue.add($0) }
            self.startWriter(&state)
        }
    }

    /// Returns when all that was added before has been saved, or cannot be.
    func flush() async {
        // The task that is at work may have begun before the last record came; the one behind it takes all there is.
        for _ in 1...2 {
            let writer = self.state.withLock { state in
                self.startWriter(&state)
                return state.writer
            }
            await writer?.value
        }
    }

    /// Removes records that are too old or too many, in small steps.
    func trim(steps: Int = .max) async {
        var left = steps
        var removed = Self.trimStep
        do {
            while removed == Self.trimStep, left > 0 {
                removed = try await self.store.trimRecords(by: self.retention, at: self.now(), atMost: Self.trimStep)
                left -= 1
            }
        } catch {
            self.logger.error("cannot remove old audit records: \(error.words)")
        }
    }

    private func startWriterSoon(_ state: inout State) {
        guard state.writer == nil, !state.isWriterAhead else { return }
        state.isWriterAhead = true
        Task {
            try? await Task.sleep(for: self.patience)
            self.state.withLock { state in
                state.isWriterAhead = false
                self.startWriter(&state)
            }
        }
    }

    private func startWriter(_ state: inout State) {
        guard state.writer == nil, !state.queue.isEmpty || state.savedSinceTrim >= Self.trimInterval else { return }
        let count = state.queue.count
        state.writer = Task { await self.write(count) }
    }

    /// Saves as many records as waited when it was begun, and lets another task go on with those that came since.
    private func write(_ count: Int) async {
        var left = count
        var goesOn = true
        repeat {
            let batch = self.state.withLock { $0.queue.take(min(left, Self.batch)) }
            left -= Self.batch
            goesOn = await self.save(batch)
        } while goesOn && left > 0
        let mustTrim = self.state.withLock { state in
            defer { state.savedSinceTrim %= Self.trimInterval }
            return state.savedSinceTrim >= Self.trimInterval
        }
        if mustTrim {
            // Twice what came in, and no more: records wait meanwhile.
            await self.trim(steps: 2 * Self.trimInterval / Self.trimStep)
        }
        self.state.withLock { state in
            state.writer = nil
            if goesOn {
                self.startWriter(&state)
            }
        }
    }

    /// Notes that records were saved, and as what.
    private func note(_ batch: [AuditRecord], savedAs saved: [AuditRecord]) {
        guard !batch.isEmpty else { return }
        let wasFailing = self.state.withLock { state in
            state.savedSinceTrim += batch.count
            if state.savedSinceTrim >= Self.trimInterval { self.startWriter(&state) }
            defer { state.isFailing = false }
            return state.isFailing
        }
        if wasFailing {
            self.logger.notice("audit records are saved again")
        }
        for lost in batch where lost.reason == .recordsLost {
            self.logger.warning("\(lost.count) audit records are lost; only the log has them")
        }
        self.tail.publish(saved)
    }

    /// Whether there is sense in saving more at once.
    private func save(_ batch: [AuditRecord]) async -> Bool {
        guard !batch.isEmpty else { return true }
        do {
            self.note(batch, savedAs: try await self.store.append(batch))
            return true
        } catch {
            let keeps = if case .unavailable = error { true } else { false }
            let isNews = self.state.withLock { state in
                if keeps {
                    state.queue.putBack(batch)
                } else {
                    // Tried again it would fail again, and hold up all that come after it.
                    batch.forEach { state.queue.lose($0) }
                }
                defer { state.isFailing = true }
                return !state.isFailing
            }
            if isNews {
                self.logger.error("cannot save audit records: \(error.words)")
            }
            return false
        }
    }
}

/// Records that go into the store by a verdict's own transaction.
final class AuditRide: Sendable {
    private struct Load {
        var waiting: [AuditRecord] = []
        var own: [AuditRecord] = []
        var isTaken = false
    }

    private let trail: AuditTrail
    private let load = Locked(Load())

    fileprivate init(_ trail: AuditTrail) {
        self.trail = trail
    }

    /// What is to be saved with a verdict: what waits, which is taken out only now that its turn has come, then the
    /// verdict's own. The same again if it is asked again.
    func records(with own: AuditRecord?) -> [AuditRecord] {
        guard let own else { return [] }
        return self.load.withLock { load in
            if !load.isTaken {
                load.isTaken = true
                load.waiting = self.trail.takeWaiting()
                load.own = [own]
            }
            return load.waiting + load.own
        }
    }

    /// What waited.
    fileprivate var waiting: [AuditRecord] { self.load.withLock { $0.waiting } }
    /// The verdict's.
    fileprivate var own: [AuditRecord] { self.load.withLock { $0.own } }
    /// All of them.
    fileprivate var all: [AuditRecord] { self.load.withLock { $0.waiting + $0.own } }
}

extension StoreError {
    /// What it means for an administrator.
    var words: String {
        switch self {
        case .conflict: "somebody else changed the account first"
        case .parted: "the name or the uid belongs to another account with a second factor"
        case .unavailable(let reason): "the store is unavailable: \(reason)"
        case .damaged(let reason): "the store is damaged: \(reason)"
        }
    }
}
