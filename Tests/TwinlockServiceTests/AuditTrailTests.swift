import Testing
import TwinlockAccounts
import TwinlockInterface
import TwinlockOTP
import TwinlockStore
import TwinlockTesting

@testable import TwinlockService

/// A store of records whose saving a test holds up or lets fail; what it saves it keeps in memory.
private actor HeldStore: AuditStore {
    private let memory = InMemoryStore()
    private var gate: [CheckedContinuation<Void, Never>] = []
    private var isHeld = false
    private var failure: StoreError?
    /// Sizes of the batches that were tried.
    private(set) var batches: [Int] = []
    private(set) var trims = 0

    func hold() { self.isHeld = true }

    func release(holdingOthers: Bool = false) {
        self.isHeld = holdingOthers
        self.gate.forEach { $0.resume() }
        self.gate = []
    }

    func fail(_ failure: StoreError?) { self.failure = failure }

    /// Waits until somebody is held up.
    func waitForBatch(_ count: Int) async {
        while self.batches.count < count { await Task.yield() }
    }

    func append(_ records: [AuditRecord]) async throws(StoreError) -> [AuditRecord] {
        self.batches.append(records.count)
        if self.isHeld {
            await withCheckedContinuation { self.gate.append($0) }
        }
        if let failure { throw failure }
        return try await self.memory.append(records)
    }

    func records(
        of filter: AuditFilter,
        before number: Int64?,
        limit: Int
    ) async throws(StoreError) -> [AuditRecord] {
        try await self.memory.records(of: filter, before: number, limit: limit)
    }

    func records(of filter: AuditFilter, after number: Int64, limit: Int) async throws(StoreError) -> [AuditRecord] {
        try await self.memory.records(of: filter, after: number, limit: limit)
    }

    func trimRecords(
        by retention: AuditRetention,
        at now: UnixSeconds,
        atMost limit: Int
    ) async throws(StoreError) -> Int {
        self.trims += 1
        return try await self.memory.trimRecords(by: retention, at: now, atMost: limit)
    }
}

/// A record that repeats no other.
private func record(_ number: Int, outcome: AuditOutcome = .accepted) -> AuditRecord {
    AuditRecord(
        at: UnixSeconds(1000 + Int64(number)),
        name: "person-\(number)",
        uid: 1000,
        service: "sshd",
        remoteHost: "",
        tty: "",
        caller: 0,
        method: "SignIn",
        outcome: outcome,
        reason: outcome == .accepted ? .passwordRight : .passwordWrong
    )
}

@Suite("records on their way to the store")
struct AuditTrailTests {
    private let store = HeldStore()
    private let log = CapturedLog()

    private func trail(rows: Int = 1_000_000, patience: Duration = .seconds(86_400)) -> AuditTrail {
        AuditTrail(
            store: self.store,
            retention: AuditRetention(rows: rows),
            now: { UnixSeconds(1000) },
            logger: self.log.logger,
            patience: patience
        )
    }

    private func saved() async throws -> [AuditRecord] {
        try await self.store.records(of: .everything, after: 0, limit: 100_000)
    }

    @Test("records are saved in their order, and those that come meanwhile share the next batches")
    func batches() async throws {
        let trail = self.trail()
        await self.store.hold()
        trail.add(record(0))
        await self.store.waitForBatch(1)
        for number in 1...600 { trail.add(record(number)) }
        await self.store.release()
        await trail.flush()
        #expect(await self.store.batches == [1, 64, 64, 64, 64, 64, 64, 64, 64, 64, 24])
        #expect(try await self.saved().map(\.name) == (0...600).map { "person-\($0)" })
    }

    @Test("a flush waits for all that came before it, and not for what comes after")
    func flush() async throws {
        let trail = self.trail()
        await trail.flush()
        await self.store.hold()
        trail.add(record(0))
        await self.store.waitForBatch(1)
        trail.add(record(1))
        let isFlushed = Locked(false)
        // It waits for the first batch by the time this returns.
        let flush = Task.immediate {
            await trail.flush()
            isFlushed.withLock { $0 = true }
        }
        await self.store.release(holdingOthers: true)
        await self.store.waitForBatch(2)
        for _ in 1...1000 { await Task.yield() }
        #expect(!isFlushed.withLock { $0 }, "the second record is on its way")
        trail.add(record(2))
        await self.store.release()
        await flush.value
        #expect(try await self.saved().count >= 2)
    }

