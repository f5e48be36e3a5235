import Testing
import TwinlockAccounts

@Suite("password fields then and now")
struct PasswordChangeTests {
    private static func field(_ number: UInt8, usable isUsable: Bool) -> PasswordMark {
        .field(digest: [UInt8](repeating: number, count: 32), isUsable: isUsable)
    }

    static let cases: [(then: PasswordMark, now: PasswordMark?, change: PasswordChange)] = [
        (field(1, usable: true), field(1, usable: true), .none),
        (field(1, usable: true), field(2, usable: true), .changed),
        (field(1, usable: true), field(2, usable: false), .locked),
        // The same digest of another kind cannot be; were it there, it would be no open door.
        (field(1, usable: true), field(1, usable: false), .locked),
        (field(1, usable: false), field(1, usable: false), .none),
        (field(1, usable: false), field(2, usable: false), .changed),
        (field(1, usable: false), field(2, usable: true), .changed),
        (field(1, usable: true), .unreadable, .unknown),
        (field(1, usable: false), .unreadable, .unknown),
        (.unreadable, .unreadable, .none),
        (.unreadable, field(1, usable: true), .changed),
        (.unreadable, field(1, usable: false), .locked),
        (field(1, usable: true), nil, .unknown),
        (field(1, usable: false), nil, .unknown),
        (.unreadable, nil, .unknown),
    ]

    @Test("each pair is told for what it is", arguments: cases)
    func pairs(then: PasswordMark, now: PasswordMark?, change: PasswordChange) {
        #expect(PasswordChange(from: then, to: now) == change)
    }
}

@Suite("tokens")
struct TokenTests {
    private func token(lastUsed: Int64? = nil) -> Token {
        Token(
            id: "0123456789abcdef",
            digest: [],
            identity: Identity(name: "alice", uid: 1000),
            maker: 33,
            description: "x",
            groups: ["account.read"],
            showsCode: true,
            mark: .unreadable,
            created: UnixSeconds(1000),
            expires: UnixSeconds(2000),
            lastUsed: lastUsed.map(UnixSeconds.init)
        )
    }

    @Test("one lives from its making to its date, and before it was made the clock was set back")
    func lives() {
        #expect(!self.token().isLive(at: UnixSeconds(999)))
        #expect(self.token().isLive(at: UnixSeconds(1000)))
        #expect(self.token().isLive(at: UnixSeconds(1999)))
        #expect(!self.token().isLive(at: UnixSeconds(2000)))
    }

    @Test("a use is worth writing once an hour")
    func uses() {
        #expect(self.token().isUseWorthWriting(at: UnixSeconds(1000)))
        #expect(!self.token(lastUsed: 1000).isUseWorthWriting(at: UnixSeconds(4599)))
        #expect(self.token(lastUsed: 1000).isUseWorthWriting(at: UnixSeconds(4600)))
        #expect(!self.token(lastUsed: 1000).isUseWorthWriting(at: UnixSeconds(500)))
    }

    @Test("one belongs to its own uid and to its maker")
    func belongs() {
        #expect(self.token().belongs(to: 1000) && self.token().belongs(to: 33))
        #expect(!self.token().belongs(to: 1001) && !self.token().belongs(to: 0))
    }
}

@Suite("what a token may be")
struct TokenPolicyTests {
    private var policy: TokenPolicy {
        var policy = TokenPolicy()
        policy.maximumDays = 2
        policy.declaredGroups = ["panel.deploy"]
        return policy
    }

    @Test(
        "a description has 1 to 128 bytes and no control character",
        arguments: [
            ("back-up", true), ("", false), (String(repeating: "x", count: 128), true),
            (String(repeating: "x", count: 129), false), (String(repeating: "ż", count: 65), false),
            ("a\nb", false), ("a\u{7f}", false), ("\u{1b}[31m", false), ("a\u{85}b", false), ("Jörg's", true),
        ]
    )
    func descriptions(text: String, isAccepted: Bool) {
        #expect(self.policy.accepts(description: text) == isAccepted)
    }

    @Test("it ends in the future, and at most so many days ahead")
    func dates() {
        let now = UnixSeconds(1_000_000)
        let farthest = now.value + 2 * 86_400
        for (expires, isAccepted) in [
            (now.value, false), (now.value + 1, true), (farthest, true), (farthest + 1, false), (.max, false),
            (.min, false), (0, false),
        ] {
            #expect(self.policy.accepts(expires: expires, at: now) == isAccepted, "\(expires)")
        }
    }

    @Test("groups are those that are known or declared, one or more, sorted, each once")
    func groups() {
        #expect(
            self.policy.normalized(["panel.deploy", "account.read", "panel.deploy"]) == [
                "account.read", "panel.deploy",
            ]
        )
        #expect(self.policy.normalized(TokenGroup.allCases.map(\.rawValue).reversed())?.count == 4)
        for names in [[], ["panel.read"], ["account.read", "panel.read"], ["account.write"], ["account.read "], [""]] {
            #expect(self.policy.normalized(names) == nil, "\(names)")
        }
    }

    @Test("a group whose declaration has gone opens nothing any more")
    func undeclared() {
        #expect(TokenPolicy().known(["account.read", "panel.deploy"]) == ["account.read"])
    }
}
