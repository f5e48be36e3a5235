import Testing
import TwinlockAccounts
import TwinlockInterface
import TwinlockOTP
import TwinlockStore
import TwinlockVarlink

@testable import TwinlockService

/// What was decided, as a line of the log and as a record have it.
private struct Decision: Hashable, CustomStringConvertible {
    var user: String
    var uid: String
    var caller: String
    var service: String
    var remoteHost: String
    var tty: String
    var method: String
    var outcome: String
    var reason: String

    init(_ line: CapturedLog.Line) {
        let metadata = line.metadata
        self.user = metadata["user"] ?? "?"
        self.uid = metadata["user-uid"] ?? "?"
        self.caller = metadata["uid"] ?? "?"
        self.service = metadata["service"] ?? "?"
        self.remoteHost = metadata["rhost"] ?? "?"
        self.tty = metadata["tty"] ?? "?"
        self.method = metadata["method"] ?? "?"
        self.outcome = metadata["outcome"] ?? "?"
        self.reason = metadata["reason"] ?? "?"
    }

    init(_ record: AuditRecord) {
        self.user = record.name
        self.uid = record.uid.map { "\($0)" } ?? ""
        self.caller = record.caller.map { "\($0)" } ?? ""
        self.service = record.service
        self.remoteHost = record.remoteHost
        self.tty = record.tty
        self.method = record.method
        self.outcome = record.outcome.rawValue
        self.reason = record.reason.rawValue
    }

    var description: String {
        "\(self.method) \(self.outcome) \(self.reason) of \(self.user)/\(self.uid) by \(self.caller)"
    }
}

@Suite("every decision is one line of the log and one record")
struct DecisionRecordTests {
    private let log = CapturedLog()

    /// Does something and says what was decided by it, as `METHOD OUTCOME REASON NAME/UID`, after it was held against
    /// the records: the same decisions, each as often.
    private func decisions(
        _ scene: Scene,
        _ location: SourceLocation = #_sourceLocation,
        _ work: () async throws -> Void
    ) async throws -> [String] {
        let before = self.log.decisions.count
        let known = try await self.recorded(scene)
        try await work()
        let lines = self.log.decisions[before...].map(Decision.init)
        var new = try await self.recorded(scene)
        for (decision, count) in known {
            new[decision, default: 0] -= count
        }
        new = new.filter { $0.value != 0 }
        let told = Dictionary(grouping: lines) { $0 }.mapValues { Int64($0.count) }
        #expect(new == told, sourceLocation: location)
        return lines.map { "\($0.method) \($0.outcome) \($0.reason) \($0.user)/\($0.uid)" }
    }

    private func recorded(_ scene: Scene) async throws -> [Decision: Int64] {
        await scene.service.finishRecords()
        var counts: [Decision: Int64] = [:]
        for record in try await scene.store.records(of: .everything, before: nil, limit: 10_000) {
            counts[Decision(record), default: 0] += record.count
        }
        return counts
    }

    private func make(hidesPasswordResult: Bool = true) throws -> Scene {
        try Scene(hidesPasswordResult: hidesPasswordResult, logger: self.log.logger)
    }

    /// Calls and takes a refusal for an answer.
    private func attempt<M: Method>(_ scene: Scene, _ method: M.Type, _ parameters: M.Parameters, from peer: Peer) async
    {
        _ = try? await scene.call(method, parameters, from: peer)
    }

    @Test("signing in without a second factor")
    func withoutFactor() async throws {
        let scene = try self.make()
        let yes = try await self.decisions(scene) {
            _ = try await scene.signIn("bob", "battery staple", from: Scene.root, Context.ssh)
        }
        #expect(yes == ["SignIn accepted passwordRight bob/1001"])
        let asked = try await self.decisions(scene) {
            _ = try await scene.signIn("bob", nil, from: Scene.root, Context.ssh)
        }
        #expect(asked == [], "asking for a password decides nothing")
        let expired = try await self.decisions(scene) {
            scene.host.state.withLock { $0.users["bob"]?.account = .passwordMustBeChanged }
            _ = try? await scene.signIn(nil, "battery staple", from: Scene.bob)
        }
        #expect(expired == ["SignIn refused passwordMustBeChanged bob/1001"])
    }

