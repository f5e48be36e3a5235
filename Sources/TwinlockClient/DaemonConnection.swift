import Glibc
public import NIOCore
import NIOPosix
public import TwinlockInterface
import TwinlockVarlink

/// A connection to the daemon: typed methods over Varlink.
///
/// Before anything is sent it is made sure who listens; see `SocketTrust`. One call at a time; calls made meanwhile wait for
/// their turn, and who wants them side by side opens more connections. Passwords and codes go in and come out as
/// `SecretText`, whose bytes are overwritten when the last reference goes.
///
/// ```swift
/// let daemon = try await DaemonConnection.open()
/// let begun = try await daemon.call(Authentication.SignIn.self, .init(user: nil, password: password))
/// ```
///
/// A person's thinking time is not for an open connection: the daemon closes one that is silent for a minute.
public struct DaemonConnection: Sendable {
    /// Where the daemon listens unless its settings say otherwise.
    public static let defaultPath = "/run/twinlock/twinlock.socket"
    /// Longer than the daemon takes for a password check by its default settings, waiting for its turn included.
    public static let defaultDeadline: TimeAmount = .seconds(30)
    /// Seconds for the kernel to find room for the connection.
    public static let connectSeconds = 1

    private let client: VarlinkClient

    /// Connects, and checks who answers.
    ///
    /// - Parameters:
    ///   - path: The socket's.
    ///   - eventLoop: Where the connection is served; NIO's shared loops if left out.
    public static func open(
        _ path: String = Self.defaultPath,
        on eventLoop: (any EventLoop)? = nil
    ) async throws(CallFailure) -> DaemonConnection {
        do {
            // Connecting may block until there is room in the daemon's queue.
            let descriptor = try await NIOThreadPool.singleton.runIfActive { try Self.connect(path) }
            let eventLoop = eventLoop ?? MultiThreadedEventLoopGroup.singleton.any()
            let channel = try await ClientBootstrap(group: eventLoop).withConnectedSocket(descriptor).get()
            return DaemonConnection(client: try await VarlinkClient.attach(to: channel).get())
        } catch let error as SocketError {
            throw .socket(error)
        } catch {
            throw .connection(.connectionClosed)
        }
    }

    /// Calls a method and waits for its one reply.
    ///
    /// - Parameter deadline: How long the answer may take, the wait for earlier calls included.
    public nonisolated(nonsending) func call<M: Method>(
        _ method: M.Type,
        _ parameters: M.Parameters,
        deadline: TimeAmount = Self.defaultDeadline
    ) async throws(CallFailure) -> M.Result {
        let answer: VarlinkClient.Answer
        do {
            answer = try await self.client.call(M.name, deadline: deadline) { parameters.write(to: &$0) }
        } catch {
            throw .connection(error)
        }
        return try M.Result(answer: answer)
    }

    /// Prepares a call to a method that answers again and again. It is sent when the first result is asked for.
    public func series<M: Method>(
        _ method: M.Type,
        _ parameters: M.Parameters
    ) throws(CallFailure) -> ResultSeries<M> {
        do {
            return ResultSeries(replies: try self.client.series(M.name) { parameters.write(to: &$0) })
        } catch {
            throw .connection(error)
        }
    }

    /// Hangs up. Calls that wait fail.
    public func close() async {
        await self.client.close()
    }

    private static func connect(_ path: String) throws(SocketError) -> Int32 {
        let trust = try SocketTrust(checking: path)
        let descriptor = try SocketConnection.open(trust.path, deadline: self.connectSeconds)
        do {
            try trust.check(peerOf: descriptor)
        } catch {
            Glibc.close(descriptor)
            throw error
        }
        return descriptor
    }
}

/// The results of one call that asked for more than one; see `ReplySeries`.
public struct ResultSeries<M: Method>: ~Copyable, Sendable {
    private var replies: ReplySeries

    init(replies: consuming ReplySeries) {
        self.replies = replies
    }

    /// The next result; nil when the one before it was the last.
    ///
    /// - Parameter deadline: How long it may take; nil for a series that goes on for as long as it is read.
    /// - Throws: Why there is none. The series has ended then.
    public nonisolated(nonsending) mutating func next(
        deadline: TimeAmount? = DaemonConnection.defaultDeadline
    ) async throws(CallFailure) -> M.Result? {
        let answer: VarlinkClient.Answer?
        do {
            answer = try await self.replies.next(deadline: deadline)
        } catch {
            throw .connection(error)
        }
        guard let answer else { return nil }
        return try M.Result(answer: answer)
    }
}

extension Message {
    /// Reads what a server answered.
    fileprivate init(answer: VarlinkClient.Answer) throws(CallFailure) {
        switch answer {
        case .success(let parameters):
            do {
                try self.init(reply: parameters)
            } catch {
                throw .unexpectedResult(member: error.parameter)
            }
        case .error(let name, let parameters):
            throw CallFailure(errorReply: name, parameters: parameters)
        }
    }
}
