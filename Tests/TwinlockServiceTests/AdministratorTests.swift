import Testing
import TwinlockAccounts
import TwinlockInterface
import TwinlockOTP
import TwinlockVarlink

@testable import TwinlockService

/// The methods that change an account, by name, so that a claim can be made of each.
enum ChangingMethod: String, CaseIterable, Sendable {
    case beginSetUp, confirmSetUp, issueRecoveryCode, reset, unlock, resynchronise, adopt

    /// Calls it for somebody; what it answers does not matter here.
    func run(_ scene: Scene, _ user: String, session: SecretText? = nil, from peer: Peer) async throws {
        let parameters = AdministrationParameters(user: user, session: session)
        let code = SecretText("000000")
        switch self {
        case .beginSetUp: _ = try await scene.call(Administration.BeginSetUp.self, parameters, from: peer)
        case .confirmSetUp:
            let parameters = ConfirmSetUpForParameters(user: user, code: code, session: session)
            _ = try await scene.call(Administration.ConfirmSetUp.self, parameters, from: peer)
        case .issueRecoveryCode:
            let parameters = IssueRecoveryCodeParameters(user: user, session: session)
            _ = try await scene.call(Administration.IssueRecoveryCode.self, parameters, from: peer)
        case .reset:
            let parameters = ResetParameters(user: user, session: session)
            _ = try await scene.call(Administration.Reset.self, parameters, from: peer)
        case .unlock: _ = try await scene.call(Administration.Unlock.self, parameters, from: peer)
        case .resynchronise:
            let parameters = ResynchroniseParameters(user: user, first: code, second: code, session: session)
            _ = try await scene.call(Administration.Resynchronise.self, parameters, from: peer)
        case .adopt: _ = try await scene.call(Administration.Adopt.self, parameters, from: peer)
        }
    }

    /// Calls it, and tells whether it got past who may call it.
    func isAdmitted(_ scene: Scene, _ user: String, session: SecretText? = nil, from peer: Peer) async throws -> Bool {
        do {
            try await self.run(scene, user, session: session, from: peer)
            return true
        } catch let error as NamedError {
            return error != .signInAgain
        } catch let error as Scene.Foreign where error == .permissionDenied {
            return false
        }
    }
}

@Suite("who administers whom")
struct AdministratorTests {
    /// Bob is a member, and so is carol; alice is not.
    private static func scene(_ change: (inout ServicePolicy) -> Void = { _ in }) throws -> Scene {
        let scene = try Scene { policy in change(&policy) }
        scene.host.state.withLock { state in
            state.users["bob"]?.groups = [100, 60]
            state.users["carol"] = .init(uid: 1002, password: "purple monkey", groups: [60])
        }
        return scene
    }

    private static let carol = Peer(uid: 1002, gid: 1002, groups: [60], pid: 6)

