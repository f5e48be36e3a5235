import NIOCore
import NIOEmbedded
import Testing
import TwinlockOTP

@testable import TwinlockVarlink

/// A gate that calls stand at until a test lets them pass.
struct Gate: Sendable {
    private let stream: AsyncStream<Void>
    private let opener: AsyncStream<Void>.Continuation

    init() {
        (self.stream, self.opener) = AsyncStream.makeStream()
    }

    func pass() async {
        for await _ in self.stream { return }
    }

    func letOnePass() {
        self.opener.yield()
    }
}

/// What a test's service saw.
final class Journal: Sendable {
    private let entries = Locked<[String]>([])

    var all: [String] { self.entries.withLock { $0 } }

    func add(_ entry: String) {
        self.entries.withLock { $0.append(entry) }
    }
}

/// Polls for a condition, ten seconds at most.
func eventually(_ what: Comment, _ condition: () async throws -> Bool) async throws {
    let bound = ContinuousClock.now + .seconds(10)
    while ContinuousClock.now < bound {
        if try await condition() { return }
        await Task.yield()
    }
    Issue.record(what)
}

/// A server's connection without a socket, on a clock that stands still.
struct TestConnection {
    let channel: NIOAsyncTestingChannel
    let tap = WireTap()
    let ends = Journal()

    init(
        handle: @escaping @Sendable (Call, Peer, ReplySink) async -> Reply = { call, _, _ in
            .success { $0.member("did", call.memberName) }
        }
    ) async throws {
        let service = VarlinkService(
            vendor: "v",
            product: "p",
            version: "1",
            url: "",
            interfaces: [("test.it", "interface test.it\n")],
            handle: handle
        )
        let ends = self.ends
        let tap = self.tap
        self.channel = try await NIOAsyncTestingChannel { channel in
            try channel.pipeline.syncOperations.addHandlers([
                tap, ServerConnectionHandler(service: service, peer: .someone) { ends.add("\($0)") },
            ])
        }
        try await self.channel.connect(to: SocketAddress(unixDomainSocketPath: "/nowhere")).get()
    }

    /// Brings bytes in, and looks at what is left of them in NIO's storage.
    func receive(_ bytes: some Sequence<UInt8>) async throws {
        let buffer = ByteBuffer(bytes: bytes)
        try await self.channel.writeInbound(buffer)
        #expect(buffer.readableBytesView.allSatisfy { $0 == 0 })
    }

    func receive(_ text: String) async throws {
        try await self.receive(text.utf8)
    }

    /// Waits for that many messages in all.
    func messages(_ count: Int) async throws -> [String] {
        try await eventually("\(count) messages") { self.tap.messages.count >= count }
        return self.tap.messages
    }

    /// Waits for the connection's end.
    func end() async throws -> [String] {
        try await eventually("the connection's end") { !self.ends.all.isEmpty }
        return self.ends.all
    }

    func inputClosed() async throws {
        let pipeline = self.channel.pipeline
        try await self.channel.testingEventLoop.executeInContext {
            pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        }
    }

    func advance(_ time: TimeAmount) async {
        await self.channel.testingEventLoop.advanceTime(by: time)
    }

    /// Waits until the handler has gone on after whatever it was sent.
    func settled() async {
        await self.channel.testingEventLoop.run()
    }
}
