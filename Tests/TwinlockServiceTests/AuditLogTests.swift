import Testing
import TwinlockAccounts
import TwinlockInterface
import TwinlockOTP
import TwinlockStore
import TwinlockVarlink

@testable import TwinlockService

@Suite("the log of all accounts")
struct AuditLogTests {
    private let scene: Scene

    init() throws {
        self.scene = try Scene()
    }

    private func record(
        _ name: String,
        at: Int64 = 0,
        outcome: AuditOutcome = .accepted,
        service: String = "sshd",
        host: String = "192.0.2.1",
        method: String = "SignIn"
    ) -> AuditRecord {
        AuditRecord(
            at: UnixSeconds(Scene.start + at),
            name: name,
            uid: nil,
            service: service,
            remoteHost: host,
            tty: "ssh",
            caller: 0,
            method: method,
            outcome: outcome,
            reason: .passwordRight
        )
    }

    private func log(_ parameters: GetAuditLogParameters = .init()) async throws -> GetAuditLogResult {
        try await self.scene.call(Administration.GetLog.self, parameters, from: Scene.root)
    }

    @Test("page after page, each record once, the newest first", arguments: [1, 2, 3, 5, 6] as [Int64])
    func pages(limit: Int64) async throws {
        _ = try await self.scene.store.append((0..<5).map { self.record("a\($0)") })
        var names: [String] = []
        var before: Int64?
        repeat {
            let page = try await self.log(.init(before: before, limit: limit))
            #expect(page.records.count <= limit)
            names += page.records.map(\.user)
            before = page.next
        } while before != nil
        #expect(names == ["a4", "a3", "a2", "a1", "a0"])
    }

    @Test("each condition leaves out what does not fit")
    func conditions() async throws {
        _ = try await self.scene.store.append([
            self.record("old", at: -100), self.record("no", outcome: .refused), self.record("su", service: "su"),
            self.record("far", host: "198.51.100.1"), self.record("out", method: "SignOut"), self.record("usual"),
        ])
        let found = { (parameters: GetAuditLogParameters) in
            Set(try await self.log(parameters).records.map(\.user))
        }
        #expect(try await found(.init(user: "usual")) == ["usual"])
        #expect(try await found(.init(outcome: "refused")) == ["no"])
        #expect(try await found(.init(service: "su")) == ["su"])
        #expect(try await found(.init(remoteHost: "198.51.100.1")) == ["far"])
        #expect(try await found(.init(method: "SignOut")) == ["out"])
        #expect(try await found(.init(since: Scene.start)) == ["no", "su", "far", "out", "usual"])
        #expect(try await found(.init(outcome: "refused", service: "su")) == [])
    }

    @Test("a rare one is looked for in several calls, each of which ends")
    func rare() async throws {
        _ = try await self.scene.store.append([self.record("needle", service: "su")])
        for _ in 0..<21 {
            _ = try await self.scene.store.append((0..<1000).map { _ in self.record("hay") })
        }
        var (calls, before, names) = (0, Int64?.none, [String]())
        repeat {
            let page = try await self.log(.init(service: "su", before: before))
            (calls, before) = (calls + 1, page.next)
            names += page.records.map(\.user)
        } while before != nil
        #expect(names == ["needle"])
        #expect(calls == 3)
    }

    @Test("a limit or a number that cannot be is refused", arguments: [("limit", 0), ("limit", 201), ("before", 0)])
    func bounds(name: String, value: Int64) async throws {
        let reply = try await self.scene.raw(Administration.GetLog.name, from: Scene.root) { $0.member(name, value) }
        #expect(reply["parameters"]?["parameter"]?.string == name)
    }

    @Test("with more: those that have happened, oldest first, then each that comes, until the caller hangs up")
    func follow() async throws {
        _ = try await self.scene.store.append((0..<12).map { self.record("a\($0)") })
        let follower = try Following(self.scene, .init(limit: 2))
        #expect(await follower.next() == ["a10", "a11"])
        _ = try await self.scene.enrol(Scene.bob, password: "battery staple")
        #expect(await follower.next() == ["bob"])
        #expect(await follower.next() == ["bob"])
        _ = try await self.scene.signIn("last", "x", from: Scene.root)
        #expect(await follower.next() == ["last"])
        await follower.hangUp()
        #expect(self.scene.service.trail.tail.followerCount == 0)
    }

