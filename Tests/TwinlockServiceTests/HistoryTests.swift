import Testing
import TwinlockAccounts
import TwinlockInterface
import TwinlockOTP
import TwinlockStore
import TwinlockTesting
import TwinlockVarlink

@testable import TwinlockService

@Suite("a person's own history")
struct HistoryTests {
    private func history(
        _ scene: Scene,
        before: Int64? = nil,
        limit: Int64? = nil,
        session: SecretText? = nil,
        from peer: Peer = Scene.alice
    ) async throws -> GetLogResult {
        let parameters = GetLogParameters(session: session, before: before, limit: limit)
        return try await scene.call(OwnAccount.GetLog.self, parameters, from: peer)
    }

    /// A record in the store as somebody's login left it.
    private func record(
        _ number: Int,
        name: String = "alice",
        uid: UInt32? = 1000,
        remoteHost: String = "192.0.2.7",
        outcome: AuditOutcome = .accepted
    ) -> AuditRecord {
        AuditRecord(
            at: UnixSeconds(Int64(number)),
            name: name,
            uid: uid,
            service: "sshd",
            remoteHost: remoteHost,
            tty: "ssh",
            caller: 0,
            method: "SignIn",
            outcome: outcome,
            reason: outcome == .accepted ? .passwordRight : .passwordWrong
        )
    }

    @Test("it tells what was decided just now, the newest first, in words and places")
    func justNow() async throws {
        let scene = try Scene()
        _ = try await scene.signIn("alice", "wrong", from: Scene.root, Context.ssh)
        scene.pass(5)
        _ = try await scene.signIn("alice", "wrong", from: Scene.root, Context.ssh)
        scene.pass(5)
        _ = try await scene.signIn(nil, "correct horse", from: Scene.alice)
        let told = try await self.history(scene)
        #expect(told.next == nil)
        #expect(
            told.records == [
                LogRecord(
                    at: Scene.start + 10,
                    firstAt: Scene.start + 10,
                    count: 1,
                    service: "varlink",
                    remoteHost: "",
                    tty: "",
                    callerUid: 1000,
                    method: "SignIn",
                    outcome: .accepted,
                    reason: "passwordRight",
                    words: "password right, no second factor"
                ),
                LogRecord(
                    at: Scene.start + 5,
                    firstAt: Scene.start,
                    count: 2,
                    service: "sshd",
                    remoteHost: "192.0.2.7",
                    tty: "",
                    callerUid: 0,
                    method: "SignIn",
                    outcome: .refused,
                    reason: "passwordWrong",
                    words: "password wrong"
                ),
            ]
        )
    }

    @Test("it is told to its owner by uid or session, and nobody is told another's")
    func ownAlone() async throws {
        let scene = try Scene()
        _ = try await scene.signIn("alice", "wrong", from: Scene.root, Context.ssh)
        let session = try #require(try await scene.signIn(nil, "correct horse", from: Scene.alice).session)
        #expect(try await self.history(scene, from: Scene.bob).records == [])
        #expect(try await self.history(scene, session: session).records.count == 2)
        #expect(try await self.history(scene, session: session, from: Scene.root).records.count == 2)
        await #expect(throws: NamedError.signInAgain) {
            try await self.history(scene, session: session, from: Scene.bob)
        }
        let told = try await self.history(scene)
        #expect(told.records.map(\.reason) == ["sessionOfAnother", "passwordRight", "passwordWrong"])
        #expect(told.records[0].callerUid == 1001, "and that somebody else tried is told")
    }

    @Test("what belonged to the name or the uid before is left out; what names nobody's uid is told")
    func formerOwners() async throws {
        let scene = try Scene()
        _ = try await scene.store.append([
            self.record(1, uid: 900), self.record(2, name: "alicia"), self.record(3, uid: nil, outcome: .refused),
            self.record(4),
        ])
        #expect(try await self.history(scene).records.map(\.at) == [4, 3])
    }

    @Test("where name and uid have parted nothing is told")
    func parted() async throws {
        let scene = try Scene()
        _ = try await scene.enrol()
        scene.host.state.withLock { $0.users["alice"]?.uid = 1005 }
        let heir = Peer(uid: 1005, gid: 1005, groups: [], pid: 9)
        await #expect(throws: NamedError.unavailable) { try await self.history(scene, from: heir) }
    }

    @Test("pages follow each other without a gap, and the last one says so", arguments: [1, 2, 3, 7, 8, 200])
    func pages(limit: Int64) async throws {
        let scene = try Scene()
        _ = try await scene.store.append((1...7).map { self.record($0) })
        var seen: [Int64] = []
        var next: Int64?
        repeat {
            let page = try await self.history(scene, before: next, limit: limit)
            #expect(page.records.count <= limit && !page.records.isEmpty)
            seen += page.records.map(\.at)
            next = page.next
        } while next != nil && seen.count < 20
        #expect(seen == [7, 6, 5, 4, 3, 2, 1])
    }

    @Test("fifty come at a time unless the caller says otherwise")
    func defaultPage() async throws {
        let scene = try Scene()
        _ = try await scene.store.append((1...51).map { self.record($0) })
        let page = try await self.history(scene)
        #expect(page.records.count == 50 && page.next != nil)
    }

    @Test("a limit or a place that there is not is named", arguments: [("limit", 0), ("limit", 201), ("before", 0)])
    func parameters(name: String, value: Int64) async throws {
        let scene = try Scene()
        let reply = try await scene.raw("org.twinlock.Account.GetLog", from: Scene.alice) { $0.member(name, value) }
        #expect(reply["error"]?.string == "org.varlink.service.InvalidParameter")
        #expect(reply["parameters"]?["parameter"]?.string == name)
    }

    @Test("a reply stays below 64 KiB whatever names the records hold, and none is left out", arguments: [200, 150])
    func bounded(limit: Int64) async throws {
        let scene = try Scene()
        // As long as the interface lets a host be, of what takes six bytes each in JSON.
        let host = String(repeating: "\u{1}", count: 255)
        _ = try await scene.store.append((1...200).map { self.record($0, remoteHost: host) })
        var seen: [Int64] = []
        var next: Int64?
        repeat {
            let parameters = GetLogParameters(before: next, limit: limit)
            let frame = Frame()
            Call.encode(method: OwnAccount.GetLog.name, oneway: false, more: false, into: frame) {
                parameters.write(to: &$0)
            }
            let answer = Frame()
            await scene.service.answer(try Call.decode(frame), from: Scene.alice, replies: .none)
                .encode(continues: false, into: answer)
            #expect(answer.count <= Limits.messageBytes)
            #expect(answer.count > Limits.messageBytes / 2 || seen.count > 150)
            let page = try GetLogResult(reply: try JSONValue.parse(answer)["parameters"])
            seen += page.records.map(\.at)
            next = page.next
        } while next != nil && seen.count < 300
        #expect(seen == (1...200).reversed())
    }

    @Test("the sum of what records take is what the reply takes")
    func encodedBytes() {
        let record = LogRecord(self.record(1, remoteHost: "a\"b\u{1}ä"))
        let empty = Frame()
        var json = JSONWriter(into: empty)
        json.beginArray()
        json.endArray()
        let three = Frame()
        json = JSONWriter(into: three)
        json.beginObject()
        GetLogResult(records: [record, record, record], next: nil).write(to: &json)
        json.endObject()
        #expect(three.count == "{\"records\":[]}".utf8.count + 3 * record.encodedBytes - 1)
    }
}

