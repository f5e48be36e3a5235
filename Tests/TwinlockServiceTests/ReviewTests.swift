import Testing
import TwinlockAccounts
import TwinlockInterface
import TwinlockOTP
import TwinlockStore
import TwinlockVarlink

@testable import TwinlockService

@Suite("what sessions and tokens stand on is looked at again")
struct ReviewTests {
    private func session(_ scene: Scene, _ peer: Peer = Scene.alice, _ password: String = "correct horse") async throws
        -> SecretText
    {
        try #require(try await scene.signIn(nil, password, from: peer).session)
    }

    private func token(_ scene: Scene, _ peer: Peer = Scene.alice, _ password: String = "correct horse") async throws
        -> SecretText
    {
        try await scene.createToken(["account.read"], password: password, from: peer).token
    }

    @discardableResult
    private func use(_ text: SecretText, _ scene: Scene, from peer: Peer = Scene.alice) async throws
        -> GetSessionResult
    {
        try await scene.call(Authentication.GetSession.self, SessionParameters(session: text), from: peer)
    }

    private func expect(
        _ error: NamedError,
        _ text: SecretText,
        _ scene: Scene,
        _ location: SourceLocation = #_sourceLocation
    ) async {
        await #expect(throws: error, sourceLocation: location) { try await self.use(text, scene) }
    }

    private func change(_ scene: Scene, _ field: FakeHost.User.Field) {
        scene.host.state.withLock { $0.users["alice"]?.field = field }
    }

    @Test("usermod -L ends sessions and tokens within a minute, and usermod -U brings none back")
    func locked() async throws {
        let scene = try Scene()
        let (session, second, token) = (
            try await self.session(scene), try await self.session(scene), try await self.token(scene)
        )
        let others = (
            try await self.session(scene, Scene.bob, "battery staple"),
            try await self.token(scene, Scene.bob, "battery staple")
        )
        self.change(scene, .locked)
        scene.pass(59)
        try await self.use(session, scene)
        scene.pass(1)
        await self.expect(.signInAgain, session, scene)
        self.change(scene, .hash)
        for text in [session, second, token] {
            await self.expect(.signInAgain, text, scene)
        }
        scene.pass(3600)
        for text in [session, second, token] {
            await self.expect(.signInAgain, text, scene)
        }
        try await self.use(others.0, scene, from: Scene.bob)
        try await self.use(others.1, scene, from: Scene.bob)
        #expect(try await self.use(self.session(scene), scene).user == "alice", "and signing in works again")
    }

    @Test("a token that finds the lock ends the sessions too")
    func lockedByToken() async throws {
        let scene = try Scene()
        let (session, token) = (try await self.session(scene), try await self.token(scene))
        self.change(scene, .locked)
        scene.pass(60)
        await self.expect(.signInAgain, token, scene)
        self.change(scene, .hash)
        await self.expect(.signInAgain, session, scene)
    }

    @Test("a lock ends what it ends also while the host's rules refuse the account")
    func lockedAndExpired() async throws {
        let scene = try Scene()
        let session = try await self.session(scene)
        scene.host.state.withLock { $0.users["alice"]?.account = .expired }
        self.change(scene, .locked)
        scene.pass(60)
        await self.expect(.signInAgain, session, scene)
        scene.host.state.withLock { $0.users["alice"]?.account = .usable }
        self.change(scene, .hash)
        scene.pass(60)
        await self.expect(.signInAgain, session, scene)
    }

    @Test("passwd ends sessions; tokens stay, unless the settings say otherwise", arguments: [false, true])
    func changed(endsTokens: Bool) async throws {
        let scene = try Scene { $0.tokens.endsWithPasswordChange = endsTokens }
        let (session, token) = (try await self.session(scene), try await self.token(scene))
        self.change(scene, .otherHash)
        scene.pass(60)
        await self.expect(.signInAgain, session, scene)
        if endsTokens {
            await self.expect(.signInAgain, token, scene)
        } else {
            try await self.use(token, scene)
        }
        self.change(scene, .hash)
        scene.pass(60)
        await self.expect(.signInAgain, session, scene)
        if endsTokens {
            await self.expect(.signInAgain, token, scene)
        } else {
            try await self.use(token, scene)
        }
    }

    @Test("after passwd a lock still ends the tokens that stayed")
    func changedThenLocked() async throws {
        let scene = try Scene()
        let token = try await self.token(scene)
        self.change(scene, .otherHash)
        scene.pass(60)
        try await self.use(token, scene)
        self.change(scene, .locked)
        scene.pass(60)
        await self.expect(.signInAgain, token, scene)
    }

    @Test("a session of after passwd is good at once: no older answer takes the new password for a change")
    func signedInAnew() async throws {
        let scene = try Scene()
        let old = try await self.session(scene)
        try await self.use(old, scene)
        self.change(scene, .otherHash)
        scene.pass(5)
        let new = try await self.session(scene)
        try await self.use(new, scene)
        await self.expect(.signInAgain, old, scene)
        try await self.use(new, scene)
    }

