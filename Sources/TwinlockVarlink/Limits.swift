public import NIOCore

/// Every bound of the protocol edge, with its unit and its reason.
///
/// All are ours; the specification names none. What the peer may exceed is measured before it is stored.
public enum Limits {
    /// Bytes of one message, the closing NUL not counted.
    ///
    /// The longest call holds a few names, a password and a context: a few hundred bytes. 64 KiB leaves room for lists
    /// in replies and keeps what a silent connection can pin in memory small.
    public static let messageBytes = 64 * 1024

    /// Objects and arrays inside each other, the message itself being the first.
    ///
    /// The interfaces nest four deep. 32 bounds the parser's recursion on an event loop's thread.
    public static let jsonDepth = 32

    /// UTF-8 bytes of one string or member name after its escapes are decoded.
    ///
    /// The longest legitimate one is a passphrase; PAM's own responses end at 512 bytes (`PAM_MAX_RESP_SIZE`).
    public static let stringBytes = 8 * 1024

    /// Connections open at once.
    ///
    /// Far below a service's usual descriptor limit, so that the database and the password checks always get theirs.
    public static let connections = 1024

    /// How many of `connections` only uid 0 may take.
    ///
    /// Root is where `sshd` and `login` connect from: strangers must not be able to use up what logins need.
    public static let connectionsForRoot = 256

    /// Connections that one uid other than 0 may have open at once, unless the settings say otherwise.
    ///
    /// Enough for a busy desktop; twelve hostile uids are needed to reach what is shared.
    public static let connectionsPerUID = 64

    /// How long a connection may stay silent between two calls.
    ///
    /// A client that keeps one open makes its next call within a minute or can connect again at no cost.
    public static let idleTime: TimeAmount = .seconds(60)

    /// How long a new connection may take to send its first byte.
    ///
    /// Clients connect to call: one that says nothing only occupies a place.
    public static let firstByteTime: TimeAmount = .seconds(10)

    /// How long a message may take from its first byte to its end.
    ///
    /// Clients write a message in one go. Without this, one byte a minute would hold a place for ever.
    public static let messageTime: TimeAmount = .seconds(10)

    /// How long the peer may take to make room for one reply.
    ///
    /// A peer that does not read would otherwise keep replies, and the secrets in them, in memory.
    public static let writeTime: TimeAmount = .seconds(10)
}
