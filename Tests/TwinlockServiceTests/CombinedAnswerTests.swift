import Testing
import TwinlockAccounts
import TwinlockInterface
import TwinlockOTP
import TwinlockVarlink

@testable import TwinlockService

@Suite("Signing in with password and code in one answer")
struct CombinedAnswerSignInTests {
    static func signIn(
        _ scene: Scene,
        _ user: String,
        _ answer: String?,
        from peer: Peer = Scene.root,
        _ change: (inout Context) -> Void = { _ in }
    ) async throws -> SignInResult {
        var context = Context()
        Context.ssh(&context)
        change(&context)
        return try await scene.call(
            Authentication.SignIn.self,
            SignInParameters(user: user, password: answer.map { .init($0) }, combined: true, context: context),
            from: peer
        )
    }

    /// What a login program sends on.
    static func rest(_ answer: String, _ result: SignInResult) throws -> SecretText {
        let bytes = Array(answer.utf8)
        return .init(String(decoding: bytes[Int(try #require(result.passwordBytes))...], as: UTF8.self))
    }

    @Test("the answer is taken apart, and the rest of it finishes the sign-in")
    func right() async throws {
        let scene = try Scene()
        let secret = try await scene.enrol()
        let answer = "correct horse" + (try scene.code(secret)).text
        let first = try await Self.signIn(scene, "alice", answer)
        #expect(first.state == .codeRequired && first.passwordBytes == 13)
        let second = try await scene.verify(first.session, try Self.rest(answer, first), from: Scene.root)
        #expect(second.state == .signedIn && second.secondFactor == .verified && second.passwordBytes == nil)
    }

    @Test("a recovery code behind the password does, too, and is spent")
    func recovery() async throws {
        let scene = try Scene()
        let answer = "correct horse" + (try await scene.equip()).codes[0].text
        for isFirst in [true, false] {
            let first = try await Self.signIn(scene, "alice", answer)
            #expect(first.passwordBytes == 13)
            let rest = try Self.rest(answer, first)
            if isFirst {
                #expect(try await scene.verify(first.session, rest, from: Scene.root).recoveryCodeUsed == true)
            } else {
                await #expect(throws: NamedError.codeAlreadyUsed) {
                    _ = try await scene.verify(first.session, rest, from: Scene.root)
                }
            }
        }
    }

    @Test("without a second factor the whole answer is the password, whatever it ends in")
    func notEnrolled() async throws {
        let scene = try Scene()
        scene.host.state.withLock { $0.users["bob"]?.password = "hunter123456" }
        let result = try await Self.signIn(scene, "bob", "hunter123456")
        #expect(result.state == .signedIn && result.secondFactor == .notEnrolled && result.passwordBytes == 12)
    }

    @Test("where policy asks for no code, nothing is taken off an answer of who has a second factor")
    func exempt() async throws {
        let scene = try Scene { $0.signIn.secondFactor = .off }
        _ = try await scene.enrol()
        scene.host.state.withLock { $0.users["alice"]?.password = "hunter123456" }
        let result = try await Self.signIn(scene, "alice", "hunter123456")
        #expect(result.state == .signedIn && result.secondFactor == .exempt && result.passwordBytes == 12)
    }

    @Test("an answer without a code is all password, and the empty code that follows is a wrong one")
    func noCode() async throws {
        let scene = try Scene()
        _ = try await scene.enrol()
        let first = try await Self.signIn(scene, "alice", "correct horse")
        #expect(first.state == .codeRequired && first.passwordBytes == 13)
        await #expect(throws: NamedError.authenticationFailed) {
            _ = try await scene.verify(first.session, .empty, from: Scene.root)
        }
    }

    @Test(
        "wrong answers are answered alike for who has a second factor, who has none, and a name that nobody has",
        arguments: ["wrong", "wrong123456", "123456", "wrongABCDE-FGHJK", "ABCDE-FGHJK", "wrong12345678", "twl_123456"]
    )
    func alike(answer: String) async throws {
        let scene = try Scene()
        _ = try await scene.enrol()
        var answers: Set<[String]> = []
        for name in ["alice", "bob", "nobody at all", "nobody"] {
            let checks = scene.host.state.withLock { $0.checks }
            let first = try await Self.signIn(scene, name, answer)
            let asked = scene.host.state.withLock { $0.checks } - checks
            let session = try #require(first.session)
            let error = await #expect(throws: NamedError.self) {
                _ = try await scene.verify(session, try Self.rest(answer, first), from: Scene.root)
            }
            answers.insert(["\(first.state)", "\(first.passwordBytes ?? -1)", "\(String(describing: error))"])
            // Who is answered without a look at the host is answered sooner.
            #expect(asked == (answer.hasPrefix("twl_") ? 0 : 1), "\(name)")
        }
        #expect(answers.count == 1)
    }

    @Test("a right password without a code is told nothing that a wrong one is not")
    func rightLooksWrong() async throws {
        let scene = try Scene()
        _ = try await scene.enrol()
        let right = try await Self.signIn(scene, "alice", "correct horse123456")
        let wrong = try await Self.signIn(scene, "alice", "another horse123456")
        #expect(right.state == wrong.state && right.passwordBytes == wrong.passwordBytes)
        #expect(right.session?.count == wrong.session?.count)
    }

    @Test(
        "it is for login programs; for others the parameter is wrong",
        arguments: [Scene.root, Scene.alice, Scene.panel]
    )
    func programs(peer: Peer) async throws {
        let scene = try Scene()
        await #expect(throws: Scene.Foreign(name: "org.varlink.service.InvalidParameter")) {
            _ = try await Self.signIn(scene, "alice", "correct horse123456", from: peer) { $0.purpose = nil }
        }
    }

    @Test("a program of the person's own, a screen locker, may use it")
    func locker() async throws {
        let scene = try Scene()
        let secret = try await scene.enrol()
        let answer = "correct horse" + (try scene.code(secret)).text
        let first = try await Self.signIn(scene, "alice", answer, from: Scene.alice)
        let second = try await scene.verify(first.session, try Self.rest(answer, first), from: Scene.alice)
        #expect(second.state == .signedIn && second.session == nil)
    }

    @Test("after a key there is no answer to take apart")
    func key() async throws {
        let scene = try Scene()
        _ = try await scene.enrol()
        let result = try await Self.signIn(scene, "alice", nil) { $0.passed = [.publickey] }
        #expect(result.state == .codeRequired && result.passwordBytes == nil)
    }
}