    @Test("a token of after passwd is founded on the new password")
    func tokenMadeAnew() async throws {
        let scene = try Scene { $0.tokens.endsWithPasswordChange = true }
        try await self.use(self.session(scene), scene)
        self.change(scene, .otherHash)
        scene.pass(5)
        let token = try await self.token(scene)
        scene.pass(60)
        try await self.use(token, scene)
    }

    @Test("an answer that is kept ends nothing: the host is asked anew before")
    func askedAnew() async throws {
        let scene = try Scene()
        let session = try await self.session(scene)
        self.change(scene, .otherHash)
        // What another sign-in has brought in the meantime is kept.
        _ = try await scene.signIn("alice", nil, from: Scene.root) { $0.byKey() }
        scene.pass(60)
        _ = try await scene.signIn("alice", nil, from: Scene.root) { $0.byKey() }
        self.change(scene, .hash)
        try await self.use(session, scene)
    }

    @Test("the host is asked once a minute, however often a session is used")
    func onceAMinute() async throws {
        let scene = try Scene()
        let session = try await self.session(scene)
        for _ in 1...50 { try await self.use(session, scene) }
        #expect(scene.host.state.withLock { $0.lookUps } == 0, "the sign-in itself has told")
        scene.pass(60)
        for _ in 1...50 { try await self.use(session, scene) }
        #expect(scene.host.state.withLock { $0.lookUps } == 1)
    }

    @Test(
        "a look-up that cannot be made refuses, ends nothing, and says so",
        arguments: [CheckFailure.busy, .timeout, .broken, .unreachable(errno: 2)]
    )
    func notToBeHad(failure: CheckFailure) async throws {
        let scene = try Scene()
        let (session, token) = (try await self.session(scene), try await self.token(scene))
        scene.pass(60)
        scene.host.state.withLock { $0.failure = failure }
        await self.expect(.unavailable, session, scene)
        await self.expect(.unavailable, token, scene)
        scene.host.state.withLock { $0.failure = nil }
        try await self.use(session, scene)
        try await self.use(token, scene)
    }

    @Test(
        "a field that cannot be looked at any more refuses and ends nothing",
        arguments: [
            FakeHost.User.Field.unreadable, .unknown,
        ]
    )
    func unseen(field: FakeHost.User.Field) async throws {
        let scene = try Scene()
        let (session, token) = (try await self.session(scene), try await self.token(scene))
        self.change(scene, field)
        scene.pass(60)
        await self.expect(.unavailable, session, scene)
        await self.expect(.unavailable, token, scene)
        self.change(scene, .hash)
        scene.pass(60)
        try await self.use(session, scene)
        try await self.use(token, scene)
    }

    @Test("where no field can ever be read sessions live all the same; what is locked when it can be read ends")
    func unreadable() async throws {
        let scene = try Scene()
        self.change(scene, .unreadable)
        let (session, token) = (try await self.session(scene), try await self.token(scene))
        scene.pass(60)
        try await self.use(session, scene)
        try await self.use(token, scene)
        self.change(scene, .locked)
        scene.pass(60)
        await self.expect(.signInAgain, token, scene)
        await self.expect(.signInAgain, session, scene)
    }

    @Test(
        "an account that never had a usable password keeps its sessions while that stays so",
        arguments: [FakeHost.User.Field.star, .absent, .locked]
    )
    func neverUsable(field: FakeHost.User.Field) async throws {
        let scene = try Scene()
        self.change(scene, field)
        let session = try #require(
            try await scene.signIn("alice", nil, from: Scene.root) { $0.byKey() }.session
        )
        scene.pass(60)
        try await self.use(session, scene)
        self.change(scene, .hash)
        scene.pass(60)
        await self.expect(.signInAgain, session, scene)
    }

    @Test("a password that is changed between the two steps of a sign-in is not the session's")
    func changedBetweenSteps() async throws {
        let scene = try Scene()
        let secret = try await scene.enrol()
        let first = try await scene.signIn(nil, "correct horse", from: Scene.alice)
        self.change(scene, .otherHash)
        let session = try #require(
            try await scene.verify(first.session, try scene.code(secret), from: Scene.alice).session
        )
        scene.pass(60)
        await self.expect(.signInAgain, session, scene)
    }

    @Test("where the field could not be looked at a login program gets its verdict, and a program no session")
    func noMark() async throws {
        let scene = try Scene()
        let secret = try await scene.enrol()
        self.change(scene, .unknown)
        let login = try await scene.signIn("alice", "correct horse", from: Scene.root, Context.ssh)
        #expect(try await scene.verify(login.session, try scene.code(secret), from: Scene.root).state == .signedIn)
        let program = try await scene.signIn(nil, "correct horse", from: Scene.alice)
        #expect(program.state == .codeRequired)
        await #expect(throws: NamedError.unavailable) {
            try await scene.verify(program.session, try scene.code(secret, step: 1), from: Scene.alice)
        }
        await #expect(throws: NamedError.unavailable, "nor is there a token") {
            scene.pass(60)
            try await scene.createToken(["account.read"], code: try scene.code(secret), from: Scene.alice)
        }
    }
}
