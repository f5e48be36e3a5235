import Testing
import TwinlockAccounts
import TwinlockInterface
import TwinlockStore
import TwinlockVarlink

@testable import TwinlockService

@Suite("an account's sessions")
struct SessionListTests {
    private func list(_ scene: Scene, _ session: SecretText? = nil, from peer: Peer = Scene.alice) async throws
        -> [SessionEntry]
    {
        var entries: [SessionEntry] = []
        var after: String?
        repeat {
            let page = try await scene.call(
                OwnAccount.ListSessions.self,
                ListParameters(session: session, after: after),
                from: peer
            )
            entries += page.sessions
            after = page.next
        } while after != nil
        return entries
    }

    private func session(_ scene: Scene) async throws -> SecretText {
        try #require(try await scene.signIn(nil, "correct horse", from: Scene.alice).session)
    }

    private func isLive(_ session: SecretText, _ scene: Scene) async throws -> Bool {
        do {
            _ = try await scene.call(
                Authentication.GetSession.self,
                SessionParameters(session: session),
                from: Scene.alice
            )
            return true
        } catch NamedError.signInAgain {
            return false
        }
    }

    @Test("the list says of each what its sign-in told, and which one is the caller's")
    func entries() async throws {
        let scene = try Scene()
        let own = try await self.session(scene)
        scene.pass(30)
        let greeter = try await scene.signIn("alice", "correct horse", from: Scene.root) {
            Context.ssh(&$0)
            $0.purpose = .session
            $0.tty = "pts/7"
        }
        _ = try await scene.signIn(nil, "battery staple", from: Scene.bob)
        let entries = try await self.list(scene, own)
        #expect(entries.count == 2)
        let first = try #require(entries.first { $0.current })
        #expect(first.service == "varlink" && first.remoteHost.isEmpty && first.tty.isEmpty)
        #expect(first.factors == [.password] && first.created == Scene.start && first.lastUsed == Scene.start)
        #expect(first.expires == Scene.start + 8 * 3600)
        let second = try #require(entries.first { !$0.current })
        #expect(second.service == "sshd" && second.remoteHost == "192.0.2.7" && second.tty == "pts/7")
        #expect(second.created == Scene.start + 30 && second.expires == greeter.expires)
        #expect(try await self.list(scene).allSatisfy { !$0.current }, "without a session none is current")
        let digest = try #require(SessionValue.digest(of: own))
        #expect(first.id == digest.prefix(16).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())
    }

    @Test("sessions that are over are not listed, and the lifetimes are the policy's")
    func over() async throws {
        let scene = try Scene { $0.sessionLifetimes = SessionLifetimes(idleSeconds: 600, absoluteSeconds: 1000) }
        let old = try await self.session(scene)
        scene.pass(599)
        #expect(try await self.isLive(old, scene))
        let new = try await self.session(scene)
        #expect(try await self.list(scene).count == 2)
        scene.pass(401)
        #expect(try await !self.isLive(old, scene), "it was used, but the absolute end has come")
        let left = try await self.list(scene, new)
        #expect(left.map(\.current) == [true])
        #expect(left.first?.expires == Scene.start + 1599)
        scene.pass(600)
        #expect(try await !self.isLive(new, scene))
        #expect(try await self.list(scene).isEmpty)
    }

    @Test("a long list comes in pages that fit a message, each session once")
    func pages() async throws {
        let scene = try Scene()
        for _ in 1...40 {
            _ = try await scene.signIn("alice", "correct horse", from: Scene.root) {
                $0.service = String(repeating: "\u{1}", count: 64)
                $0.tty = String(repeating: "\u{1}", count: 64)
                $0.remoteHost = String(repeating: "\u{1}", count: 255)
            }
        }
        let entries = try await self.list(scene)
        #expect(entries.count == 40 && Set(entries.map(\.id)).count == 40)
        let page = Frame()
        let frame = Frame()
        Call.encode(method: OwnAccount.ListSessions.name, oneway: false, more: false, into: frame, parameters: nil)
        await scene.service.answer(try Call.decode(frame), from: Scene.alice, replies: .none)
            .encode(continues: false, into: page)
        #expect(page.count > 30_000 && page.count < Limits.messageBytes)
    }

