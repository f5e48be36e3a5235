import NIOCore
import NIOEmbedded
import Testing

@testable import TwinlockVarlink

@Suite("What a caller may send", .timeLimit(.minutes(1)))
struct HostileCallerTests {
    static let call = "{\"method\":\"test.it.Do\"}"
    static let did = #"{"parameters":{"did":"Do"}}"#

    /// A call with these parameters.
    static func call(_ parameters: String) -> String {
        "{\"method\":\"test.it.Do\",\"parameters\":\(parameters)}"
    }

    /// A connection, and what its service was called for.
    private struct Watched {
        let connection: TestConnection
        let journal = Journal()

        init() async throws {
            let journal = self.journal
            self.connection = try await TestConnection { call, _, _ in
                journal.add("begin \(call.memberName)")
                await Task.yield()
                journal.add("end \(call.memberName)")
                return .success { $0.member("did", call.memberName) }
            }
        }
    }

    /// Sends a message with a good call behind it, and gives the connection's end; neither may be carried out.
    static func refusal(of message: some Sequence<UInt8>) async throws -> String {
        let watched = try await Watched()
        try await watched.connection.receive(Array(message) + [0] + Array("\(Self.call)\0".utf8))
        let ends = try await watched.connection.end()
        #expect(!watched.connection.channel.isActive)
        #expect(watched.connection.tap.messages.isEmpty)
        #expect(watched.journal.all.isEmpty)
        return ends.joined(separator: ", ")
    }

    static func refusal(of message: String) async throws -> String { try await self.refusal(of: message.utf8) }

    /// Sends one message, and gives the reply; the connection stays open.
    static func reply(to message: String) async throws -> String {
        let watched = try await Watched()
        try await watched.connection.receive(message + "\0")
        let replies = try await watched.connection.messages(1)
        await watched.connection.settled()
        #expect(watched.connection.channel.isActive)
        #expect(watched.journal.all == ["begin Do", "end Do"])
        return replies.joined(separator: ", ")
    }

    // MARK: - The stream

    static let stream = Array("{\"method\":\"test.it.A\"}\0{\"method\":\"test.it.B\"}\0".utf8)

    @Test("two calls cut in two at every byte get their two replies", arguments: 0...stream.count)
    func split(at cut: Int) async throws {
        let connection = try await TestConnection()
        try await connection.receive(Self.stream[..<cut])
        try await connection.receive(Self.stream[cut...])
        #expect(
            try await connection.messages(2) == [#"{"parameters":{"did":"A"}}"#, #"{"parameters":{"did":"B"}}"#]
        )
        #expect(connection.channel.isActive)
    }

    @Test("without its NUL a call is not begun, however whole it is; with it, it is")
    func noNUL() async throws {
        let watched = try await Watched()
        try await watched.connection.receive(Self.call)
        await watched.connection.settled()
        #expect(watched.journal.all.isEmpty)
        #expect(watched.connection.channel.isActive)
        try await watched.connection.receive("\0")
        #expect(try await watched.connection.messages(1) == [Self.did])
    }

    @Test(
        "a NUL with nothing before it closes the connection, behind the calls before it",
        arguments: [
            ("\0", 0), ("\0\0", 0), ("\0\(call)\0", 0), ("\(call)\0\0", 1), ("\(call)\0\(call)\0\0\(call)\0", 2),
        ]
    )
    func twoNULs(stream: String, replies: Int) async throws {
        let watched = try await Watched()
        try await watched.connection.receive(stream)
        #expect(try await watched.connection.end() == ["message is empty"])
        #expect(watched.connection.tap.messages == Array(repeating: Self.did, count: replies))
        #expect(watched.journal.all.count == 2 * replies)
    }

    @Test(
        "a caller that closes at any byte of two calls: none is left half done, and the end is told once",
        arguments: 0...stream.count
    )
    func closes(at cut: Int) async throws {
        let watched = try await Watched()
        try await watched.connection.receive(Self.stream[..<cut])
        try await watched.connection.channel.close()
        #expect(try await watched.connection.end() == ["closed by the peer"])
        // Of what was whole, all may have been begun or none: the service runs beside the connection.
        let whole = ["begin A", "end A", "begin B", "end B"].prefix(2 * Self.stream[..<cut].count { $0 == 0 })
        #expect(whole.starts(with: watched.journal.all))
        #expect(watched.journal.all.count % 2 == 0)
        #expect(watched.connection.tap.messages.count <= watched.journal.all.count / 2)
        let told = watched.journal.all
        await watched.connection.settled()
        #expect(watched.connection.ends.all.count == 1)
        #expect(watched.journal.all == told)
    }

