import Testing
import TwinlockAccounts
import TwinlockInterface
import TwinlockOTP
import TwinlockStore
import TwinlockVarlink

@testable import TwinlockService

/// Walks the whole table of methods, also those that are yet to come.
@Suite("what opens which method")
struct BearerTests {
    static let methods = TwinlockService.methods.filter { $0.parameters.contains { $0.name == "session" } }.map(\.name)
    static let refusals: Set = ["SignInAgain", "PermissionDenied"]
    static let everyGroup = TokenGroup.allCases.map(\.rawValue) + ["panel.deploy"]

    private let scene: Scene
    private let secret: SecretText

    init() async throws {
        self.scene = try Scene { $0.tokens.declaredGroups = ["panel.deploy"] }
        self.secret = try await self.scene.enrol()
        // What administrators may do is in the table too.
        self.scene.host.state.withLock { $0.users["alice"]?.groups = [60] }
    }

    /// Calls a method with everything right but perhaps the session. The error without its interface; nil for none.
    private func outcome(_ method: String, _ session: SecretText, from peer: Peer = Scene.alice) async throws -> String?
    {
        let entry = try #require(TwinlockService.methods.first { $0.name == method })
        let code = try self.scene.code(self.secret, step: 1)
        return try await self.scene.outcome(of: entry, from: peer, session: session, code: code)
    }

    @Test("a fresh session with both factors is not refused for what it is", arguments: methods)
    func fresh(method: String) async throws {
        let session = try await self.scene.bothFactors(self.secret)
        let outcome = try await self.outcome(method, session)
        if method == Authentication.Verify2FACode.name {
            #expect(outcome == "SignInAgain")
        } else {
            #expect(outcome.map { !Self.refusals.contains($0) } ?? true, "\(outcome ?? "")")
        }
    }

    @Test("a sign-in before its code is good for that and for signing out, and for nothing else", arguments: methods)
    func pending(method: String) async throws {
        for password in ["correct horse", "wrong"] {
            let session = try #require(try await self.scene.signIn(nil, password, from: Scene.alice).session)
            let outcome = try await self.outcome(method, session)
            switch method {
            case Authentication.SignOut.name: #expect(outcome == nil)
            case Authentication.Verify2FACode.name:
                #expect(outcome == (password == "wrong" ? "AuthenticationFailed" : nil))
            default: #expect(outcome.map(Self.refusals.contains) == true, "\(password): \(outcome ?? "accepted")")
            }
        }
        #expect(try await self.isEnabled())
    }

    @Test("a sign-in before its code is good for the uid that began it and for nobody else", arguments: methods)
    func pendingOfAnother(method: String) async throws {
        for (maker, others) in [
            (Scene.alice, [Scene.bob, Scene.administrator, Scene.panel, Scene.root]),
            (Scene.root, [Scene.alice, Scene.bob, Scene.panel]),
        ] {
            let session = try #require(try await self.scene.signIn("alice", "correct horse", from: maker).session)
            for other in others {
                try await self.expectNothing(of: method, session, from: other)
            }
            let code = try self.scene.code(self.secret, step: maker == Scene.alice ? 0 : 1)
            #expect(try await self.scene.verify(session, code, from: maker).state == .signedIn, "it was left alone")
        }
        #expect(try await self.isEnabled())
    }

    @Test("another uid's session is good for nothing, and is left alone", arguments: methods)
    func sessionOfAnother(method: String) async throws {
        let session = try await self.scene.bothFactors(self.secret)
        for other in [Scene.bob, Scene.administrator] {
            try await self.expectNothing(of: method, session, from: other)
        }
        let parameters = SessionParameters(session: session)
        let told = try await self.scene.call(Authentication.GetSession.self, parameters, from: Scene.alice)
        #expect(told.user == "alice")
        #expect(try await self.isEnabled())
    }

    /// Signing out tells nobody whether there was anything to end.
    private func expectNothing(of method: String, _ session: SecretText, from peer: Peer) async throws {
        let outcome = try await self.outcome(method, session, from: peer)
        if method == Authentication.SignOut.name {
            #expect(outcome == nil)
        } else {
            #expect(outcome.map(Self.refusals.contains) == true, "uid \(peer.uid): \(outcome ?? "accepted")")
        }
    }

