/// Who asks for a password check, as far as it decides when his turn is.
struct CheckRequester: Sendable {
    /// Under which failures are counted; bounds what one source may ask for.
    let source: String
    /// A login program run by root without a remote host: somebody at the console.
    let isConsole: Bool
    /// Whether root asks. A site behind one address signs in many people at once; a program needs few checks.
    let isRoot: Bool
}

/// Lets at most eight password checks run at once, those of the console first.
///
/// A hash costs 50 ms of a core, and a module that hangs holds its place for the whole deadline: two places are kept for
/// the console, so that somebody there gets in while the network is busy.
actor CheckGate {
    /// Checks at once.
    static let places = 8
    /// Of those, places that only the console takes.
    static let consolePlaces = 2
    /// Checks of one source of root's that may wait.
    static let maximumWaitingPerSource = 32
    /// Checks of one other uid that may run or wait. More than a program needs; too few to keep others out.
    static let maximumPerUid = 4
    /// Checks that may wait in all.
    static let maximumWaiting = 128

    private struct Waiter {
        let ticket: UInt64
        let requester: CheckRequester
        let resume: CheckedContinuation<Bool, Never>
    }

    private var running: [CheckRequester] = []
    private var waiting: [Waiter] = []
    private var lastTicket: UInt64 = 0

    /// Runs a check when there is a place for it.
    ///
    /// - Parameters:
    ///   - requester: Who asks.
    ///   - patience: Returns when the wait has been too long.
    ///   - check: The check.
    /// - Throws: `busy` if there was no place in time, or what the check throws.
    nonisolated func run<Result: Sendable>(
        for requester: CheckRequester,
        patience: @escaping @Sendable () async -> Void,
        _ check: @Sendable () async throws(CheckFailure) -> Result
    ) async throws(CheckFailure) -> Result {
        guard await self.enter(requester, patience: patience) else {
            throw .busy
        }
        do {
            let result = try await check()
            await self.leave(requester)
            return result
        } catch {
            await self.leave(requester)
            throw error
        }
    }

    /// Checks that wait for a place.
    var waitingCount: Int {
        self.waiting.count
    }

    private func enter(_ requester: CheckRequester, patience: @escaping @Sendable () async -> Void) async -> Bool {
        guard self.mayAsk(requester) else { return false }
        if self.hasPlace(for: requester) {
            self.running.append(requester)
            return true
        }
        guard self.waiting.count < Self.maximumWaiting else { return false }
        self.lastTicket += 1
        let ticket = self.lastTicket
        let timer = Task {
            await patience()
            self.giveUp(ticket)
        }
        defer { timer.cancel() }
        return await withCheckedContinuation { continuation in
            self.waiting.append(Waiter(ticket: ticket, requester: requester, resume: continuation))
        }
    }

    private func leave(_ requester: CheckRequester) {
        if let index = self.running.firstIndex(where: {
            $0.source == requester.source && $0.isConsole == requester.isConsole
        }) {
            self.running.remove(at: index)
        }
        let next =
            self.waiting.firstIndex { $0.requester.isConsole && self.hasPlace(for: $0.requester) }
            ?? self.waiting.firstIndex { self.hasPlace(for: $0.requester) }
        guard let next else { return }
        let waiter = self.waiting.remove(at: next)
        self.running.append(waiter.requester)
        waiter.resume.resume(returning: true)
    }

    private func giveUp(_ ticket: UInt64) {
        guard let index = self.waiting.firstIndex(where: { $0.ticket == ticket }) else { return }
        self.waiting.remove(at: index).resume.resume(returning: false)
    }

    private func mayAsk(_ requester: CheckRequester) -> Bool {
        let waiting = self.waiting.count { $0.requester.source == requester.source }
        if requester.isRoot {
            return waiting < Self.maximumWaitingPerSource
        }
        return waiting + self.running.count { $0.source == requester.source } < Self.maximumPerUid
    }

    private func hasPlace(for requester: CheckRequester) -> Bool {
        guard self.running.count < Self.places else { return false }
        return requester.isConsole
            || self.running.count { !$0.isConsole } < Self.places - Self.consolePlaces
    }
}
