import Testing
import TwinlockAccounts
import TwinlockInterface
import TwinlockVarlink

@testable import TwinlockService

@Suite("after a lost phone")
struct LostPhoneTests {
    private static let allowed = [SensitiveCall.beginSetUp, .disable]

    @Test(
        "after a login by recovery code the password alone disables or sets up again, and no other call",
        arguments: SensitiveCall.allCases
    )
    func leave(call: SensitiveCall) async throws {
        let scene = try Scene()
        let alice = try await scene.equip()
        let parameters = SensitiveParameters("correct horse")
        await #expect(throws: NamedError.authenticationFailed) { try await call.run(scene, parameters) }
        _ = try await scene.login(alice.codes[0])
        #expect(try await scene.status().recoverySetUpUntil == scene.now + 900)
        for wrong in [SensitiveParameters(nil), SensitiveParameters("wrong"), SensitiveParameters(nil, alice.codes[1])]
        {
            await #expect(throws: NamedError.authenticationFailed) { try await call.run(scene, wrong) }
        }
        scene.pass(899)
        if Self.allowed.contains(call) {
            try await call.run(scene, parameters)
        } else {
            await #expect(throws: NamedError.authenticationFailed) { try await call.run(scene, parameters) }
        }
    }

    @Test("it ends after a quarter of an hour, and when the clock is set back", arguments: allowed, [900, -1])
    func end(call: SensitiveCall, seconds: Int64) async throws {
        let scene = try Scene()
        let alice = try await scene.equip()
        _ = try await scene.login(alice.codes[0])
        scene.pass(seconds)
        #expect(try await scene.status().recoverySetUpUntil == nil)
        await #expect(throws: NamedError.authenticationFailed) {
            try await call.run(scene, SensitiveParameters("correct horse"))
        }
    }

    @Test("a code that is sent all the same is neither looked at nor spent", arguments: allowed)
    func codeUnread(call: SensitiveCall) async throws {
        let scene = try Scene()
        let alice = try await scene.equip()
        _ = try await scene.login(alice.codes[0])
        for code in [SecretText(""), SecretText("000000"), alice.codes[1]] where call == .beginSetUp {
            try await call.run(scene, SensitiveParameters("correct horse", code))
        }
        let status = try await scene.status()
        #expect(status.failedCodes == 0 && status.recoveryCodesLeft == 9)
        try await call.run(scene, SensitiveParameters("correct horse", .init("")))
    }

    @Test("beginning, a wrong first code and a wrong password do not use it up; the right first code does")
    func once() async throws {
        let scene = try Scene()
        let alice = try await scene.equip()
        _ = try await scene.login(alice.codes[0])
        let parameters = SensitiveParameters("correct horse")
        try await SensitiveCall.beginSetUp.run(scene, parameters)
        await #expect(throws: NamedError.authenticationFailed) {
            try await SensitiveCall.disable.run(scene, SensitiveParameters("wrong"))
        }
        let begun = try await scene.call(OwnAccount.BeginSetUp.self, parameters, from: Scene.alice)
        await #expect(throws: NamedError.authenticationFailed) {
            try await scene.call(
                OwnAccount.ConfirmSetUp.self,
                ConfirmSetUpParameters(code: .init("1")),
                from: Scene.alice
            )
        }
        let again = try await scene.confirm(begun.secret)
        #expect(try await scene.status().recoverySetUpUntil == nil)
        for call in Self.allowed {
            await #expect(throws: NamedError.authenticationFailed) { try await call.run(scene, parameters) }
        }
        #expect(try await scene.login(try scene.code(again.secret)).state == .signedIn)
    }

    @Test("a completed disable uses it up: the next second factor is not removed with the password alone")
    func onceByDisable() async throws {
        let scene = try Scene()
        let alice = try await scene.equip()
        _ = try await scene.login(alice.codes[0])
        try await SensitiveCall.disable.run(scene, SensitiveParameters("correct horse"))
        _ = try await scene.equip()
        await #expect(throws: NamedError.authenticationFailed) {
            try await SensitiveCall.disable.run(scene, SensitiveParameters("correct horse"))
        }
    }

    @Test("no leave comes from a session, a code, a sensitive call, or a recovery code that was refused")
    func otherwise() async throws {
        let scene = try Scene()
        let alice = try await scene.equip()
        _ = try await scene.session(alice.codes[0])
        _ = try await scene.login(try scene.code(alice.secret))
        _ = try await scene.view(alice.codes[1])
        await #expect(throws: NamedError.codeAlreadyUsed) { try await scene.login(alice.codes[1]) }
        await #expect(throws: NamedError.authenticationFailed) { try await scene.login(Scene.wrongRecoveryCode) }
        #expect(try await scene.status().recoverySetUpUntil == nil)
        await #expect(throws: NamedError.authenticationFailed) {
            try await SensitiveCall.disable.run(scene, SensitiveParameters("correct horse"))
        }
    }

    @Test("the leave is for the account's own uid: not even root has it", arguments: allowed)
    func ownUid(call: SensitiveCall) async throws {
        let scene = try Scene()
        let alice = try await scene.equip()
        let first = try await scene.signIn("alice", "correct horse", from: Scene.root)
        let code = try scene.code(alice.secret)
        let session = try #require(try await scene.verify(first.session, code, from: Scene.root).session)
        scene.pass(601)
        _ = try await scene.login(alice.codes[0])
        let parameters = SensitiveParameters("correct horse", session: session)
        await #expect(throws: NamedError.authenticationFailed) {
            try await call.run(scene, parameters, from: Scene.root)
        }
        try await call.run(scene, parameters)
    }

    @Test("a person's own login program gives it as well: a locked screen is where the phone is missed")
    func ownLogin() async throws {
        let scene = try Scene()
        let alice = try await scene.equip()
        let first = try await scene.signIn(nil, "correct horse", from: Scene.alice) { $0.purpose = .login }
        _ = try await scene.verify(first.session, alice.codes[0], from: Scene.alice)
        try await SensitiveCall.disable.run(scene, SensitiveParameters("correct horse"))
    }

    @Test("the last recovery code is no dead end")
    func lastOne() async throws {
        let scene = try Scene()
        let alice = try await scene.equip()
        for code in alice.codes {
            _ = try await scene.login(code)
        }
        #expect(try await scene.status().recoveryCodesLeft == 0)
        let begun = try await scene.call(
            OwnAccount.BeginSetUp.self,
            SensitiveParameters("correct horse"),
            from: Scene.alice
        )
        #expect(try await scene.confirm(begun.secret).codes.count == 10)
    }
}
