import NIOCore
import TwinlockOTP

/// The connections that are open, so that a stop can let each finish what it is at.
final class OpenConnections: Sendable {
    /// How long a client that has just connected may take to say what it wants before a stop counts it as idle.
    private static let firstWordTime = TimeAmount.seconds(1)

    private struct Connection {
        let channel: any Channel
        let since: NIODeadline
    }

    private let open = Locked<[ObjectIdentifier: Connection]>([:])

    func add(_ channel: any Channel) {
        let id = ObjectIdentifier(channel)
        self.open.withLock { $0[id] = Connection(channel: channel, since: .now()) }
        channel.closeFuture.whenComplete { _ in
            self.open.withLock { $0[id] = nil }
        }
    }

    /// Asks every connection to end after the call it is at, waits until all have, and closes the rest. Not to be called
    /// from an event loop.
    func drain(on loop: any EventLoop, within time: TimeAmount) throws {
        // Two turns: what was accepted is among ours after the first, and what it sent before has been read in the second.
        for _ in 1...2 { try loop.submit {}.wait() }
        let connections = self.open.withLock { Array($0.values) }
        for connection in connections {
            let channel = connection.channel
            channel.eventLoop.scheduleTask(deadline: max(.now(), connection.since + Self.firstWordTime)) {
                channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
            }
        }
        let late = loop.scheduleTask(in: time) {
            for connection in connections { connection.channel.close(promise: nil) }
        }
        try EventLoopFuture.andAllComplete(connections.map(\.channel.closeFuture), on: loop).wait()
        late.cancel()
    }
}