    @Test("with more: records that are handed on in another order are told in theirs, each once")
    func followOutOfOrder() async throws {
        let follower = try Following(self.scene, .init(limit: 0))
        #expect(await follower.next() == [])
        let saved = try await self.scene.store.append((0..<3).map { self.record("a\($0)") })
        let tail = self.scene.service.trail.tail
        tail.publish([saved[1]])
        #expect(await follower.next() == ["a0"])
        tail.publish([saved[0]])
        tail.publish([saved[2]])
        #expect(await follower.next() == ["a1"])
        #expect(await follower.next() == ["a2"])
        _ = try await self.scene.signIn("last", "x", from: Scene.root)
        #expect(await follower.next() == ["last"])
        await follower.hangUp()
    }

    @Test("with more, conditions hold for what comes too, and a stop ends it")
    func followConditions() async throws {
        let follower = try Following(self.scene, .init(outcome: "refused", limit: 0))
        #expect(await follower.next() == [])
        _ = try await self.scene.enrol(Scene.bob, password: "battery staple")
        _ = try await self.scene.signIn("nobody", "x", from: Scene.root)
        #expect(await follower.next() == ["nobody"])
        self.scene.service.endFollowing()
        await follower.finish()
    }

    @Test("who is no administrator any more is told nothing more")
    func followStanding() async throws {
        self.scene.host.state.withLock { $0.users["bob"]?.groups = [60] }
        let secret = try await self.scene.enrol(Scene.bob, password: "battery staple")
        let first = try await self.scene.signIn(nil, "battery staple", from: Scene.bob)
        let session = try await self.scene.verify(first.session, try self.scene.code(secret), from: Scene.bob).session
        let follower = try Following(
            self.scene,
            .init(outcome: "refused", limit: 0, session: session),
            from: Scene.bob
        )
        #expect(await follower.next() == [])
        self.scene.host.state.withLock { $0.users["bob"]?.groups = [] }
        self.scene.pass(61)
        _ = try await self.scene.signIn("nobody", "x", from: Scene.root)
        await follower.finish()
        #expect(await follower.next() == nil)
    }
}

/// One who follows the log.
private struct Following: Sendable {
    private let pages: AsyncStream<[String]>
    private let task: Task<Void, Never>
    private let hangUpActions: Actions

    private final class Actions: Sendable {
        let all = Locked<[@Sendable () -> Void]>([])
    }

    /// Begins. The first reply tells that the daemon has begun too.
    init(
        _ scene: Scene,
        _ parameters: GetAuditLogParameters,
        from peer: Peer = Scene.root
    ) throws {
        let (pages, continuation) = AsyncStream<[String]>.makeStream()
        let actions = Actions()
        let watch = { @Sendable (action: @escaping @Sendable () -> Void) in actions.all.withLock { $0.append(action) } }
        let sink = ReplySink(watch: watch) { reply throws(ReplySinkError) in
            let frame = Frame()
            reply.encode(continues: true, into: frame)
            guard let value = try? JSONValue.parse(frame),
                let page = try? GetAuditLogResult(reply: value["parameters"])
            else { throw .connectionClosed }
            continuation.yield(page.records.map(\.user))
        }
        let frame = Frame()
        Call.encode(method: Administration.GetLog.name, oneway: false, more: true, into: frame) {
            parameters.write(to: &$0)
        }
        let call = try Call.decode(frame)
        self.pages = pages
        self.hangUpActions = actions
        self.task = Task {
            _ = await scene.service.answer(call, from: peer, replies: sink)
            continuation.finish()
        }
    }

    /// Names of the next reply; nil at the end.
    func next() async -> [String]? {
        var iterator = self.pages.makeAsyncIterator()
        return await iterator.next()
    }

    /// Hangs up.
    func hangUp() async {
        for action in self.hangUpActions.all.withLock({ $0 }) { action() }
        await self.task.value
    }

    /// Waits for the end of the call.
    func finish() async {
        await self.task.value
    }
}
