import NIOCore
import NIOEmbedded
import Testing

@testable import TwinlockVarlink

@Suite("What a server may answer", .timeLimit(.minutes(1)))
struct HostileServerTests {
    static let reply = #"{"parameters":{"y":"z"}}"#
    static let stream = Array("\(reply)\0".utf8)

    /// Answers a call with a message, and gives what the call came to: an answer that is refused closes the connection.
    static func outcome(of message: some Sequence<UInt8>) async throws -> String {
        let client = try await TestClient()
        let outcome = try await client.call { try await client.receive(Array(message) + [0]) }
        #expect(client.channel.isActive == !outcome.hasPrefix("answer is not valid"))
        #expect(client.tap.messages.count == 1)
        return outcome
    }

    static func outcome(of message: String) async throws -> String { try await self.outcome(of: message.utf8) }

    @Test("a reply cut in two at every byte is heard", arguments: 0...stream.count)
    func split(at cut: Int) async throws {
        let client = try await TestClient()
        let outcome = try await client.call {
            try await client.receive(Self.stream[..<cut])
            // Empty reads do not come to a connection; and to one without a call no bytes may.
            if cut < Self.stream.count { try await client.receive(Self.stream[cut...]) }
        }
        #expect(outcome == "success z")
        #expect(client.channel.isActive)
    }

    @Test(
        "a server that closes at any byte of its reply has answered with the whole of it or not at all",
        arguments: 0...stream.count
    )
    func closes(at cut: Int) async throws {
        let client = try await TestClient()
        let outcome = try await client.call {
            try await client.receive(Self.stream[..<cut])
            try await client.channel.close()
        }
        let isWhole = cut == Self.stream.count
        #expect(outcome == (isWhole ? "success z" : "connection closed before the answer was complete"))
        #expect(await client.outcome("a.b.D") == "connection closed before the answer was complete")
        #expect(client.tap.messages.count == 1)
    }

    @Test("a reply of 65536 bytes is heard, one of one byte more is not", arguments: [true, false])
    func bound(inOneRead: Bool) async throws {
        let padding = String(repeating: " ", count: 65_536 - Self.reply.utf8.count)
        #expect(try await Self.outcome(of: Self.reply + padding) == "success z")
        let client = try await TestClient()
        let outcome = try await client.call {
            if inOneRead {
                try await client.receive("\(Self.reply)\(padding) \0".utf8)
            } else {
                try await client.receive("\(Self.reply)\(padding)".utf8)
                #expect(client.channel.isActive)
                try await client.receive([0x20])
            }
        }
        #expect(outcome == "answer is not valid: message is longer than 65536 bytes")
        #expect(!client.channel.isActive)
    }

    @Test(
        "what speaks another protocol is no server",
        arguments: [
            ("HTTP/1.1 400 Bad Request\r\n\r\n", "unexpected byte at offset 0"),
            ("\u{feff}{}", "JSON text begins with a byte order mark"),
            ("SSH-2.0-OpenSSH_9.2\r\n", "unexpected byte at offset 0"), ("null", "reply is not an object"),
            ("\"{}\"", "reply is not an object"), ("1", "reply is not an object"),
            ("{}{}", "text after the value at offset 2"),
            ("{},", "text after the value at offset 2"), ("{'error':'x.Y'}", "unexpected byte at offset 1"),
            (" ", "JSON text ends inside a value"),
        ]
    )
    func garbage(message: String, words: String) async throws {
        #expect(try await Self.outcome(of: message) == "answer is not valid: \(words)")
    }

    @Test(
        "what comes behind a reply closes the connection, in the same read and in a later one",
        arguments: ["x", "\0", "{", "{}\0", "{\"parameters\":{}}\0"]
    )
    func behindAReply(bytes: String) async throws {
        let sameRead = try await TestClient()
        let first = try await sameRead.call { try await sameRead.receive("\(Self.reply)\0\(bytes)".utf8) }
        #expect(first == "answer is not valid: reply without a call")
        #expect(!sameRead.channel.isActive)
        let laterRead = try await TestClient()
        let second = try await laterRead.call { try await laterRead.receive("\(Self.reply)\0".utf8) }
        #expect(second == "success z")
        try await laterRead.receive(bytes.utf8)
        #expect(!laterRead.channel.isActive)
        #expect(await laterRead.outcome("a.b.D").hasPrefix("answer is not valid: "))
        #expect(laterRead.tap.messages.count == 1)
    }