@Suite("clearing failed codes")
struct ClearFailuresTests {
    /// An account with both kinds of session and so many wrong codes from a stranger who has the password.
    private func besieged(_ scene: Scene, failures: Int) async throws -> (secret: SecretText, session: SecretText) {
        let secret = try await scene.enrol()
        let first = try await scene.signIn(nil, "correct horse", from: Scene.alice)
        let session = try #require(
            try await scene.verify(first.session, try scene.code(secret), from: Scene.alice).session
        )
        var done = 0
        while done < failures {
            let pending = try await scene.signIn("alice", "correct horse", from: Scene.root, Context.ssh)
            do {
                _ = try await scene.verify(pending.session, .init("1"), from: Scene.root)
            } catch NamedError.tooManyFailures(let seconds) {
                scene.pass(Int64(seconds ?? 0))
            } catch {}
            done += 1
        }
        return (secret, session)
    }

    private func status(_ scene: Scene) async throws -> GetStatusResult {
        try await scene.call(OwnAccount.GetStatus.self, GetStatusParameters(), from: Scene.alice)
    }

    private func clear(
        _ scene: Scene,
        _ session: SecretText,
        _ password: String? = "correct horse",
        from peer: Peer = Scene.alice
    ) async throws {
        let parameters = ClearFailuresParameters(session: session, password: password.map { .init($0) })
        _ = try await scene.call(OwnAccount.ClearFailures.self, parameters, from: peer)
    }

    @Test("a session with both factors, however old, and the password clear them, and it is told in the history")
    func clears() async throws {
        let scene = try Scene()
        let (secret, session) = try await self.besieged(scene, failures: 6)
        scene.pass(2 * 3600)
        #expect(try await self.status(scene).failedCodes == 6)
        try await self.clear(scene, session)
        let status = try await self.status(scene)
        #expect(status.failedCodes == 0 && status.waitSeconds == nil && status.enabled)
        let history = try await scene.call(OwnAccount.GetLog.self, GetLogParameters(limit: 1), from: Scene.alice)
        #expect(history.records.map(\.reason) == ["failuresCleared"])
        let first = try await scene.signIn(nil, "correct horse", from: Scene.alice)
        let done = try await scene.verify(first.session, try scene.code(secret), from: Scene.alice)
        #expect(done.state == .signedIn && done.failedCodes == nil)
    }

    @Test("an account at which no code is read any more is open again")
    func exhausted() async throws {
        let scene = try Scene()
        let secret = try await scene.enrol()
        let first = try await scene.signIn(nil, "correct horse", from: Scene.alice)
        let session = try #require(
            try await scene.verify(first.session, try scene.code(secret), from: Scene.alice).session
        )
        let account = try #require(try await scene.store.accounts(after: nil, limit: 1).first)
        var now = UnixSeconds(scene.now)
        for _ in 1...Throttle.maximumFailures {
            let verdict = try await scene.store.attemptCode(
                of: account.identity,
                generation: account.generation,
                match: .none,
                source: .peer(uid: 7),
                at: now
            )
            if case .wrong(.wait(let seconds)) = verdict { now = now + seconds }
        }
        #expect(try await self.status(scene).exhausted)
        try await self.clear(scene, session)
        #expect(try await !self.status(scene).exhausted)
        scene.pass(60)
        let again = try await scene.signIn(nil, "correct horse", from: Scene.alice)
        #expect(
            try await scene.verify(again.session, try scene.code(secret), from: Scene.alice).state == .signedIn
        )
    }

    @Test("without the password nothing is cleared", arguments: [nil, "", "wrong"])
    func password(password: String?) async throws {
        let scene = try Scene()
        let (_, session) = try await self.besieged(scene, failures: 2)
        await #expect(throws: NamedError.authenticationFailed) { try await self.clear(scene, session, password) }
        #expect(try await self.status(scene).failedCodes == 2)
    }

    @Test("nor with a session that showed no code, a pending one, a token, or somebody else's")
    func sessions() async throws {
        let scene = try Scene()
        let weak = try #require(try await scene.signIn(nil, "battery staple", from: Scene.bob).session)
        await #expect(throws: NamedError.signInAgain) {
            try await self.clear(scene, weak, "battery staple", from: Scene.bob)
        }
        let (_, session) = try await self.besieged(scene, failures: 2)
        let pending = try #require(try await scene.signIn(nil, "correct horse", from: Scene.alice).session)
        for text in [pending, .init("twl_0123456789"), .init("")] {
            await #expect(throws: NamedError.signInAgain) { try await self.clear(scene, text) }
        }
        await #expect(throws: NamedError.signInAgain) { try await self.clear(scene, session, from: Scene.bob) }
        #expect(try await self.status(scene).failedCodes == 2)
    }

    @Test(
        "of sessions that differ in nothing else, one with a code and another factor serves, and no other",
        arguments: [([Factor.code], false), ([.password, .publickey], false), ([.code, .publickey], true)]
    )
    func factors(shown: [Factor], serves: Bool) async throws {
        let scene = try Scene()
        let text = try await self.besieged(scene, failures: 2).session
        let found = try await scene.store.session(digest: try #require(SessionValue.digest(of: text)))
        let session = try #require(found)
        let value = scene.service.surroundings.random(SessionValue.randomBytes)
        try await scene.store.insert(
            Session(
                digest: SessionValue.digest(of: value),
                identity: session.identity,
                maker: session.maker,
                factors: shown,
                service: session.service,
                remoteHost: session.remoteHost,
                mark: session.mark,
                created: session.created,
                lastUsed: session.lastUsed
            )
        )
        if serves {
            try await self.clear(scene, SessionValue.finished(value))
        } else {
            await #expect(throws: NamedError.signInAgain) {
                try await self.clear(scene, SessionValue.finished(value))
            }
        }
        #expect(try await self.status(scene).failedCodes == (serves ? 0 : 2))
    }

    @Test("without a second factor there is nothing to clear")
    func notEnabled() async throws {
        let scene = try Scene()
        let (secret, session) = try await self.besieged(scene, failures: 0)
        _ = try await scene.call(
            OwnAccount.Disable.self,
            SensitiveParameters(password: .init("correct horse"), code: try scene.code(secret, step: 1)),
            from: Scene.alice
        )
        await #expect(throws: NamedError.notEnabled) { try await self.clear(scene, session) }
    }

    @Test("every answer is one decision on record")
    func recorded() async throws {
        let scene = try Scene()
        let (_, session) = try await self.besieged(scene, failures: 2)
        let weak = GetLogParameters()
        let before = try await scene.call(OwnAccount.GetLog.self, weak, from: Scene.alice).records.count
        await #expect(throws: NamedError.authenticationFailed) { try await self.clear(scene, session, "wrong") }
        scene.host.state.withLock { $0.failure = .busy }
        await #expect(throws: NamedError.unavailable) { try await self.clear(scene, session) }
        scene.host.state.withLock { $0.failure = nil }
        try await self.clear(scene, session)
        let history = try await scene.call(OwnAccount.GetLog.self, weak, from: Scene.alice).records
        #expect(
            history.prefix(history.count - before).map { "\($0.method) \($0.outcome) \($0.reason)" } == [
                "ClearFailures accepted failuresCleared", "ClearFailures refused notCarriedOut",
                "ClearFailures refused passwordWrong",
            ]
        )
    }
}
