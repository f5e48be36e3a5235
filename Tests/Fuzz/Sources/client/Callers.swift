import FuzzSupport
import NIOCore

@testable import TwinlockVarlink

/// Makes calls of every kind on one client, each in a task of its own, and keeps what comes of them.
///
/// Everything here is on one thread.
final class Callers: @unchecked Sendable {
    enum Kind: Equatable {
        case one
        case oneway
        case series
    }

    /// How a call ended.
    enum End {
        case answered
        case failed(ClientError)
    }

    private(set) var kinds: [Kind] = []
    /// Every reply that was heard, in order, by the call's number.
    private(set) var answers: [(call: Int, answer: VarlinkClient.Answer)] = []
    /// By the call's number.
    private(set) var ends: [Int: End] = [:]
    private(set) var isAnyCancelled = false
    private let client: VarlinkClient
    private var tasks: [Task<Void, Never>] = []
    /// How often a series may go on, and those that wait for that.
    private var permits = 0
    private var gate: [CheckedContinuation<Void, Never>] = []
    /// Series that have a reply and fetch no other yet.
    private(set) var standing: Set<Int> = []

    init(_ client: VarlinkClient) {
        self.client = client
    }

    func begin(_ kind: Kind) {
        let number = self.kinds.count
        self.kinds.append(kind)
        self.tasks.append(
            Task {
                do throws(ClientError) {
                    try await self.call(number, kind)
                    self.end(number, .answered)
                } catch {
                    self.end(number, .failed(error))
                }
            }
        )
    }

    /// Lets a series fetch one reply more.
    func letOneFetch() {
        if self.gate.isEmpty {
            self.permits += 1
        } else {
            self.gate.removeFirst().resume()
        }
    }

    /// Lets every series fetch all its replies.
    func letAllFetch() {
        self.permits = .max / 2
        while !self.gate.isEmpty { self.gate.removeFirst().resume() }
    }

    /// Cancels the oldest call that has not ended.
    func cancelOne() {
        guard let number = self.tasks.indices.first(where: { self.ends[$0] == nil }) else { return }
        self.isAnyCancelled = true
        self.tasks[number].cancel()
    }

    private func call(_ number: Int, _ kind: Kind) async throws(ClientError) {
        let method = "a.b.C\(number)"
        switch kind {
        case .one:
            let answer = try await self.client.call(method, deadline: .seconds(5)) { $0.member("n", Int64(number)) }
            self.answers.append((number, answer))
        case .oneway:
            try await self.client.callOneway(method, deadline: .seconds(5)) { $0.member("n", Int64(number)) }
        case .series:
            var series = try self.client.series(method) { $0.member("n", Int64(number)) }
            while let answer = try await series.next(deadline: .seconds(5)) {
                self.answers.append((number, answer))
                await self.mayFetch(number)
            }
        }
    }

    private func mayFetch(_ number: Int) async {
        if self.permits > 0 {
            self.permits -= 1
        } else {
            self.standing.insert(number)
            await withCheckedContinuation { self.gate.append($0) }
            self.standing.remove(number)
        }
    }

    private func end(_ number: Int, _ end: End) {
        claim(self.ends[number] == nil, "a call ends twice")
        self.ends[number] = end
    }
}
