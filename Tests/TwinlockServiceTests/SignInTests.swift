import Testing
import TwinlockAccounts
import TwinlockInterface
import TwinlockOTP
import TwinlockVarlink

@testable import TwinlockService

@Suite("signing in")
struct SignInTests {
    @Test("password, then code, then a session that is good")
    func wholeFlow() async throws {
        let scene = try Scene()
        let secret = try await scene.enrol()
        let first = try await scene.signIn("alice", "correct horse", from: Scene.alice)
        #expect(first.state == .codeRequired)
        #expect(first.user == "alice")
        let second = try await scene.verify(first.session, try scene.code(secret), from: Scene.alice)
        #expect(second.state == .signedIn)
        #expect(second.factors == [.password, .code])
        #expect(second.secondFactor == nil)
        let session = try await scene.call(
            Authentication.GetSession.self,
            SessionParameters(session: #require(second.session)),
            from: Scene.alice
        )
        #expect(session.user == "alice" && session.uid == 1000 && session.service == "varlink")
        #expect(session.factors == [.password, .code])
    }

    @Test("a login program is given a verdict, and root is told that a code was shown")
    func login() async throws {
        let scene = try Scene()
        let secret = try await scene.enrol()
        let first = try await scene.signIn("alice", "correct horse", from: Scene.root, Context.ssh)
        let second = try await scene.verify(first.session, try scene.code(secret), from: Scene.root)
        #expect(second.state == .signedIn && second.secondFactor == .verified && second.user == "alice")
        #expect(second.session == nil)
    }

    @Test("a user's own login program is told that a code was shown: a screen locker needs no root")
    func ownLogin() async throws {
        let scene = try Scene()
        let secret = try await scene.enrol()
        let first = try await scene.signIn(nil, "correct horse", from: Scene.alice) { $0.purpose = .login }
        let second = try await scene.verify(first.session, try scene.code(secret), from: Scene.alice)
        #expect(second.secondFactor == .verified && second.session == nil)
        let other = try await scene.signIn(nil, "battery staple", from: Scene.bob) { $0.purpose = .login }
        #expect(other.secondFactor == .notEnrolled && other.session == nil)
    }

    @Test("without a second factor the password is enough, and root is told so")
    func notEnrolled() async throws {
        let scene = try Scene()
        let result = try await scene.signIn("bob", "battery staple", from: Scene.root, Context.ssh)
        #expect(result.state == .signedIn && result.secondFactor == .notEnrolled && result.session == nil)
        let program = try await scene.signIn(nil, "battery staple", from: Scene.bob)
        #expect(program.state == .signedIn && program.secondFactor == nil && program.session != nil)
    }

    @Test("without a password one is asked for, the same for every name", arguments: ["alice", "bob", "nobody-here"])
    func passwordRequired(name: String) async throws {
        let scene = try Scene()
        _ = try await scene.enrol()
        let result = try await scene.signIn(name, nil, from: Scene.root, Context.ssh)
        #expect(result.state == .passwordRequired && result.session == nil && result.user == name)
    }

    @Test("whoever fails is answered like one who needs a code, down to the length of the session")
    func sameAnswer() async throws {
        let scene = try Scene()
        _ = try await scene.enrol()
        scene.host.state.withLock { $0.users["old"] = .init(uid: 1002, password: "pw", account: .expired) }
        let right = try await scene.signIn("alice", "correct horse", from: Scene.root, Context.ssh)
        let length = try #require(right.session?.count)
        let failing = [
            ("alice", "wrong"), ("bob", "wrong"), ("nobody-here", "x"), ("old", "pw"), (" alice", "x"), ("", "x"),
        ]
        for (user, password) in failing + [("alice", ""), ("alice", "twl_token")] {
            let result = try await scene.signIn(user, password, from: Scene.root, Context.ssh)
            #expect(result.state == .codeRequired, "\(user)")
            #expect(result.user == user)
            #expect(result.session?.count == length)
            #expect(result.factors == nil && result.secondFactor == nil && result.failedCodes == nil)
            #expect(result.expires == right.expires)
            await #expect(throws: NamedError.authenticationFailed) {
                try await scene.verify(result.session, .init("123456"), from: Scene.root)
            }
        }
    }

