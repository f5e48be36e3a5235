import NIOCore
import NIOEmbedded
import Testing

@testable import TwinlockVarlink

@Suite("Series of replies", .timeLimit(.minutes(1)))
struct ServerStreamTests {
    @Test("replies go out in order, marked, the final one without a mark; then the next call runs")
    func series() async throws {
        let connection = try await TestConnection { call, _, sink in
            guard call.more else { return .expectedMore }
            for number in Int64(1)...3 {
                do {
                    try await sink.send(.success { $0.member("n", number) })
                } catch {
                    return .error("test.it.\(error)")
                }
            }
            return .success { $0.member("n", 4) }
        }
        try await connection.receive("{\"method\":\"test.it.Do\",\"more\":true}\0{\"method\":\"test.it.Do\"}\0")
        #expect(
            try await connection.messages(5) == [
                #"{"parameters":{"n":1},"continues":true}"#, #"{"parameters":{"n":2},"continues":true}"#,
                #"{"parameters":{"n":3},"continues":true}"#, #"{"parameters":{"n":4}}"#,
                #"{"error":"org.varlink.service.ExpectedMore"}"#,
            ]
        )
    }

    @Test(
        "a call that waits for what may never come is told when the peer hangs up, whenever it asks",
        arguments: [
            false, true,
        ]
    )
    func hangUp(asksLate: Bool) async throws {
        let (gate, told, journal) = (Gate(), Gate(), Journal())
        let connection = try await TestConnection { _, _, sink in
            if asksLate { await gate.pass() }
            sink.onHangUp { told.letOnePass() }
            journal.add("asked")
            await told.pass()
            return .success()
        }
        try await connection.receive("{\"method\":\"test.it.Do\",\"more\":true}\0")
        if !asksLate {
            try await eventually("the call asks") { !journal.all.isEmpty }
            await connection.settled()
        }
        try await connection.channel.close()
        gate.letOnePass()
        #expect(try await connection.end().count == 1)
    }

    @Test("a call that has ended is told nothing")
    func hangUpAfterwards() async throws {
        let journal = Journal()
        let connection = try await TestConnection { _, _, sink in
            sink.onHangUp { journal.add("hung up") }
            return .success()
        }
        try await connection.receive("{\"method\":\"test.it.Do\",\"more\":true}\0")
        _ = try await connection.messages(1)
        try await connection.channel.close()
        _ = try await connection.end()
        #expect(journal.all.isEmpty)
    }

    @Test("without more the sink refuses and nothing goes out ahead")
    func notAsked() async throws {
        let connection = try await TestConnection { _, _, sink in
            do {
                try await sink.send(.success())
                return .success()
            } catch {
                return .error("test.it.\(error)")
            }
        }
        try await connection.receive("{\"method\":\"test.it.Do\"}\0")
        #expect(try await connection.messages(1) == [#"{"error":"test.it.moreNotAsked"}"#])
    }

    @Test("send waits until the socket has taken the reply")
    func backPressure() async throws {
        let journal = Journal()
        let connection = try await TestConnection { _, _, sink in
            do {
                try await sink.send(.success())
                journal.add("taken")
            } catch {
                journal.add("\(error)")
            }
            return .success()
        }
        connection.tap.stick()
        try await connection.receive("{\"method\":\"test.it.Do\",\"more\":true}\0")
        _ = try await connection.messages(1)
        await connection.settled()
        #expect(journal.all.isEmpty)
        connection.tap.unstick()
        _ = try await connection.messages(2)
        #expect(journal.all == ["taken"])
    }

    @Test("send fails when the peer goes, and when it does not take the reply in time", arguments: [true, false])
    func peerGone(closes: Bool) async throws {
        let journal = Journal()
        let connection = try await TestConnection { _, _, sink in
            for _ in 0..<2 {
                do {
                    try await sink.send(.success())
                } catch {
                    journal.add("\(error)")
                }
            }
            return .success()
        }
        connection.tap.stick()
        try await connection.receive("{\"method\":\"test.it.Do\",\"more\":true}\0")
        _ = try await connection.messages(1)
        if closes {
            try await connection.channel.close()
        } else {
            await connection.advance(.seconds(10))
        }
        #expect(try await connection.end() == [closes ? "closed by the peer" : "reply not taken in time"])
        #expect(journal.all == ["connectionClosed", "connectionClosed"])
    }

    @Test("a sink that outlives its call refuses")
    func lateSink() async throws {
        let (sinks, keep) = AsyncStream.makeStream(of: ReplySink.self)
        let connection = try await TestConnection { call, _, sink in
            if call.memberName == "Keep" { keep.yield(sink) }
            return .success()
        }
        try await connection.receive("{\"method\":\"test.it.Keep\",\"more\":true}\0")
        _ = try await connection.messages(1)
        for await sink in sinks {
            await #expect(throws: ReplySinkError.callEnded) { try await sink.send(.success()) }
            break
        }
        #expect(connection.tap.messages.count == 1)
    }
}
