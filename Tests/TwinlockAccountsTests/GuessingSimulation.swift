import Testing
import TwinlockAccounts
import TwinlockTesting

/// Somebody who holds the password and tries codes whenever one is read, beside an owner who signs in five times a day.
///
/// The rules are those that decide logins; only the codes are simulated. Rules do not know how many codes there are, so
/// fewer of them make the chance great enough to be counted.
@Suite("the chance of a guesser")
struct GuessingSimulation {
    private struct Outcome {
        /// Codes of the guesser's that were read.
        var tries = 0
        var isIn = false
        var ownersSignIns = 0
    }

    private static let owner = FailureSource.login(remoteHost: "192.0.2.1", realUid: 0, tty: "ssh")
    private static let elsewhere = FailureSource.login(remoteHost: "203.0.113.9", realUid: 0, tty: "ssh")
    private static let day: Int64 = 86_400

    /// Lives through some days, or until the guesser is in or no code is read any more.
    ///
    /// - Parameters:
    ///   - codes: How many there are; three of them are right at a time.
    ///   - source: Where the guesser tries from.
    private static func live(
        days: Int64,
        codes: UInt64,
        guesserFrom source: FailureSource,
        _ generator: inout SeededGenerator
    ) -> Outcome {
        var (lastStep, throttle, outcome) = (Int64?.none, Throttle(), Outcome())
        let interval = Self.day / 5
        var ownersTurn = Int64.random(in: 0..<interval, using: &generator)
        var now: Int64 = 0
        while now < days * Self.day {
            if ownersTurn <= now {
                let match = CodeMatch.inWindow(steps: [now / 30])
                let moment = UnixSeconds(now)
                switch CodeRule.judge(match, lastStep: &lastStep, throttle: &throttle, source: Self.owner, at: moment) {
                case .accepted:
                    outcome.ownersSignIns += 1
                    ownersTurn += interval
                // He waits as he is told, and is there before the guesser when the wait is over.
                case .refusedForNow(let seconds): ownersTurn = now + Int64(seconds)
                case .alreadyUsed: ownersTurn = now + 30
                case .refusedUntilCleared: return outcome
                case .wrong: Issue.record("a right code was wrong")
                }
                continue
            }
            let isRight = UInt64.random(in: 0..<codes, using: &generator) < 3
            let match: CodeMatch = isRight ? .inWindow(steps: [now / 30]) : .none
            let moment = UnixSeconds(now)
            switch CodeRule.judge(match, lastStep: &lastStep, throttle: &throttle, source: source, at: moment) {
            case .accepted:
                outcome.tries += 1
                outcome.isIn = true
                return outcome
            case .wrong(.allowRetry):
                outcome.tries += 1
                now += 1
            case .wrong(.wait(let seconds)):
                outcome.tries += 1
                now = min(now + Int64(seconds), max(ownersTurn, now + 1))
            case .refusedForNow(let seconds): now = min(now + Int64(seconds), max(ownersTurn, now + 1))
            case .alreadyUsed: now += 1
            case .wrong(.exhausted):
                outcome.tries += 1
                return outcome
            case .refusedUntilCleared: return outcome
            }
        }
        return outcome
    }

    @Test("from elsewhere he has a hundred tries, and the chance that follows from that")
    func elsewhere() throws {
        var generator = SeededGenerator(seed: 1)
        let (runs, codes) = (4000, 1000 as UInt64)
        var isIn = 0
        for _ in 0..<runs {
            let outcome = Self.live(days: 30, codes: codes, guesserFrom: Self.elsewhere, &generator)
            #expect(outcome.isIn || outcome.tries == Throttle.maximumFailures)
            #expect(outcome.tries <= Throttle.maximumFailures)
            isIn += outcome.isIn ? 1 : 0
        }
        let expected = Self.chance(tries: 100, codes: Double(codes))
        #expect(abs(Double(isIn) / Double(runs) - expected) < 3 * Self.deviation(expected, runs))
        #expect(Self.chance(tries: 100, codes: 1_000_000) <= 3e-4)
        try Self.expectPage(says: "has 100 tries, and gets in with a probability of 3·10⁻⁴")
    }

    @Test("from the owner's own source he has what the waits between two of the owner's sign-ins leave him")
    func beside() throws {
        var generator = SeededGenerator(seed: 2)
        let most = (0..<400).map { _ in
            // So many codes that he is never in: what is looked for is how often he may try.
            let outcome = Self.live(days: 1, codes: 1_000_000_000_000, guesserFrom: Self.owner, &generator)
            #expect(!outcome.isIn && outcome.ownersSignIns >= 4)
            return outcome.tries
        }.max()
        #expect(most == 150)
        #expect(Self.chance(tries: 150, codes: 1_000_000) <= 4.5e-4)
        try Self.expectPage(says: "has at most 150 tries a day, 4.5·10⁻⁴")
    }

    /// Whatever the breaks of its lines.
    private static func expectPage(says words: String) throws {
        let page = try RepositoryFile.text("docs/security.md").split { $0.isWhitespace }.joined(separator: " ")
        #expect(page.contains(words), "docs/security.md must say: \(words)")
    }

    private static func chance(tries: Int, codes: Double) -> Double {
        var miss = 1.0
        for _ in 0..<tries { miss *= 1 - 3 / codes }
        return 1 - miss
    }

    private static func deviation(_ chance: Double, _ runs: Int) -> Double {
        (chance * (1 - chance) / Double(runs)).squareRoot()
    }
}
