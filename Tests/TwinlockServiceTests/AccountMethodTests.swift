import Testing
import TwinlockAccounts
import TwinlockInterface
import TwinlockVarlink

@testable import TwinlockService

@Suite("a person's own account")
struct AccountMethodTests {
    private func status(_ scene: Scene, _ peer: Peer = Scene.alice) async throws -> GetStatusResult {
        try await scene.call(OwnAccount.GetStatus.self, GetStatusParameters(), from: peer)
    }

    @Test("nothing is active before the first code is right, and the code that confirms is used by that")
    func confirm() async throws {
        let scene = try Scene()
        #expect(try await !self.status(scene).enabled)
        let begun = try await scene.call(
            OwnAccount.BeginSetUp.self,
            SensitiveParameters(password: .init("correct horse")),
            from: Scene.alice
        )
        #expect(begun.account == "alice" && begun.issuer == "host" && begun.digits == 6 && begun.period == 30)
        #expect(begun.secret.count == 32)
        #expect(begun.uri.text == "otpauth://totp/host:alice?secret=\(begun.secret.text)&issuer=host")
        var status = try await self.status(scene)
        #expect(!status.enabled && status.setUpBegun)
        #expect(try await scene.signIn(nil, "correct horse", from: Scene.alice).state == .signedIn)
        await #expect(throws: NamedError.authenticationFailed) {
            try await scene.call(
                OwnAccount.ConfirmSetUp.self,
                ConfirmSetUpParameters(code: .init("12345")),
                from: Scene.alice
            )
        }
        let code = try scene.code(begun.secret)
        _ = try await scene.call(OwnAccount.ConfirmSetUp.self, ConfirmSetUpParameters(code: code), from: Scene.alice)
        status = try await self.status(scene)
        #expect(status.enabled && !status.setUpBegun && status.enabledAt == Scene.start)
        let pending = try await scene.signIn(nil, "correct horse", from: Scene.alice)
        await #expect(throws: NamedError.authenticationFailed) {
            try await scene.verify(pending.session, code, from: Scene.alice)
        }
    }

    @Test("set-up and disable take the password, and with a factor the factor as well")
    func sensitive() async throws {
        let scene = try Scene()
        for password in [nil, "wrong", ""] {
            await #expect(throws: NamedError.authenticationFailed) {
                try await scene.call(
                    OwnAccount.BeginSetUp.self,
                    SensitiveParameters(password: password.map { .init($0) }),
                    from: Scene.alice
                )
            }
        }
        let secret = try await scene.enrol()
        await #expect(throws: NamedError.authenticationFailed, "the password alone is not enough any more") {
            try await scene.call(
                OwnAccount.BeginSetUp.self,
                SensitiveParameters(password: .init("correct horse")),
                from: Scene.alice
            )
        }
        await #expect(throws: NamedError.authenticationFailed, "nor is the code alone") {
            try await scene.call(
                OwnAccount.Disable.self,
                SensitiveParameters(password: nil, code: try scene.code(secret)),
                from: Scene.alice
            )
        }
        #expect(try await self.status(scene).enabled)
        _ = try await scene.call(
            OwnAccount.Disable.self,
            SensitiveParameters(password: .init("correct horse"), code: try scene.code(secret)),
            from: Scene.alice
        )
        #expect(try await !self.status(scene).enabled)
        #expect(try await scene.signIn(nil, "correct horse", from: Scene.alice).state == .signedIn)
    }

    @Test("a code is not spent by a sensitive call whose password is wrong")
    func wrongPasswordFirst() async throws {
        let scene = try Scene()
        let secret = try await scene.enrol()
        let code = try scene.code(secret)
        await #expect(throws: NamedError.authenticationFailed) {
            try await scene.call(
                OwnAccount.Disable.self,
                SensitiveParameters(password: .init("wrong"), code: code),
                from: Scene.alice
            )
        }
        _ = try await scene.call(
            OwnAccount.Disable.self,
            SensitiveParameters(password: .init("correct horse"), code: code),
            from: Scene.alice
        )
    }

    @Test("a session with both factors stands for the code for ten minutes, and one without does not")
    func freshSession() async throws {
        let scene = try Scene()
        let weak = try await scene.signIn(nil, "correct horse", from: Scene.alice)
        let secret = try await scene.enrol()
        await #expect(throws: NamedError.signInAgain, "enabling ends sessions that showed no code") {
            try await scene.call(
                Authentication.GetSession.self,
                SessionParameters(session: #require(weak.session)),
                from: Scene.alice
            )
        }
        let first = try await scene.signIn(nil, "correct horse", from: Scene.alice)
        let session = try await scene.verify(first.session, try scene.code(secret), from: Scene.alice).session
        scene.pass(601)
        await #expect(throws: NamedError.authenticationFailed) {
            try await scene.call(
                OwnAccount.Disable.self,
                SensitiveParameters(session: session, password: .init("correct horse")),
                from: Scene.alice
            )
        }
        let again = try await scene.signIn(nil, "correct horse", from: Scene.alice)
        let fresh = try await scene.verify(again.session, try scene.code(secret), from: Scene.alice).session
        _ = try await scene.call(
            OwnAccount.Disable.self,
            SensitiveParameters(session: fresh, password: .init("correct horse")),
            from: Scene.alice
        )
    }

    @Test("setting up anew replaces the old secret only when the new first code is right")
    func anew() async throws {
        let scene = try Scene()
        let old = try await scene.enrol()
        let begun = try await scene.call(
            OwnAccount.BeginSetUp.self,
            SensitiveParameters(password: .init("correct horse"), code: try scene.code(old)),
            from: Scene.alice
        )
        let stillOld = try await scene.signIn("alice", "correct horse", from: Scene.root, Context.ssh)
        #expect(
            try await scene.verify(stillOld.session, try scene.code(old, step: 1), from: Scene.root).state == .signedIn
        )
        _ = try await scene.call(
            OwnAccount.ConfirmSetUp.self,
            ConfirmSetUpParameters(code: try scene.code(begun.secret)),
            from: Scene.alice
        )
        scene.pass(60)
        let new = try await scene.signIn("alice", "correct horse", from: Scene.root, Context.ssh)
        await #expect(throws: NamedError.authenticationFailed) {
            try await scene.verify(new.session, try scene.code(old), from: Scene.root)
        }
        #expect(try await scene.verify(new.session, try scene.code(begun.secret), from: Scene.root).state == .signedIn)
    }

    @Test("without a factor there is nothing to disable, without a set-up nothing to confirm")
    func nothingThere() async throws {
        let scene = try Scene()
        await #expect(throws: NamedError.notEnabled) {
            try await scene.call(
                OwnAccount.Disable.self,
                SensitiveParameters(password: .init("correct horse")),
                from: Scene.alice
            )
        }
        await #expect(throws: NamedError.noSetUp) {
            try await scene.call(
                OwnAccount.ConfirmSetUp.self,
                ConfirmSetUpParameters(code: .init("123456")),
                from: Scene.alice
            )
        }
    }
}
