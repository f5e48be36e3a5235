import NIOCore
import NIOEmbedded
import Testing

@testable import TwinlockVarlink

@Suite("Client", .timeLimit(.minutes(1)))
struct VarlinkClientTests {
    @Test("a call and its reply, also byte by byte; what was sent is wiped")
    func roundTrip() async throws {
        let connected = try await TestClient()
        let first = try await connected.call {
            try await connected.receive("{\"parameters\":{\"y\":\"one\"}}\0".utf8)
        }
        #expect(first == "success one")
        #expect(connected.tap.messages == [#"{"method":"a.b.C","parameters":{"x":1}}"#])
        let left = connected.tap.leftovers
        #expect(left.joined().allSatisfy { $0 == 0 })
        let second = try await connected.call(out: 2) {
            for byte in "{\"parameters\":{\"y\":\"two\"}}\0".utf8 { try await connected.receive([byte]) }
        }
        #expect(second == "success two")
    }

    @Test(
        "what a server may answer",
        arguments: [
            ("{}", "success -"), (#"{"parameters":null}"#, "success -"),
            (#"{"parameters":{},"continues":false}"#, "success -"),
            (#"{"error":"x.Y"}"#, "error x.Y -"), (#"{"parameters":{"y":"z"},"error":"x.Y"}"#, "error x.Y z"),
        ]
    )
    func answers(reply: String, outcome: String) async throws {
        let connected = try await TestClient()
        #expect(try await connected.call { try await connected.receive((reply + "\0").utf8) } == outcome)
        #expect(connected.channel.isActive)
    }

    @Test(
        "what no server may answer fails the call and closes the connection",
        arguments: [
            (#"{"x":1}"#, "unknown key in a reply"), (#"{"x.y":{}}"#, "unknown key in a reply"),
            (#"{"continues":true}"#, "reply announces more where none was asked for"),
            (#"{"continues":true,"error":"x.Y"}"#, "error announces more replies"),
            (#"{"continues":1}"#, "flag of a reply is not a boolean"),
            (#"{"error":null}"#, "error of a reply is not a name"),
            (#"{"error":""}"#, "error of a reply is not a name"), (#"{"error":1}"#, "error of a reply is not a name"),
            (#"{"parameters":[]}"#, "parameters of a reply are not an object"), ("[]", "reply is not an object"),
            ("", "message is empty"), ("{", "JSON text ends inside a value"),
            (#"{"parameters":{},"parameters":{}}"#, "repeated name at offset 18"), ("{}\0x", "reply without a call"),
            ("{}\0{}", "reply without a call"),
        ]
    )
    func refusals(reply: String, words: String) async throws {
        let connected = try await TestClient()
        let outcome = try await connected.call { try await connected.receive((reply + "\0").utf8) }
        #expect(outcome == "answer is not valid: \(words)")
        #expect(!connected.channel.isActive)
        #expect(await connected.outcome("a.b.D") == "answer is not valid: \(words)")
        #expect(connected.tap.messages.count == 1)
    }

    @Test("bytes that nobody asked for close the connection")
    func unasked() async throws {
        let connected = try await TestClient()
        try await connected.receive("{".utf8)
        #expect(!connected.channel.isActive)
        #expect(await connected.outcome("a.b.C") == "answer is not valid: reply without a call")
    }

    @Test("a reply over the bound fails the call")
    func tooLong() async throws {
        let connected = try await TestClient()
        let outcome = try await connected.call {
            try await connected.receive(Array(repeatElement(UInt8(0x20), count: 65_537)))
        }
        #expect(outcome == "answer is not valid: message is longer than 65536 bytes")
    }

    @Test("a call over the bound is not sent, and the connection stays")
    func callTooLong() async throws {
        let connected = try await TestClient()
        await #expect(throws: ClientError.callTooLong) {
            _ = try await connected.client.call("a.b.C", deadline: .seconds(1)) {
                $0.member("x", String(repeating: "x", count: 65_536))
            }
        }
        #expect(connected.tap.messages.isEmpty)
        #expect(connected.channel.isActive)
    }

    @Test("no answer in time closes the connection; nothing is sent again")
    func deadline() async throws {
        let connected = try await TestClient()
        let outcome = try await connected.call {
            await connected.channel.testingEventLoop.advanceTime(by: .milliseconds(4_999))
            #expect(connected.channel.isActive)
            await connected.channel.testingEventLoop.advanceTime(by: .milliseconds(1))
        }
        #expect(outcome == "no answer in time")
        #expect(!connected.channel.isActive)
        #expect(await connected.outcome("a.b.D") == "connection closed before the answer was complete")
        #expect(connected.tap.messages.count == 1)
    }

    @Test("the connection ends in the middle of a reply")
    func closedInReply() async throws {
        let connected = try await TestClient()
        let outcome = try await connected.call {
            try await connected.receive("{\"parameters\":{}".utf8)
            try await connected.channel.close()
        }
        #expect(outcome == "connection closed before the answer was complete")
    }

    @Test("a failed read is told with its number")
    func ioError() async throws {
        let connected = try await TestClient()
        let pipeline = connected.channel.pipeline
        let outcome = try await connected.call {
            try await connected.channel.testingEventLoop.executeInContext {
                pipeline.fireErrorCaught(IOError(errnoCode: 104, reason: "read"))
            }
        }
        #expect(outcome == "connection failed: error 104")
    }

    @Test("calls made meanwhile wait, and go out one at a time")
    func queue() async throws {
        let connected = try await TestClient()
        async let second: String = {
            try await eventually("the first goes out") { connected.tap.messages.count == 1 }
            return await connected.outcome("a.b.Second", deadline: .seconds(9))
        }()
        let first = try await connected.call("a.b.First") {
            await connected.channel.testingEventLoop.run()
            #expect(connected.tap.messages.count == 1)
            try await connected.receive("{\"parameters\":{\"y\":\"1\"}}\0".utf8)
        }
        #expect(first == "success 1")
        try await eventually("the second goes out") { connected.tap.messages.count == 2 }
        #expect(connected.tap.messages.last == #"{"method":"a.b.Second","parameters":{"x":1}}"#)
        try await connected.receive("{\"parameters\":{\"y\":\"2\"}}\0".utf8)
        #expect(try await second == "success 2")
    }

    @Test("close ends what waits")
    func close() async throws {
        let connected = try await TestClient()
        let outcome = try await connected.call { await connected.client.close() }
        #expect(outcome == "connection closed before the answer was complete")
        await connected.client.close()
        #expect(!connected.channel.isActive)
    }
}
