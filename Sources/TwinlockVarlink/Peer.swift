/// Who is at the other end, from the socket, taken once when the connection was accepted.
public struct Peer: Sendable, Hashable {
    /// Effective user id at the time of `connect(2)`.
    ///
    /// 65534 is whoever our user namespace has no name for.
    public let uid: UInt32
    /// Effective group id at that time.
    public let gid: UInt32
    /// Supplementary groups at that time (`SO_PEERGROUPS`).
    public let groups: [UInt32]
    /// For logs alone.
    ///
    /// It decides nothing: pids are used again, and across pid namespaces it is 0.
    public let pid: Int32

    /// The credentials that the kernel gave for a connection.
    public init(uid: UInt32, gid: UInt32, groups: [UInt32], pid: Int32) {
        self.uid = uid
        self.gid = gid
        self.groups = groups
        self.pid = pid
    }
}
