import NIOCore
import NIOEmbedded
import Testing

@testable import TwinlockVarlink

@Suite("Server deadlines, on a clock that the test moves", .timeLimit(.minutes(1)))
struct ServerDeadlineTests {
    static let call = "{\"method\":\"test.it.Do\"}\0"

    @Test("no byte within 10 s of accept")
    func firstByte() async throws {
        let connection = try await TestConnection()
        await connection.advance(.milliseconds(9_999))
        #expect(connection.channel.isActive)
        await connection.advance(.milliseconds(1))
        #expect(try await connection.end() == ["no first byte in time"])
    }

    @Test("a message has 10 s from its first byte to its end, however steadily it trickles")
    func slowSender() async throws {
        let connection = try await TestConnection()
        await connection.advance(.seconds(9))
        for byte in Self.call.utf8.prefix(10) {
            try await connection.receive([byte])
            #expect(connection.channel.isActive)
            await connection.advance(.seconds(1))
        }
        #expect(try await connection.end() == ["message not finished in time"])
    }

    @Test("the same holds for a later message, whenever it begins")
    func slowLaterMessage() async throws {
        let connection = try await TestConnection()
        try await connection.receive(Self.call)
        _ = try await connection.messages(1)
        await connection.settled()
        await connection.advance(.seconds(59))
        try await connection.receive("{")
        await connection.advance(.milliseconds(9_999))
        #expect(connection.channel.isActive)
        await connection.advance(.milliseconds(1))
        #expect(try await connection.end() == ["message not finished in time"])
    }

    @Test("idle for 60 s between calls, counted anew from each call")
    func idle() async throws {
        let connection = try await TestConnection()
        for count in 1...3 {
            try await connection.receive(Self.call)
            _ = try await connection.messages(count)
            await connection.settled()
            await connection.advance(.milliseconds(59_999))
            #expect(connection.channel.isActive)
        }
        await connection.advance(.milliseconds(1))
        #expect(try await connection.end() == ["idle for too long"])
    }

    @Test("a call at work has no deadline here, nor has what waits behind it")
    func working() async throws {
        let gate = Gate()
        let connection = try await TestConnection { _, _, _ in
            await gate.pass()
            return .success()
        }
        try await connection.receive(Self.call + "{\"meth")
        await connection.advance(.hours(1))
        #expect(connection.channel.isActive)
        gate.letOnePass()
        _ = try await connection.messages(1)
        await connection.settled()
        await connection.advance(.milliseconds(9_999))
        #expect(connection.channel.isActive)
        await connection.advance(.milliseconds(1))
        #expect(try await connection.end() == ["message not finished in time"])
    }

    @Test("a reply that is not taken within 10 s ends the connection")
    func slowReader() async throws {
        let connection = try await TestConnection()
        connection.tap.stick()
        try await connection.receive(Self.call)
        _ = try await connection.messages(1)
        await connection.settled()
        await connection.advance(.milliseconds(9_999))
        #expect(connection.channel.isActive)
        await connection.advance(.milliseconds(1))
        #expect(try await connection.end() == ["reply not taken in time"])
    }

    @Test("a reply taken at the last moment leaves the connection open for the next call")
    func lateReader() async throws {
        let connection = try await TestConnection()
        connection.tap.stick()
        try await connection.receive(Self.call)
        _ = try await connection.messages(1)
        await connection.settled()
        await connection.advance(.milliseconds(9_999))
        connection.tap.unstick()
        await connection.settled()
        await connection.advance(.seconds(59))
        try await connection.receive(Self.call)
        #expect(try await connection.messages(2).count == 2)
    }
}
