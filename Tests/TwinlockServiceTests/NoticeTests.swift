import Testing
import TwinlockAccounts
import TwinlockInterface
import TwinlockOTP
import TwinlockVarlink

@testable import TwinlockService

@Suite("GetNotice")
struct NoticeTests {
    private func notice(
        _ scene: Scene,
        _ user: String? = nil,
        remaining: Bool? = nil,
        from peer: Peer = Scene.root
    ) async throws -> String? {
        try await scene.call(
            Authentication.GetNotice.self,
            GetNoticeParameters(user: user, remaining: remaining),
            from: peer
        ).notice
    }

    /// Alice with a second factor and recovery codes that she has saved.
    private func equipped(_ scene: Scene) async throws -> Possessions {
        let possessions = try await scene.equip()
        _ = try await scene.call(
            OwnAccount.AcknowledgeRecoveryCodes.self,
            AcknowledgeRecoveryCodesParameters(issuedAt: possessions.issuedAt),
            from: Scene.alice
        )
        return possessions
    }

    @Test("root is told about anybody, and a uid about itself, named or not")
    func callers() async throws {
        let scene = try Scene()
        _ = try await scene.equip()
        let line = "Twinlock: 10 recovery codes left, not known to be saved: `twinlock recovery-codes` shows them."
        #expect(try await self.notice(scene, "alice") == line)
        #expect(try await self.notice(scene, "alice", from: Scene.alice) == line)
        #expect(try await self.notice(scene, from: Scene.alice) == line)
        #expect(try await self.notice(scene, from: Scene.bob) == nil)
        #expect(try await self.notice(scene) == nil, "root's own account has no second factor")
    }

    @Test("nobody else is told about another, a listed service and an administrator included")
    func others() async throws {
        let scene = try Scene()
        _ = try await scene.equip()
        for peer in [Scene.bob, Scene.panel, Scene.administrator] {
            for name in ["alice", "root", "nobody-here", "ALICE", ""] {
                await #expect(throws: Scene.Foreign.permissionDenied) {
                    try await self.notice(scene, name, from: peer)
                }
            }
        }
        await #expect(throws: Scene.Foreign.permissionDenied) {
            try await self.notice(scene, from: Peer(uid: 65534, gid: 65534, groups: [], pid: 9))
        }
    }

    @Test("nothing is said about unknown names, accounts without a second factor, and those who have parted")
    func nothing() async throws {
        let scene = try Scene()
        for name in ["nobody-here", "bob", "", "a\u{1}b", " alice"] {
            #expect(try await self.notice(scene, name, remaining: true) == nil, "\(name)")
        }
        _ = try await scene.equip()
        scene.host.state.withLock { $0.users["alice"]?.uid = 4000 }
        scene.pass(61)
        #expect(try await self.notice(scene, "alice", remaining: true) == nil)
    }

    @Test("with saved codes nothing is said until it is asked for")
    func remaining() async throws {
        let scene = try Scene()
        _ = try await self.equipped(scene)
        for quiet in [nil, false] {
            #expect(try await self.notice(scene, "alice", remaining: quiet) == nil)
        }
        #expect(try await self.notice(scene, "alice", remaining: true) == "Twinlock: 10 recovery codes left.")
    }

    @Test("the seventh recovery code that is used brings the line about few, and none before does")
    func few() async throws {
        let scene = try Scene()
        let possessions = try await self.equipped(scene)
        for (used, code) in possessions.codes.prefix(7).enumerated() {
            #expect(try await self.notice(scene, "alice") == nil, "after \(used)")
            _ = try await scene.login(code)
        }
        let line = "Twinlock: 3 recovery codes left: `twinlock recovery-codes --regenerate` makes new ones."
        #expect(try await self.notice(scene, "alice") == line)
    }

    @Test("wrong codes from elsewhere are told after a login with a code, and its own are not")
    func failures() async throws {
        let scene = try Scene()
        let possessions = try await self.equipped(scene)
        // The second is where the login comes from.
        for host in ["198.51.100.9", "192.0.2.7"] {
            let first = try await scene.signIn("alice", "correct horse", from: Scene.root) {
                Context.ssh(&$0)
                $0.remoteHost = host
            }
            await #expect(throws: NamedError.authenticationFailed) {
                try await scene.verify(first.session, SecretText("no code"), from: Scene.root)
            }
        }
        #expect(try await self.notice(scene, "alice")?.contains("2 wrong codes count") == true)
        _ = try await scene.login(try scene.code(possessions.secret))
        #expect(try await self.notice(scene, "alice")?.contains("1 wrong code counts") == true)
    }

    @Test("a restore puts the codes in doubt")
    func restored() async throws {
        let scene = try Scene()
        _ = try await self.equipped(scene)
        _ = try await scene.call(Administration.MarkRestored.self, Empty(), from: Scene.root)
        #expect(try await self.notice(scene, "alice")?.contains("At most 10 recovery codes left") == true)
    }

    @Test("it leaves no record and looks at no password")
    func traceless() async throws {
        let scene = try Scene()
        _ = try await self.equipped(scene)
        let checks = scene.host.state.withLock { $0.checks }
        let before = try await self.records(scene)
        _ = try await self.notice(scene, "alice", remaining: true)
        _ = try? await self.notice(scene, "alice", from: Scene.bob)
        #expect(try await self.records(scene) == before)
        #expect(scene.host.state.withLock { $0.checks } == checks)
    }

    private func records(_ scene: Scene) async throws -> Int {
        try await scene.call(OwnAccount.GetLog.self, GetLogParameters(), from: Scene.alice).records.count
    }

    @Test("a host that does not answer is unavailable, and no line")
    func silentHost() async throws {
        let scene = try Scene()
        _ = try await self.equipped(scene)
        scene.pass(61)
        scene.host.state.withLock { $0.failure = .timeout }
        await #expect(throws: NamedError.unavailable) { try await self.notice(scene, "alice") }
    }
}
