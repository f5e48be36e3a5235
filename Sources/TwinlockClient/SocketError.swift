import Glibc

/// Why the daemon's socket is not used. Nothing was sent.
public enum SocketError: Error, Hashable, Sendable {
    /// A Unix socket's path has at most 107 bytes (unix(7)).
    case pathTooLong
    /// The path, a directory above it or the socket cannot be looked at or used.
    case failed(errno: Int32)
    /// The path leads to something else.
    case notASocket
    /// The daemon's queue of connections stayed full for so many seconds.
    case queueFull(seconds: Int)
    /// Users other than root and the socket's owner could put another socket there.
    case writableByOthers(directory: String)
    /// Who answers cannot be told.
    case unknownPeer(errno: Int32)
    /// Somebody answers who is neither root nor the socket's owner nor the caller.
    case wrongPeer(uid: UInt32)
}

extension SocketError: CustomStringConvertible {
    /// The reason, for a person; it follows a colon.
    public var description: String {
        switch self {
        case .pathTooLong: "the path is longer than a socket's can be (107 bytes)"
        case .failed(let number): Self.words(for: number)
        case .notASocket: "it is not a socket"
        case .queueFull(1): "it does not take the connection within 1 second"
        case .queueFull(let seconds): "it does not take the connection within \(seconds) seconds"
        case .writableByOthers(let directory): "users other than root and its owner can write to \(directory)"
        case .unknownPeer(let number): "who answers cannot be told: \(Self.words(for: number))"
        case .wrongPeer(let uid): "uid \(uid) answers there"
        }
    }

    private static func words(for number: Int32) -> String {
        // strerror(3) capitalises; these follow a colon.
        let text = String(cString: strerror(number))
        return text.prefix(1).lowercased() + text.dropFirst()
    }
}
