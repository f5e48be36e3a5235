import Testing
import TwinlockAccounts
import TwinlockOTP

private let identity = Identity(name: "alice", uid: 1000)
private let credential = Credential(
    secret: SealedSecret(sealed: [1], algorithm: .sha1, digits: 6, timeStep: 30),
    lastStep: nil,
    confirmedAt: UnixSeconds(0)
)
private let enrolled = Account(
    id: 1,
    identity: identity,
    generation: 3,
    credential: credential,
    setUp: nil,
    throttle: Throttle()
)

@Suite("what follows a first factor")
struct SignInRuleTests {
    @Test("without one a password is asked for", arguments: [Purpose.login, .session], [true, false])
    func absent(purpose: Purpose, hides: Bool) {
        #expect(
            SignInRule.next(after: .absent, purpose: purpose, demands: SignInDemands(hidesPasswordResult: hides))
                == .askPassword
        )
    }

    @Test("whoever must not get in is asked for a code like one who may", arguments: [Purpose.login, .session])
    func hidden(purpose: Purpose) {
        var failures: [FirstFactor] = [.failed, .shown(.usable, .parted), .shown(.passwordMustBeChanged, .parted)]
        for check in AccountCheck.allCases where !check.admits {
            failures.append(.shown(check, .none(nil)))
            failures.append(.shown(check, .parted))
        }
        for first in failures {
            #expect(
                SignInRule.next(after: first, purpose: purpose, demands: SignInDemands(hidesPasswordResult: true))
                    == .pretend
            )
            #expect(
                SignInRule.next(after: first, purpose: purpose, demands: SignInDemands(hidesPasswordResult: false))
                    == .refuse
            )
        }
    }

    @Test(
        "who is enrolled is asked for a code, whatever the host says about the account",
        arguments: AccountCheck.allCases
    )
    func enrolledIsAsked(check: AccountCheck) {
        let first = FirstFactor.shown(check, .active(enrolled, credential))
        for purpose in [Purpose.login, .session] {
            for hides in [true, false] {
                let step = SignInRule.next(
                    after: first,
                    purpose: purpose,
                    demands: SignInDemands(hidesPasswordResult: hides)
                )
                #expect(step == .askCode(enrolled))
            }
        }
    }

    @Test("who has no second factor is let in, and told of an old password only where no login program sees to it")
    func notEnrolled() {
        func next(_ check: AccountCheck, _ purpose: Purpose) -> SignInStep {
            SignInRule.next(
                after: .shown(check, .none(nil)),
                purpose: purpose,
                demands: SignInDemands(hidesPasswordResult: true)
            )
        }
        #expect(next(.usable, .login) == .admit)
        #expect(next(.usable, .session) == .admit)
        #expect(next(.passwordMustBeChanged, .login) == .admit)
        #expect(next(.passwordMustBeChanged, .session) == .passwordExpired)
    }
}

@Suite("an account is a name and a uid together")
struct EnrolmentTests {
    private func account(_ name: String, _ uid: UInt32, enrolled: Bool) -> Account {
        Account(
            id: 1,
            identity: Identity(name: name, uid: uid),
            generation: 1,
            credential: enrolled ? credential : nil,
            setUp: nil,
            throttle: Throttle()
        )
    }

    @Test("a name with another uid, or a uid with another name, has parted and is never `not enrolled`")
    func parted() {
        let renamed = self.account("alicia", 1000, enrolled: true)
        let remade = self.account("alice", 2000, enrolled: true)
        let own = self.account("alice", 1000, enrolled: true)
        #expect(Enrolment(of: identity, among: [renamed]) == .parted)
        #expect(Enrolment(of: identity, among: [remade]) == .parted)
        #expect(Enrolment(of: identity, among: [own, renamed]) == .parted)
        #expect(Enrolment(of: identity, among: [own]) == .active(own, credential))
    }

    @Test("names that only look alike are two")
    func lookAlike() {
        let composed = self.account("caf\u{e9}", 1000, enrolled: true)
        let decomposed = Identity(name: "cafe\u{301}", uid: 1000)
        #expect(composed.identity != decomposed)
        #expect(Enrolment(of: decomposed, among: [composed]) == .parted)
        #expect(FailureSource(key: "caf\u{e9}") != FailureSource(key: "cafe\u{301}"))
    }

