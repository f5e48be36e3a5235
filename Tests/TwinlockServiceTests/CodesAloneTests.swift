import Testing
import TwinlockAccounts
import TwinlockInterface
import TwinlockOTP
import TwinlockVarlink

@testable import TwinlockService

@Suite("A code without a password, from a program that is not root")
struct CodesAloneTests {
    static let wrong = SecretText("000000x")

    /// What a screen locker behind pam_unix says.
    static func locker(_ context: inout Context) {
        context.purpose = .login
        context.passed = [.password]
    }

    static func unlock(_ scene: Scene, _ code: SecretText, from peer: Peer = Scene.alice) async throws -> SignInResult {
        let first = try await scene.signIn(nil, nil, from: peer, Self.locker)
        return try await scene.verify(first.session, code, from: peer)
    }

    @Test("a right code gets a verdict, which says that a code was shown and no more, and no session")
    func right() async throws {
        let scene = try Scene()
        let secret = try await scene.enrol()
        let result = try await Self.unlock(scene, try scene.code(secret))
        #expect(result.state == .signedIn && result.session == nil)
        #expect(result.factors == [.code] && result.secondFactor == .verified)
        #expect(scene.host.state.withLock { $0.checks } == 1, "the one check is the set-up's")
    }

    @Test("a code works there once, and once over all doors")
    func once() async throws {
        let scene = try Scene()
        let secret = try await scene.enrol()
        let code = try scene.code(secret)
        _ = try await Self.unlock(scene, code)
        await #expect(throws: NamedError.authenticationFailed) { _ = try await Self.unlock(scene, code) }
        await #expect(throws: NamedError.codeAlreadyUsed) { _ = try await scene.login(code) }
    }

    @Test("twenty wrong codes close it, count nowhere else, and a sign-in with password and code opens it again")
    func closes() async throws {
        let scene = try Scene()
        let secret = try await scene.enrol()
        for _ in 1...20 {
            await #expect(throws: NamedError.authenticationFailed) { _ = try await Self.unlock(scene, Self.wrong) }
        }
        await #expect(throws: NamedError.tooManyFailures(seconds: nil)) {
            _ = try await Self.unlock(scene, try scene.code(secret))
        }
        #expect(try await scene.status().failedCodes == 0)
        #expect(try await scene.login(try scene.code(secret)).state == .signedIn)
        #expect(try await Self.unlock(scene, try scene.code(secret, step: 1)).state == .signedIn)
    }

    @Test("right codes do not open what wrong ones have used up")
    func rightDoesNotReopen() async throws {
        let scene = try Scene()
        let secret = try await scene.enrol()
        for attempt in 1...21 {
            if attempt == 20 { _ = try await Self.unlock(scene, try scene.code(secret)) }
            let last: NamedError = attempt == 21 ? .tooManyFailures(seconds: nil) : .authenticationFailed
            await #expect(throws: last) { _ = try await Self.unlock(scene, Self.wrong) }
        }
    }

    @Test("a recovery code is a wrong code there, and is not spent")
    func recovery() async throws {
        let scene = try Scene()
        let possessions = try await scene.equip()
        await #expect(throws: NamedError.authenticationFailed) {
            _ = try await Self.unlock(scene, possessions.codes[0])
        }
        #expect(try await scene.login(possessions.codes[0]).state == .signedIn)
    }

    @Test("during a wait of the account's no code is looked at, right or wrong, and none is counted")
    func wait() async throws {
        let scene = try Scene()
        let secret = try await scene.enrol()
        for _ in 1...5 { _ = try? await scene.login(Self.wrong) }
        for code in [try scene.code(secret), Self.wrong] {
            let error = await #expect(throws: NamedError.self) { _ = try await Self.unlock(scene, code) }
            guard case .tooManyFailures(.some) = error else {
                Issue.record("expected a wait, got \(String(describing: error))")
                continue
            }
        }
        scene.pass(3600)
        #expect(try await Self.unlock(scene, try scene.code(secret)).state == .signedIn)
    }

    @Test("a right code there forgives nothing")
    func forgivesNothing() async throws {
        let scene = try Scene()
        let secret = try await scene.enrol()
        for _ in 1...3 {
            let first = try await scene.signIn(nil, "correct horse", from: Scene.alice)
            _ = try? await scene.verify(first.session, Self.wrong, from: Scene.alice)
        }
        let before = try await scene.status().failedCodes
        _ = try await Self.unlock(scene, try scene.code(secret))
        #expect(try await scene.status().failedCodes == before && before == 3)
    }

    @Test("it opens for nobody's account but the caller's own")
    func own() async throws {
        let scene = try Scene()
        _ = try await scene.enrol()
        await #expect(throws: Scene.Foreign.permissionDenied) {
            _ = try await scene.signIn("alice", nil, from: Scene.bob, Self.locker)
        }
        await #expect(throws: Scene.Foreign.permissionDenied) {
            _ = try await scene.signIn("alice", nil, from: Scene.panel, Self.locker)
        }
    }

    @Test("for a session, with a key, or without saying so, the password is asked for as ever")
    func otherwise() async throws {
        let scene = try Scene()
        _ = try await scene.enrol()
        let contexts: [@Sendable (inout Context) -> Void] = [
            { $0.passed = [.password] }, { $0.purpose = .login }, { $0.byKey() },
            {
                $0.byKey()
                $0.purpose = .login
            },
        ]
        for context in contexts {
            let result = try await scene.signIn(nil, nil, from: Scene.alice, context)
            #expect(result.state == .passwordRequired && result.session == nil)
        }
    }

    @Test("with a password the word that it has passed is worth nothing")
    func password() async throws {
        let scene = try Scene()
        let secret = try await scene.enrol()
        let wrong = try await scene.signIn(nil, "wrong", from: Scene.alice, Self.locker)
        await #expect(throws: NamedError.authenticationFailed) {
            _ = try await scene.verify(wrong.session, try scene.code(secret), from: Scene.alice)
        }
        let right = try await scene.signIn(nil, "correct horse", from: Scene.alice, Self.locker)
        let done = try await scene.verify(right.session, try scene.code(secret), from: Scene.alice)
        #expect(done.factors == [.password, .code])
    }

    @Test("who needs no code is told so, and shows nothing by it")
    func notEnrolled() async throws {
        let scene = try Scene()
        let result = try await scene.signIn(nil, nil, from: Scene.alice, Self.locker)
        #expect(result.state == .signedIn && result.secondFactor == .notEnrolled)
        #expect(result.factors == [] && result.session == nil)
    }

    @Test("the host's account rules are asked all the same", arguments: [AccountCheck.expired, .denied])
    func account(check: AccountCheck) async throws {
        let scene = try Scene()
        let secret = try await scene.enrol()
        scene.host.state.withLock { $0.users["alice"]?.account = check }
        scene.pass(60)
        await #expect(throws: NamedError.authenticationFailed) {
            _ = try await Self.unlock(scene, try scene.code(secret))
        }
    }
}
