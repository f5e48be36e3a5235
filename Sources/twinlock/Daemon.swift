import Glibc
import NIOCore
import NIOPosix
import TwinlockInterface
import TwinlockVarlink

/// The daemon, as this command sees it: one connection for each call, none while a person thinks.
struct Daemon {
    /// Seconds for the kernel to find room for the connection.
    static let connectDeadline = 1
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

    /// Connects, checks who answers, calls, and hangs up.
    ///
    /// Blocks the thread until then.
    func call<M: Method>(_ method: M.Type, _ parameters: M.Parameters) throws(Failure) -> M.Result {
        let trust = try SocketTrust(checking: self.socket)
        let descriptor = try SocketConnection.open(trust.path, deadline: Self.connectDeadline)
        do {
            try trust.check(peerOf: descriptor)
        } catch {
            close(descriptor)
            throw error
        }
        let group = self.group
        let answer: Result<VarlinkClient.Answer, ClientError>
        do {
            answer = try group.next().makeFutureWithTask {
                let channel = try await ClientBootstrap(group: group).withConnectedSocket(descriptor).get()
                let client = try await VarlinkClient.attach(to: channel).get()
                let answer = await Self.call(M.name, parameters, with: client)
                await client.close()
                return answer
            }.wait()
        } catch {
            throw .unreachable(self.socket, "the connection broke")
        }
        switch answer {
        case .success(let reply): return try Self.read(reply, of: method)
        case .failure(let error): throw Failure(error, socket: self.socket)
        }
    }

    private static func call(
        _ name: String,
        _ parameters: some Message,
        with client: VarlinkClient
    ) async -> Result<VarlinkClient.Answer, ClientError> {
        do throws(ClientError) {
            let deadline = TimeAmount.seconds(Int64(self.callDeadline))
            return .success(try await client.call(name, deadline: deadline) { parameters.write(to: &$0) })
        } catch {
            return .failure(error)
        }
    }

    private static func read<M: Method>(_ answer: VarlinkClient.Answer, of method: M.Type) throws(Failure) -> M.Result {
        switch answer {
        case .success(let parameters):
            do {
                return try M.Result(reply: parameters)
            } catch {
                throw Failure(
                    .notNow,
                    "the daemon's answer to \(M.name) lacks `\(error.parameter)`, or has it in another form",
                    hint: "it is of another version than this command: restart it after an upgrade"
                )
            }
        case .error(let name, let parameters):
            if let named = NamedError(name: name, parameters: parameters) {
                throw Failure(named)
            }
            throw Failure(unknownError: name, parameters: parameters, method: M.name)
        }
    }
}
