import Testing
import TwinlockAccounts

@Suite("audit records")
struct AuditTests {
    private static let now = UnixSeconds(1_800_000_000)

    private static func record(
        at: UnixSeconds = Self.now,
        firstAt: UnixSeconds? = nil,
        count: Int64 = 1,
        uid: UInt32? = 1000,
        remoteHost: String = "192.0.2.7",
        tty: String = "ssh",
        outcome: AuditOutcome = .refused
    ) -> AuditRecord {
        AuditRecord(
            number: 9,
            at: at,
            firstAt: firstAt,
            count: count,
            name: "alice",
            uid: uid,
            service: "sshd",
            remoteHost: remoteHost,
            tty: tty,
            caller: 0,
            method: "SignIn",
            outcome: outcome,
            reason: .passwordWrong
        )
    }

    @Test("a repeat within ten minutes of the last one is taken in, and a day after the first one no more")
    func bounds() {
        let first = Self.record()
        #expect(first.taking(in: Self.record(at: Self.now + 600))?.count == 2)
        #expect(first.taking(in: Self.record(at: Self.now + 601)) == nil)
        #expect(first.taking(in: Self.record(at: UnixSeconds(Self.now.value - 1))) == nil)
        let long = Self.record(at: Self.now + 86_000, firstAt: Self.now, count: 500)
        let joined = long.taking(in: Self.record(at: Self.now + 86_400, count: 2))
        #expect(joined?.count == 502 && joined?.firstAt == Self.now && joined?.at == Self.now + 86_400)
        #expect(long.taking(in: Self.record(at: Self.now + 86_401)) == nil)
    }

    @Test("a count that cannot be counted further stays")
    func overflow() {
        #expect(Self.record(count: .max).taking(in: Self.record(count: 5))?.count == .max)
    }

    @Test("what was accepted is never joined")
    func accepted() {
        let login = Self.record(outcome: .accepted)
        #expect(login.taking(in: login) == nil)
        #expect(login.repeatKey == nil)
        #expect(Self.record(outcome: .continued).taking(in: Self.record(outcome: .continued)) != nil)
    }

    @Test("the key is the same for repeats, and for ever: it is stored")
    func key() {
        #expect(Self.record().repeatKey == -5_706_002_239_191_731_154)
        #expect(Self.record(at: Self.now + 5, count: 7).repeatKey == Self.record().repeatKey)
        let others = [
            Self.record(uid: nil), Self.record(remoteHost: "192.0.2.8"), Self.record(outcome: .continued),
            Self.record(remoteHost: "192.0.2.7s", tty: "sh"),
        ]
        #expect(Set(others.map(\.repeatKey) + [Self.record().repeatKey]).count == 5)
    }

    @Test("words are stored and told: each once, plain, and short")
    func words() {
        for reason in AuditReason.allCases {
            #expect(!reason.sentence.isEmpty && reason.sentence.utf8.count <= 80, "\(reason)")
            #expect(reason.rawValue.utf8.count <= 32)
            #expect(reason.rawValue.utf8.allSatisfy { (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0) })
        }
        #expect(Set(AuditReason.allCases.map(\.sentence)).count == AuditReason.allCases.count)
    }

    @Test("a stranger's refusal is worth least, an account's more, and everything else most")
    func worth() {
        #expect(Self.record(uid: nil).worth == .stranger)
        #expect(Self.record().worth == .refusal)
        #expect(Self.record(uid: nil, outcome: .accepted).worth == .event)
        #expect(Self.record(outcome: .continued).worth == .event)
    }

    static let excesses: [(counts: [AuditRecord.Worth: Int], excess: AuditRetention.Excess?)] = [
        ([:], nil),
        ([.stranger: 100, .refusal: 500, .event: 400], nil),
        ([.event: 1000], nil),
        ([.stranger: 101], .init(worth: .stranger, count: 1)),
        ([.stranger: 150, .refusal: 800, .event: 900], .init(worth: .stranger, count: 50)),
        ([.stranger: 100, .refusal: 800, .event: 900], .init(worth: .refusal, count: 300)),
        ([.stranger: 100, .refusal: 500, .event: 900], .init(worth: nil, count: 500)),
        ([.event: 1001], .init(worth: nil, count: 1)),
    ]

    @Test("of a thousand rows strangers have a hundred and refusals five hundred", arguments: excesses)
    func shares(counts: [AuditRecord.Worth: Int], excess: AuditRetention.Excess?) {
        #expect(AuditRetention(days: 1, rows: 1000).excess(of: counts) == excess)
    }

    @Test("days are counted back from now")
    func days() {
        #expect(AuditRetention(days: 400).beginning(at: Self.now) == UnixSeconds(1_800_000_000 - 34_560_000))
    }
}
