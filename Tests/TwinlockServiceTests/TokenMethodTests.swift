import Testing
import TwinlockAccounts
import TwinlockInterface
import TwinlockOTP
import TwinlockStore
import TwinlockVarlink

@testable import TwinlockService

extension Scene {
    /// Makes a token for a day.
    @discardableResult
    func createToken(
        _ groups: [String],
        description: String = "back-up",
        days: Int64 = 1,
        password: String? = "correct horse",
        code: SecretText? = nil,
        session: SecretText? = nil,
        from peer: Peer
    ) async throws -> CreateTokenResult {
        try await self.call(
            OwnAccount.CreateToken.self,
            CreateTokenParameters(
                description: description,
                expires: self.now + days * 86_400,
                groups: groups,
                proof: SensitiveParameters(session: session, password: password.map { .init($0) }, code: code)
            ),
            from: peer
        )
    }

    /// Signs in with both factors.
    func bothFactors(_ secret: SecretText, step: Int64 = 0, from peer: Peer = Scene.alice) async throws -> SecretText {
        let first = try await self.signIn("alice", "correct horse", from: peer)
        return try #require(try await self.verify(first.session, try self.code(secret, step: step), from: peer).session)
    }
}

@Suite("access tokens")
struct TokenMethodTests {
    private static let password = SensitiveParameters(password: .init("correct horse"))

    private func get(_ token: SecretText, _ scene: Scene, from peer: Peer = Scene.alice) async throws
        -> GetSessionResult
    {
        try await scene.call(Authentication.GetSession.self, SessionParameters(session: token), from: peer)
    }

    private func list(_ scene: Scene, from peer: Peer = Scene.alice) async throws -> [TokenEntry] {
        var entries: [TokenEntry] = []
        var after: String?
        repeat {
            let page = try await scene.call(OwnAccount.ListTokens.self, ListParameters(after: after), from: peer)
            entries += page.tokens
            after = page.next
        } while after != nil
        return entries
    }

    @Test("one is made, told once, listed without its value, and answers for its owner")
    func created() async throws {
        let scene = try Scene { $0.tokens.declaredGroups = ["panel.deploy"] }
        let made = try await scene.createToken(["panel.deploy", "account.read"], from: Scene.alice)
        #expect(made.token.text.hasPrefix("twl_") && made.token.count == 42)
        let entry = TokenEntry(
            id: made.id,
            description: "back-up",
            groups: ["account.read", "panel.deploy"],
            created: Scene.start,
            expires: Scene.start + 86_400,
            lastUsed: nil
        )
        #expect(try await self.list(scene) == [entry])
        let session = try await self.get(made.token, scene)
        #expect(session.user == "alice" && session.uid == 1000 && session.token == true)
        #expect(session.groups == ["account.read", "panel.deploy"] && session.factors.isEmpty)
        #expect(session.service.isEmpty && session.created == Scene.start && session.expires == entry.expires)
        let signedIn = try #require(try await scene.signIn(nil, "correct horse", from: Scene.alice).session)
        let program = try await self.get(signedIn, scene)
        #expect(program.token == nil && program.groups == nil, "a session is no token")
        let status = try await scene.call(
            OwnAccount.GetStatus.self,
            GetStatusParameters(session: made.token),
            from: Scene.alice
        )
        #expect(status.user == "alice")
    }

    @Test("its own uid, the uid that made it and root may use it; for anyone else it does not exist")
    func callers() async throws {
        let scene = try Scene()
        let made = try await scene.createToken(["account.read"], from: Scene.alice)
        #expect(try await self.get(made.token, scene, from: Scene.root).user == "alice")
        await #expect(throws: NamedError.signInAgain) { try await self.get(made.token, scene, from: Scene.bob) }
        let panel = Peer(uid: 33, gid: 33, groups: [], pid: 9)
        let value = TokenValue.make { count in
            SecretBytes(count: count) { $0.initializeMemory(as: UInt8.self, repeating: 1) }
        }
        let token = Token(
            id: "0123456789abcdef",
            digest: try #require(TokenValue.digest(of: value)),
            identity: Identity(name: "alice", uid: 1000),
            maker: panel.uid,
            description: "made by a panel",
            groups: ["account.read"],
            showsCode: false,
            mark: .unreadable,
            created: UnixSeconds(Scene.start),
            expires: UnixSeconds(Scene.start + 60)
        )
        _ = try await scene.store.createToken(token, under: nil, at: UnixSeconds(Scene.start))
        for peer in [panel, Scene.alice, Scene.root] {
            #expect(try await self.get(value, scene, from: peer).user == "alice")
        }
        await #expect(throws: NamedError.signInAgain) { try await self.get(made.token, scene, from: panel) }
    }