    @Test("while the store fails records stay, the failure is told once, and then they are saved in their order")
    func failing() async throws {
        let trail = self.trail()
        await self.store.fail(.unavailable(reason: "no room"))
        for number in 0..<50 {
            trail.add(record(number))
            await trail.flush()
        }
        #expect(await self.store.batches.count >= 50, "each decision lets it try again")
        #expect(try await self.saved() == [])
        #expect(self.log.lines.map(\.message) == ["cannot save audit records: the store is unavailable: no room"])
        await self.store.fail(nil)
        trail.add(record(50))
        await trail.flush()
        #expect(try await self.saved().map(\.name) == (0...50).map { "person-\($0)" })
        #expect(self.log.lines.map(\.message).last == "audit records are saved again")
        #expect(self.log.lines.count == 2)
        await self.store.fail(.unavailable(reason: "no room"))
        trail.add(record(51))
        await trail.flush()
        #expect(self.log.lines.count == 3, "a new failure is news")
    }

    @Test("a batch that the store will never take is given up and counted, and holds up none behind it")
    func damaged() async throws {
        let trail = self.trail()
        await self.store.fail(.damaged(reason: "a rule"))
        trail.add(record(0))
        await trail.flush()
        await self.store.fail(nil)
        trail.add(record(1))
        await trail.flush()
        let saved = try await self.saved()
        #expect(saved.map(\.reason) == [.recordsLost, .passwordRight])
        #expect(saved.first?.count == 1)
        #expect(self.log.lines.map(\.message).last == "1 audit records are lost; only the log has them")
    }

    @Test("memory is bounded: refusals go first, the oldest, and how many is a record")
    func bounded() async throws {
        let trail = self.trail()
        await self.store.fail(.unavailable(reason: "no room"))
        trail.add(record(0, outcome: .accepted))
        for number in 1...3000 { trail.add(record(number, outcome: .refused)) }
        trail.add(record(3001, outcome: .accepted))
        await trail.flush()
        await self.store.fail(nil)
        await trail.flush()
        let saved = try await self.saved()
        let lost = try #require(saved.first { $0.reason == .recordsLost })
        #expect(lost.count == 3002 - Int64(AuditQueue.capacity))
        #expect(lost.firstAt == UnixSeconds(1001) && lost.at == UnixSeconds(1000 + lost.count))
        #expect(saved.count == AuditQueue.capacity + 1)
        #expect(saved.contains { $0.name == "person-0" } && saved.contains { $0.name == "person-3001" })
        #expect(saved.contains { $0.name == "person-3000" } && !saved.contains { $0.name == "person-1" })
    }

    @Test("the record of a step waits for the verdict that follows, and both are saved by that one")
    func ride() async throws {
        let trail = self.trail()
        trail.add(record(0, outcome: .continued))
        for _ in 1...1000 { await Task.yield() }
        #expect(await self.store.batches == [])
        let store = self.store
        let verdict = try await trail.ride { ride throws(StoreError) in
            let records = ride.records(with: record(1))
            #expect(records == ride.records(with: record(1)), "asked again it is the same")
            return Recorded(verdict: "yes", records: try await store.append(records))
        }
        await trail.flush()
        #expect(verdict == "yes")
        #expect(await self.store.batches == [2])
        #expect(try await self.saved().map(\.name) == ["person-0", "person-1"])
    }

    @Test("a step whose verdict does not come is saved all the same")
    func noVerdict() async throws {
        let trail = self.trail(patience: .zero)
        trail.add(record(0, outcome: .continued))
        await self.store.waitForBatch(1)
        await trail.flush()
        #expect(try await self.saved().map(\.name) == ["person-0"])
    }

    @Test("records that found no room beside their verdict wait for it; those of no verdict are gone")
    func rideWithoutRoom() async throws {
        let trail = self.trail()
        await self.store.fail(.unavailable(reason: "no room"))
        trail.add(record(0, outcome: .continued))
        _ = try await trail.ride { ride throws(StoreError) in
            _ = ride.records(with: record(1))
            return Recorded(verdict: (), records: nil)
        }
        await #expect(throws: StoreError.conflict) {
            try await trail.ride { ride throws(StoreError) -> Recorded<Void> in
                _ = ride.records(with: record(2))
                throw .conflict
            }
        }
        await trail.flush()
        #expect(try await self.saved() == [])
        await self.store.fail(nil)
        trail.add(record(3))
        await trail.flush()
        #expect(try await self.saved().map(\.name) == ["person-0", "person-1", "person-3"])
    }

    @Test("records that ride count for trimming too")
    func ridesAreTrimmed() async throws {
        let trail = self.trail(rows: 1000)
        let store = self.store
        for number in 0..<AuditTrail.trimInterval {
            try await trail.ride { ride throws(StoreError) in
                Recorded(verdict: (), records: try await store.append(ride.records(with: record(number))))
            }
        }
        await trail.flush()
        #expect(await self.store.trims > 0)
    }

    @Test("after many records it is looked whether some must go")
    func trims() async throws {
        let trail = self.trail(rows: 1000)
        for number in 0..<AuditTrail.trimInterval - 1 {
            trail.add(record(number))
            if number.isMultiple(of: 500) { await trail.flush() }
        }
        await trail.flush()
        #expect(await self.store.trims == 0)
        for number in 0..<(AuditTrail.trimInterval + 1) {
            trail.add(record(number))
            if number.isMultiple(of: 500) { await trail.flush() }
        }
        await trail.flush()
        #expect(await self.store.trims >= 5)
        #expect(try await self.saved().count <= 1000 + AuditTrail.trimInterval)
        await trail.trim()
        #expect(try await self.saved().count == 1000)
    }
}

