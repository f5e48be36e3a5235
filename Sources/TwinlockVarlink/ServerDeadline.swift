import NIOCore

/// What a server waits for its peer to do.
///
/// While a call is at work it waits for nothing.
enum ServerDeadline {
    /// From accept to the first byte.
    case firstByte
    /// From a message's first byte to its end.
    case message
    /// From the end of one call to the first byte of the next.
    case idle
    /// From handing a reply to the socket until it is taken.
    case write

    /// How long the peer has.
    var time: TimeAmount {
        switch self {
        case .firstByte: Limits.firstByteTime
        case .message: Limits.messageTime
        case .idle: Limits.idleTime
        case .write: Limits.writeTime
        }
    }

    /// What its passing means for the connection.
    var end: ConnectionEnd {
        switch self {
        case .firstByte: .firstByteLate
        case .message: .messageLate
        case .idle: .idle
        case .write: .writeLate
        }
    }
}