    @Test("a reply for each of two calls in one read answers the first at most, for the second was not sent")
    func twoInOneRead() async throws {
        let client = try await TestClient()
        async let second: String = {
            try await eventually("the first goes out") { client.tap.messages.count == 1 }
            return await client.outcome("a.b.Second", deadline: .seconds(9))
        }()
        let first = try await client.call("a.b.First") {
            await client.channel.testingEventLoop.run()
            try await client.receive("\(Self.reply)\0\(Self.reply)\0".utf8)
        }
        #expect(first == "answer is not valid: reply without a call")
        #expect(
            ["answer is not valid: reply without a call", "connection closed before the answer was complete"].contains(
                try await second
            )
        )
        #expect(client.tap.messages.count == 1)
    }

    @Test(
        "a key of a reply that holds another kind of value is refused",
        arguments: [
            ("parameters", ["true", "0", "\"\"", "\"{}\"", "[]", "[{}]"], "parameters of a reply are not an object"),
            ("error", ["null", "true", "0", "\"\"", "[]", "{}", "[\"x.Y\"]"], "error of a reply is not a name"),
            ("continues", ["null", "0", "1", "\"true\"", "\"\"", "[]", "{}"], "flag of a reply is not a boolean"),
        ]
    )
    func mistyped(key: String, values: [String], words: String) async throws {
        for value in values {
            #expect(try await Self.outcome(of: "{\"\(key)\":\(value)}") == "answer is not valid: \(words)")
        }
    }

    @Test(
        "a key that no reply has is refused, with a dot or without",
        arguments: ["x", "x.y", "", "Error", "oneway", "method"]
    )
    func unknownKeys(key: String) async throws {
        #expect(
            try await Self.outcome(of: "{\"\(key)\":{},\"parameters\":{}}")
                == "answer is not valid: unknown key in a reply"
        )
    }

    @Test(
        "more replies are announced to nobody who did not ask",
        arguments: [
            (#"{"continues":true}"#, "reply announces more where none was asked for"),
            (#"{"continues":true,"parameters":{"y":"z"}}"#, "reply announces more where none was asked for"),
            (#"{"parameters":{"y":"z"},"continues":true}"#, "reply announces more where none was asked for"),
            (#"{"error":"x.Y","continues":true}"#, "error announces more replies"),
            (#"{"continues":true,"error":"x.Y"}"#, "error announces more replies"),
        ]
    )
    func continues(message: String, words: String) async throws {
        #expect(try await Self.outcome(of: message) == "answer is not valid: \(words)")
    }

    @Test("bytes that are no UTF-8 are refused, wherever they stand", arguments: HostileBytes.malformedUTF8)
    func malformedUTF8(bytes: HostileBytes) async throws {
        let places = [
            ("{\"error\":\"", "\"}"), ("{\"", "\":{}}"), ("{\"parameters\":{\"", "\":1}}"),
            ("{\"parameters\":{\"y\":\"", "\"}}"), ("{\"parameters\":{\"y\":\"", ""),
        ]
        for (before, after) in places {
            let message = Array(before.utf8) + bytes.bytes + Array(after.utf8)
            let words = "answer is not valid: invalid UTF-8 at offset \(before.utf8.count)"
            #expect(try await Self.outcome(of: message) == words)
        }
    }

    @Test(
        "U+0000 is refused in a reply, too",
        arguments: [#"{"error":"x.Y\u0000"}"#, #"{"parameters":{"\u0000":1}}"#, #"{"parameters":{"y":"\u0000"}}"#]
    )
    func zero(text: String) async throws {
        #expect(try await Self.outcome(of: text).hasPrefix("answer is not valid: U+0000 in a string at offset "))
    }

    @Test(
        "a name that stands twice is refused in a reply, too, however deep it stands",
        arguments: [#"{"error":"x.Y","error":"x.Y"}"#, #"{"continues":false,"continues":false}"#]
            + (0...29).map { depth in
                "{\"parameters\":{\"p\":\(HostileBytes.nameTwice(inside: depth, arrays: depth % 2 == 0))}}"
            }
    )
    func nameTwice(text: String) async throws {
        #expect(try await Self.outcome(of: text).hasPrefix("answer is not valid: repeated name at offset "))
    }

    @Test("a 33rd container is refused in a reply, too", arguments: [true, false])
    func depth(objects: Bool) async throws {
        func outcome(depth: Int) async throws -> String {
            let nested = HostileBytes.nested(depth, objects: objects)
            return try await Self.outcome(of: "{\"parameters\":{\"y\":\"z\",\"p\":\(nested)}}")
        }
        #expect(try await outcome(depth: 30) == "success z")
        #expect(try await outcome(depth: 31).hasPrefix("answer is not valid: nested too deeply at offset "))
    }

    @Test("an integer of 64 bits is heard as it is, any other number as none", arguments: HostileBytes.numbers)
    func numbers(text: String, integer: Int64?) async throws {
        let client = try await TestClient()
        async let answer = client.client.call("a.b.C", deadline: .seconds(5))
        try await eventually("the call goes out") { client.tap.messages.count == 1 }
        try await client.receive("{\"parameters\":{\"n\":\(text)}}\0".utf8)
        guard case .success(let parameters) = try await answer else {
            Issue.record("no success")
            return
        }
        #expect(parameters?["n"]?.integer == integer)
        #expect(parameters?["n"]?.kind == (integer == nil ? .number : .integer))
    }
}
