import NIOCore
import NIOEmbedded
import Testing

@testable import TwinlockVarlink

@Suite("Server connection, byte by byte", .timeLimit(.minutes(1)))
struct ServerConnectionTests {
    static let done = #"{"parameters":{"did":"Do"}}"#

    @Test("a call in one read, and one in a read a byte")
    func simple() async throws {
        let connection = try await TestConnection()
        try await connection.receive("{\"method\":\"test.it.Do\"}\0")
        #expect(try await connection.messages(1) == [Self.done])
        for byte in "{\"method\":\"test.it.Do\"}\0".utf8 { try await connection.receive([byte]) }
        #expect(try await connection.messages(2) == [Self.done, Self.done])
        #expect(connection.channel.isActive)
    }

    @Test("pipelined calls run one at a time, in order, and reading pauses meanwhile")
    func pipelining() async throws {
        let gate = Gate()
        let journal = Journal()
        let connection = try await TestConnection { call, _, _ in
            journal.add("begin \(call.memberName)")
            await gate.pass()
            journal.add("end \(call.memberName)")
            return .success { $0.member("did", call.memberName) }
        }
        let readsBefore = connection.tap.reads
        try await connection.receive("{\"method\":\"test.it.A\"}\0{\"method\":\"test.it.B\"}\0{\"meth")
        connection.channel.read()
        await connection.settled()
        #expect(connection.tap.reads == readsBefore)
        gate.letOnePass()
        _ = try await connection.messages(1)
        gate.letOnePass()
        #expect(
            try await connection.messages(2) == [#"{"parameters":{"did":"A"}}"#, #"{"parameters":{"did":"B"}}"#]
        )
        #expect(journal.all == ["begin A", "end A", "begin B", "end B"])
        try await eventually("reading goes on") { connection.tap.reads > readsBefore }
        gate.letOnePass()
        try await connection.receive("od\":\"test.it.C\"}\0")
        #expect(try await connection.messages(3).last == #"{"parameters":{"did":"C"}}"#)
    }

    @Test("behind a call at work one buffer is read ahead, and no more")
    func readingAhead() async throws {
        let gate = Gate()
        let connection = try await TestConnection { call, _, _ in
            await gate.pass()
            return .success { $0.member("did", call.memberName) }
        }
        let readsBefore = connection.tap.reads
        try await connection.receive("{\"method\":\"test.it.A\"}\0")
        connection.channel.read()
        await connection.settled()
        let readsAhead = connection.tap.reads
        #expect(readsAhead > readsBefore)
        try await connection.receive("{\"method\":\"test.it.B\"}\0")
        connection.channel.read()
        await connection.settled()
        #expect(connection.tap.reads == readsAhead)
        gate.letOnePass()
        gate.letOnePass()
        #expect(
            try await connection.messages(2) == [#"{"parameters":{"did":"A"}}"#, #"{"parameters":{"did":"B"}}"#]
        )
        try await eventually("reading goes on") { connection.tap.reads > readsAhead }
    }

    @Test("a oneway call gets no reply, not even an error or for a method that does not exist")
    func oneway() async throws {
        let journal = Journal()
        let connection = try await TestConnection { call, _, _ in
            journal.add(call.memberName)
            return call.oneway ? .error("test.it.No") : .success()
        }
        try await connection.receive(
            "{\"method\":\"test.it.A\",\"oneway\":true}\0{\"method\":\"no.such.X\",\"oneway\":true}\0"
                + "{\"method\":\"org.varlink.service.GetInfo\",\"oneway\":true}\0{\"method\":\"test.it.B\"}\0"
        )
        #expect(try await connection.messages(1) == [#"{"parameters":{}}"#])
        #expect(journal.all == ["A", "B"])
    }

    @Test("false flags, null and empty parameters, white space and foreign objects all work")
    func tolerance() async throws {
        let connection = try await TestConnection()
        let calls = [
            #"{"method":"test.it.Do","oneway":false,"more":false,"upgrade":false}"#,
            #"{"method":"test.it.Do","parameters":null}"#, #"{"method":"test.it.Do","parameters":{}}"#,
            " {\n\t\"method\" : \"test.it.Do\" }\r\n", #"{"method":"test.it.Do","com.example.x":{"a":1}}"#,
        ]
        for (index, call) in calls.enumerated() {
            try await connection.receive(call + "\0")
            #expect(try await connection.messages(index + 1).last == Self.done)
        }
    }

