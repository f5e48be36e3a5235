import Glibc
import TwinlockClient
import TwinlockTerminal
import TwinlockVarlink

extension Failure {
    /// A call brought no result.
    init(_ failure: CallFailure, socket: String, method: String) {
        switch failure {
        case .socket(let error): self.init(error, socket: socket)
        case .connection(let error): self.init(error, socket: socket)
        case .refused(let error): self.init(error)
        case .permissionDenied:
            self.init(.refused, "the daemon does not allow this to you")
        case .invalidParameter(let name):
            self.init(.refused, "the daemon does not take this \(name.printable)", parameter: name)
        case .unknownMethod:
            self.init(.notNow, "the daemon does not know \(method)", hint: Self.otherVersion)
        case .unknownError(let name):
            self.init(.notNow, "the daemon answered \(method) with \(name.printable)")
        case .expectedMore:
            self.init(.notNow, "the daemon answers \(method) with a series alone", hint: Self.otherVersion)
        case .unexpectedResult(let member):
            self.init(
                .notNow,
                "the daemon's answer to \(method) lacks `\(member)`, or has it in another form",
                hint: Self.otherVersion
            )
        }
    }

    private static let otherVersion = "it is of another version than this command: restart it after an upgrade"

    /// The connection did not bring an answer.
    private init(_ error: ClientError, socket: String) {
        switch error {
        case .callTooLong:
            self.init(.usage, "the call is longer than a message can be: \(Limits.messageBytes) bytes")
        case .timedOut:
            self = .unreachable(socket, "it does not answer within \(Wording.duration(Daemon.callDeadline))")
        case .connectionClosed, .cancelled:
            self = .unreachable(socket, "it closed the connection without an answer")
        case .connectionFailed(let number):
            self = .unreachable(socket, "the connection failed: \(Wording.errno(number))")
        case .invalidReply(let reason):
            self = .unreachable(socket, "its answer is not valid: \(reason)")
        }
    }

    /// Nobody who may be told anything listens.
    private init(_ error: SocketError, socket: String) {
        switch error {
        case .pathTooLong:
            self.init(.usage, "--socket: \(socket.printable) is longer than a socket's path can be (107 bytes)")
        case .failed(ENOENT), .failed(ECONNREFUSED):
            self = .unreachable(socket, "\(error)", hint: "is twinlockd running?")
        case .failed, .notASocket, .queueFull:
            self = .unreachable(socket, "\(error)")
        case .writableByOthers, .unknownPeer, .wrongPeer:
            self.init(
                .unreachable,
                "the socket \(socket.printable) is not to be trusted: \("\(error)".printable)",
                hint: "nothing was sent; the socket belongs in a directory of root's or of the daemon's, mode 0755"
            )
        }
    }

    /// The daemon cannot be reached.
    static func unreachable(_ path: String, _ reason: String, hint: String? = nil) -> Failure {
        Failure(.unreachable, "cannot reach the daemon at \(path.printable): \(reason)", hint: hint)
    }
}
