import CTwinlockLinux
import Glibc
import Logging
import NIOCore
import NIOPosix
import Synchronization
import TwinlockService
import TwinlockVarlink

/// How many connections a peer may hold.
struct ConnectionBounds: Sendable {
    /// A uid other than root's.
    let perUid: Int
    /// Services that may hold more, or less.
    let services: ListedCallers
    /// The uid of such a service.
    let perService: Int

    func bound(for peer: Peer) -> Int {
        self.services.contains(peer) ? self.perService : self.perUid
    }
}

/// Accepts connections, looks who is at the other end, and gives each a Varlink handler.
struct Server {
    private let channel: any Channel

    /// Begins to accept.
    init(
        on socket: ListeningSocket,
        service: VarlinkService,
        connections: ConnectionBounds,
        group: any EventLoopGroup,
        logger: Logger
    ) throws {
        let ledger = SharedLedger(bounds: connections)
        self.channel = try ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: ListeningSocket.backlog)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try Self.initialize(channel, service: service, ledger: ledger, logger: logger)
                }
            }
            .withBoundSocket(socket.descriptor)
            .wait()
    }

    /// Stops accepting; connections that are open go on.
    func stop() throws {
        try self.channel.close().wait()
    }

    private static func initialize(
        _ channel: any Channel,
        service: VarlinkService,
        ledger: SharedLedger,
        logger: Logger
    ) throws {
        let pipeline = channel.pipeline.syncOperations
        let peer = try pipeline.withUnsafeTransportIfAvailable { (descriptor: NIOBSDSocket.Handle) throws in
            try Peer(descriptor: descriptor)
        }
        guard let peer else { throw StartError("the connection has no socket") }
        guard ledger.admit(peer) else {
            logger.notice("connection refused: too many", metadata: ["uid": "\(peer.uid)"])
            throw TooManyConnections()
        }
        // Its place is free when the connection is closed and its last call has ended: closing early frees no work.
        let handler = ServerConnectionHandler(service: service, peer: peer) { end in
            ledger.release(peer.uid)
            logger.debug("connection ended: \(end)", metadata: ["uid": "\(peer.uid)"])
        }
        do {
            try pipeline.addHandler(handler)
        } catch {
            ledger.release(peer.uid)
            throw error
        }
    }
}

private struct TooManyConnections: Error {}

/// The ledger, shared by all event loops.
private final class SharedLedger: Sendable {
    private let ledger = Mutex(ConnectionLedger())
    private let bounds: ConnectionBounds

    init(bounds: ConnectionBounds) {
        self.bounds = bounds
    }

    func admit(_ peer: Peer) -> Bool {
        self.ledger.withLock { $0.admit(uid: peer.uid, allowance: self.bounds.bound(for: peer)) }
    }

    func release(_ uid: UInt32) {
        self.ledger.withLock { $0.release(uid: uid) }
    }
}

extension Peer {
    /// Who is at the other end of a socket, from the kernel.
    fileprivate init(descriptor: Int32) throws(StartError) {
        var (uid, gid, pid): (UInt32, UInt32, Int32) = (0, 0, 0)
        let status = tl_peer_credentials(descriptor, &uid, &gid, &pid)
        guard status == 0 else { throw StartError("cannot read the peer's credentials", errno: status) }
        var groups = [UInt32](repeating: 0, count: 64)
        var count = tl_peer_groups(descriptor, &groups, Int32(groups.count))
        if count > groups.count {
            groups = [UInt32](repeating: 0, count: Int(count))
            count = tl_peer_groups(descriptor, &groups, count)
        }
        guard count >= 0, count <= groups.count else {
            throw StartError("cannot read the peer's groups", errno: count)
        }
        self.init(uid: uid, gid: gid, groups: Array(groups[..<Int(count)]), pid: pid)
    }
}
