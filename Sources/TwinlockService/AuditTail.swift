import TwinlockAccounts
import TwinlockOTP

/// Hands new records to whoever follows the log, as soon as they are saved.
///
/// Nobody is waited for: a follower has room for some records, and one that is slow is told how many it has missed. It
/// can read those from the store, where they have the numbers behind the last one that it was given.
///
/// To follow without a gap: begin to follow, then read what is there already, then leave out of what follows the numbers
/// that were read. A record that takes in a repeat comes again, under its new number and with its new count.
final class AuditTail: Sendable {
    private struct State {
        var followers: [ObjectIdentifier: AuditFollower] = [:]
        var isOver = false
    }

    private let state = Locked(State())

    /// Followers at present.
    var followerCount: Int { self.state.withLock { $0.followers.count } }

    /// Follows from now on for as long as the work goes on.
    func follow<Outcome>(
        _ filter: AuditFilter,
        _ work: (AuditFollower) async throws -> Outcome
    ) async rethrows -> Outcome {
        let follower = AuditFollower(filter)
        let isOver = self.state.withLock { state in
            state.followers[ObjectIdentifier(follower)] = follower
            return state.isOver
        }
        defer { _ = self.state.withLock { $0.followers.removeValue(forKey: ObjectIdentifier(follower)) } }
        if isOver {
            follower.end()
        }
        return try await work(follower)
    }

    /// Hands records on.
    func publish(_ records: [AuditRecord]) {
        for follower in self.state.withLock({ Array($0.followers.values) }) {
            for record in records {
                follower.offer(record)
            }
        }
    }

    /// Lets everybody know that nothing more comes.
    func end() {
        let followers = self.state.withLock { state in
            state.isOver = true
            return Array(state.followers.values)
        }
        for follower in followers {
            follower.end()
        }
    }
}

/// One who follows the log. One task at a time asks for the next event.
final class AuditFollower: Sendable {
    /// Records that wait for a follower at most.
    static let capacity = 256

    /// What a follower is told.
    enum Event: Equatable, Sendable {
        /// A record was saved, or took in a repeat.
        case record(AuditRecord)
        /// So many records came while there was no room; they are behind the one that was told last.
        case missed(Int)
    }

    private struct State {
        var waiting: [AuditRecord] = []
        var missed = 0
        var isOver = false
        var asking: CheckedContinuation<Event?, Never>?

        /// What comes next, if there is something: an event, or the end.
        mutating func next() -> Event?? {
            if !self.waiting.isEmpty {
                return .some(.record(self.waiting.removeFirst()))
            }
            if self.missed > 0 {
                defer { self.missed = 0 }
                return .some(.missed(self.missed))
            }
            return self.isOver ? .some(nil) : nil
        }
    }

    private let filter: AuditFilter
    private let state = Locked(State())

    fileprivate init(_ filter: AuditFilter) {
        self.filter = filter
    }

    /// The next event; waits for it. nil at the end, or when the task that asks is cancelled.
    func next() async -> Event? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let known = self.state.withLock { state -> Event?? in
                    precondition(state.asking == nil, "one task at a time asks for the next event")
                    let known = state.next()
                    if known == nil {
                        state.asking = continuation
                    }
                    return known
                }
                if let known {
                    continuation.resume(returning: known)
                }
            }
        } onCancel: {
            self.end()
        }
    }

    fileprivate func offer(_ record: AuditRecord) {
        guard self.filter.matches(record) else { return }
        let asking = self.state.withLock { state -> CheckedContinuation<Event?, Never>? in
            guard !state.isOver else { return nil }
            if let asking = state.asking {
                state.asking = nil
                return asking
            }
            // Behind a gap nothing more is taken before the gap has been told: the order stays that of the numbers.
            if state.missed == 0, state.waiting.count < Self.capacity {
                state.waiting.append(record)
            } else {
                state.missed += 1
            }
            return nil
        }
        asking?.resume(returning: .record(record))
    }

    /// Lets it know that nothing more comes.
    func end() {
        let asking = self.state.withLock { state -> CheckedContinuation<Event?, Never>? in
            state.isOver = true
            defer { state.asking = nil }
            return state.asking
        }
        asking?.resume(returning: nil)
    }
}
