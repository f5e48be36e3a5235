import NIOCore
import NIOEmbedded
import Testing

@testable import TwinlockVarlink

@Suite("Client, calls with no reply and with many", .timeLimit(.minutes(1)))
struct ReplySeriesTests {
    /// Reads a series in a task of its own and notes what comes, one entry a reply; a gate stands before each.
    private struct Reader {
        let client: TestClient
        let notes = Journal()
        let gate = Gate()

        func start(deadline: TimeAmount? = .seconds(5)) -> Task<Void, any Error> {
            Task { [client, notes, gate] in
                var series = try client.client.series("a.b.Many") { $0.member("x", 1) }
                while true {
                    await gate.pass()
                    guard let note = await Self.next(&series, deadline) else { break }
                    notes.add(note)
                }
                notes.add("end")
            }
        }

        private static func next(_ series: inout ReplySeries, _ deadline: TimeAmount?) async -> String? {
            do throws(ClientError) {
                switch try await series.next(deadline: deadline) {
                case .success(let parameters)?: return "\(parameters?["n"]?.integer ?? -1)"
                case .error(let name, _)?: return name
                case nil: return nil
                }
            } catch {
                return "\(error)"
            }
        }

        func saw(_ expected: [String]) async throws {
            try await eventually("\(expected)") { self.notes.all.count >= expected.count }
            #expect(self.notes.all == expected)
        }
    }

