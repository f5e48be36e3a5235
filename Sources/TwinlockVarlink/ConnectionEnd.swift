/// Why a server's connection ended, for its log.
public enum ConnectionEnd: Hashable, Sendable {
    /// The peer closed it, in the middle of a message or between two.
    case peerClosed
    /// The peer sent what is no call.
    case refused(CallError)
    /// Nothing came within `Limits.firstByteTime`.
    case firstByteLate
    /// A message did not end within `Limits.messageTime` of its first byte.
    case messageLate
    /// No call came within `Limits.idleTime` of the last one.
    case idle
    /// A reply was not taken within `Limits.writeTime`.
    case writeLate
    /// Reading or writing failed.
    case transportFailed
    /// The server asked its connections to end (`ChannelShouldQuiesceEvent`).
    case stopping
}

extension ConnectionEnd: CustomStringConvertible {
    /// The reason in words, without a byte of the peer's.
    public var description: String {
        switch self {
        case .peerClosed: "closed by the peer"
        case .refused(let error): error.description
        case .firstByteLate: "no first byte in time"
        case .messageLate: "message not finished in time"
        case .idle: "idle for too long"
        case .writeLate: "reply not taken in time"
        case .transportFailed: "reading or writing failed"
        case .stopping: "server is stopping"
        }
    }
}
