import Testing
import TwinlockAccounts
import TwinlockInterface
import TwinlockOTP
import TwinlockVarlink

@testable import TwinlockService

@Suite("what policy makes of a sign-in")
struct PolicySignInTests {
    private static let staff: UInt32 = 50

    /// Alice is one of the staff.
    private static func scene(_ rules: PolicyRule...) throws -> Scene {
        let scene = try Scene { $0.signIn.rules = rules }
        scene.host.state.withLock { $0.users["alice"]?.groups = [Self.staff] }
        return scene
    }

    private static func rule(_ change: (inout PolicyRule) -> Void) -> PolicyRule {
        var rule = PolicyRule(name: "rule")
        change(&rule)
        return rule
    }

    private static let required = Self.rule {
        $0.groups = [Self.staff]
        $0.secondFactor = .required
    }

    private static let off = Self.rule {
        $0.services = ["sudo"]
        $0.secondFactor = .off
    }

    @Test("who must have a second factor and has none is answered like a wrong password, by every door")
    func required() async throws {
        let scene = try Self.scene(Self.required)
        for (peer, context) in [(Scene.root, Context.ssh), (Scene.alice, { _ in })] {
            let right = try await scene.signIn("alice", "correct horse", from: peer, context)
            let wrong = try await scene.signIn("alice", "wrong", from: peer, context)
            #expect(right.state == .codeRequired && wrong.state == .codeRequired)
            await #expect(throws: NamedError.authenticationFailed) {
                _ = try await scene.verify(right.session, .init("123456"), from: peer)
            }
        }
        #expect(try await scene.signIn("bob", "battery staple", from: Scene.root).state == .signedIn)
        let log = try await scene.call(Administration.GetLog.self, .init(user: "alice"), from: Scene.root)
        #expect(log.records.contains { $0.record.reason == "secondFactorMissing" })
    }

    @Test("who has one signs in as always where it is required")
    func requiredAndThere() async throws {
        let scene = try Self.scene(Self.required)
        let secret = try await scene.enrol()
        #expect(try await scene.login(try scene.code(secret)).state == .signedIn)
    }

    @Test(
        "where none is asked for, the password alone signs in who has one, and says exempt",
        arguments: [false, true]
    )
    func off(isEnrolled: Bool) async throws {
        let scene = try Self.scene(Self.off)
        if isEnrolled { _ = try await scene.enrol() }
        let result = try await scene.signIn("alice", "correct horse", from: Scene.root) {
            $0.service = "sudo"
            $0.purpose = .login
        }
        #expect(result.state == .signedIn && result.secondFactor == .exempt)
        let session = try await scene.signIn("alice", "correct horse", from: Scene.root) { $0.service = "sudo" }
        #expect(session.secondFactor == .exempt)
        let found = try await scene.call(
            Authentication.GetSession.self,
            SessionParameters(session: try #require(session.session)),
            from: Scene.root
        )
        #expect(found.factors == [.password])
        let wrong = try await scene.signIn("alice", "wrong", from: Scene.root) { $0.service = "sudo" }
        #expect(wrong.state == .codeRequired)
    }

    @Test("nobody chooses a lenient service through the context")
    func context() async throws {
        let scene = try Self.scene(Self.off)
        _ = try await scene.enrol()
        let result = try await scene.signIn(nil, "correct horse", from: Scene.alice) { $0.service = "sudo" }
        #expect(result.state == .codeRequired)
    }

    @Test("where none is asked for, the host's account rules still are", arguments: AccountCheck.allCases)
    func offAndRefused(check: AccountCheck) async throws {
        let scene = try Self.scene(Self.off)
        _ = try await scene.enrol()
        scene.host.state.withLock { $0.users["alice"]?.account = check }
        let result = try await scene.signIn("alice", "correct horse", from: Scene.root) {
            $0.service = "sudo"
            $0.purpose = .login
        }
        #expect((result.state == .signedIn) == check.admits)
    }

    @Test("a key is a first factor at the services that are named, and no other")
    func keyServices() async throws {
        let scene = try Scene { $0.signIn.publicKeyServices = ["sshd", "proxy"] }
        let secret = try await scene.enrol()
        for service in ["sshd", "proxy"] {
            let first = try await scene.signIn("alice", nil, from: Scene.root) {
                $0.service = service
                $0.passed = [.publickey]
                $0.purpose = .login
            }
            #expect(first.state == .codeRequired)
        }
        for service in ["sudo", nil] {
            let first = try await scene.signIn("alice", nil, from: Scene.root) {
                $0.service = service
                $0.passed = [.publickey]
                $0.purpose = .login
            }
            #expect(first.state == .passwordRequired && first.session == nil)
        }
        let first = try await scene.signIn("alice", nil, from: Scene.root) { $0.byKey() }
        let second = try await scene.verify(first.session, try scene.code(secret), from: Scene.root)
        #expect(second.factors == [.publickey, .code])
    }

    @Test("where a password is no first factor, a right one is answered like a wrong one")
    func keyOnly() async throws {
        let scene = try Self.scene(Self.rule { $0.firstFactors = [.publickey] })
        let secret = try await scene.enrol()
        let first = try await scene.signIn("alice", "correct horse", from: Scene.root, Context.ssh)
        #expect(first.state == .codeRequired)
        await #expect(throws: NamedError.authenticationFailed) {
            _ = try await scene.verify(first.session, try scene.code(secret), from: Scene.root)
        }
        let byKey = try await scene.signIn("alice", nil, from: Scene.root) { $0.byKey() }
        #expect(try await scene.verify(byKey.session, try scene.code(secret), from: Scene.root).state == .signedIn)
    }

    @Test("a day from which a second factor is required changes the answer when it comes")
    func starts() async throws {
        let scene = try Self.scene(
            Self.rule {
                $0.secondFactor = .required
                $0.starts = UnixSeconds(Scene.start + 100)
            }
        )
        #expect(try await scene.signIn("alice", "correct horse", from: Scene.root).state == .signedIn)
        scene.pass(100)
        #expect(try await scene.signIn("alice", "correct horse", from: Scene.root).state == .codeRequired)
    }

    @Test("a wrong password is shown at the services that a rule names, and hidden at others")
    func shown() async throws {
        let scene = try Self.scene(
            Self.rule {
                $0.services = ["sudo"]
                $0.hidesPasswordResult = false
            }
        )
        await #expect(throws: NamedError.authenticationFailed) {
            _ = try await scene.signIn("alice", "wrong", from: Scene.root) { $0.service = "sudo" }
        }
        #expect(try await scene.signIn("alice", "wrong", from: Scene.root, Context.ssh).state == .codeRequired)
    }
}