    @Test("making and changing one takes the password, and with a second factor that as well")
    func sensitive() async throws {
        let scene = try Scene()
        let made = try await scene.createToken(["account.read"], from: Scene.alice)
        for password in [nil, "", "wrong"] {
            await #expect(throws: NamedError.authenticationFailed) {
                try await scene.createToken(["account.read"], password: password, from: Scene.alice)
            }
        }
        let secret = try await scene.enrol()
        #expect(try await self.list(scene).isEmpty, "enabling ends tokens that were made without a code")
        let parameters = TokenParameters(id: made.id, proof: Self.password)
        await #expect(throws: NamedError.authenticationFailed, "the password alone is not enough any more") {
            try await scene.createToken(["account.read"], from: Scene.alice)
        }
        await #expect(throws: NamedError.authenticationFailed) {
            try await scene.call(
                OwnAccount.EditToken.self,
                EditTokenParameters(id: made.id, description: "x", proof: Self.password),
                from: Scene.alice
            )
        }
        await #expect(throws: NamedError.authenticationFailed) {
            try await scene.call(OwnAccount.RefreshToken.self, parameters, from: Scene.alice)
        }
        await #expect(throws: NamedError.authenticationFailed) {
            try await scene.call(OwnAccount.RevokeToken.self, parameters, from: Scene.alice)
        }
        let code = try scene.code(secret)
        _ = try await scene.createToken(["account.read"], code: code, from: Scene.alice)
        await #expect(throws: NamedError.authenticationFailed, "the code was used by that") {
            try await scene.createToken(["account.read"], code: code, from: Scene.alice)
        }
        scene.pass(60)
        let fresh = try await scene.bothFactors(secret)
        _ = try await scene.createToken(["account.read"], session: fresh, from: Scene.alice)
        #expect(try await self.list(scene).count == 2)
    }

    @Test(
        "what a token cannot be is named before anything is asked or spent",
        arguments: [
            ("", 86_400, ["account.read"], "description"), ("a\nb", 86_400, ["account.read"], "description"),
            ("x", 0, ["account.read"], "expires"), ("x", 2 * 86_400 + 1, ["account.read"], "expires"),
            ("x", 86_400, [], "groups"), ("x", 86_400, ["account.write"], "groups"),
            ("x", 86_400, ["account.read", "panel.deploy"], "groups"),
        ] as [(String, Int64, [String], String)]
    )
    func invalid(description: String, ahead: Int64, groups: [String], field: String) async throws {
        let scene = try Scene { $0.tokens.maximumDays = 2 }
        let reply = try await scene.raw(OwnAccount.CreateToken.name, from: Scene.alice) {
            CreateTokenParameters(
                description: description,
                expires: Scene.start + ahead,
                groups: groups,
                proof: Self.password
            ).write(to: &$0)
        }
        #expect(reply["error"]?.string == "org.varlink.service.InvalidParameter")
        #expect(reply["parameters"]?["parameter"]?.string == field)
        #expect(scene.host.state.withLock { $0.checks } == 0)
        let made = try await scene.createToken(["account.read"], from: Scene.alice)
        let edited = try await scene.raw(OwnAccount.EditToken.name, from: Scene.alice) {
            EditTokenParameters(
                id: made.id,
                description: description,
                expires: Scene.start + ahead,
                groups: groups,
                proof: Self.password
            ).write(to: &$0)
        }
        #expect(edited["parameters"]?["parameter"]?.string == field)
        #expect(try await self.list(scene).map(\.description) == ["back-up"])
    }

    @Test("the sixty-fifth is one too many; when one has gone there is room")
    func full() async throws {
        let scene = try Scene()
        let first = try await scene.createToken(["account.read"], from: Scene.alice)
        for _ in 2...64 { try await scene.createToken(["account.read"], from: Scene.alice) }
        await #expect(throws: NamedError.tooManyTokens) {
            try await scene.createToken(["account.read"], from: Scene.alice)
        }
        let all = try await self.list(scene)
        #expect(all.count == 64 && Set(all.map(\.id)).count == 64)
        _ = try await scene.call(
            OwnAccount.RevokeToken.self,
            TokenParameters(id: first.id, proof: Self.password),
            from: Scene.alice
        )
        try await scene.createToken(["account.read"], from: Scene.alice)
    }

    @Test("a page of the longest tokens fits a message")
    func pages() async throws {
        let declared = (0..<32).map { "a.\(String(repeating: "b", count: 60))\($0 < 10 ? "0" : "")\($0)" }
        let scene = try Scene { $0.tokens.declaredGroups = declared }
        let description = String(repeating: "\"", count: 128)
        for _ in 1...20 {
            try await scene.createToken(
                declared + TokenGroup.allCases.map(\.rawValue),
                description: description,
                from: Scene.alice
            )
        }
        let frame = Frame()
        Call.encode(method: OwnAccount.ListTokens.name, oneway: false, more: false, into: frame, parameters: nil)
        let page = Frame()
        await scene.service.answer(try Call.decode(frame), from: Scene.alice, replies: .none)
            .encode(continues: false, into: page)
        #expect(page.count > 30_000 && page.count < Limits.messageBytes)
        #expect(try await self.list(scene).count == 20)
    }

    @Test("what is edited changes at once, and the rest and the value stay")
    func edited() async throws {
        let scene = try Scene()
        let made = try await scene.createToken(["account.read"], from: Scene.alice)
        let before = try #require(try await self.list(scene).first)
        func edit(_ change: (inout EditTokenParameters) -> Void) async throws -> TokenEntry {
            var parameters = EditTokenParameters(id: made.id, proof: Self.password)
            change(&parameters)
            _ = try await scene.call(OwnAccount.EditToken.self, parameters, from: Scene.alice)
            return try #require(try await self.list(scene).first)
        }
        var expected = before
        #expect(try await edit { _ in } == expected)
        expected.description = "weekly"
        #expect(try await edit { $0.description = "weekly" } == expected)
        expected.expires = Scene.start + 60
        #expect(try await edit { $0.expires = Scene.start + 60 } == expected)
        expected.groups = ["account.sessions"]
        #expect(try await edit { $0.groups = ["account.sessions"] } == expected)
        #expect(try await self.get(made.token, scene).groups == ["account.sessions"])
        await #expect(throws: Scene.Foreign.permissionDenied, "it no longer opens what it opened") {
            try await scene.call(
                OwnAccount.GetStatus.self,
                GetStatusParameters(session: made.token),
                from: Scene.alice
            )
        }
    }

    @Test("a refreshed one has a new value, the old one is dead at once, and everything else stays")
    func refreshed() async throws {
        let scene = try Scene()
        let made = try await scene.createToken(["account.read"], from: Scene.alice)
        let before = try await self.list(scene)
        let new = try await scene.call(
            OwnAccount.RefreshToken.self,
            TokenParameters(id: made.id, proof: Self.password),
            from: Scene.alice
        ).token
        #expect(new.text != made.token.text)
        await #expect(throws: NamedError.signInAgain) { try await self.get(made.token, scene) }
        #expect(try await self.get(new, scene).groups == ["account.read"])
        await scene.service.background.finished()
        var after = try await self.list(scene)
        after[0].lastUsed = nil
        #expect(after == before)
    }

    @Test("a revoked one is gone, and no token is another person's to change")
    func revoked() async throws {
        let scene = try Scene()
        let made = try await scene.createToken(["account.read"], from: Scene.alice)
        let bobs = SensitiveParameters(password: .init("battery staple"))
        for id in [made.id, "nothing"] {
            await #expect(throws: NamedError.notFound) {
                try await scene.call(
                    OwnAccount.RevokeToken.self,
                    TokenParameters(id: id, proof: bobs),
                    from: Scene.bob
                )
            }
            await #expect(throws: NamedError.notFound) {
                try await scene.call(
                    OwnAccount.RefreshToken.self,
                    TokenParameters(id: id, proof: bobs),
                    from: Scene.bob
                )
            }
            await #expect(throws: NamedError.notFound) {
                try await scene.call(
                    OwnAccount.EditToken.self,
                    EditTokenParameters(id: id, description: "mine", proof: bobs),
                    from: Scene.bob
                )
            }
        }
        #expect(try await self.get(made.token, scene).user == "alice")
        let parameters = TokenParameters(id: made.id, proof: Self.password)
        _ = try await scene.call(OwnAccount.RevokeToken.self, parameters, from: Scene.alice)
        await #expect(throws: NamedError.signInAgain) { try await self.get(made.token, scene) }
        #expect(try await self.list(scene).isEmpty)
        await #expect(throws: NamedError.notFound) {
            try await scene.call(OwnAccount.RevokeToken.self, parameters, from: Scene.alice)
        }
    }

    @Test("it ends at its date, is not listed any more, and is removed")
    func expired() async throws {
        let scene = try Scene()
        let made = try await scene.createToken(["account.read"], from: Scene.alice)
        let other = try await scene.createToken(["account.read"], days: 2, from: Scene.alice)
        scene.pass(86_399)
        #expect(try await self.get(made.token, scene).expires == scene.now + 1)
        scene.pass(1)
        await #expect(throws: NamedError.signInAgain) { try await self.get(made.token, scene) }
        #expect(try await self.list(scene).map(\.id) == [other.id])
        let digests = [made, other].map { TokenValue.digest(of: $0.token) ?? [] }
        #expect(try await scene.store.token(digest: digests[0]) != nil)
        await scene.service.removeEndedSessions()
        #expect(try await scene.store.token(digest: digests[0]) == nil)
        #expect(try await scene.store.token(digest: digests[1]) != nil)
    }

    @Test("its last use is kept within the hour")
    func lastUse() async throws {
        let scene = try Scene()
        let made = try await scene.createToken(["account.read"], from: Scene.alice)
        func lastUsed(after seconds: Int64) async throws -> Int64? {
            scene.pass(seconds)
            _ = try await self.get(made.token, scene)
            await scene.service.background.finished()
            return try await self.list(scene).first?.lastUsed
        }
        #expect(try await lastUsed(after: 10) == Scene.start + 10)
        #expect(try await lastUsed(after: 3599) == Scene.start + 10)
        #expect(try await lastUsed(after: 1) == Scene.start + 3610)
    }

    @Test("a use that is refused is none")
    func refusedUse() async throws {
        let scene = try Scene()
        let made = try await scene.createToken(["account.read"], from: Scene.alice)
        await #expect(throws: NamedError.signInAgain) { try await self.get(made.token, scene, from: Scene.bob) }
        await #expect(throws: Scene.Foreign.permissionDenied) {
            try await scene.call(
                OwnAccount.RevokeSessions.self,
                RevokeSessionsParameters(session: made.token),
                from: Scene.alice
            )
        }
        await scene.service.background.finished()
        #expect(try await self.list(scene).first?.lastUsed == nil)
    }

    @Test("it ends when its account expires, or its name is another's")
    func reviewed() async throws {
        let scene = try Scene()
        let made = try await scene.createToken(["account.read"], from: Scene.alice)
        for user in [FakeHost.User(uid: 1000, password: "x", account: .expired), .init(uid: 4000, password: "x")] {
            scene.host.state.withLock { $0.users["alice"] = user }
            scene.pass(61)
            for peer in [Scene.alice, Scene.root] {
                await #expect(throws: NamedError.signInAgain) { try await self.get(made.token, scene, from: peer) }
            }
        }
    }

    @Test("one that was made with a code outlives disabling and enabling; changed with the password alone it does not")
    func factorComesAndGoes() async throws {
        let scene = try Scene()
        let secret = try await scene.enrol()
        let session = try await scene.bothFactors(secret)
        let kept = try await scene.createToken(["account.read"], session: session, from: Scene.alice)
        let weakened = try await scene.createToken(["account.read"], session: session, from: Scene.alice)
        _ = try await scene.call(
            OwnAccount.Disable.self,
            SensitiveParameters(session: session, password: .init("correct horse")),
            from: Scene.alice
        )
        #expect(try await self.list(scene).count == 2)
        let known = try await scene.call(
            OwnAccount.RefreshToken.self,
            TokenParameters(id: weakened.id, proof: Self.password),
            from: Scene.alice
        ).token
        _ = try await self.get(known, scene)
        scene.pass(60)
        _ = try await scene.enrol()
        #expect(try await self.get(kept.token, scene).user == "alice")
        await #expect(throws: NamedError.signInAgain) { try await self.get(known, scene) }
    }

    @Test("a token is no password and no code, and trying it counts nothing")
    func neverAFactor() async throws {
        let scene = try Scene()
        let secret = try await scene.enrol()
        let session = try await scene.bothFactors(secret)
        let token = try await scene.createToken(["account.read"], session: session, from: Scene.alice).token
        let checks = scene.host.state.withLock { $0.checks }
        for _ in 1...10 {
            let asPassword = try await scene.signIn("alice", token.text, from: Scene.root, Context.ssh)
            #expect(asPassword.state == .codeRequired)
            await #expect(throws: NamedError.authenticationFailed) {
                try await scene.verify(asPassword.session, .init("123456"), from: Scene.root)
            }
            await #expect(throws: NamedError.authenticationFailed) {
                try await scene.createToken(["account.read"], password: token.text, session: session, from: Scene.alice)
            }
        }
        #expect(scene.host.state.withLock { $0.checks } == checks, "no password was looked at")
        for _ in 1...10 {
            let asCode = try await scene.signIn("alice", "correct horse", from: Scene.root, Context.ssh)
            await #expect(throws: NamedError.authenticationFailed) {
                try await scene.verify(asCode.session, token, from: Scene.root)
            }
            await #expect(throws: NamedError.authenticationFailed) {
                try await scene.createToken(["account.read"], code: token, from: Scene.alice)
            }
        }
        let status = try await scene.call(OwnAccount.GetStatus.self, GetStatusParameters(), from: Scene.alice)
        #expect(status.failedCodes == 0 && status.waitSeconds == nil)
        let right = try await scene.signIn("alice", "correct horse", from: Scene.root, Context.ssh)
        let done = try await scene.verify(right.session, try scene.code(secret, step: 1), from: Scene.root)
        #expect(done.state == .signedIn)
    }
}