    @Test("setting up, signing in with both factors, a code again, a wrong one, a wait")
    func withFactor() async throws {
        let scene = try self.make()
        let setUp = try await self.decisions(scene) { _ = try await scene.enrol() }
        #expect(
            setUp == ["BeginSetUp continued setUpBegun alice/1000", "ConfirmSetUp accepted setUpConfirmed alice/1000"]
        )
        let secret = try await scene.enrol(Scene.bob, password: "battery staple")
        let both = try await self.decisions(scene) {
            let first = try await scene.signIn("bob", "battery staple", from: Scene.root, Context.ssh)
            _ = try await scene.verify(first.session, try scene.code(secret), from: Scene.root)
        }
        #expect(both == ["SignIn continued firstFactorShown bob/1001", "Verify2FACode accepted codeRight bob/1001"])
        let again = try await self.decisions(scene) {
            let first = try await scene.signIn("bob", "battery staple", from: Scene.root, Context.ssh)
            _ = try? await scene.verify(first.session, try scene.code(secret), from: Scene.root)
            _ = try? await scene.verify(first.session, .init("1"), from: Scene.root)
            _ = try? await scene.verify(first.session, .init("twl_1"), from: Scene.root)
        }
        #expect(
            again == [
                "SignIn continued firstFactorShown bob/1001", "Verify2FACode refused codeUsed bob/1001",
                "Verify2FACode refused codeWrong bob/1001", "Verify2FACode refused isToken bob/1001",
            ]
        )
        let waiting = try await self.decisions(scene) {
            for _ in 1...2 {
                let first = try await scene.signIn("bob", "battery staple", from: Scene.root, Context.ssh)
                for _ in 1...3 {
                    _ = try? await scene.verify(first.session, .init("1"), from: Scene.root)
                }
            }
        }
        #expect(waiting.count { $0 == "Verify2FACode refused codeWrong bob/1001" } == 4)
        #expect(waiting.count { $0 == "Verify2FACode refused codeThrottled bob/1001" } == 2)
    }

    @Test("a first factor that fails is recorded, and so is each code that is not looked at")
    func hidden() async throws {
        let scene = try self.make()
        _ = try await scene.enrol()
        let failing = [
            ("alice", "wrong", "passwordWrong", "alice/1000"), ("nobody-here", "x", "userUnknown", "nobody-here/"),
            (" alice", "x", "nameImplausible", " alice/"), ("alice", "", "passwordEmpty", "alice/"),
            ("alice", "twl_x", "isToken", "alice/"),
        ]
        for (user, password, reason, who) in failing {
            let told = try await self.decisions(scene) {
                let first = try await scene.signIn(user, password, from: Scene.root, Context.ssh)
                _ = try? await scene.verify(first.session, .init("123456"), from: Scene.root)
            }
            #expect(told == ["SignIn refused \(reason) \(who)", "Verify2FACode refused codeNotLookedAt \(who)"])
        }
        let throttled = try await self.decisions(scene) {
            for _ in 1...6 { _ = try await scene.signIn("bob", "wrong", from: Scene.root, Context.ssh) }
        }
        #expect(
            throttled.suffix(2) == ["SignIn refused passwordWrong bob/1001", "SignIn refused passwordThrottled bob/"]
        )
    }

    @Test("where nothing is hidden a wrong password is one decision, too")
    func notHidden() async throws {
        let scene = try self.make(hidesPasswordResult: false)
        let told = try await self.decisions(scene) {
            _ = try? await scene.signIn("alice", "wrong", from: Scene.root, Context.ssh)
        }
        #expect(told == ["SignIn refused passwordWrong alice/1000"])
    }

    @Test("what the checker cannot answer is refused on record")
    func notCarriedOut() async throws {
        let scene = try self.make()
        scene.host.state.withLock { $0.failure = .timeout }
        let told = try await self.decisions(scene) {
            _ = try? await scene.signIn("alice", "correct horse", from: Scene.root, Context.ssh)
            await self.attempt(
                scene,
                OwnAccount.Disable.self,
                SensitiveParameters(password: .init("correct horse")),
                from: Scene.alice
            )
        }
        #expect(told == ["SignIn refused notCarriedOut alice/", "Disable refused notCarriedOut alice/1000"])
    }

    @Test("the host's account rules, a spent sign-in, a changed factor")
    func afterTheCode() async throws {
        let scene = try self.make()
        let secret = try await scene.enrol()
        scene.host.state.withLock { $0.users["alice"]?.account = .expired }
        let rules = try await self.decisions(scene) {
            let first = try await scene.signIn("alice", "correct horse", from: Scene.root, Context.ssh)
            _ = try? await scene.verify(first.session, try scene.code(secret), from: Scene.root)
            _ = try? await scene.verify(first.session, try scene.code(secret, step: 1), from: Scene.root)
        }
        #expect(
            rules == [
                "SignIn continued firstFactorShown alice/1000", "Verify2FACode refused accountRefused alice/1000",
                "Verify2FACode refused pendingSpent alice/1000",
            ]
        )
        scene.host.state.withLock { $0.users["alice"]?.account = .usable }
        let changed = try await self.decisions(scene) {
            let first = try await scene.signIn("alice", "correct horse", from: Scene.root, Context.ssh)
            let account = try #require(try await scene.store.accounts(after: nil, limit: 1).first)
            try await scene.store.disable(account: account.id, generation: account.generation)
            _ = try? await scene.verify(first.session, try scene.code(secret, step: 1), from: Scene.root)
        }
        #expect(changed.last == "Verify2FACode refused factorChanged alice/1000")
        #expect(changed.count == 2)
    }

    @Test("a password that must be changed is told to programs after the code")
    func passwordExpired() async throws {
        let scene = try self.make()
        let secret = try await scene.enrol()
        scene.host.state.withLock { $0.users["alice"]?.account = .passwordMustBeChanged }
        let told = try await self.decisions(scene) {
            let first = try await scene.signIn(nil, "correct horse", from: Scene.alice)
            _ = try? await scene.verify(first.session, try scene.code(secret), from: Scene.alice)
        }
        #expect(told.last == "Verify2FACode refused passwordMustBeChanged alice/1000")
    }

    @Test("set-up and disabling: each refusal and each success")
    func sensitive() async throws {
        let scene = try self.make()
        func begin(_ password: String?) async {
            let parameters = SensitiveParameters(password: password.map { .init($0) })
            await self.attempt(scene, OwnAccount.BeginSetUp.self, parameters, from: Scene.alice)
        }
        func disable(_ code: SecretText?) async {
            let parameters = SensitiveParameters(password: .init("correct horse"), code: code)
            await self.attempt(scene, OwnAccount.Disable.self, parameters, from: Scene.alice)
        }
        let nothing = try await self.decisions(scene) {
            await begin(nil)
            await begin("wrong")
            await disable(nil)
            let code = ConfirmSetUpParameters(code: .init("1"))
            await self.attempt(scene, OwnAccount.ConfirmSetUp.self, code, from: Scene.alice)
        }
        #expect(
            nothing == [
                "BeginSetUp refused passwordEmpty alice/1000", "BeginSetUp refused passwordWrong alice/1000",
                "Disable refused notEnabled alice/1000", "ConfirmSetUp refused setUpMissing alice/1000",
            ]
        )
        let secret = try await scene.enrol()
        let there = try await self.decisions(scene) {
            await disable(nil)
            await disable(.init("1"))
            scene.host.state.withLock { $0.users["alice"]?.account = .denied }
            await disable(.init("1"))
            scene.host.state.withLock { $0.users["alice"]?.account = .usable }
            await disable(try scene.code(secret))
        }
        #expect(
            there == [
                "Disable refused codeMissing alice/1000", "Disable refused codeWrong alice/1000",
                "Disable refused accountRefused alice/1000", "Disable accepted disabled alice/1000",
            ]
        )
        let wrongFirst = try await self.decisions(scene) {
            await begin("correct horse")
            let code = ConfirmSetUpParameters(code: .init("1"))
            await self.attempt(scene, OwnAccount.ConfirmSetUp.self, code, from: Scene.alice)
        }
        #expect(
            wrongFirst == ["BeginSetUp continued setUpBegun alice/1000", "ConfirmSetUp refused codeWrong alice/1000"]
        )
    }

    @Test("sessions: ended, used by another, used when over, used when the account is refused, and one that is none")
    func sessions() async throws {
        let scene = try self.make()
        let text = try #require(try await scene.signIn(nil, "battery staple", from: Scene.bob).session)
        let session = SessionParameters(session: text)
        let used = try await self.decisions(scene) {
            await self.attempt(scene, Authentication.GetSession.self, session, from: Scene.bob)
        }
        #expect(used == [], "a session that is good decides nothing anew")
        let other = try await self.decisions(scene) {
            await self.attempt(scene, Authentication.GetSession.self, session, from: Scene.alice)
            await self.attempt(scene, OwnAccount.GetStatus.self, GetStatusParameters(session: text), from: Scene.alice)
            await self.attempt(scene, Authentication.SignOut.self, session, from: Scene.alice)
        }
        #expect(
            other == [
                "Session refused sessionOfAnother bob/1001", "Session refused sessionOfAnother bob/1001",
                "SignOut refused sessionOfAnother bob/1001",
            ]
        )
        scene.host.state.withLock { $0.users["bob"]?.account = .denied }
        scene.pass(60)
        let denied = try await self.decisions(scene) {
            await self.attempt(scene, Authentication.GetSession.self, session, from: Scene.bob)
        }
        #expect(denied == ["Session refused accountRefused bob/1001"])
        scene.pass(Int64(SessionLifetimes.standard.idleSeconds))
        let over = try await self.decisions(scene) {
            await self.attempt(scene, Authentication.GetSession.self, session, from: Scene.bob)
            await self.attempt(scene, Authentication.SignOut.self, session, from: Scene.bob)
        }
        #expect(over == ["Session refused sessionOver bob/1001", "SignOut accepted sessionEnded bob/1001"])
        let gone = try await self.decisions(scene) {
            await self.attempt(scene, Authentication.GetSession.self, session, from: Scene.bob)
            await self.attempt(scene, Authentication.SignOut.self, session, from: Scene.bob)
        }
        #expect(gone == [], "it belongs to nobody any more")
    }

    @Test("a session whose account has parted from its name")
    func partedSession() async throws {
        let scene = try self.make()
        let text = try #require(try await scene.signIn(nil, "battery staple", from: Scene.bob).session)
        let session = SessionParameters(session: text)
        scene.host.state.withLock { $0.users["bob"]?.uid = 1005 }
        scene.pass(60)
        let told = try await self.decisions(scene) {
            await self.attempt(scene, Authentication.GetSession.self, session, from: Scene.bob)
        }
        #expect(told == ["Session refused parted bob/1001"])
    }

    @Test("a pending sign-in that is given up, and one in somebody else's hands")
    func pending() async throws {
        let scene = try self.make()
        _ = try await scene.enrol()
        let text = try #require(try await scene.signIn(nil, "correct horse", from: Scene.alice).session)
        let session = SessionParameters(session: text)
        let told = try await self.decisions(scene) {
            _ = try? await scene.verify(text, .init("1"), from: Scene.bob)
            await self.attempt(scene, Authentication.SignOut.self, session, from: Scene.bob)
            await self.attempt(scene, Authentication.SignOut.self, session, from: Scene.alice)
            await self.attempt(scene, Authentication.SignOut.self, session, from: Scene.alice)
        }
        #expect(
            told == [
                "Session refused sessionOfAnother alice/1000", "SignOut refused sessionOfAnother alice/1000",
                "SignOut accepted signInGivenUp alice/1000",
            ]
        )
    }

    @Test("a uid that would act for somebody else")
    func notAllowed() async throws {
        let scene = try self.make()
        let told = try await self.decisions(scene) {
            _ = try? await scene.signIn("bob", "battery staple", from: Scene.alice)
        }
        #expect(told == ["SignIn refused callerNotAllowed bob/"])
    }

    @Test("a name that has another uid by now")
    func parted() async throws {
        let scene = try self.make()
        _ = try await scene.enrol()
        scene.host.state.withLock { $0.users["alice"]?.uid = 1005 }
        let told = try await self.decisions(scene) {
            _ = try await scene.signIn("alice", "correct horse", from: Scene.root, Context.ssh)
            let parameters = SensitiveParameters(password: .init("correct horse"))
            let heir = Peer(uid: 1005, gid: 1005, groups: [], pid: 9)
            await self.attempt(scene, OwnAccount.Disable.self, parameters, from: heir)
            let code = ConfirmSetUpParameters(code: .init("1"))
            await self.attempt(scene, OwnAccount.ConfirmSetUp.self, code, from: heir)
        }
        #expect(
            told == [
                "SignIn refused parted alice/1005", "Disable refused parted alice/1005",
                "ConfirmSetUp refused parted alice/1005",
            ]
        )
    }

    @Test("what only reads decides nothing")
    func reading() async throws {
        let scene = try self.make()
        _ = try await scene.enrol()
        let told = try await self.decisions(scene) {
            _ = try await scene.call(OwnAccount.GetStatus.self, GetStatusParameters(), from: Scene.alice)
            _ = try await scene.call(OwnAccount.GetLog.self, GetLogParameters(), from: Scene.alice)
        }
        #expect(told == [])
    }

    @Test("the log's words are for people, and its reason is the word of the record")
    func words() async throws {
        let scene = try self.make()
        _ = try await scene.signIn("alice", "wrong", from: Scene.root, Context.ssh)
        let line = try #require(self.log.decisions.last)
        #expect(line.message == "SignIn refused: password wrong")
        #expect(line.metadata["reason"] == "passwordWrong" && line.metadata["rhost"] == "192.0.2.7")
    }
}
