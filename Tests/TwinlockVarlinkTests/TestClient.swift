import NIOCore
import NIOEmbedded
import Testing

@testable import TwinlockVarlink

/// A client without a socket, on a clock that stands still.
struct TestClient {
    let channel = NIOAsyncTestingChannel()
    let tap = WireTap()
    let client: VarlinkClient

    init() async throws {
        try await self.channel.pipeline.addHandler(self.tap).get()
        try await self.channel.connect(to: SocketAddress(unixDomainSocketPath: "/nowhere")).get()
        self.client = try await VarlinkClient.attach(to: self.channel).get()
    }

    /// Calls, lets a test act when that many calls have gone out, and gives answer or error in words.
    func call(
        _ method: String = "a.b.C",
        out count: Int = 1,
        deadline: TimeAmount = .seconds(5),
        then act: () async throws -> Void
    ) async throws -> String {
        async let outcome = self.outcome(method, deadline: deadline)
        try await eventually("the call goes out") { self.tap.messages.count >= count }
        try await act()
        return await outcome
    }

    func outcome(_ method: String, deadline: TimeAmount = .seconds(5)) async -> String {
        do throws(ClientError) {
            switch try await self.client.call(method, deadline: deadline, parameters: { $0.member("x", 1) }) {
            case .success(let parameters): return "success \(parameters?["y"]?.string ?? "-")"
            case .error(let name, let parameters): return "error \(name) \(parameters?["y"]?.string ?? "-")"
            }
        } catch {
            return "\(error)"
        }
    }

    func receive(_ bytes: some Sequence<UInt8>) async throws {
        let buffer = ByteBuffer(bytes: bytes)
        try await self.channel.writeInbound(buffer)
        #expect(buffer.readableBytesView.allSatisfy { $0 == 0 })
    }

    func receive(_ text: String) async throws {
        try await self.receive(text.utf8)
    }
}
