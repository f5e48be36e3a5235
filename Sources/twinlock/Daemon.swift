import NIOCore
import NIOPosix
import TwinlockClient
import TwinlockInterface
import TwinlockTerminal

/// The daemon, as this command sees it: one connection for each call, none while a person thinks.
///
/// Every function blocks the thread until it is done.
struct Daemon {
    /// Seconds for an answer.
    ///
    /// A password check may take 15 seconds by the daemon's own deadline, and wait for its turn before.
    static let callDeadline = 30

    /// As given on the command line.
    let socket: String
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    init(socket: String) {
        self.socket = socket
    }

    /// Connects, calls, and hangs up.
    ///
    /// - Parameter deadline: Seconds for the answer.
    func call<M: Method>(
        _ method: M.Type,
        _ parameters: M.Parameters,
        deadline: Int = Self.callDeadline
    ) throws(Failure) -> M.Result {
        try self.connected(to: M.name) { daemon throws(CallFailure) in
            try await daemon.call(method, parameters, deadline: .seconds(Int64(deadline)))
        }
    }

    /// Calls a method that changes the account.
    ///
    /// Whoever loses the answer, by a signal or by the connection, is told that it may have been carried out.
    ///
    /// - Parameter look: How the person finds out.
    func change<M: Method>(
        _ method: M.Type,
        _ parameters: M.Parameters,
        look: String = Failure.lookBeforeYouLogOut
    ) throws(Failure) -> M.Result {
        let interrupted = Failure.interruptedChange(look: look)
        do {
            return try Signals.beforeEnd({ interrupted.reportAfterPrompt() }) { () throws(Failure) in
                try self.call(method, parameters)
            }
        } catch {
            throw error.withUnknownOutcome(look: look)
        }
    }

    /// Connects, calls, hands over each result as it comes, and hangs up.
    ///
    /// - Parameters:
    ///   - deadline: Seconds for each; nil where it may be long until the next.
    ///   - take: Returns whether to go on.
    func series<M: Method>(
        _ method: M.Type,
        _ parameters: M.Parameters,
        deadline: Int? = Self.callDeadline,
        take: @escaping @Sendable (M.Result) -> Bool
    ) throws(Failure) {
        try self.connected(to: M.name) { daemon throws(CallFailure) in
            var results = try daemon.series(method, parameters)
            let deadline = deadline.map { TimeAmount.seconds(Int64($0)) }
            while let result = try await results.next(deadline: deadline), take(result) {}
        }
    }

    private func connected<Outcome: Sendable>(
        to method: String,
        _ body: @escaping @Sendable (DaemonConnection) async throws(CallFailure) -> Outcome
    ) throws(Failure) -> Outcome {
        let (socket, eventLoop) = (self.socket, self.group.next())
        let outcome: Result<Outcome, CallFailure>
        do {
            outcome = try eventLoop.makeFutureWithTask {
                do throws(CallFailure) {
                    let daemon = try await DaemonConnection.open(socket, on: eventLoop)
                    let outcome = await Self.outcome(of: body, daemon)
                    await daemon.close()
                    return outcome
                } catch {
                    return .failure(error)
                }
            }.wait()
        } catch {
            throw .unreachable(socket, "the connection broke")
        }
        switch outcome {
        case .success(let value): return value
        case .failure(let failure): throw Failure(failure, socket: socket, method: method)
        }
    }

    private static func outcome<Outcome: Sendable>(
        of body: @Sendable (DaemonConnection) async throws(CallFailure) -> Outcome,
        _ daemon: DaemonConnection
    ) async -> Result<Outcome, CallFailure> {
        do throws(CallFailure) {
            return .success(try await body(daemon))
        } catch {
            return .failure(error)
        }
    }
}