@Suite("notice of a policy that starts")
struct PolicyNoticeTests {
    @Test("who will have to have a second factor and has none is told the day, until he has one")
    func day() async throws {
        let scene = try Scene {
            var rule = PolicyRule(name: "staff")
            rule.groups = [50]
            rule.secondFactor = .required
            rule.starts = UnixSeconds(1_798_761_600)
            $0.signIn.rules = [rule]
        }
        scene.host.state.withLock { $0.users["alice"]?.groups = [50] }
        let notice = { (user: String) in
            try await scene.call(Authentication.GetNotice.self, GetNoticeParameters(user: user), from: Scene.root)
                .notice
        }
        #expect(try await notice("alice")?.contains("2027-01-01") == true)
        #expect(try await notice("bob") == nil)
        _ = try await scene.enrol()
        #expect(try await notice("alice")?.contains("2027") != true)
    }
}

@Suite("explaining policy")
struct PolicyExplainedTests {
    private static func scene() throws -> Scene {
        var staff = PolicyRule(name: "staff")
        staff.groups = [50]
        staff.secondFactor = .required
        var inside = PolicyRule(name: "inside")
        inside.networks = [Network("192.0.2.0/24")].compactMap(\.self)
        inside.secondFactor = .off
        var later = PolicyRule(name: "later")
        later.secondFactor = .required
        later.starts = UnixSeconds(Scene.start + 1)
        let rules = [staff, inside, later]
        let scene = try Scene { $0.signIn.rules = rules }
        scene.host.state.withLock { $0.users["alice"]?.groups = [50] }
        return scene
    }

    private func explain(_ scene: Scene, _ user: String, from host: String? = nil) async throws -> ExplainPolicyResult {
        let parameters = ExplainPolicyParameters(user: user, service: "sshd", remoteHost: host)
        return try await scene.call(Administration.ExplainPolicy.self, parameters, from: Scene.root)
    }

    @Test("it tells what a sign-in would be asked, and each rule's part in that")
    func rules() async throws {
        let scene = try Self.scene()
        var told = try await self.explain(scene, "alice", from: "192.0.2.7")
        #expect(told.secondFactor == .required && told.groupsKnown)
        #expect(told.firstFactors == [.password, .publickey])
        #expect(told.rules.map(\.name) == ["staff", "inside", "later"])
        #expect(told.rules.map(\.match) == [.yes, .yes, .yes])
        #expect(told.rules.map(\.decides) == [true, false, false])
        told = try await self.explain(scene, "bob", from: "192.0.2.7")
        #expect(told.secondFactor == .off)
        #expect(told.rules.map(\.match) == [.no, .yes, .yes])
        #expect(told.rules.map(\.decides) == [false, true, false])
        told = try await self.explain(scene, "bob", from: "host.example")
        #expect(told.secondFactor == .optional && told.rules.map(\.match) == [.no, .unknown, .yes])
        scene.pass(1)
        told = try await self.explain(scene, "bob")
        #expect(told.secondFactor == .required && told.rules.map(\.decides) == [false, false, true])
    }

    @Test("where the host does not answer, the strictest is told to root, and that the groups are not known")
    func hostSilent() async throws {
        let scene = try Self.scene()
        _ = try await scene.enrol()
        scene.host.state.withLock { $0.failure = .timeout }
        scene.pass(61)
        let told = try await self.explain(scene, "alice")
        #expect(!told.groupsKnown && told.secondFactor == .required)
        #expect(told.rules.first?.match == .unknown)
    }
}