    /// Take no session, and are open to every uid for itself.
    static let open: Set = [Authentication.SignIn.name, Authentication.GetNotice.name]

    @Test("what takes no session is for oneself, or is closed to all but root and administrators")
    func withoutSession() async throws {
        let others = TwinlockService.methods.map(\.name).filter { !Self.methods.contains($0) }
        for method in others where !Self.open.contains(method) {
            for peer in [Scene.alice, Scene.bob, Scene.panel] {
                let outcome = try await self.outcome(method, .init(""), from: peer)
                #expect(outcome == "PermissionDenied", "\(method), uid \(peer.uid): \(outcome ?? "accepted")")
            }
        }
        #expect(Self.open.isSubset(of: others))
    }

    @Test("an expired session is good for nothing", arguments: methods)
    func expired(method: String) async throws {
        let session = try await self.scene.bothFactors(self.secret)
        self.scene.pass(Int64(SessionLifetimes.standard.idleSeconds))
        let outcome = try await self.outcome(method, session)
        if method == Authentication.SignOut.name {
            #expect(outcome == nil)
        } else {
            #expect(outcome.map(Self.refusals.contains) == true, "\(outcome ?? "accepted")")
        }
        #expect(try await self.isEnabled())
    }

    @Test("a token of another service's group is good for GetSession and for nothing else", arguments: methods)
    func foreignGroup(method: String) async throws {
        let token = try await self.token(["panel.deploy"])
        let outcome = try await self.outcome(method, token)
        if method == Authentication.GetSession.name {
            #expect(outcome == nil)
        } else {
            #expect(outcome.map(Self.refusals.contains) == true, "\(outcome ?? "accepted")")
        }
        #expect(try await self.isEnabled())
    }

    @Test("a token of every group opens what the table says, and nothing else", arguments: methods)
    func everyGroup(method: String) async throws {
        let token = try await self.token(Self.everyGroup)
        let outcome = try await self.outcome(method, token)
        if TwinlockService.tokenMethods[method] != nil {
            #expect(outcome.map { !Self.refusals.contains($0) } ?? true, "\(outcome ?? "")")
        } else {
            #expect(outcome.map(Self.refusals.contains) == true, "\(outcome ?? "accepted")")
        }
        #expect(try await self.isEnabled())
        #expect(try await self.scene.store.token(digest: TokenValue.digest(of: token) ?? []) != nil)
    }

    @Test("each group opens its own methods and no other's", arguments: TokenGroup.allCases)
    func eachGroup(group: TokenGroup) async throws {
        let token = try await self.token([group.rawValue])
        for (method, access) in TwinlockService.tokenMethods {
            let outcome = try await self.outcome(method, token)
            switch access {
            case .every, .group(group): #expect(outcome != "PermissionDenied", "\(method)")
            case .group: #expect(outcome == "PermissionDenied", "\(method)")
            }
        }
    }

    @Test("an expired token, another person's and junk are good for nothing", arguments: methods)
    func useless(method: String) async throws {
        let token = try await self.token(Self.everyGroup)
        var junk = token.text
        junk.removeLast()
        junk.append(token.text.last == "0" ? "1" : "0")
        #expect(try await Self.refusals.contains(self.outcome(method, .init(junk)) ?? "accepted"))
        #expect(try await Self.refusals.contains(self.outcome(method, token, from: Scene.bob) ?? "accepted"))
        self.scene.pass(86_400)
        #expect(try await Self.refusals.contains(self.outcome(method, token) ?? "accepted"))
        #expect(try await self.isEnabled())
    }

    @Test("the table of tokens names methods that there are, and none that takes a password or a code")
    func table() {
        for method in TwinlockService.tokenMethods.keys {
            let entry = TwinlockService.methods.first { $0.name == method }
            #expect(entry != nil, "\(method)")
            #expect(entry?.parameters.contains { ["password", "code"].contains($0.name) } == false, "\(method)")
        }
        #expect(Self.methods.count >= 15, "the walk goes somewhere")
    }

    private func token(_ groups: [String]) async throws -> SecretText {
        let session = try await self.scene.bothFactors(self.secret)
        return try await self.scene.createToken(groups, session: session, from: Scene.alice).token
    }

    private func isEnabled() async throws -> Bool {
        try await self.scene.call(OwnAccount.GetStatus.self, GetStatusParameters(), from: Scene.alice).enabled
    }
}
