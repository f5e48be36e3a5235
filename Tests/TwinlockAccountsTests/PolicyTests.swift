import Testing
import TwinlockAccounts

private let now = UnixSeconds(1_800_000_000)

private func rule(_ name: String = "r", _ change: (inout PolicyRule) -> Void) -> PolicyRule {
    var rule = PolicyRule(name: name)
    change(&rule)
    return rule
}

private func sign(
    _ user: String = "alice",
    groups: [UInt32]? = [1000, 50],
    service: String = "sshd",
    from host: String = "192.0.2.7"
) -> SignInCircumstances {
    SignInCircumstances(user: user, groups: groups, service: service, remoteHost: host)
}

@Suite("networks")
struct NetworkTests {
    @Test(
        "an address is in a network or not",
        arguments: [
            ("192.0.2.0/24", "192.0.2.255", true), ("192.0.2.0/24", "192.0.3.0", false),
            ("192.0.2.7", "192.0.2.7", true), ("192.0.2.7", "192.0.2.8", false), ("0.0.0.0/0", "203.0.113.9", true),
            ("0.0.0.0/0", "2001:db8::1", false), ("2001:db8::/32", "2001:db8:ffff::1", true),
            ("2001:db8::/32", "2001:db9::1", false), ("10.128.0.0/9", "10.255.0.1", true),
            ("10.128.0.0/9", "10.127.0.1", false), ("192.0.2.0/24", "::ffff:192.0.2.9", true),
            ("fe80::/10", "fe80::1%eth0", true), ("::/0", "2001:db8::1", true), ("local", "", true),
            ("192.0.2.0/24", "", false), ("local", "192.0.2.7", false), ("local", "host.example", false),
        ]
    )
    func contains(network: String, host: String, expected: Bool) throws {
        #expect(try #require(Network(network)).contains(host) == expected)
    }

    @Test("of a name nobody knows whether it is", arguments: ["host.example", "192.0.2", "192.0.2.7 ", "0x7f.1"])
    func names(host: String) throws {
        #expect(try #require(Network("192.0.2.0/24")).contains(host) == nil)
    }

    @Test(
        "what is no network, or has bits behind its mask, is none",
        arguments: [
            "", "x", "192.0.2.0/33", "192.0.2.1/24", "192.0.2.0/", "192.0.2.0/024", "192.0.2.0/-1", "2001:db8::/129",
            "host.example", "192.0.2.0/24/8", "Local",
        ]
    )
    func invalid(text: String) {
        #expect(Network(text) == nil)
    }
}

@Suite("policy")
struct PolicyTests {
    @Test("without rules the defaults hold: optional, a key at sshd alone, hidden, no set-up")
    func defaults() {
        let policy = SignInPolicy()
        #expect(policy.demands(of: sign(), at: now) == SignInDemands(firstFactors: [.password, .publickey]))
        #expect(policy.demands(of: sign(service: "sudo"), at: now) == SignInDemands())
    }

    @Test("a rule is for those of whom every condition holds")
    func conditions() {
        let one = rule {
            $0.services = ["sshd", "login"]
            $0.groups = [50]
            $0.exceptUsers = ["backup"]
            $0.exceptGroups = [60]
            $0.networks = [Network("192.0.2.0/24"), .local].compactMap(\.self)
        }
        #expect(one.matches(sign()) == .yes)
        #expect(one.matches(sign(from: "")) == .yes)
        #expect(one.matches(sign(service: "sudo")) == .no)
        #expect(one.matches(sign(groups: [1000])) == .no)
        #expect(one.matches(sign(groups: [50, 60])) == .no)
        #expect(one.matches(sign("backup")) == .no)
        #expect(one.matches(sign(from: "198.51.100.1")) == .no)
        #expect(one.matches(sign(groups: nil)) == .unknown)
        #expect(one.matches(sign(from: "host.example")) == .unknown)
        #expect(one.matches(sign("backup", groups: nil)) == .no, "one that fails is enough")
        let named = rule { $0.users = ["alice"] }
        #expect(named.matches(sign()) == .yes)
        #expect(named.matches(sign("Alice")) == .no)
        #expect(named.matches(sign("al\u{131}ce")) == .no)
    }

    @Test("the strictest of the rules that match decides, and the defaults only where none says anything")
    func strictest() {
        var policy = SignInPolicy()
        policy.secondFactor = .required
        policy.rules = [
            rule { $0.secondFactor = .off },
            rule {
                $0.groups = [50]
                $0.secondFactor = .optional
            },
        ]
        #expect(policy.demands(of: sign(groups: [1]), at: now).secondFactor == .off)
        #expect(policy.demands(of: sign(), at: now).secondFactor == .optional)
        policy.rules.append(
            rule {
                $0.services = ["sudo"]
                $0.secondFactor = .required
            }
        )
        #expect(policy.demands(of: sign(), at: now).secondFactor == .optional)
        #expect(policy.demands(of: sign(service: "sudo"), at: now).secondFactor == .required)
        policy.rules = [rule { $0.allowsSetUp = true }]
        #expect(policy.demands(of: sign(), at: now).secondFactor == .required, "it says nothing about that")
    }

    @Test("first factors must be accepted by every rule that names them")
    func firstFactors() {
        var policy = SignInPolicy()
        policy.rules = [rule { $0.firstFactors = [.publickey] }]
        #expect(policy.demands(of: sign(), at: now).firstFactors == [.publickey])
        policy.rules.append(rule { $0.firstFactors = [.password] })
        #expect(policy.demands(of: sign(), at: now).firstFactors == [])
    }