    @Test("a name that nobody has is answered no sooner than one that somebody has")
    func samePace() async throws {
        let scene = try Scene()
        _ = try await scene.signIn("nobody-here", "x", from: Scene.root, Context.ssh)
        #expect(scene.pauses == [.zero], "before the first real check nothing is known")
        _ = try await scene.signIn("alice", "wrong", from: Scene.root, Context.ssh)
        #expect(scene.pauses.count == 1, "a real check is not held back")
        _ = try await scene.signIn("nobody-here", "x", from: Scene.root, Context.ssh)
        #expect(scene.pauses.last == .milliseconds(20))
    }

    @Test("the pace has the spread of the host's last checks, and one accident does not stop the sign-ins")
    func pace() {
        var pace = CheckPace()
        #expect(pace.missing(after: .zero) == .zero)
        pace.note(.milliseconds(40))
        #expect(pace.missing(after: .milliseconds(25)) == .milliseconds(15))
        #expect(pace.missing(after: .milliseconds(60)) == .zero)
        for number in 1...2 * CheckPace.remembered { pace.note(.milliseconds(number)) }
        let drawn = (0..<UInt32(CheckPace.remembered)).map { pace.missing(after: .zero, draw: $0) }
        let expected = (CheckPace.remembered + 1...2 * CheckPace.remembered).map { Duration.milliseconds($0) }
        #expect(drawn.sorted() == expected, "each of the last ones alike")
        #expect(pace.missing(after: .zero, draw: .max) == drawn[Int(UInt32.max) % CheckPace.remembered])
        for _ in 1...CheckPace.remembered { pace.note(.seconds(14)) }
        #expect(pace.missing(after: .zero) == CheckPace.longest)
    }

    @Test("an empty password and a token never reach the checker", arguments: ["", "twl_abcdef"])
    func neverChecked(password: String) async throws {
        let scene = try Scene()
        _ = try await scene.signIn("alice", password, from: Scene.root, Context.ssh)
        #expect(scene.host.state.withLock { $0.checks } == 0)
    }

