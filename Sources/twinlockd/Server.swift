import CTwinlockLinux
import Glibc
import Logging
import NIOCore
import NIOPosix
import Synchronization
import TwinlockVarlink

/// Accepts connections, looks who is at the other end, and gives each a Varlink handler.
struct Server {
    private let channel: any Channel

    /// Begins to accept.
    ///
    /// - Parameter connectionsPerUid: What one uid other than root's may hold.
    init(
        on socket: ListeningSocket,
        service: VarlinkService,
        connectionsPerUid: Int,
        group: any EventLoopGroup,
        logger: Logger
    ) throws {
        let ledger = SharedLedger(perUid: connectionsPerUid)
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
        guard ledger.admit(peer.uid) else {
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
    private let ledger: Mutex<ConnectionLedger>

    init(perUid: Int) {
        self.ledger = Mutex(ConnectionLedger(perUID: perUid))
    }

    func admit(_ uid: UInt32) -> Bool {
        self.ledger.withLock { $0.admit(uid: uid) }
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