    @Test(
        "a caller that stops sending at any byte of two calls: the whole ones are answered, and the end is told once",
        arguments: 0...stream.count
    )
    func stopsSending(at cut: Int) async throws {
        let watched = try await Watched()
        try await watched.connection.receive(Self.stream[..<cut])
        try await watched.connection.inputClosed()
        #expect(try await watched.connection.end() == ["closed by the peer"])
        let whole = Self.stream[..<cut].count { $0 == 0 }
        #expect(watched.journal.all == Array(["begin A", "end A", "begin B", "end B"].prefix(2 * whole)))
        #expect(watched.connection.tap.messages.count == whole)
        await watched.connection.settled()
        #expect(watched.connection.ends.all.count == 1)
    }

    // MARK: - JSON

    @Test(
        "32 containers inside each other, the message among them, are carried out; 33 are not",
        arguments: [true, false]
    )
    func depth(objects: Bool) async throws {
        func call(_ depth: Int) -> String {
            Self.call("{\"a\":\(HostileBytes.nested(depth - 2, objects: objects))}")
        }
        #expect(try await Self.reply(to: call(32)) == Self.did)
        #expect(try await Self.refusal(of: call(33)).hasPrefix("nested too deeply at offset "))
    }

    @Test("a name that stands twice closes the connection, at every depth that there is", arguments: 0...29)
    func repeatedName(inside depth: Int) async throws {
        for arrays in [true, false] {
            let text = HostileBytes.nameTwice(inside: depth, arrays: arrays)
            #expect(try await Self.refusal(of: Self.call("{\"p\":\(text)}")).hasPrefix("repeated name at offset "))
        }
    }

    @Test(
        "so does one in the parameters or in the call itself, also by an escape",
        arguments: [
            #"{"method":"test.it.Do","method":"test.it.Do"}"#, #"{"method":"test.it.Do","m\u0065thod":"test.it.Do"}"#,
            #"{"method":"test.it.Do","parameters":{},"parameters":null}"#,
            #"{"method":"test.it.Do","more":false,"more":false}"#, #"{"x.y":{},"method":"test.it.Do","x.y":{}}"#,
            #"{"method":"test.it.Do","parameters":{"x":1,"x":1}}"#,
            #"{"method":"test.it.Do","parameters":{"":1,"a":2,"":1}}"#,
        ]
    )
    func repeatedName(text: String) async throws {
        #expect(try await Self.refusal(of: text).hasPrefix("repeated name at offset "))
    }

    @Test("bytes that are no UTF-8 close the connection, wherever they stand", arguments: HostileBytes.malformedUTF8)
    func malformedUTF8(bytes: HostileBytes) async throws {
        let places = [
            ("{\"method\":\"test.it.", "\"}"), ("{\"method\":\"test.it.Do\",\"", ".x\":{}}"),
            ("{\"method\":\"test.it.Do\",\"parameters\":{\"", "\":1}}"),
            ("{\"method\":\"test.it.Do\",\"parameters\":{\"x\":\"", "\"}}"),
            // The message ends there.
            ("{\"method\":\"test.it.Do\",\"parameters\":{\"x\":\"", ""),
        ]
        for (before, after) in places {
            let message = Array(before.utf8) + bytes.bytes + Array(after.utf8)
            #expect(try await Self.refusal(of: message) == "invalid UTF-8 at offset \(before.utf8.count)")
        }
        let outside = Array("{\"method\":\"test.it.Do\"".utf8) + bytes.bytes + Array("}".utf8)
        #expect(try await Self.refusal(of: outside) == "unexpected byte at offset 22")
    }