    @Test("a code after a wrong password is not looked at, and not spent")
    func notSpent() async throws {
        let scene = try Scene()
        let secret = try await scene.enrol()
        let wrong = try await scene.signIn("alice", "wrong", from: Scene.root, Context.ssh)
        await #expect(throws: NamedError.authenticationFailed) {
            try await scene.verify(wrong.session, try scene.code(secret), from: Scene.root)
        }
        let right = try await scene.signIn("alice", "correct horse", from: Scene.root, Context.ssh)
        #expect(try await scene.verify(right.session, try scene.code(secret), from: Scene.root).state == .signedIn)
    }

    @Test("a code is accepted once; root's callers are told why, others are not")
    func once() async throws {
        let scene = try Scene()
        let secret = try await scene.enrol()
        for peer in [Scene.root, Scene.alice] {
            let code = try scene.code(secret)
            if peer == Scene.root {
                let first = try await scene.signIn("alice", "correct horse", from: peer)
                _ = try await scene.verify(first.session, code, from: peer)
            }
            let again = try await scene.signIn("alice", "correct horse", from: peer)
            await #expect(throws: peer == Scene.root ? NamedError.codeAlreadyUsed : .authenticationFailed) {
                try await scene.verify(again.session, code, from: peer)
            }
        }
        let status = try await scene.call(OwnAccount.GetStatus.self, GetStatusParameters(), from: Scene.alice)
        #expect(status.failedCodes == 0)
    }

    @Test("eight sign-ins with one code at once: one wins")
    func race() async throws {
        let scene = try Scene()
        let secret = try await scene.enrol()
        var pending: [SecretText?] = []
        for _ in 0..<8 {
            pending.append(try await scene.signIn("alice", "correct horse", from: Scene.root, Context.ssh).session)
        }
        let code = try scene.code(secret)
        let winners = await withTaskGroup(of: Bool.self) { group in
            for session in pending {
                group.addTask { (try? await scene.verify(session, code, from: Scene.root).state) == .signedIn }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(winners == 1)
    }

    @Test(
        "who is refused by the host's rules is refused after the code, and not before",
        arguments: [AccountCheck.expired, .denied, .inactive, .failed]
    )
    func accountRules(check: AccountCheck) async throws {
        let scene = try Scene()
        let secret = try await scene.enrol()
        scene.host.state.withLock { $0.users["alice"]?.account = check }
        let first = try await scene.signIn("alice", "correct horse", from: Scene.root, Context.ssh)
        #expect(first.state == .codeRequired)
        await #expect(throws: NamedError.authenticationFailed) {
            try await scene.verify(first.session, try scene.code(secret), from: Scene.root)
        }
    }

    @Test("a password that must be changed lets a login program in, and is an error for a program")
    func passwordExpired() async throws {
        let scene = try Scene()
        let secret = try await scene.enrol()
        scene.host.state.withLock { $0.users["alice"]?.account = .passwordMustBeChanged }
        let login = try await scene.signIn("alice", "correct horse", from: Scene.root, Context.ssh)
        #expect(try await scene.verify(login.session, try scene.code(secret), from: Scene.root).state == .signedIn)
        let program = try await scene.signIn("alice", "correct horse", from: Scene.alice)
        #expect(program.state == .codeRequired)
        await #expect(throws: NamedError.passwordExpired) {
            try await scene.verify(program.session, try scene.code(secret, step: 1), from: Scene.alice)
        }
    }

    @Test(
        "a checker that fails costs the sign-in an error",
        arguments: [CheckFailure.busy, .timeout, .broken, .unreachable(errno: 2)]
    )
    func checkerFails(failure: CheckFailure) async throws {
        let scene = try Scene()
        scene.host.state.withLock { $0.failure = failure }
        await #expect(throws: NamedError.unavailable) {
            try await scene.signIn("alice", "correct horse", from: Scene.root, Context.ssh)
        }
    }

    @Test("where the result is not hidden, a wrong password is refused at once")
    func notHidden() async throws {
        let scene = try Scene(hidesPasswordResult: false)
        await #expect(throws: NamedError.authenticationFailed) {
            try await scene.signIn("alice", "wrong", from: Scene.root, Context.ssh)
        }
    }

    @Test("what root's login program has checked counts as the first factor, and what anyone else claims does not")
    func passedFactors() async throws {
        let scene = try Scene()
        let secret = try await scene.enrol()
        let key = try await scene.signIn("alice", nil, from: Scene.root) {
            $0.byKey()
            $0.purpose = .login
        }
        let done = try await scene.verify(key.session, try scene.code(secret), from: Scene.root)
        #expect(done.factors == [.publickey, .code])
        let claimed = try await scene.signIn("alice", nil, from: Scene.alice) { $0.passed = [.password, .code] }
        #expect(claimed.state == .passwordRequired)
        let unknown = try await scene.signIn("nobody-here", nil, from: Scene.root) { $0.passed = [.password] }
        #expect(unknown.state == .codeRequired)
    }
}

