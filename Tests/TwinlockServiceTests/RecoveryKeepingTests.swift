import Testing
import TwinlockAccounts
import TwinlockInterface
import TwinlockVarlink

@testable import TwinlockService

@Suite("keeping recovery codes")
struct RecoveryKeepingTests {
    @Test("all are shown again, in the order in which they were issued, the used ones with when and where")
    func view() async throws {
        let scene = try Scene()
        let alice = try await scene.equip()
        scene.pass(5)
        _ = try await scene.login(alice.codes[2])
        _ = try await scene.session(alice.codes[4])
        let shown = try await scene.view(try scene.code(alice.secret))
        #expect(shown.recoveryCodes.map(\.code.text) == alice.codes.map(\.text))
        #expect(shown.issuedAt == alice.issuedAt && !shown.acknowledged)
        for (number, code) in shown.recoveryCodes.enumerated() {
            switch number {
            case 2:
                #expect(code.usedAt == scene.now && code.usedService == "sshd" && code.usedHost == "192.0.2.7")
            case 4:
                #expect(code.usedAt == scene.now && code.usedService == "varlink" && code.usedHost == nil)
            default:
                #expect(code.usedAt == nil && code.usedService == nil && code.usedHost == nil)
            }
        }
    }

    @Test("a recovery code that lets look at the others is used by that, and shown as used")
    func viewByRecoveryCode() async throws {
        let scene = try Scene()
        let alice = try await scene.equip()
        let shown = try await scene.view(alice.codes[0])
        #expect(shown.recoveryCodes.map { $0.usedAt != nil } == [true] + [Bool](repeating: false, count: 9))
        await #expect(throws: NamedError.authenticationFailed) { try await scene.view(alice.codes[0]) }
    }

    @Test("new recovery codes work from now on, the old ones are dead from that moment, used and unused")
    func regenerate() async throws {
        let scene = try Scene()
        let alice = try await scene.equip()
        _ = try await scene.login(alice.codes[0])
        scene.pass(60)
        let new = try await scene.call(
            OwnAccount.RegenerateRecoveryCodes.self,
            SensitiveParameters("correct horse", try scene.code(alice.secret)),
            from: Scene.alice
        )
        #expect(new.issuedAt == scene.now && new.recoveryCodes.count == 10)
        #expect(Set((new.recoveryCodes + alice.codes).map(\.text)).count == 20)
        for code in alice.codes[..<2] {
            await #expect(throws: NamedError.authenticationFailed) { try await scene.login(code) }
        }
        #expect(try await scene.login(new.recoveryCodes[0]).recoveryCodesLeft == 9)
        let shown = try await scene.view(new.recoveryCodes[1])
        #expect(shown.recoveryCodes.map(\.code.text) == new.recoveryCodes.map(\.text))
    }

    @Test("a sign-in that waits for a code goes on after recovery codes were renewed, with the new ones alone")
    func regenerateMeanwhile() async throws {
        let scene = try Scene()
        let alice = try await scene.equip()
        let pending = try await scene.signIn("alice", "correct horse", from: Scene.root, Context.ssh)
        let new = try await scene.call(
            OwnAccount.RegenerateRecoveryCodes.self,
            SensitiveParameters("correct horse", alice.codes[9]),
            from: Scene.alice
        )
        await #expect(throws: NamedError.authenticationFailed) {
            try await scene.verify(pending.session, alice.codes[0], from: Scene.root)
        }
        #expect(try await scene.verify(pending.session, new.recoveryCodes[0], from: Scene.root).state == .signedIn)
    }

    @Test("saying that they are saved counts for the present ones alone")
    func acknowledge() async throws {
        let scene = try Scene()
        let acknowledge = { @Sendable (issuedAt: Int64) async throws in
            _ = try await scene.call(
                OwnAccount.AcknowledgeRecoveryCodes.self,
                AcknowledgeRecoveryCodesParameters(issuedAt: issuedAt),
                from: Scene.alice
            )
        }
        await #expect(throws: NamedError.notEnabled) { try await acknowledge(scene.now) }
        let alice = try await scene.equip()
        await #expect(throws: NamedError.recoveryCodesReplaced) { try await acknowledge(alice.issuedAt - 1) }
        #expect(try await scene.status().recoveryCodesAcknowledged == false)
        try await acknowledge(alice.issuedAt)
        #expect(try await scene.status().recoveryCodesAcknowledged == true)
        #expect(try await scene.view(try scene.code(alice.secret)).acknowledged)
        scene.pass(30)
        let new = try await scene.call(
            OwnAccount.RegenerateRecoveryCodes.self,
            SensitiveParameters("correct horse", try scene.code(alice.secret)),
            from: Scene.alice
        )
        #expect(try await scene.status().recoveryCodesAcknowledged == false)
        await #expect(throws: NamedError.recoveryCodesReplaced) { try await acknowledge(alice.issuedAt) }
        try await acknowledge(new.issuedAt)
    }

    @Test("without a second factor there are no recovery codes to see or to renew")
    func notEnabled() async throws {
        let scene = try Scene()
        for call in [SensitiveCall.viewRecoveryCodes, .regenerateRecoveryCodes] {
            await #expect(throws: NamedError.notEnabled) {
                try await call.run(scene, SensitiveParameters("correct horse"))
            }
        }
    }

    @Test("setting up again replaces recovery codes with the factor; a set-up that is not confirmed does not")
    func anew() async throws {
        let scene = try Scene()
        let alice = try await scene.equip()
        let begun = try await scene.call(
            OwnAccount.BeginSetUp.self,
            SensitiveParameters("correct horse", try scene.code(alice.secret)),
            from: Scene.alice
        )
        #expect(try await scene.login(alice.codes[0]).state == .signedIn)
        let again = try await scene.confirm(begun.secret)
        await #expect(throws: NamedError.authenticationFailed) { try await scene.login(alice.codes[1]) }
        #expect(try await scene.login(again.codes[0]).recoveryCodesLeft == 9)
    }

    @Test("disabling ends sign-ins that wait for a code, recovery codes, the leave after a lost phone and a set-up")
    func disable() async throws {
        let scene = try Scene()
        let alice = try await scene.equip()
        let pending = try await scene.signIn("alice", "correct horse", from: Scene.root, Context.ssh)
        _ = try await scene.login(alice.codes[0])
        let begun = try await scene.call(
            OwnAccount.BeginSetUp.self,
            SensitiveParameters("correct horse"),
            from: Scene.alice
        )
        _ = try await scene.call(OwnAccount.Disable.self, SensitiveParameters("correct horse"), from: Scene.alice)
        await #expect(throws: NamedError.signInAgain) {
            try await scene.verify(pending.session, alice.codes[1], from: Scene.root)
        }
        await #expect(throws: NamedError.noSetUp) { try await scene.confirm(begun.secret) }
        let status = try await scene.status()
        #expect(!status.enabled && !status.setUpBegun && status.recoveryCodesLeft == nil)
        #expect(status.recoveryCodesAcknowledged == nil && status.recoverySetUpUntil == nil)
        _ = try await scene.equip()
        await #expect(throws: NamedError.authenticationFailed) { try await scene.login(alice.codes[1]) }
        await #expect(throws: NamedError.authenticationFailed) {
            try await scene.call(OwnAccount.Disable.self, SensitiveParameters("correct horse"), from: Scene.alice)
        }
    }
}