    @Test(
        "U+0000 closes the connection, however it is written",
        arguments: [
            (#"{"method":"test.it.Do\u0000"}"#, "U+0000 in a string at offset 21"),
            (#"{"method":"test.it.Do","\u0000.x":{}}"#, "U+0000 in a string at offset 24"),
            (#"{"method":"test.it.Do","parameters":{"\u0000":1}}"#, "U+0000 in a string at offset 38"),
            (#"{"method":"test.it.Do","parameters":{"x":"a\u0000b"}}"#, "U+0000 in a string at offset 43"),
            (#"{"method":"test.it.Do","parameters":{"x":"\ud83d\u0000"}}"#, "lone surrogate at offset 42"),
            (#"{"method":"test.it.Do","parameters":{"x":"\U0000"}}"#, "invalid escape at offset 42"),
            (#"{"method":"test.it.Do","parameters":{"x":"\0"}}"#, "invalid escape at offset 42"),
            (#"{"method":"test.it.Do","parameters":{"x":"\x00"}}"#, "invalid escape at offset 42"),
            (#"{"method":"test.it.Do","parameters":{"x":"\u00"}}"#, "invalid escape at offset 42"),
            // The byte itself ends the message.
            ("{\"method\":\"test.it.Do\",\"parameters\":{\"x\":\"\0\"}}", "JSON text ends inside a value"),
        ]
    )
    func nulCharacter(text: String, end: String) async throws {
        #expect(try await Self.refusal(of: text) == end)
    }

    @Test("a backslash and the letters of an escape are no U+0000")
    func noNULCharacter() async throws {
        #expect(try await Self.reply(to: Self.call(#"{"x":"\\u0000","\\u0000":"\u0030"}"#)) == Self.did)
    }

    @Test("an integer of 64 bits arrives as it is, any other number as none", arguments: HostileBytes.numbers)
    func numbers(text: String, integer: Int64?) async throws {
        let connection = try await TestConnection { call, _, _ in
            .success { $0.member("n", call.parameters?["n"]?.integer) }
        }
        try await connection.receive(Self.call("{\"n\":\(text)}") + "\0")
        let expected = integer.map { "{\"parameters\":{\"n\":\($0)}}" } ?? #"{"parameters":{}}"#
        #expect(try await connection.messages(1) == [expected])
        #expect(connection.channel.isActive)
    }

    // MARK: - The envelope

    static let flags = ["oneway", "more", "upgrade"]

    @Test(
        "a flag that is no boolean closes the connection",
        arguments: flags,
        ["null", "0", "1", "\"true\"", "\"\"", "[]", "[true]", "{}", "1.0"]
    )
    func flagOfAnotherKind(flag: String, value: String) async throws {
        #expect(
            try await Self.refusal(of: "{\"method\":\"test.it.Do\",\"\(flag)\":\(value)}")
                == "flag of a call is not a boolean"
        )
        #expect(
            try await Self.refusal(of: "{\"\(flag)\":\(value),\"method\":\"test.it.Do\"}")
                == "flag of a call is not a boolean"
        )
    }

    @Test("of three flags one may be true, and that not upgrade", arguments: 0..<8)
    func trueFlags(mask: Int) async throws {
        let values = (0..<3).map { mask >> $0 & 1 == 1 }
        let text =
            "{\"method\":\"test.it.Do\""
            + zip(Self.flags, values).map { ",\"\($0)\":\($1)" }.joined() + "}"
        switch values.count(where: { $0 }) {
        case 0: #expect(try await Self.reply(to: text) == Self.did)
        case 1 where values[0]:
            let watched = try await Watched()
            try await watched.connection.receive("\(text)\0\(Self.call)\0")
            #expect(try await watched.connection.messages(1) == [Self.did])
            #expect(watched.journal.all == ["begin Do", "end Do", "begin Do", "end Do"])
        case 1 where values[1]: #expect(try await Self.reply(to: text) == Self.did)
        case 1: #expect(try await Self.refusal(of: text) == "call asks for an upgrade")
        default: #expect(try await Self.refusal(of: text) == "more than one flag of a call is true")
        }
    }

    @Test(
        "a key of somebody's own, with a dot and holding an object, is left alone",
        arguments: [
            #""com.example.trace":{"id":"x"}"#, #""com.example.trace":{},"com.example.other":{"a":[{}]}"#, #""é.x":{}"#,
            #"".":{}"#, #""method.":{}"#, #"".oneway":{"oneway":true}"#, #""a.b":{"method":"x","more":1,"":null}"#,
        ]
    )
    func vendorKeys(keys: String) async throws {
        #expect(try await Self.reply(to: "{\"method\":\"test.it.Do\",\(keys)}") == Self.did)
        #expect(try await Self.reply(to: "{\(keys),\"method\":\"test.it.Do\"}") == Self.did)
    }

    @Test(
        "a key of somebody's own closes the connection if it holds no object or has no dot",
        arguments: [
            ("com.example.trace", "extension key in a call does not hold an object"),
            ("trace", "unknown key in a call"),
        ],
        ["null", "true", "1", "\"{}\"", "[]", "[{}]"]
    )
    func badVendorKeys(key: (name: String, end: String), value: String) async throws {
        #expect(try await Self.refusal(of: "{\"method\":\"test.it.Do\",\"\(key.name)\":\(value)}") == key.end)
    }

    @Test("method and parameters of another kind close the connection", arguments: ["true", "1", "[]", "[{}]"])
    func mistyped(value: String) async throws {
        #expect(try await Self.refusal(of: "{\"method\":\(value)}") == "method is not a string")
        #expect(try await Self.refusal(of: Self.call(value)) == "parameters are not an object")
    }

    @Test("a oneway call that is no call closes the connection, too")
    func malformedOneway() async throws {
        #expect(
            try await Self.refusal(of: #"{"method":"test.it.Do","oneway":true,"x":{}}"#) == "unknown key in a call"
        )
    }
}