    private static func reply(_ number: Int, continues: Bool = true) -> String {
        "{\"parameters\":{\"n\":\(number)}\(continues ? ",\"continues\":true" : "")}\0"
    }

    @Test("nothing is sent before the first reply is asked for; then they come one by one, and the end once")
    func series() async throws {
        let reader = Reader(client: try await TestClient())
        let task = reader.start()
        await reader.client.channel.testingEventLoop.run()
        #expect(reader.client.tap.messages.isEmpty)
        reader.gate.letOnePass()
        try await eventually("the call goes out") { !reader.client.tap.messages.isEmpty }
        #expect(reader.client.tap.messages == [#"{"method":"a.b.Many","parameters":{"x":1},"more":true}"#])
        try await reader.client.receive(Self.reply(1))
        try await reader.saw(["1"])
        reader.gate.letOnePass()
        try await reader.client.receive(Self.reply(2, continues: false))
        try await reader.saw(["1", "2"])
        reader.gate.letOnePass()
        try await reader.saw(["1", "2", "end"])
        try await task.value
        #expect(reader.client.channel.isActive)
    }

    @Test("an error is the last reply")
    func error() async throws {
        let reader = Reader(client: try await TestClient())
        let task = reader.start()
        for _ in 1...3 { reader.gate.letOnePass() }
        try await eventually("the call goes out") { !reader.client.tap.messages.isEmpty }
        try await reader.client.receive(Self.reply(1) + "{\"error\":\"a.b.Broken\"}\0")
        try await reader.saw(["1", "a.b.Broken", "end"])
        try await task.value
        #expect(reader.client.channel.isActive)
    }

    @Test("many replies in one read wait in the frame, and nothing more is read until they are fetched")
    func backPressure() async throws {
        let reader = Reader(client: try await TestClient())
        let task = reader.start()
        reader.gate.letOnePass()
        try await eventually("the call goes out") { !reader.client.tap.messages.isEmpty }
        try await reader.client.receive(Self.reply(1) + Self.reply(2) + Self.reply(3, continues: false))
        try await reader.saw(["1"])
        let reads = reader.client.tap.reads
        reader.client.channel.read()
        await reader.client.channel.testingEventLoop.run()
        #expect(reader.client.tap.reads == reads, "a reply waits: nothing is read")
        reader.gate.letOnePass()
        try await reader.saw(["1", "2"])
        reader.gate.letOnePass()
        try await reader.saw(["1", "2", "3"])
        try await eventually("reading goes on") { reader.client.tap.reads > reads }
        reader.gate.letOnePass()
        try await task.value
    }

    @Test("other calls wait for the end of the series")
    func order() async throws {
        let reader = Reader(client: try await TestClient())
        let task = reader.start()
        reader.gate.letOnePass()
        try await eventually("the series goes out") { reader.client.tap.messages.count == 1 }
        try await reader.client.receive(Self.reply(1))
        try await reader.saw(["1"])
        async let other = reader.client.outcome("a.b.Other", deadline: .seconds(9))
        for _ in 0..<100 { await Task.yield() }
        await reader.client.channel.testingEventLoop.run()
        #expect(reader.client.tap.messages.count == 1)
        reader.gate.letOnePass()
        try await reader.client.receive(Self.reply(2, continues: false))
        try await eventually("the other goes out") { reader.client.tap.messages.count == 2 }
        try await reader.client.receive("{\"parameters\":{\"y\":\"z\"}}\0")
        #expect(await other == "success z")
        reader.gate.letOnePass()
        try await task.value
    }

    @Test("a series that is let go before its end closes the connection; one that was never begun does not")
    func abandoned() async throws {
        let client = try await TestClient()
        do {
            _ = try client.client.series("a.b.Many")
        }
        await client.channel.testingEventLoop.run()
        #expect(client.channel.isActive)
        #expect(client.tap.messages.isEmpty)
        let task = Task {
            var series = try client.client.series("a.b.Many")
            _ = try await series.next(deadline: .seconds(5))
        }
        try await eventually("the call goes out") { client.tap.messages.count == 1 }
        try await client.receive(Self.reply(1))
        try await task.value
        try await eventually("the connection closes") { !client.channel.isActive }
    }

    @Test("each reply has its deadline, none if none is asked for")
    func deadlines() async throws {
        let patient = Reader(client: try await TestClient())
        let waiting = patient.start(deadline: nil)
        patient.gate.letOnePass()
        try await eventually("the call goes out") { patient.client.tap.messages.count == 1 }
        await patient.client.channel.testingEventLoop.advanceTime(by: .hours(24))
        #expect(patient.client.channel.isActive)
        try await patient.client.receive(Self.reply(1, continues: false))
        try await patient.saw(["1"])
        patient.gate.letOnePass()
        try await waiting.value

        let reader = Reader(client: try await TestClient())
        let task = reader.start()
        reader.gate.letOnePass()
        try await eventually("the call goes out") { reader.client.tap.messages.count == 1 }
        await reader.client.channel.testingEventLoop.advanceTime(by: .seconds(4))
        try await reader.client.receive(Self.reply(1))
        try await reader.saw(["1"])
        await reader.client.channel.testingEventLoop.advanceTime(by: .hours(1))
        #expect(reader.client.channel.isActive, "the clock stands still while nobody asks")
        reader.gate.letOnePass()
        try await eventually("the next reply is awaited") {
            await reader.client.channel.testingEventLoop.advanceTime(by: .seconds(5))
            return !reader.client.channel.isActive
        }
        reader.gate.letOnePass()
        try await reader.saw(["1", "no answer in time", "end"])
        try await task.value
    }

    @Test("a cancelled task gives its call up, and the connection")
    func cancelled() async throws {
        let reader = Reader(client: try await TestClient())
        let task = reader.start(deadline: nil)
        reader.gate.letOnePass()
        try await eventually("the call goes out") { reader.client.tap.messages.count == 1 }
        task.cancel()
        try await reader.saw(["given up before the answer was complete", "end"])
        #expect(!reader.client.channel.isActive)
        #expect(await reader.client.outcome("a.b.C") == "connection closed before the answer was complete")
    }

    @Test("a task that was cancelled before sends nothing, and the connection stays")
    func cancelledBefore() async throws {
        let client = try await TestClient()
        let gate = Gate()
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            return await client.outcome("a.b.C")
        }
        task.cancel()
        gate.letOnePass()
        #expect(await task.value == "given up before the answer was complete")
        #expect(client.tap.messages.isEmpty)
        #expect(client.channel.isActive)
    }

    @Test("a call that wants no reply is done when it is sent, and the next one goes out behind it")
    func oneway() async throws {
        let client = try await TestClient()
        try await client.client.callOneway("a.b.Quiet", deadline: .seconds(5)) { $0.member("x", 1) }
        #expect(client.tap.messages == [#"{"method":"a.b.Quiet","parameters":{"x":1},"oneway":true}"#])
        let outcome = try await client.call(out: 2) { try await client.receive("{\"parameters\":{\"y\":\"z\"}}\0") }
        #expect(outcome == "success z")
        #expect(client.channel.isActive)
    }

    @Test("a reply to a call that wanted none closes the connection")
    func answeredOneway() async throws {
        let client = try await TestClient()
        try await client.client.callOneway("a.b.Quiet", deadline: .seconds(5))
        try await client.receive("{}\0")
        #expect(!client.channel.isActive)
        #expect(await client.outcome("a.b.C") == "answer is not valid: reply without a call")
    }

    @Test("what breaks a rule in the middle of a series ends it")
    func malformed() async throws {
        let reader = Reader(client: try await TestClient())
        let task = reader.start()
        for _ in 1...3 { reader.gate.letOnePass() }
        try await eventually("the call goes out") { !reader.client.tap.messages.isEmpty }
        try await reader.client.receive(Self.reply(1) + "nonsense\0")
        try await reader.saw(["1", "answer is not valid: unexpected byte at offset 1", "end"])
        try await task.value
        #expect(!reader.client.channel.isActive)
    }
}