    /// A session of bob's with both factors.
    private static func memberSession(_ scene: Scene) async throws -> (session: SecretText, secret: SecretText) {
        let secret = try await scene.enrol(Scene.administrator, password: "battery staple")
        let first = try await scene.signIn(nil, "battery staple", from: Scene.administrator)
        let session = try await scene.verify(
            first.session,
            try scene.code(secret),
            from: Scene.administrator
        ).session
        return (try #require(session), secret)
    }

    @Test("root shows no factor", arguments: ChangingMethod.allCases)
    func root(method: ChangingMethod) async throws {
        let scene = try Self.scene()
        _ = try await scene.enrol()
        #expect(try await method.isAdmitted(scene, "alice", from: Scene.root))
    }

    @Test(
        "a member without a session is asked for one; anyone else is not allowed it",
        arguments: ChangingMethod.allCases
    )
    func withoutSession(method: ChangingMethod) async throws {
        let scene = try Self.scene()
        _ = try await scene.enrol()
        await #expect(throws: NamedError.signInAgain) {
            try await method.run(scene, "alice", from: Scene.administrator)
        }
        for peer in [Scene.bob, Scene.alice, Scene.panel] {
            await #expect(throws: Scene.Foreign.permissionDenied) {
                try await method.run(scene, "alice", from: peer)
            }
        }
    }

    @Test("a member's session with both factors serves for ten minutes", arguments: ChangingMethod.allCases)
    func freshSession(method: ChangingMethod) async throws {
        let scene = try Self.scene()
        _ = try await scene.enrol()
        let session = try await Self.memberSession(scene).session
        scene.pass(Int64(Session.freshSeconds))
        #expect(try await method.isAdmitted(scene, "alice", session: session, from: Scene.administrator))
        scene.pass(1)
        await #expect(throws: NamedError.signInAgain) {
            try await method.run(scene, "alice", session: session, from: Scene.administrator)
        }
    }

    @Test("a session that shows the password alone serves nobody, root not either", arguments: ChangingMethod.allCases)
    func weakSession(method: ChangingMethod) async throws {
        let scene = try Self.scene()
        _ = try await scene.enrol()
        let member = try await scene.signIn(nil, "battery staple", from: Scene.administrator).session
        let root = try await scene.signIn("root", "toor toor", from: Scene.panel).session
        for (session, peer) in [(member, Scene.administrator), (root, Scene.panel), (root, Scene.root)] {
            let session = try #require(session)
            await #expect(throws: NamedError.signInAgain) {
                try await method.run(scene, "alice", session: session, from: peer)
            }
        }
    }

    @Test("a session counts for what its owner is now, not for what its caller is", arguments: ChangingMethod.allCases)
    func ownerDecides(method: ChangingMethod) async throws {
        let scene = try Self.scene()
        let secret = try await scene.enrol()
        let session = try await scene.session(try scene.code(secret))
        await #expect(throws: Scene.Foreign.permissionDenied) {
            try await method.run(scene, "alice", session: session, from: Scene.root)
        }
        let member = try await Self.memberSession(scene).session
        #expect(try await method.isAdmitted(scene, "alice", session: member, from: Scene.panel))
        scene.host.state.withLock { $0.users["bob"]?.groups = [] }
        scene.pass(61)
        await #expect(throws: Scene.Foreign.permissionDenied) {
            try await method.run(scene, "alice", session: member, from: Scene.administrator)
        }
    }

    @Test(
        "a member cannot touch root, another member or himself",
        arguments: ChangingMethod.allCases,
        ["root", "carol", "bob"]
    )
    func protected(method: ChangingMethod, user: String) async throws {
        let scene = try Self.scene()
        let session = try await Self.memberSession(scene).session
        await #expect(throws: Scene.Foreign.permissionDenied) {
            try await method.run(scene, user, session: session, from: Scene.administrator)
        }
        #expect(try await method.isAdmitted(scene, user, from: Scene.root))
    }

    @Test("a member cannot reach a factor of another member's by a name that has parted from it")
    func protectedBehindName() async throws {
        let scene = try Self.scene()
        _ = try await scene.enrol(Self.carol, password: "purple monkey")
        let session = try await Self.memberSession(scene).session
        scene.host.state.withLock { state in
            state.users["carol"]?.uid = 1003
            state.users["dave"] = .init(uid: 1002, password: "x")
        }
        scene.pass(61)
        for method in [ChangingMethod.reset, .adopt] {
            await #expect(throws: Scene.Foreign.permissionDenied) {
                try await method.run(scene, "dave", session: session, from: Scene.administrator)
            }
        }
    }

    @Test("where the host does not answer, a member changes nothing, and root what is stored")
    func hostSilent() async throws {
        let scene = try Self.scene()
        _ = try await scene.enrol()
        let session = try await Self.memberSession(scene).session
        scene.host.state.withLock { $0.failure = .timeout }
        scene.pass(61)
        await #expect(throws: NamedError.unavailable) {
            try await ChangingMethod.reset.run(scene, "alice", session: session, from: Scene.administrator)
        }
        await #expect(throws: NamedError.unavailable) {
            try await ChangingMethod.beginSetUp.run(scene, "nobody", from: Scene.root)
        }
        let result = try await scene.call(Administration.Reset.self, ResetParameters(user: "alice"), from: Scene.root)
        #expect(result.wasEnabled)
    }

    @Test("a name that neither the host nor the store knows is unknown", arguments: ChangingMethod.allCases)
    func unknown(method: ChangingMethod) async throws {
        let scene = try Self.scene()
        for name in ["nobody", "", " alice", "a\u{1B}b"] {
            await #expect(throws: NamedError.unknownUser) {
                try await method.run(scene, name, from: Scene.root)
            }
        }
    }

    @Test("reading is root's and the members', and of who holds a session or a right token of one")
    func reading() async throws {
        let scene = try Self.scene()
        _ = try await scene.enrol()
        let (session, secret) = try await Self.memberSession(scene)
        scene.pass(60)
        let read = try await scene.token(secret, groups: ["administration.read"])
        let own = try await scene.token(secret, groups: ["account.read"], step: 1)
        let parameters = AdministrationParameters(user: "alice")
        for peer in [Scene.root, Scene.administrator] {
            _ = try await scene.call(Administration.ShowAccount.self, parameters, from: peer)
        }
        for session in [session, read] {
            for peer in [Scene.bob, Scene.panel] {
                let parameters = AdministrationParameters(user: "alice", session: session)
                _ = try await scene.call(Administration.ShowAccount.self, parameters, from: peer)
                _ = try await scene.call(Administration.GetHealth.self, .init(session: session), from: peer)
                _ = try await scene.call(Administration.ListAccounts.self, .init(session: session), from: peer)
                _ = try await scene.call(Administration.GetLog.self, .init(session: session), from: peer)
            }
        }
        await #expect(throws: Scene.Foreign.permissionDenied) {
            let parameters = AdministrationParameters(user: "alice", session: own)
            _ = try await scene.call(Administration.ShowAccount.self, parameters, from: Scene.administrator)
        }
        await #expect(throws: Scene.Foreign.permissionDenied) {
            _ = try await scene.call(Administration.ShowAccount.self, parameters, from: Scene.bob)
        }
        scene.host.state.withLock { $0.users["bob"]?.groups = [] }
        scene.pass(61)
        await #expect(throws: Scene.Foreign.permissionDenied) {
            let parameters = AdministrationParameters(user: "alice", session: read)
            _ = try await scene.call(Administration.ShowAccount.self, parameters, from: Scene.bob)
        }
    }

    @Test("a token with administration.write unlocks, while its owner is a member, and nothing else")
    func unlockingToken() async throws {
        let scene = try Self.scene()
        _ = try await scene.enrol()
        let secret = try await Self.memberSession(scene).secret
        scene.pass(60)
        let token = try await scene.token(secret, groups: ["administration.write", "administration.read"])
        for method in ChangingMethod.allCases {
            let isAdmitted = try await method.isAdmitted(scene, "alice", session: token, from: Scene.bob)
            #expect(isAdmitted == (method == .unlock), "\(method)")
        }
        await #expect(throws: Scene.Foreign.permissionDenied) {
            try await ChangingMethod.unlock.run(scene, "carol", session: token, from: Scene.bob)
        }
        scene.host.state.withLock { $0.users["bob"]?.groups = [] }
        scene.pass(61)
        await #expect(throws: Scene.Foreign.permissionDenied) {
            try await ChangingMethod.unlock.run(scene, "alice", session: token, from: Scene.bob)
        }
    }

    @Test("that the store was restored is root's alone to say")
    func restored() async throws {
        let scene = try Self.scene()
        for peer in [Scene.administrator, Scene.panel, Scene.alice] {
            await #expect(throws: Scene.Foreign.permissionDenied) {
                _ = try await scene.call(Administration.MarkRestored.self, Empty(), from: peer)
            }
        }
        _ = try await scene.call(Administration.MarkRestored.self, Empty(), from: Scene.root)
    }

    @Test("what changes an account is recorded with the uid of who did it, whoever called")
    func recorded() async throws {
        let scene = try Self.scene()
        _ = try await scene.enrol()
        let session = try await Self.memberSession(scene).session
        try await ChangingMethod.unlock.run(scene, "alice", session: session, from: Scene.panel)
        try await ChangingMethod.issueRecoveryCode.run(scene, "alice", from: Scene.root)
        await #expect(throws: Scene.Foreign.permissionDenied) {
            try await ChangingMethod.reset.run(scene, "carol", session: session, from: Scene.administrator)
        }
        let log = try await scene.call(Administration.GetLog.self, GetAuditLogParameters(limit: 3), from: Scene.root)
        let told = log.records.map { "\($0.record.callerUid ?? -1) \($0.record.method) \($0.user) \($0.record.reason)" }
        #expect(
            told == [
                "1001 Reset carol accountProtected", "0 IssueRecoveryCode alice recoveryCodeIssued",
                "1001 Unlock alice failuresCleared",
            ]
        )
    }
}

extension Scene {
    /// A token of bob's that serves for an hour.
    fileprivate func token(_ secret: SecretText, groups: [String], step: Int64 = 0) async throws -> SecretText {
        let parameters = CreateTokenParameters(
            description: "a script",
            expires: self.now + 3600,
            groups: groups,
            proof: SensitiveParameters("battery staple", try self.code(secret, step: step))
        )
        return try await self.call(OwnAccount.CreateToken.self, parameters, from: Scene.administrator).token
    }
}
