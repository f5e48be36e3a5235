import Testing
import TwinlockAccounts
import TwinlockInterface
import TwinlockOTP
import TwinlockStore
import TwinlockVarlink

@testable import TwinlockService

@Suite("who may call what")
struct CallerTests {
    @Test("a uid signs itself in and nobody else; root anybody")
    func signIn() async throws {
        let scene = try Scene()
        for name in ["bob", "root", "nobody-here", "ALICE"] {
            await #expect(throws: Scene.Foreign.permissionDenied) {
                try await scene.signIn(name, "x", from: Scene.alice)
            }
        }
        #expect(scene.host.state.withLock { $0.checks } == 0, "no password was looked at")
        #expect(try await scene.signIn(nil, "toor toor", from: Scene.root).user == "root")
    }

    @Test("a session is its owner's, its maker's and root's; for anyone else it does not exist")
    func sessions() async throws {
        let scene = try Scene()
        let session = try #require(try await scene.signIn(nil, "correct horse", from: Scene.alice).session)
        let parameters = SessionParameters(session: session)
        #expect(try await scene.call(Authentication.GetSession.self, parameters, from: Scene.root).user == "alice")
        await #expect(throws: NamedError.signInAgain) {
            try await scene.call(Authentication.GetSession.self, parameters, from: Scene.bob)
        }
        _ = try await scene.call(Authentication.SignOut.self, parameters, from: Scene.bob)
        #expect(try await scene.call(Authentication.GetSession.self, parameters, from: Scene.alice).user == "alice")
        _ = try await scene.call(Authentication.SignOut.self, parameters, from: Scene.alice)
        await #expect(throws: NamedError.signInAgain) {
            try await scene.call(Authentication.GetSession.self, parameters, from: Scene.alice)
        }
    }

    @Test("sessions that are over are removed, and no others")
    func tidied() async throws {
        let scene = try Scene()
        let old = try #require(try await scene.signIn(nil, "correct horse", from: Scene.alice).session)
        scene.pass(Int64(SessionLifetimes.standard.idleSeconds))
        let new = try #require(try await scene.signIn(nil, "correct horse", from: Scene.alice).session)
        await scene.service.removeEndedSessions()
        #expect(try await scene.store.session(digest: #require(SessionValue.digest(of: old))) == nil)
        #expect(try await scene.store.session(digest: #require(SessionValue.digest(of: new))) != nil)
    }

    @Test("a session ends when its account expires, or its name is another's")
    func reviewed() async throws {
        let scene = try Scene()
        let session = try #require(try await scene.signIn(nil, "correct horse", from: Scene.alice).session)
        for user in [FakeHost.User(uid: 1000, password: "x", account: .expired), .init(uid: 4000, password: "x")] {
            scene.host.state.withLock { $0.users["alice"] = user }
            scene.pass(61)
            await #expect(throws: NamedError.signInAgain) {
                try await scene.call(
                    Authentication.GetSession.self,
                    SessionParameters(session: session),
                    from: Scene.alice
                )
            }
        }
    }

    @Test("the overflow uid stands for many users and may act for none", arguments: [65534, UInt32.max])
    func overflow(uid: UInt32) async throws {
        let scene = try Scene()
        let peer = Peer(uid: uid, gid: uid, groups: [], pid: 0)
        await #expect(throws: Scene.Foreign.permissionDenied) { try await scene.signIn(nil, "x", from: peer) }
    }

    @Test("a daemon of one user serves that user and root")
    func oneUser() async throws {
        let scene = try Scene(servedUid: 1000)
        await #expect(throws: Scene.Foreign.permissionDenied) { try await scene.signIn(nil, "x", from: Scene.bob) }
        #expect(try await scene.signIn(nil, "correct horse", from: Scene.alice).state == .signedIn)
    }

    @Test("a listed service signs others in for a session, by uid or by group, and no login program in")
    func services() async throws {
        let scene = try Scene()
        let byGroup = Peer(uid: 1001, gid: 1001, groups: [70], pid: 6)
        for service in [Scene.panel, byGroup] {
            let signedIn = try await scene.signIn("alice", "correct horse", from: service) { $0.service = "panel" }
            #expect(signedIn.state == .signedIn && signedIn.user == "alice")
            #expect(signedIn.secondFactor == nil, "whether there is a second factor is told to root and to oneself")
            let session = SessionParameters(session: try #require(signedIn.session))
            #expect(try await scene.call(Authentication.GetSession.self, session, from: service).service == "panel")
        }
        for name in ["alice", "root"] {
            await #expect(throws: Scene.Foreign.permissionDenied) {
                try await scene.signIn(name, "correct horse", from: Scene.panel) { $0.purpose = .login }
            }
        }
        #expect(try await scene.signIn(nil, "panel panel", from: Scene.panel).user == "panel")
    }

    @Test("a listed service may use a session that somebody handed it")
    func handedOver() async throws {
        let scene = try Scene()
        let session = try #require(try await scene.signIn(nil, "correct horse", from: Scene.alice).session)
        let parameters = SessionParameters(session: session)
        #expect(try await scene.call(Authentication.GetSession.self, parameters, from: Scene.panel).user == "alice")
    }

    @Test("what is administration's is root's and the group's; others are told nothing")
    func administrators() async throws {
        let scene = try Scene()
        for peer in [Scene.alice, Scene.bob, Scene.panel] {
            await #expect(throws: Scene.Foreign.permissionDenied) {
                try await scene.call(Administration.GetHealth.self, AdministratorParameters(), from: peer)
            }
            await #expect(throws: Scene.Foreign.permissionDenied) {
                try await scene.call(Administration.ListAccounts.self, ListAccountsParameters(), from: peer)
            }
        }
        for peer in [Scene.root, Scene.administrator] {
            _ = try await scene.call(Administration.GetHealth.self, AdministratorParameters(), from: peer)
            _ = try await scene.call(Administration.ListAccounts.self, ListAccountsParameters(), from: peer)
        }
    }

    @Test("every method of the interface texts is in the table, and no other")
    func table() throws {
        let declared = InterfaceText.all.flatMap { interface, text in
            text.split(separator: "\n").filter { $0.hasPrefix("method ") }.map { line in
                "\(interface).\(line.dropFirst("method ".count).prefix { $0 != "(" })"
            }
        }
        #expect(declared.sorted() == TwinlockService.methods.map(\.name).sorted())
        #expect(Set(declared).count == declared.count)
    }

    @Test("a context is believed from root, from a service all but factors; for others the service is varlink")
    func context() {
        var context = Context()
        Context.ssh(&context)
        context.tty = "ssh"
        context.passed = [.password, .code]
        let program = SignInOrigin(context, peer: Scene.alice, standing: .user, hasPassword: true)
        #expect(program.service == "varlink" && program.tty.isEmpty && program.remoteHost.isEmpty)
        #expect(program.realUid == nil && program.passed.isEmpty && !program.isCodeAlone)
        let locker = SignInOrigin(context, peer: Scene.alice, standing: .user, hasPassword: false)
        #expect(locker.isCodeAlone && locker.service == "varlink")
        let panel = SignInOrigin(context, peer: Scene.panel, standing: .service, hasPassword: false)
        #expect(panel.service == "sshd" && panel.tty == "ssh" && panel.remoteHost == "192.0.2.7")
        #expect(!panel.isCodeAlone && panel.passed.isEmpty, "what has been shown a service never says")
        let login = SignInOrigin(context, peer: Scene.root, standing: .root, hasPassword: false)
        #expect(login.service == "sshd" && login.tty == "ssh" && login.remoteHost == "192.0.2.7")
        #expect(!login.isCodeAlone)
        #expect(login.passed == [.password], "a code is never a factor that somebody else has checked")
    }

    @Test(
        "unknown, missing, mistyped and over-long parameters are named",
        arguments: [
            ("SignIn", "{\"usr\":\"a\"}", "usr"), ("SignIn", "{\"user\":1}", "user"),
            ("SignIn", "{\"context\":{\"servce\":\"x\"}}", "context.servce"),
            ("SignIn", "{\"context\":{\"purpose\":\"fun\"}}", "context.purpose"),
            ("SignIn", "{\"context\":{\"passed\":[\"a\"]}}", "context.passed"),
            ("Verify2FACode", "{\"code\":\"1\"}", "session"), ("Verify2FACode", "{\"session\":\"s\"}", "code"),
            ("SignIn", "{\"password\":\"\(String(repeating: "x", count: 513))\"}", "password"),
            ("GetSession", "{\"session\":null}", "session"),
            ("GetNotice", "{\"user\":1}", "user"), ("GetNotice", "{\"remaining\":\"yes\"}", "remaining"),
        ]
    )
    func parameters(method: String, parameters: String, field: String) async throws {
        let scene = try Scene()
        let frame = Frame()
        let text = "{\"method\":\"org.twinlock.Authentication.\(method)\",\"parameters\":\(parameters)}"
        Array(text.utf8).withUnsafeBytes { frame.append($0) }
        let answer = Frame()
        let call = try Call.decode(frame)
        await scene.service.answer(call, from: Scene.alice, replies: .none).encode(continues: false, into: answer)
        let reply = try JSONValue.parse(answer)
        #expect(reply["error"]?.string == "org.varlink.service.InvalidParameter")
        #expect(reply["parameters"]?["parameter"]?.string == field)
    }
}