@Suite("records that wait")
struct AuditQueueTests {
    @Test("without refusals what continues goes before what was accepted, and the oldest first")
    func order() {
        var queue = AuditQueue()
        queue.add(record(0, outcome: .accepted))
        queue.add(record(1, outcome: .continued))
        for number in 2...AuditQueue.capacity + 1 { queue.add(record(number, outcome: .accepted)) }
        #expect(queue.count == AuditQueue.capacity)
        let batch = queue.take(3)
        #expect(batch.map(\.reason) == [.recordsLost, .passwordRight, .passwordRight, .passwordRight])
        #expect(batch[0].count == 2, "the one that continued, then the oldest")
        #expect(batch[1].name == "person-2")
        #expect(queue.count == AuditQueue.capacity - 3)
    }

    @Test("what is put back stands in front again, and a loss that could not be told is added to")
    func putBack() {
        var queue = AuditQueue()
        for number in 0...AuditQueue.capacity + 1 { queue.add(record(number, outcome: .refused)) }
        let batch = queue.take(2)
        #expect(batch.map(\.count) == [2, 1, 1])
        queue.add(record(9998, outcome: .refused))
        queue.add(record(9999, outcome: .refused))
        queue.putBack(batch)
        #expect(queue.count == AuditQueue.capacity)
        let again = queue.take(1)
        #expect(again.map(\.count) == [4, 1])
        #expect(again[1].name == "person-4")
        #expect(again[0].firstAt == UnixSeconds(1000) && again[0].at == UnixSeconds(1003))
    }

    @Test("that something was lost is told even if nothing else waits")
    func lossAlone() {
        var queue = AuditQueue()
        queue.lose(record(0))
        #expect(!queue.isEmpty)
        #expect(queue.take(0).map(\.reason) == [.recordsLost])
        #expect(queue.isEmpty && queue.take(5) == [])
    }
}

@Suite("following the log")
struct AuditTailTests {
    @Test("a follower is told what is saved from then on, in order, and only what it asked for")
    func follow() async {
        let tail = AuditTail()
        tail.publish([record(0)])
        await tail.follow(.name("person-2")) { follower in
            #expect(tail.followerCount == 1)
            tail.publish([record(1), record(2)])
            #expect(await follower.next() == .record(record(2)))
            async let later = follower.next()
            tail.publish([record(2, outcome: .refused)])
            #expect(await later == .record(record(2, outcome: .refused)))
        }
        #expect(tail.followerCount == 0)
    }

    @Test("a slow follower holds nobody up, keeps its first records and is told how many it missed, once")
    func slow() async {
        let tail = AuditTail()
        await tail.follow(.everything) { follower in
            for number in 0..<AuditFollower.capacity + 44 { tail.publish([record(number)]) }
            for number in 0..<AuditFollower.capacity {
                #expect(await follower.next() == .record(record(number)))
            }
            tail.publish([record(7000)])
            #expect(await follower.next() == .missed(45))
            tail.publish([record(7001)])
            #expect(await follower.next() == .record(record(7001)))
        }
    }

    @Test("one that is told the end, is cancelled, or comes after the end, waits no longer")
    func end() async {
        let tail = AuditTail()
        await tail.follow(.everything) { follower in
            async let last = follower.next()
            tail.end()
            #expect(await last == nil)
        }
        await tail.follow(.everything) { #expect(await $0.next() == nil) }
        let other = AuditTail()
        let waiting = Task { await other.follow(.everything) { await $0.next() } }
        while other.followerCount == 0 { await Task.yield() }
        waiting.cancel()
        #expect(await waiting.value == nil)
        #expect(other.followerCount == 0)
    }

    @Test("what a decision brought about reaches a follower with the number that the store gave it")
    func throughService() async throws {
        let scene = try Scene()
        try await scene.service.trail.tail.follow(.everything) { follower in
            for count: Int64 in 1...2 {
                _ = try await scene.signIn("alice", "wrong", from: Scene.root, Context.ssh)
                let event = await follower.next()
                let newest = try await scene.store.records(of: .everything, before: nil, limit: 1)
                #expect(newest.first?.count == count && newest.first?.number == count)
                #expect(event == newest.first.map { .record($0) })
            }
        }
    }
}
