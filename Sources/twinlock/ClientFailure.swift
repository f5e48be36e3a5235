import TwinlockVarlink

extension Failure {
    /// The connection did not bring an answer.
    init(_ error: ClientError, socket: String) {
        switch error {
        case .callTooLong:
            self.init(.usage, "the call is longer than a message can be: \(Limits.messageBytes) bytes")
        case .timedOut:
            self = .unreachable(socket, "it does not answer within \(Wording.duration(Daemon.callDeadline))")
        case .connectionClosed:
            self = .unreachable(socket, "it closed the connection without an answer")
        case .connectionFailed(let number):
            self = .unreachable(socket, "the connection failed: \(Wording.errno(number))")
        case .invalidReply(let reason):
            self = .unreachable(socket, "its answer is not valid: \(reason)")
        }
    }
}