    @Test("an account without a factor stands in nobody's way")
    func withoutFactor() {
        let stale = self.account("alicia", 1000, enrolled: false)
        let own = self.account("alice", 1000, enrolled: false)
        #expect(Enrolment(of: identity, among: []) == .none(nil))
        #expect(Enrolment(of: identity, among: [stale]) == .none(nil))
        #expect(Enrolment(of: identity, among: [own]) == .none(own))
    }
}

@Suite("user names")
struct UserNameTests {
    @Test(
        "names of real people are plausible",
        arguments: ["alice", "a", "ms-32_b.c", "user name", "żółw", "DOM\\user"]
    )
    func plausible(name: String) {
        #expect(UserName.isPlausible(name))
    }

    @Test(
        "a leading space, a control character and an endless name are not",
        arguments: ["", " alice", "alice ", "\talice", "al\nice", "alice\u{7f}", "\u{85}", "a\u{0}", "\u{2003}alice"]
    )
    func implausible(name: String) {
        #expect(!UserName.isPlausible(name))
    }

    @Test("256 bytes are the limit")
    func length() {
        #expect(UserName.isPlausible(String(repeating: "a", count: 256)))
        #expect(!UserName.isPlausible(String(repeating: "a", count: 257)))
        #expect(!UserName.isPlausible(String(repeating: "ż", count: 129)))
    }
}

@Suite("sessions")
struct SessionTests {
    private func session(factors: [Factor], lastUsed: Int64 = 1000) -> Session {
        Session(
            digest: [],
            identity: identity,
            maker: 33,
            factors: factors,
            service: "varlink",
            remoteHost: "",
            mark: .unreadable,
            created: UnixSeconds(1000),
            lastUsed: UnixSeconds(lastUsed)
        )
    }

    @Test("an unused one ends after eight hours, any one after a day")
    func ends() {
        let unused = self.session(factors: [.password])
        #expect(unused.isLive(at: UnixSeconds(1000 + 8 * 3600 - 1), .standard))
        #expect(!unused.isLive(at: UnixSeconds(1000 + 8 * 3600), .standard))
        let used = self.session(factors: [.password], lastUsed: 1000 + 23 * 3600)
        #expect(used.isLive(at: UnixSeconds(1000 + 24 * 3600 - 1), .standard))
        #expect(!used.isLive(at: UnixSeconds(1000 + 24 * 3600), .standard))
    }

    @Test("the lifetimes in force count, whichever ends first")
    func lifetimes() {
        let session = self.session(factors: [.password], lastUsed: 1500)
        #expect(session.expires(SessionLifetimes(idleSeconds: 400, absoluteSeconds: 1000)) == UnixSeconds(1900))
        #expect(session.expires(SessionLifetimes(idleSeconds: 600, absoluteSeconds: 1000)) == UnixSeconds(2000))
    }

    @Test("before it was made it is refused: the clock was set back")
    func clockSetBack() {
        #expect(!self.session(factors: [.password]).isLive(at: UnixSeconds(999), .standard))
        #expect(!self.session(factors: [.password, .code]).isFresh(at: UnixSeconds(999)))
    }

    @Test("it is fresh for ten minutes, with both factors")
    func fresh() {
        #expect(self.session(factors: [.password, .code]).isFresh(at: UnixSeconds(1600)))
        #expect(!self.session(factors: [.password, .code]).isFresh(at: UnixSeconds(1601)))
        #expect(!self.session(factors: [.password]).isFresh(at: UnixSeconds(1000)))
        #expect(!self.session(factors: [.code]).isFresh(at: UnixSeconds(1000)))
    }

    @Test("it belongs to its own uid and to its maker")
    func belongs() {
        let session = self.session(factors: [.password])
        #expect(session.belongs(to: 1000))
        #expect(session.belongs(to: 33))
        #expect(!session.belongs(to: 1001))
        #expect(!session.belongs(to: 0))
    }
}

@Suite("set-ups")
struct SetUpTests {
    @Test("one is open for fifteen minutes and ten wrong codes")
    func open() {
        func setUp(failures: Int) -> SetUp {
            SetUp(secret: credential.secret, begunAt: UnixSeconds(1000), failures: failures)
        }
        #expect(setUp(failures: 0).isOpen(at: UnixSeconds(1000)))
        #expect(setUp(failures: 9).isOpen(at: UnixSeconds(1899)))
        #expect(!setUp(failures: 9).isOpen(at: UnixSeconds(1900)))
        #expect(!setUp(failures: 10).isOpen(at: UnixSeconds(1000)))
        #expect(!setUp(failures: 0).isOpen(at: UnixSeconds(999)))
    }
}