    @Test("a rule that starts later says nothing before, but is announced to those for whom it is")
    func starts() {
        var policy = SignInPolicy()
        policy.rules = [
            rule {
                $0.groups = [50]
                $0.secondFactor = .required
                $0.starts = now + 1
            }
        ]
        #expect(policy.demands(of: sign(), at: now).secondFactor == .optional)
        #expect(policy.demands(of: sign(), at: now + 1).secondFactor == .required)
        #expect(policy.requiredFrom(user: "alice", groups: [50], at: now) == now + 1)
        #expect(policy.requiredFrom(user: "alice", groups: [1], at: now) == nil)
        #expect(policy.requiredFrom(user: "alice", groups: [50], at: now + 1) == nil)
        policy.rules[0].services = ["sudo"]
        #expect(policy.requiredFrom(user: "alice", groups: [50], at: now) == now + 1, "wherever it will be asked for")
    }

    @Test(
        "a moment's day is that of UTC",
        arguments: [
            (0, "1970-01-01"), (951_782_399, "2000-02-28"), (951_782_400, "2000-02-29"), (951_868_800, "2000-03-01"),
            (1_735_603_200, "2024-12-31"), (1_798_761_600, "2027-01-01"), (4_107_542_400, "2100-03-01"),
            (253_402_300_799, "9999-12-31"), (-5, "1970-01-01"),
        ] as [(Int64, String)]
    )
    func days(seconds: Int64, expected: String) {
        #expect(UnixSeconds(seconds).day == expected)
    }

    @Test("in doubt the strictest answer that could be right is taken")
    func doubt() {
        var policy = SignInPolicy()
        policy.rules = [
            rule {
                $0.groups = [50]
                $0.secondFactor = .off
                $0.allowsSetUp = true
            }
        ]
        #expect(policy.demands(of: sign(groups: nil), at: now).secondFactor == .optional)
        #expect(policy.demands(of: sign(groups: nil), at: now).allowsSetUp == false)
        policy.rules[0].secondFactor = .required
        #expect(policy.demands(of: sign(groups: nil), at: now).secondFactor == .required)
        policy.rules[0].groups = nil
        policy.rules[0].exceptGroups = [50]
        #expect(policy.demands(of: sign(groups: nil), at: now).secondFactor == .required)
        policy.rules = [
            rule {
                $0.networks = [Network("192.0.2.0/24")].compactMap(\.self)
                $0.secondFactor = .off
            }
        ]
        #expect(policy.demands(of: sign(), at: now).secondFactor == .off)
        #expect(policy.demands(of: sign(from: "host.example"), at: now).secondFactor == .optional)
    }

    /// Rules as a machine would write them, from a seed that a failure names.
    private static func random(_ seed: UInt64) -> (rules: [PolicyRule], signs: [SignInCircumstances]) {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        func pick<Value>(_ values: [Value]) -> Value {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return values[Int(state % UInt64(values.count))]
        }
        let rules = (0..<pick([1, 2, 3, 4, 5])).map { number in
            rule("\(number)") {
                $0.services = pick([nil, ["sshd"], ["sudo", "su"]])
                $0.users = pick([nil, nil, ["alice"]])
                $0.exceptUsers = pick([[], [], ["root"]])
                $0.groups = pick([nil, [50], [50, 60]])
                $0.exceptGroups = pick([[], [], [60]])
                $0.networks = pick([nil, [.local], [Network("192.0.2.0/24")].compactMap(\.self)])
                $0.secondFactor = pick([nil, .off, .optional, .required])
                $0.starts = pick([nil, nil, now, now + 1])
                $0.firstFactors = pick([nil, nil, [.password], [.publickey], [.password, .publickey]])
                $0.allowsSetUp = pick([nil, true, false])
                $0.hidesPasswordResult = pick([nil, true, false])
            }
        }
        let signs = (0..<8).map { _ in
            sign(
                pick(["alice", "bob", "root"]),
                groups: pick([nil, [1], [50], [60], [50, 60]]),
                service: pick(["sshd", "sudo", "varlink"]),
                from: pick(["", "192.0.2.7", "198.51.100.1", "host.example"])
            )
        }
        return (rules, signs)
    }

    private static func isAsStrict(_ left: SignInDemands, as right: SignInDemands) -> Bool {
        left.secondFactor >= right.secondFactor && left.firstFactors.isSubset(of: right.firstFactors)
            && (left.hidesPasswordResult || !right.hidesPasswordResult) && (!left.allowsSetUp || right.allowsSetUp)
    }

    @Test(
        "whatever the rules: their order means nothing, none undoes another, and doubt is never more lenient",
        arguments: 0..<400
    )
    func properties(seed: UInt64) {
        let (rules, signs) = Self.random(seed + 1)
        var policy = SignInPolicy()
        policy.secondFactor = SecondFactorDemand.allCases[Int(seed % 3)]
        policy.rules = rules
        var reversed = policy
        reversed.rules.reverse()
        for sign in signs {
            let demands = policy.demands(of: sign, at: now)
            #expect(reversed.demands(of: sign, at: now) == demands)
            for rule in rules where rule.matches(sign) == .yes {
                // One rule alone, where it speaks, is never stricter than all of them together.
                let isSilent = (rule.starts ?? now) > now
                if let said = rule.secondFactor, !isSilent { #expect(demands.secondFactor >= said) }
                if let said = rule.firstFactors { #expect(demands.firstFactors.isSubset(of: said)) }
                if rule.allowsSetUp == false { #expect(!demands.allowsSetUp) }
                if rule.hidesPasswordResult == true { #expect(demands.hidesPasswordResult) }
            }
            for groups: [UInt32] in [[], [50], [60], [50, 60]] {
                var known = sign
                known.groups = groups
                var doubtful = sign
                doubtful.groups = nil
                #expect(
                    Self.isAsStrict(
                        policy.demands(of: doubtful, at: now),
                        as: policy.demands(of: known, at: now)
                    )
                )
            }
        }
    }
}
