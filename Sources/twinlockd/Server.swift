import CTwinlockLinux
import Glibc
import Logging
import NIOCore
import NIOPosix
import TwinlockOTP
import TwinlockService
import TwinlockSettings
import TwinlockVarlink

/// How many connections a peer may hold.
struct ConnectionBounds: Sendable {
    /// A uid other than root's.
    let perUid: Int
    /// Services that may hold more, or less.
    let services: ListedCallers
    /// The uid of such a service.
    let perService: Int

    init(_ settings: Settings, services: ListedCallers) {
        self.perUid = settings.connectionsPerUid
        self.services = services
        self.perService = settings.serviceConnectionsPerUid
    }

    func bound(for peer: Peer) -> Int {
        self.services.contains(peer) ? self.perService : self.perUid
    }
}

/// Accepts connections, looks who is at the other end, and gives each a Varlink handler.
struct Server {
    /// Connections that are accepted before the others have their turn. Whoever comes behind a crowd that connects again
    /// and again waits for one turn of everybody's for each so many of them; most of the crowd is hung up on at once.
    private static let acceptedAtOnce: UInt = 64

    private let channel: any Channel
    private let phase: SharedPhase
    private let ledger: SharedLedger
    private let connections = OpenConnections()

    /// Begins to accept.
    init(
        on socket: ListeningSocket,
        service: VarlinkService,
        connections: ConnectionBounds,
        group: any EventLoopGroup,
        logger: Logger
    ) throws {
        let ledger = SharedLedger(bounds: connections)
        let phase = SharedPhase()
        let open = self.connections
        // There is one event loop.
        let executor = EventLoopExecutor(group.next())
        self.phase = phase
        self.ledger = ledger
        self.channel = try ServerBootstrap(group: group)
            .serverChannelOption(.maxMessagesPerRead, value: Self.acceptedAtOnce)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptPause(logger: logger))
                }
            }
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try Self.initialize(channel, service: service, executor: executor, ledger: ledger, logger: logger)
                    open.add(channel)
                }
            }
            .withBoundSocket(socket.descriptor)
            .wait()
        // Once more: on a socket that it is given NIO listens with a backlog of 128, whatever its option says.
        guard listen(socket.descriptor, ListeningSocket.backlog) == 0 else {
            throw StartError("cannot listen", errno: errno)
        }
        // NIO closes it where accept(2) fails for a reason that may not pass. Whoever started us can start us again.
        self.channel.closeFuture.whenComplete { _ in
            guard phase.lose() else { return }
            logger.error("the listening socket is gone")
            kill(getpid(), SIGTERM)
        }
    }

    /// Stops accepting; connections that are open go on.
    ///
    /// - Returns: Whether it was accepting until now.
    func stop() throws -> Bool {
        guard self.phase.stop() else { return false }
        try self.channel.close().wait()
        return true
    }

    /// Lets every connection finish the call it is at, and closes it; what is open after that time is closed all the same.
    func drain(within time: TimeAmount) throws {
        try self.connections.drain(on: self.channel.eventLoop, within: time)
    }

    /// Lets other bounds hold for connections from now on; those that are open stay.
    func adopt(_ bounds: ConnectionBounds) {
        self.ledger.adopt(bounds)
    }

    private static func initialize(
        _ channel: any Channel,
        service: VarlinkService,
        executor: EventLoopExecutor,
        ledger: SharedLedger,
        logger: Logger
    ) throws {
        let pipeline = channel.pipeline.syncOperations
        let peer = try pipeline.withUnsafeTransportIfAvailable { (descriptor: NIOBSDSocket.Handle) throws in
            try Peer(descriptor: descriptor)
        }
        guard let peer else { throw StartError("the connection has no socket") }
        guard ledger.admit(peer) else {
            if ledger.isRefusalToBeLogged() {
                logger.notice("connection refused: too many", metadata: ["uid": "\(peer.uid)"])
            }
            throw TooManyConnections()
        }
        // Its place is free when the connection is closed and its last call has ended: closing early frees no work.
        let handler = ServerConnectionHandler(service: service, peer: peer, executor: executor) { end in
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

/// Whether the listening socket is there, shared by the event loop and the main thread.
private final class SharedPhase: Sendable {
    private enum Phase {
        case accepting
        /// Closed, or about to be, because we were told to stop.
        case stopped
        /// Closed by itself.
        case lost
    }

    private let phase = Locked(Phase.accepting)

    /// Returns whether this is news.
    func lose() -> Bool { self.leave(for: .lost) }

    /// Returns whether there is something to stop.
    func stop() -> Bool { self.leave(for: .stopped) }

    private func leave(for next: Phase) -> Bool {
        self.phase.withLock { phase in
            switch phase {
            case .accepting:
                phase = next
                return true
            case .stopped, .lost:
                return false
            }
        }
    }
}

/// The ledger, shared by all event loops.
private final class SharedLedger: Sendable {
    private let ledger = Locked(ConnectionLedger())
    private let refusals = Locked(RareLine())
    private let bounds: Locked<ConnectionBounds>

    init(bounds: ConnectionBounds) {
        self.bounds = Locked(bounds)
    }

    func adopt(_ bounds: ConnectionBounds) {
        self.bounds.withLock { $0 = bounds }
    }

    func admit(_ peer: Peer) -> Bool {
        let allowance = self.bounds.withLock { $0.bound(for: peer) }
        return self.ledger.withLock { $0.admit(uid: peer.uid, allowance: allowance) }
    }

    func release(_ uid: UInt32) {
        self.ledger.withLock { $0.release(uid: uid) }
    }

    func isRefusalToBeLogged() -> Bool {
        self.refusals.withLock { $0.isDue(at: .now()) }
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