    @Test("unknown interfaces and methods get MethodNotFound, and the connection stays")
    func notFound() async throws {
        let connection = try await TestConnection()
        try await connection.receive("{\"method\":\"no.such.Thing\"}\0{\"method\":\"\"}\0")
        #expect(
            try await connection.messages(2) == [
                #"{"error":"org.varlink.service.MethodNotFound","parameters":{"method":"no.such.Thing"}}"#,
                #"{"error":"org.varlink.service.MethodNotFound","parameters":{"method":""}}"#,
            ]
        )
        #expect(connection.channel.isActive)
    }

    @Test(
        "what is no call closes the connection without a reply, and nothing behind it is read",
        arguments: [
            ("{\"method\":\"test.it.Do\",\"x\":1}", "unknown key in a call"), ("[]", "message is not an object"),
            ("{\"method\":\"test.it.Do\",\"more\":1}", "flag of a call is not a boolean"),
            ("{\"method\":\"test.it.Do\",\"more\":true,\"oneway\":true}", "more than one flag of a call is true"),
            ("{\"method\":\"test.it.Do\",\"upgrade\":true}", "call asks for an upgrade"),
            ("{\"method\":\"test.it.Do\",\"parameters\":{\"a\":{\"b\":1,\"b\":1}}}", "repeated name at offset 49"),
            ("{\"method\":\"test.it.Do\",\"parameters\":{\"a\":\"\\u0000\"}}", "U+0000 in a string at offset 42"),
            ("{\"method\":\"test.it.Do\"", "JSON text ends inside a value"), ("", "message is empty"),
            ("GET / HTTP/1.1\r\n\r\n", "unexpected byte at offset 0"),
            ("\u{feff}{}", "JSON text begins with a byte order mark"),
        ]
    )
    func refusals(text: String, end: String) async throws {
        let journal = Journal()
        let connection = try await TestConnection { call, _, _ in
            journal.add(call.memberName)
            return .success()
        }
        try await connection.receive(text + "\0{\"method\":\"test.it.Do\"}\0")
        #expect(try await connection.end() == [end])
        #expect(!connection.channel.isActive)
        #expect(connection.tap.messages.isEmpty)
        #expect(journal.all.isEmpty)
    }

    @Test("bad UTF-8 closes the connection")
    func badUTF8() async throws {
        let connection = try await TestConnection()
        try await connection.receive(Array("{\"method\":\"test.it.".utf8) + [0xc0, 0xaf] + Array("\"}\0".utf8))
        #expect(try await connection.end() == ["invalid UTF-8 at offset 19"])
    }

    @Test("a message of 65536 bytes is carried out, one byte more closes the connection before its end")
    func messageBound() async throws {
        let call = "{\"method\":\"test.it.Do\"}"
        let padding = String(repeating: " ", count: 65_536 - call.utf8.count)
        let connection = try await TestConnection()
        try await connection.receive(call + padding + "\0")
        #expect(try await connection.messages(1) == [Self.done])
        try await connection.receive(call + padding)
        #expect(connection.channel.isActive)
        try await connection.receive(" ")
        #expect(try await connection.end() == ["message is longer than 65536 bytes"])
        #expect(connection.tap.messages.count == 1)
    }

    @Test("a call before a malformed one still gets its reply")
    func replyBeforeClose() async throws {
        let connection = try await TestConnection()
        try await connection.receive("{\"method\":\"test.it.Do\"}\0nonsense\0")
        #expect(try await connection.end() == ["unexpected byte at offset 1"])
        #expect(connection.tap.messages == [Self.done])
    }

    @Test("a peer that shuts down its writing side gets the replies to all its whole calls")
    func halfClose() async throws {
        let gate = Gate()
        let connection = try await TestConnection { call, _, _ in
            await gate.pass()
            return .success { $0.member("did", call.memberName) }
        }
        try await connection.receive("{\"method\":\"test.it.A\"}\0{\"method\":\"test.it.B\"}\0{\"half")
        try await connection.inputClosed()
        #expect(connection.channel.isActive)
        gate.letOnePass()
        gate.letOnePass()
        #expect(
            try await connection.messages(2) == [#"{"parameters":{"did":"A"}}"#, #"{"parameters":{"did":"B"}}"#]
        )
        #expect(try await connection.end() == ["closed by the peer"])
    }

    @Test("half a message and no more to come: the connection closes", arguments: ["", "{\"method\":"])
    func halfCloseUnfinished(text: String) async throws {
        let connection = try await TestConnection()
        try await connection.receive(text)
        try await connection.inputClosed()
        #expect(try await connection.end() == ["closed by the peer"])
    }

    @Test("half closure is switched on by the handler itself")
    func options() async throws {
        let connection = try await TestConnection()
        #expect(try await connection.channel.getOption(.allowRemoteHalfClosure).get())
    }

    @Test("a peer that closes while its call works: the call ends, its reply is dropped, then the end is told")
    func closeWhileWorking() async throws {
        let gate = Gate()
        let journal = Journal()
        let connection = try await TestConnection { call, _, _ in
            journal.add("begin")
            await gate.pass()
            journal.add(Task.isCancelled ? "cancelled" : "end")
            return .success { _ in journal.add("encoded") }
        }
        try await connection.receive("{\"method\":\"test.it.A\"}\0{\"method\":\"test.it.B\"}\0")
        try await eventually("the call begins") { journal.all == ["begin"] }
        try await connection.channel.close()
        await connection.settled()
        #expect(connection.ends.all.isEmpty)
        gate.letOnePass()
        #expect(try await connection.end() == ["closed by the peer"])
        #expect(journal.all.starts(with: ["begin", "end"]))
        #expect(!journal.all.contains("cancelled"))
        #expect(journal.all.filter { $0 == "begin" }.count == 1)
        #expect(connection.tap.messages.isEmpty)
    }

    @Test("a server that stops closes idle connections and lets a call at work answer")
    func quiesce() async throws {
        let gate = Gate()
        let connection = try await TestConnection { _, _, _ in
            await gate.pass()
            return .success()
        }
        try await connection.receive("{\"method\":\"test.it.A\"}\0{\"method\":\"test.it.B\"}\0")
        let pipeline = connection.channel.pipeline
        try await connection.channel.testingEventLoop.executeInContext {
            pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        }
        #expect(connection.channel.isActive)
        gate.letOnePass()
        #expect(try await connection.end() == ["server is stopping"])
        #expect(connection.tap.messages.count == 1)
    }

    @Test("a connection that is closed before it became active tells its end, once")
    func neverActive() async throws {
        let ends = Journal()
        let service = VarlinkService(vendor: "", product: "", version: "", url: "", interfaces: []) { _, _, _ in
            .success()
        }
        let channel = try await NIOAsyncTestingChannel { channel in
            try channel.pipeline.syncOperations.addHandler(
                ServerConnectionHandler(service: service, peer: .someone) { ends.add("\($0)") }
            )
        }
        try await channel.close()
        try await eventually("the end is told") { !ends.all.isEmpty }
        await channel.testingEventLoop.run()
        #expect(ends.all == ["closed by the peer"])
    }

    @Test("a read that fails closes the connection")
    func readError() async throws {
        let connection = try await TestConnection()
        let pipeline = connection.channel.pipeline
        try await connection.channel.testingEventLoop.executeInContext {
            pipeline.fireErrorCaught(IOError(errnoCode: 104, reason: "read"))
        }
        #expect(try await connection.end() == ["reading or writing failed"])
    }

    @Test("what was read, what was written and the call's frame are zero afterwards")
    func wiping() async throws {
        let journal = Journal()
        let connection = try await TestConnection { call, _, _ in
            // Seen when the last reference goes, which this connection holds.
            call.parameters?.document.frame.onRelease = { bytes in
                journal.add(bytes.allSatisfy { $0 == 0 } ? "wiped" : "left")
            }
            return .success { $0.member("password", secret: call.parameters?["password"]?.secret) }
        }
        try await connection.receive("{\"method\":\"test.it.Do\",\"parameters\":{\"password\":\"hunter2\"}}\0")
        #expect(try await connection.messages(1) == [#"{"parameters":{"password":"hunter2"}}"#])
        try await eventually("the frame dies") { !journal.all.isEmpty }
        #expect(journal.all == ["wiped"])
        await connection.settled()
        let left = connection.tap.leftovers
        #expect(left.count == 1)
        #expect(left.joined().allSatisfy { $0 == 0 })
    }

    @Test("a reply that is never taken is wiped too")
    func wipingOnFailure() async throws {
        let connection = try await TestConnection()
        connection.tap.stick()
        try await connection.receive("{\"method\":\"test.it.Do\"}\0")
        _ = try await connection.messages(1)
        try await connection.channel.close()
        #expect(try await connection.end().count == 1)
        let left = connection.tap.leftovers
        #expect(left.count == 1)
        #expect(left.joined().allSatisfy { $0 == 0 })
    }
}