    @Test("one is ended by its id, by its owner alone")
    func revoke() async throws {
        let scene = try Scene()
        let (own, other) = (try await self.session(scene), try await self.session(scene))
        let id = try #require(try await self.list(scene, own).first { !$0.current }?.id)
        for (id, peer) in [
            (id, Scene.bob), ("", Scene.alice), (String(repeating: "0", count: 32), Scene.alice),
            (id.uppercased() + "x", Scene.alice), (String(repeating: "g", count: 32), Scene.alice),
        ] {
            await #expect(throws: NamedError.notFound) {
                try await scene.call(OwnAccount.RevokeSession.self, RevokeSessionParameters(id: id), from: peer)
            }
        }
        #expect(try await self.isLive(other, scene))
        let parameters = RevokeSessionParameters(id: id, session: own)
        _ = try await scene.call(OwnAccount.RevokeSession.self, parameters, from: Scene.alice)
        #expect(try await !self.isLive(other, scene))
        #expect(try await self.isLive(own, scene))
        await #expect(throws: NamedError.notFound) {
            try await scene.call(OwnAccount.RevokeSession.self, parameters, from: Scene.alice)
        }
    }

    @Test("all are ended, or all but the one that is given; tokens stay")
    func revokeAll() async throws {
        let scene = try Scene()
        let token = try await scene.createToken(["account.read"], from: Scene.alice).token
        let own = try await self.session(scene)
        let others = [try await self.session(scene), try await self.session(scene)]
        let bobs = try #require(try await scene.signIn(nil, "battery staple", from: Scene.bob).session)
        let kept = try await scene.call(
            OwnAccount.RevokeSessions.self,
            RevokeSessionsParameters(session: own, exceptThis: true),
            from: Scene.alice
        )
        #expect(kept.count == 2)
        #expect(try await self.isLive(own, scene))
        for other in others { #expect(try await !self.isLive(other, scene)) }
        let all = try await scene.call(
            OwnAccount.RevokeSessions.self,
            RevokeSessionsParameters(session: own),
            from: Scene.alice
        )
        #expect(all.count == 1)
        #expect(try await !self.isLive(own, scene))
        #expect(try await self.isLive(token, scene))
        _ = try await scene.call(Authentication.GetSession.self, SessionParameters(session: bobs), from: Scene.bob)
    }

    @Test("without a session there is none to keep, and a token is none")
    func nothingToKeep() async throws {
        let scene = try Scene()
        let session = try await self.session(scene)
        let token = try await scene.createToken(["account.sessions"], from: Scene.alice).token
        for text in [nil, token] {
            await #expect(throws: Scene.Foreign(name: "org.varlink.service.InvalidParameter")) {
                try await scene.call(
                    OwnAccount.RevokeSessions.self,
                    RevokeSessionsParameters(session: text, exceptThis: true),
                    from: Scene.alice
                )
            }
        }
        #expect(try await self.isLive(session, scene))
        let ended = try await scene.call(
            OwnAccount.RevokeSessions.self,
            RevokeSessionsParameters(session: token),
            from: Scene.alice
        )
        #expect(ended.count == 1)
    }

    @Test("a page begins behind an id and at nothing else", arguments: ["x", "", "0123"])
    func badPage(after: String) async throws {
        let scene = try Scene()
        await #expect(throws: Scene.Foreign(name: "org.varlink.service.InvalidParameter")) {
            try await scene.call(OwnAccount.ListSessions.self, ListParameters(after: after), from: Scene.alice)
        }
    }

    @Test("login programs leave no session behind")
    func logins() async throws {
        let scene = try Scene()
        let secret = try await scene.enrol()
        let login = try await scene.signIn("alice", "correct horse", from: Scene.root, Context.ssh)
        _ = try await scene.verify(login.session, try scene.code(secret), from: Scene.root)
        let own = try await scene.signIn(nil, "correct horse", from: Scene.alice) { $0.purpose = .login }
        _ = try await scene.verify(own.session, try scene.code(secret, step: 1), from: Scene.alice)
        _ = try await scene.signIn("bob", "battery staple", from: Scene.root, Context.ssh)
        for (peer, name) in [(Scene.alice, "alice"), (Scene.bob, "bob")] {
            #expect(try await self.list(scene, from: peer).isEmpty)
            let identity = Identity(name: name, uid: peer.uid)
            #expect(try await scene.store.sessions(of: identity, after: nil, limit: 9).isEmpty)
        }
    }
}
