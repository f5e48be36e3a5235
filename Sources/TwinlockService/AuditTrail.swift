import Logging
import TwinlockAccounts
import TwinlockStore

/// Brings the records of decisions into the store, off the way of the answers.
///
/// A record waits in bounded memory for the one task that saves what waits, in batches; whoever decided does not wait for
/// it. While the store fails the records stay, each further decision lets it try again, and what no longer fits is counted
/// and told: in the log, and by a record of its own.
///
/// A kill loses the records of the last instant: those that wait, and those of a transaction that was not finished. The
/// decisions themselves it does not lose, they are on the disk before they are answered; and the journal was told of them
/// first. A stop loses nothing that was decided before `flush`.
final class AuditTrail: Sendable {
    /// Records that share a transaction at most. Among a million others it took 0.1 ms to add one: a sign-in that waits
    /// for the store's one writer meanwhile waits no longer than for a few others like it.
    static let batch = 64
    /// After so many records it is looked whether some must go, so that a flood cannot outgrow the room until the hour.
    static let trimInterval = 1000
    /// Records that one step of trimming removes at most; for the same reason.
    static let trimStep = 50

    private struct State {
        var queue = AuditQueue()
        var writer: Task<Void, Never>?
        var isFailing = false
        var savedSinceTrim = 0
    }

    let tail = AuditTail()
    private let store: any AuditStore
    private let retention: AuditRetention
    private let now: @Sendable () -> UnixSeconds
    private let logger: Logger
    private let state = Locked(State())

    init(
        store: any AuditStore,
        retention: AuditRetention,
        now: @escaping @Sendable () -> UnixSeconds,
        logger: Logger
    ) {
        self.store = store
        self.retention = retention
        self.now = now
        self.logger = logger
    }

    /// Takes a record in. Never waits, never fails.
    func add(_ record: AuditRecord) {
        self.state.withLock { state in
            state.queue.add(record)
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

    private func startWriter(_ state: inout State) {
        guard state.writer == nil, !state.queue.isEmpty else { return }
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

    /// Whether there is sense in saving more at once.
    private func save(_ batch: [AuditRecord]) async -> Bool {
        guard !batch.isEmpty else { return true }
        do {
            let saved = try await self.store.append(batch)
            let wasFailing = self.state.withLock { state in
                state.savedSinceTrim += batch.count
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
