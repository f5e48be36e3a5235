import Testing
import TwinlockAccounts
import TwinlockInterface
import TwinlockOTP
import TwinlockVarlink

@testable import TwinlockService

@Suite("accounts without a usable password")
struct NoPasswordTests {
    @Test(
        "from its own uid a code or a recovery code stands alone, and is used by that",
        arguments: SensitiveCall.allCases
    )
    func alone(call: SensitiveCall) async throws {
        for isRecoveryCode in [false, true] {
            let scene = try Scene()
            let alice = try await scene.equip()
            scene.lockPassword()
            let code = isRecoveryCode ? alice.codes[0] : try scene.code(alice.secret)
            try await call.run(scene, SensitiveParameters(nil, code))
            if call != .disable {
                await #expect(throws: NamedError.authenticationFailed) {
                    try await call.run(scene, SensitiveParameters(nil, code))
                }
            }
        }
    }

    @Test(
        "nothing, something wrong or a fresh session do not, and a wrong code is counted",
        arguments: SensitiveCall.allCases
    )
    func refused(call: SensitiveCall) async throws {
        let scene = try Scene()
        let alice = try await scene.equip()
        let session = try await self.lockAndSignInByKey(scene, alice)
        for parameters in [
            SensitiveParameters(nil), SensitiveParameters(nil, .init("")), SensitiveParameters(nil, .init("000000x")),
            SensitiveParameters(nil, Scene.wrongRecoveryCode), SensitiveParameters(nil, session: session),
            SensitiveParameters("", alice.codes[0]), SensitiveParameters("guess", alice.codes[0]),
        ] {
            await #expect(throws: NamedError.authenticationFailed) { try await call.run(scene, parameters) }
        }
        let status = try await scene.status()
        #expect(status.failedCodes == 2 && status.recoveryCodesLeft == 10)
    }

    /// A session with both factors of an account without a usable password: the lock ended those of before.
    private func lockAndSignInByKey(_ scene: Scene, _ alice: Possessions) async throws -> SecretText {
        scene.lockPassword()
        // Longer than what the host said before is kept.
        scene.pass(61)
        let first = try await scene.signIn("alice", nil, from: Scene.root) { $0.byKey() }
        return try #require(
            try await scene.verify(first.session, try scene.code(alice.secret), from: Scene.root).session
        )
    }

    @Test("from another uid the password is asked for, root's too", arguments: SensitiveCall.allCases)
    func otherUid(call: SensitiveCall) async throws {
        let scene = try Scene()
        let alice = try await scene.equip()
        let session = try await self.lockAndSignInByKey(scene, alice)
        await #expect(throws: NamedError.authenticationFailed) {
            try await call.run(scene, SensitiveParameters(nil, alice.codes[0], session: session), from: Scene.root)
        }
        #expect(try await scene.status().recoveryCodesLeft == 10)
        try await call.run(scene, SensitiveParameters(nil, alice.codes[0], session: session))
    }

    @Test(
        "the settings can forbid it, and then not even a login by recovery code helps",
        arguments: SensitiveCall.allCases
    )
    func forbidden(call: SensitiveCall) async throws {
        let scene = try Scene(allowsCodeWithoutPassword: false)
        let alice = try await scene.equip()
        scene.lockPassword()
        for code in [try scene.code(alice.secret), alice.codes[0]] {
            await #expect(throws: NamedError.authenticationFailed) {
                try await call.run(scene, SensitiveParameters(nil, code))
            }
        }
        _ = try await scene.login(alice.codes[1])
        await #expect(throws: NamedError.authenticationFailed) { try await call.run(scene, SensitiveParameters(nil)) }
        #expect(try await scene.status().recoveryCodesLeft == 9)
    }

    @Test(
        "a usable password, and one of which nothing is known, are asked for",
        arguments: SensitiveCall.allCases,
        [true, nil]
    )
    func unknown(call: SensitiveCall, usable: Bool?) async throws {
        let scene = try Scene()
        let alice = try await scene.equip()
        scene.lockPassword(usable)
        await #expect(throws: NamedError.authenticationFailed) {
            try await call.run(scene, SensitiveParameters(nil, alice.codes[0]))
        }
        #expect(try await scene.status().recoveryCodesLeft == 10)
    }

    @Test("a look-up that fails denies", arguments: SensitiveCall.allCases)
    func lookUpFails(call: SensitiveCall) async throws {
        let scene = try Scene()
        let alice = try await scene.equip()
        scene.lockPassword()
        scene.host.state.withLock { $0.failure = .timeout }
        await #expect(throws: NamedError.unavailable) {
            try await call.run(scene, SensitiveParameters(nil, alice.codes[0]))
        }
        #expect(try await scene.status().recoveryCodesLeft == 10)
    }

    @Test(
        "an account that the host's rules refuse is refused before its code is looked at",
        arguments: SensitiveCall.allCases
    )
    func accountRules(call: SensitiveCall) async throws {
        let scene = try Scene()
        let alice = try await scene.equip()
        scene.host.state.withLock { $0.users["alice"]?.account = .expired }
        scene.lockPassword()
        await #expect(throws: NamedError.unavailable) {
            try await call.run(scene, SensitiveParameters(nil, alice.codes[0]))
        }
        #expect(try await scene.status().recoveryCodesLeft == 10)
    }

    @Test("a name that belongs to another uid by now is no name of this one's", arguments: SensitiveCall.allCases)
    func parted(call: SensitiveCall) async throws {
        let scene = try Scene()
        let alice = try await scene.equip()
        // Whose uid 1000 is has been asked, and is kept; what the host says about alice has not.
        scene.host.state.withLock { state in
            state.users["alice"] = .init(uid: 4000, password: "x", field: .star)
        }
        await #expect(throws: NamedError.authenticationFailed) {
            try await call.run(scene, SensitiveParameters(nil, alice.codes[0]))
        }
        #expect(try await scene.status().recoveryCodesLeft == 10)
    }

    @Test("its first set-up is root's to begin: from its own uid nothing stands for nothing")
    func firstSetUp() async throws {
        let scene = try Scene()
        scene.lockPassword()
        for call in SensitiveCall.allCases {
            for code in [nil, SecretText("123456"), Scene.wrongRecoveryCode] {
                await #expect(throws: NamedError.authenticationFailed) {
                    try await call.run(scene, SensitiveParameters(nil, code))
                }
            }
        }
        #expect(try await !scene.status().setUpBegun)
    }

    @Test("after a login by recovery code it may disable or set up again with nothing more, once")
    func lostPhone() async throws {
        let scene = try Scene()
        let alice = try await scene.equip()
        scene.lockPassword()
        let first = try await scene.signIn("alice", nil, from: Scene.root) {
            $0.byKey()
            $0.purpose = .login
        }
        _ = try await scene.verify(first.session, alice.codes[0], from: Scene.root)
        for call in [SensitiveCall.viewRecoveryCodes, .regenerateRecoveryCodes] {
            await #expect(throws: NamedError.authenticationFailed) {
                try await call.run(scene, SensitiveParameters(nil))
            }
        }
        let begun = try await scene.call(OwnAccount.BeginSetUp.self, SensitiveParameters(nil), from: Scene.alice)
        _ = try await scene.confirm(begun.secret)
        for call in SensitiveCall.allCases {
            await #expect(throws: NamedError.authenticationFailed) {
                try await call.run(scene, SensitiveParameters(nil))
            }
        }
    }
}
