/// Why a call got no answer.
///
/// Whether the server carried it out is unknown, unless the case says so.
public enum ClientError: Error, Hashable, Sendable {
    /// The call is longer than a message may be. Nothing was sent.
    case callTooLong
    /// No answer came in time. The connection is closed, because the answer might still come.
    case timedOut
    /// The task that waited was cancelled. The connection is closed, because the answer might still come.
    case cancelled
    /// The connection was closed, by either side.
    case connectionClosed
    /// Reading or writing failed.
    case connectionFailed(errno: Int32)
    /// What came is no reply. The connection is closed.
    case invalidReply(ReplyError)
}

extension ClientError: CustomStringConvertible {
    /// What failed, for a person.
    public var description: String {
        switch self {
        case .callTooLong: "call is longer than \(Limits.messageBytes) bytes"
        case .timedOut: "no answer in time"
        case .cancelled: "given up before the answer was complete"
        case .connectionClosed: "connection closed before the answer was complete"
        case .connectionFailed(let errno): "connection failed: error \(errno)"
        case .invalidReply(let error): "answer is not valid: \(error)"
        }
    }
}
