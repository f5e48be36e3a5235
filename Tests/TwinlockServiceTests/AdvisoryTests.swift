import Testing
import TwinlockAccounts
import TwinlockInterface
import TwinlockOTP
import TwinlockSealing
import TwinlockVarlink

@testable import TwinlockService

/// What went wrong with others and no other suite asks; docs/advisories.md says whose lesson each one is.
@Suite("what has happened to others")
struct AdvisoryTests {
    @Test("codes of another clock teach nothing, however many come in a row")
    func skew() async throws {
        let scene = try Scene()
        let secret = try await scene.enrol()
        // Four hours ago, one after the other, as somebody would type them who has written them down.
        for step in Int64(-483) ... -480 {
            let code = try scene.code(secret, step: step)
            await #expect(throws: NamedError.authenticationFailed) { _ = try await scene.session(code) }
        }
        #expect(try await scene.status().failedCodes == 4)
        _ = try await scene.session(try scene.code(secret))
    }

    @Test("a login that fails clears no count: not by a right code, not by a right password")
    func failedLogin() async throws {
        let scene = try Scene()
        let alice = try await scene.equip()
        let used = try scene.code(alice.secret)
        _ = try await scene.session(used)
        for _ in 1...3 { _ = try? await scene.session(.init("1")) }
        let next = try scene.code(alice.secret, step: 1)
        let wrong = try await scene.signIn(nil, "wrong", from: Scene.alice)
        await #expect(throws: NamedError.self) { try await scene.verify(wrong.session, next, from: Scene.alice) }
        #expect(try await scene.signIn(nil, "correct horse", from: Scene.alice).state == .codeRequired)
        for code in [used, Scene.wrongRecoveryCode] {
            await #expect(throws: NamedError.self) { _ = try await scene.session(code) }
        }
        #expect(try await scene.status().failedCodes == 3)
        _ = try await scene.session(next)
        #expect(try await scene.status().failedCodes == 0)
    }

    @Test("what waits for a code does not hold the password, not even behind its seal")
    func pendingHoldsNoPassword() async throws {
        let scene = try Scene()
        _ = try await scene.enrol()
        let text = try #require(try await scene.signIn(nil, "correct horse", from: Scene.alice).session)
        let sealed = try #require(SessionValue.sealed(of: text))
        let opened = try scene.service.sealer.open(sealed, for: TwinlockService.pendingContext)
        opened.withUnsafeBytes { bytes in
            #expect(Array(bytes).firstRange(of: Array("alice".utf8)) != nil, "the search finds what is there")
            #expect(Array(bytes).firstRange(of: Array("correct horse".utf8)) == nil)
        }
    }

    @Test("the session after the code is another than the one before it, which is good for nothing any more")
    func newSession() async throws {
        let scene = try Scene()
        let secret = try await scene.enrol()
        let before = try #require(try await scene.signIn(nil, "correct horse", from: Scene.alice).session)
        let code = try scene.code(secret)
        let after = try #require(try await scene.verify(before, code, from: Scene.alice).session)
        #expect(before.text != after.text)
        let get = { (session: SecretText) in
            try await scene.call(Authentication.GetSession.self, SessionParameters(session: session), from: Scene.alice)
        }
        #expect(try await get(after).user == "alice")
        await #expect(throws: NamedError.signInAgain) { try await get(before) }
        await #expect(throws: NamedError.signInAgain) {
            try await scene.verify(before, try scene.code(secret, step: 1), from: Scene.alice)
        }
    }

    @Test(
        "guessing the password in a sensitive call is slowed by the count of the sign-in",
        arguments: SensitiveCall.allCases
    )
    func passwordOfSensitiveCall(call: SensitiveCall) async throws {
        let scene = try Scene()
        let alice = try await scene.equip()
        let code = try scene.code(alice.secret)
        for attempt in 1...5 {
            await #expect(throws: attempt < 5 ? NamedError.authenticationFailed : .tooManyFailures(seconds: 15)) {
                try await call.run(scene, SensitiveParameters("guess \(attempt)", code))
            }
        }
        let checks = scene.host.state.withLock { $0.checks }
        await #expect(throws: NamedError.tooManyFailures(seconds: 15)) {
            try await call.run(scene, SensitiveParameters("correct horse", code))
        }
        await #expect(throws: NamedError.self) { _ = try await scene.session(code) }
        #expect(scene.host.state.withLock { $0.checks } == checks, "no password was looked at")
        scene.pass(15)
        #expect(try await scene.status().failedCodes == 0)
        try await call.run(scene, SensitiveParameters("correct horse", code))
    }
}

/// Walks the table of methods, also those that are yet to come.
@Suite("no method that takes a code is forgotten by the limit")
struct LimitedMethodTests {
    /// The first codes of a set-up have a count of their own, and an administrator may take the factor off anyway.
    static let apart: Set = [
        OwnAccount.ConfirmSetUp.name, Administration.ConfirmSetUp.name, Administration.Resynchronise.name,
    ]
    static let takingCodes = TwinlockService.methods.filter { method in
        method.parameters.contains { ["code", "first", "second"].contains($0.name) }
    }.map(\.name)
    static let methods = Self.takingCodes.filter { !Self.apart.contains($0) }

    /// Calls it with the right password and this code. The error without its interface; nil for none.
    private func error(of method: String, _ code: SecretText, _ scene: Scene) async throws -> String? {
        let entry = try #require(TwinlockService.methods.first { $0.name == method })
        let pending = try await scene.signIn(nil, "correct horse", from: Scene.alice).session
        let end = scene.now + 60
        let reply = try await scene.raw(method, from: Scene.alice) { json in
            for field in entry.parameters {
                switch field.name {
                case "session": if !field.isOptional { json.member("session", secret: pending) }
                case "password": json.member("password", secret: .init("correct horse"))
                case "code": json.member("code", secret: code)
                case "expires": json.member("expires", end)
                case "groups": json.member("groups", ["account.read"])
                default: if !field.isOptional { json.member(field.name, "x") }
                }
            }
        }
        return (reply["error"]?.string).map { String($0.split(separator: ".").last ?? "") }
    }

    @Test("each counts a wrong code, and during the wait reads none", arguments: methods)
    func limited(method: String) async throws {
        let scene = try Scene()
        let secret = try await scene.enrol()
        for attempt in Int64(1)...5 {
            let error = try await self.error(of: method, .init("000000x"), scene)
            #expect(error == (attempt < 5 ? "AuthenticationFailed" : "TooManyFailures"))
            #expect(try await scene.status().failedCodes == attempt)
        }
        let right = try scene.code(secret)
        #expect(try await self.error(of: method, right, scene) == "TooManyFailures")
        #expect(try await scene.status().failedCodes == 5)
        scene.pass(15)
        let error = try await self.error(of: method, right, scene)
        #expect(error != "AuthenticationFailed" && error != "TooManyFailures", "it was not spent by the refusal")
    }

    @Test("the walk goes over every call of a person's own that asks for a code")
    func whole() {
        #expect(Self.apart.isSubset(of: Self.takingCodes))
        #expect(Self.methods.count == 9)
    }
}
