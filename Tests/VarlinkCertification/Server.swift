import CTwinlockLinux
import NIOCore
import NIOPosix
import TwinlockVarlink

/// Accepts connections on a path and gives each the handler that the daemon's connections have.
struct Server {
    private let channel: any Channel

    init(path: String, service: VarlinkService, group: any EventLoopGroup) throws {
        let backlog: Int32 = 64
        let descriptor = tl_listen(path, 0o600, backlog)
        guard descriptor >= 0 else { throw StartError(words: "cannot listen on \"\(path)\"", errno: -descriptor) }
        self.channel = try ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: backlog)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    let peer = try pipeline.withUnsafeTransportIfAvailable { (descriptor: NIOBSDSocket.Handle) throws in
                        try Peer(descriptor: descriptor)
                    }
                    guard let peer else { throw StartError(words: "the connection has no socket", errno: 0) }
                    try pipeline.addHandler(ServerConnectionHandler(service: service, peer: peer))
                }
            }
            .withBoundSocket(descriptor)
            .wait()
    }

    func stop() throws {
        try self.channel.close().wait()
    }
}

struct StartError: Error {
    let words: String
    let errno: Int32
}

extension Peer {
    fileprivate init(descriptor: Int32) throws {
        var (uid, gid, pid): (UInt32, UInt32, Int32) = (0, 0, 0)
        let status = tl_peer_credentials(descriptor, &uid, &gid, &pid)
        guard status == 0 else { throw StartError(words: "cannot read the peer's credentials", errno: -status) }
        self.init(uid: uid, gid: gid, groups: [], pid: pid)
    }
}
