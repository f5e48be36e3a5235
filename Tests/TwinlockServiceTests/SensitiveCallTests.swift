import Testing
import TwinlockAccounts
import TwinlockInterface
import TwinlockVarlink

@testable import TwinlockService

@Suite("what each sensitive call asks for")
struct SensitiveCallTests {
    private func expectRefusal(
        _ call: SensitiveCall,
        _ scene: Scene,
        _ parameters: SensitiveParameters,
        from peer: Peer = Scene.alice,
        _ error: NamedError = .authenticationFailed,
        _ location: SourceLocation = #_sourceLocation
    ) async {
        await #expect(throws: error, sourceLocation: location) { try await call.run(scene, parameters, from: peer) }
    }

    @Test("neither the password alone nor a code of either kind alone", arguments: SensitiveCall.allCases)
    func both(call: SensitiveCall) async throws {
        let scene = try Scene()
        let alice = try await scene.equip()
        let code = try scene.code(alice.secret)
        for parameters in [
            SensitiveParameters(nil), SensitiveParameters("correct horse"), SensitiveParameters(nil, code),
            SensitiveParameters(nil, alice.codes[0]), SensitiveParameters("", code), SensitiveParameters("wrong", code),
            SensitiveParameters("wrong", alice.codes[0]), SensitiveParameters("correct horse", .init("")),
            SensitiveParameters("correct horse", .init("twl_abcdef")),
            SensitiveParameters("correct horse", Scene.wrongRecoveryCode),
        ] {
            await self.expectRefusal(call, scene, parameters)
        }
        let status = try await scene.status()
        #expect(status.enabled && status.recoveryCodesLeft == 10 && !status.setUpBegun)
        #expect(status.failedCodes == 1, "a code counts after a right password only, and a token not at all")
        try await call.run(scene, SensitiveParameters("correct horse", code))
    }

    @Test("the password and a code", arguments: SensitiveCall.allCases)
    func code(call: SensitiveCall) async throws {
        let scene = try Scene()
        let alice = try await scene.equip()
        let code = try scene.code(alice.secret)
        try await call.run(scene, SensitiveParameters("correct horse", code))
        if call != .disable {
            await self.expectRefusal(call, scene, SensitiveParameters("correct horse", code))
        }
    }

    @Test("the password and a recovery code, which is used by that", arguments: SensitiveCall.allCases)
    func recoveryCode(call: SensitiveCall) async throws {
        let scene = try Scene()
        let alice = try await scene.equip()
        try await call.run(scene, SensitiveParameters("correct horse", alice.codes[0]))
        if call != .disable {
            await self.expectRefusal(call, scene, SensitiveParameters("correct horse", alice.codes[0]))
        }
        let expected: Int64? =
            switch call {
            case .beginSetUp, .viewRecoveryCodes: 9
            case .regenerateRecoveryCodes: 10
            case .disable: nil
            }
        #expect(try await scene.status().recoveryCodesLeft == expected)
    }

    @Test(
        "the password and a session with both factors, by code or by recovery code, for ten minutes",
        arguments: SensitiveCall.allCases,
        [true, false]
    )
    func session(call: SensitiveCall, isByRecoveryCode: Bool) async throws {
        let scene = try Scene()
        let alice = try await scene.equip()
        let session = try await scene.session(isByRecoveryCode ? alice.codes[0] : try scene.code(alice.secret))
        scene.pass(601)
        await self.expectRefusal(call, scene, SensitiveParameters("correct horse", session: session))
        let fresh = try await scene.session(isByRecoveryCode ? alice.codes[1] : try scene.code(alice.secret))
        await self.expectRefusal(call, scene, SensitiveParameters(nil, session: fresh))
        await self.expectRefusal(call, scene, SensitiveParameters("wrong", session: fresh))
        scene.pass(600)
        try await call.run(scene, SensitiveParameters("correct horse", session: fresh))
    }

    @Test("who was let begin a set-up with the password alone may not replace a factor that has come since")
    func stale() async throws {
        let scene = try Scene()
        let identity = Identity(name: "alice", uid: 1000)
        let before = try await scene.service.enrolment(of: identity)
        let alice = try await scene.equip()
        let present = try await scene.service.enrolment(of: identity)
        for (stale, refusal) in [(before, NamedError.signInAgain), (.parted, .unavailable)] {
            await #expect(throws: Refusal.named(refusal)) {
                try await scene.service.beginSetUp(for: identity, under: stale, origin: .init(own: Scene.alice))
            }
        }
        #expect(try await !scene.status().setUpBegun)
        _ = try await scene.service.beginSetUp(for: identity, under: present, origin: .init(own: Scene.alice))
        #expect(try await scene.login(alice.codes[0]).state == .signedIn)
    }

    @Test("not another person's session, code or recovery code", arguments: SensitiveCall.allCases)
    func another(call: SensitiveCall) async throws {
        let scene = try Scene()
        let alice = try await scene.equip()
        let bob = try await scene.equip(Scene.bob, password: "battery staple")
        let session = try await scene.session(try scene.code(alice.secret))
        let stolen = SensitiveParameters("correct horse", session: session)
        await self.expectRefusal(call, scene, stolen, from: Scene.bob, .signInAgain)
        await self.expectRefusal(call, scene, SensitiveParameters("correct horse", bob.codes[0]))
        await self.expectRefusal(call, scene, SensitiveParameters("correct horse", try scene.code(bob.secret)))
        await self.expectRefusal(call, scene, SensitiveParameters("correct horse", alice.codes[0]), from: Scene.bob)
        #expect(try await scene.status().recoveryCodesLeft == 10)
        #expect(try await scene.status(Scene.bob).recoveryCodesLeft == 10)
    }
}