@Suite("pending sign-ins")
struct PendingTests {
    @Test("one is good for its own uid alone, and for two minutes")
    func bounds() async throws {
        let scene = try Scene()
        let secret = try await scene.enrol()
        let first = try await scene.signIn("alice", "correct horse", from: Scene.root, Context.ssh)
        await #expect(throws: NamedError.signInAgain) {
            try await scene.verify(first.session, try scene.code(secret), from: Scene.alice)
        }
        scene.pass(120)
        await #expect(throws: NamedError.signInAgain) {
            try await scene.verify(first.session, try scene.code(secret), from: Scene.root)
        }
    }

    @Test("five codes are taken for one, for a pretended one too", arguments: ["correct horse", "wrong"])
    func tries(password: String) async throws {
        let scene = try Scene()
        _ = try await scene.enrol()
        let first = try await scene.signIn("alice", password, from: Scene.root, Context.ssh)
        for _ in 1...5 {
            await #expect(throws: (any Error).self) {
                try await scene.verify(first.session, .init("000000x"), from: Scene.root)
            }
        }
        await #expect(throws: NamedError.signInAgain) {
            try await scene.verify(first.session, .init("000000x"), from: Scene.root)
        }
    }

    @Test("it is spent by success and by signing out")
    func spent() async throws {
        let scene = try Scene()
        let secret = try await scene.enrol()
        let first = try await scene.signIn("alice", "correct horse", from: Scene.alice)
        _ = try await scene.verify(first.session, try scene.code(secret), from: Scene.alice)
        await #expect(throws: NamedError.signInAgain) {
            try await scene.verify(first.session, try scene.code(secret, step: 1), from: Scene.alice)
        }
        let second = try await scene.signIn("alice", "correct horse", from: Scene.alice)
        _ = try await scene.call(
            Authentication.SignOut.self,
            SessionParameters(session: #require(second.session)),
            from: Scene.alice
        )
        await #expect(throws: NamedError.signInAgain) {
            try await scene.verify(second.session, try scene.code(secret, step: 1), from: Scene.alice)
        }
    }

    @Test("it is good for Verify2FACode and for no other method")
    func goodForNothingElse() async throws {
        let scene = try Scene()
        _ = try await scene.enrol()
        let session = try #require(try await scene.signIn("alice", "correct horse", from: Scene.alice).session)
        await #expect(throws: NamedError.signInAgain) {
            try await scene.call(Authentication.GetSession.self, SessionParameters(session: session), from: Scene.alice)
        }
        await #expect(throws: NamedError.signInAgain) {
            try await scene.call(OwnAccount.GetStatus.self, GetStatusParameters(session: session), from: Scene.alice)
        }
        let sensitive = SensitiveParameters(session: session, password: .init("correct horse"))
        await #expect(throws: NamedError.signInAgain) {
            try await scene.call(OwnAccount.BeginSetUp.self, sensitive, from: Scene.alice)
        }
        await #expect(throws: NamedError.signInAgain) {
            try await scene.call(OwnAccount.Disable.self, sensitive, from: Scene.alice)
        }
        await #expect(throws: NamedError.signInAgain) {
            try await scene.call(
                OwnAccount.ConfirmSetUp.self,
                ConfirmSetUpParameters(session: session, code: .init("123456")),
                from: Scene.alice
            )
        }
    }

    @Test("a change of factor ends it")
    func factorChanged() async throws {
        let scene = try Scene()
        let secret = try await scene.enrol()
        let pending = try await scene.signIn("alice", "correct horse", from: Scene.root, Context.ssh)
        _ = try await scene.call(
            OwnAccount.Disable.self,
            SensitiveParameters(password: .init("correct horse"), code: try scene.code(secret)),
            from: Scene.alice
        )
        await #expect(throws: NamedError.signInAgain) {
            try await scene.verify(pending.session, try scene.code(secret, step: 1), from: Scene.root)
        }
    }

    @Test("its text tells nothing, and a changed one is refused")
    func tampered() async throws {
        let scene = try Scene()
        _ = try await scene.enrol()
        let text = try #require(try await scene.signIn("alice", "correct horse", from: Scene.root, Context.ssh).session)
            .text
        #expect(!text.contains("alice"))
        for index in stride(from: 4, to: text.count, by: 97) {
            var changed = Array(text)
            changed[index] = changed[index] == "A" ? "B" : "A"
            await #expect(throws: NamedError.signInAgain) {
                try await scene.verify(.init(String(changed)), .init("123456"), from: Scene.root)
            }
        }
    }

    private static let long = String(repeating: "ż", count: 128)
    private static let grounds: [PendingSignIn.Ground] = [
        .genuine(Identity(name: Self.long, uid: .max), generation: .max, .passwordMustBeChanged, nil),
        .genuine(Identity(name: Self.long, uid: .max), generation: .max, .usable, .unreadable),
        .genuine(
            Identity(name: Self.long, uid: .max),
            generation: .max,
            .usable,
            .field(digest: Array(0..<32), isUsable: true)
        ),
        .genuine(
            Identity(name: Self.long, uid: .max),
            generation: .max,
            .usable,
            .field(digest: Array(32..<64), isUsable: false)
        ),
        .pretended(Identity(name: Self.long, uid: .max)), .pretended(nil),
    ]

    @Test("every field comes back as it was written", arguments: grounds, [nil, 3])
    func encoding(ground: PendingSignIn.Ground, realUid: UInt32?) {
        let origin = SignInOrigin(
            peerUid: 7,
            service: String(repeating: "s", count: 64),
            tty: String(repeating: "t", count: 64),
            remoteHost: String(repeating: "h", count: 255),
            realUid: realUid,
            purpose: .login,
            passed: [.publickey, .password]
        )
        let pending = PendingSignIn(
            id: .max - 1,
            begun: UnixSeconds(-1),
            givenName: Self.long,
            origin: origin,
            factors: [.password],
            ground: ground
        )
        #expect(PendingSignIn(encoded: pending.encoded()) == pending)
        #expect(pending.encoded().count == PendingSignIn.encodedBytes)
    }
}
