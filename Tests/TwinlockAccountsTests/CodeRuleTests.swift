import Testing
import TwinlockAccounts
import TwinlockOTP

private let source = FailureSource.peer(uid: 1000)
private let now = UnixSeconds(59)

@Suite("a code is accepted once")
struct CodeRuleTests {
    private func judge(
        _ match: CodeMatch,
        last: Int64?,
        throttle: Throttle = Throttle()
    ) -> (verdict: CodeVerdict, last: Int64?, throttle: Throttle) {
        var (last, throttle) = (last, throttle)
        let verdict = CodeRule.judge(match, lastStep: &last, throttle: &throttle, source: source, at: now)
        return (verdict, last, throttle)
    }

    @Test("the matched step is stored, and the same one is refused after it")
    func once() {
        let first = self.judge(.inWindow(steps: [7]), last: 6)
        #expect(first.verdict == .accepted(step: 7, failedCodes: 0))
        #expect(first.last == 7)
        let second = self.judge(.inWindow(steps: [7]), last: first.last)
        #expect(second.verdict == .alreadyUsed)
        #expect(second.last == 7)
    }

    @Test("a trailing interval cannot be used again: the step before an accepted one is spent too")
    func onlyUp() {
        let result = self.judge(.inWindow(steps: [6]), last: 7)
        #expect(result.verdict == .alreadyUsed)
        #expect(result.last == 7)
    }

    @Test("a code used already is not counted")
    func usedIsNotCounted() {
        #expect(self.judge(.inWindow(steps: [7]), last: 7).throttle == Throttle())
    }

    @Test("where codes coincide, the newest step is taken, and the same digits are spent")
    func coincidence() {
        let result = self.judge(.inWindow(steps: [6, 8]), last: 5)
        #expect(result.verdict == .accepted(step: 8, failedCodes: 0))
        #expect(self.judge(.inWindow(steps: [6, 8]), last: result.last).verdict == .alreadyUsed)
    }

    @Test("a wrong code and one of another time are counted alike", arguments: [CodeMatch.none, .outside(offset: -3)])
    func counted(match: CodeMatch) {
        let result = self.judge(match, last: 6)
        #expect(result.verdict == .wrong(.allowRetry))
        #expect(result.throttle.failures.total == 1)
        #expect(result.last == 6)
    }

    @Test("during a wait even a right code is refused, and not spent")
    func wait() {
        var throttle = Throttle()
        for _ in 1...5 { _ = throttle.codeRejected(from: source, at: now) }
        let result = self.judge(.inWindow(steps: [7]), last: 6, throttle: throttle)
        #expect(result.verdict == .refusedForNow(seconds: 15))
        #expect(result.last == 6)
        #expect(result.throttle == throttle)
    }

    @Test("after a hundred failures even a right code is refused")
    func exhausted() {
        let throttle = Throttle(failures: Failures(bySource: [source: 100]), wait: nil)
        #expect(self.judge(.inWindow(steps: [7]), last: 6, throttle: throttle).verdict == .refusedUntilCleared)
    }
}

@Suite("comparing codes, RFC 6238 appendix B")
struct CodeMatchTests {
    private static let secret = "12345678901234567890".utf8.withContiguousStorageIfAvailable {
        SecretBytes(copying: UnsafeRawBufferPointer($0))
    }

    private func match(_ text: String, at seconds: Int64) throws -> CodeMatch {
        let totp = try TOTP(secret: #require(Self.secret), algorithm: .sha1, digits: 8, timeStep: 30)
        let code = Array(text.utf8).withUnsafeBytes { Code(normalizing: $0, digits: 8) }
        return CodeMatch(code: code, totp: totp, at: UnixSeconds(seconds), drift: 0)
    }

    @Test("the code of 1111111109 is right one step before and one after", arguments: [-30, 0, 30])
    func window(offset: Int64) throws {
        #expect(try self.match("07081804", at: 1_111_111_109 + offset) == .inWindow(steps: [37_037_036]))
    }

    @Test(
        "further off it is refused and named",
        arguments: [(60, -2), (90, -3), (600, -20), (-60, 2), (-600, 20)]
    )
    func outside(offset: Int64, steps: Int) throws {
        #expect(try self.match("07081804", at: 1_111_111_109 + offset) == .outside(offset: steps))
    }

    @Test("beyond ten minutes it is no code at all", arguments: [630, -630])
    func beyond(offset: Int64) throws {
        #expect(try self.match("07081804", at: 1_111_111_109 + offset) == .none)
    }

    @Test(
        "input that has not the shape of a code matches nothing",
        arguments: ["", "0708180", "070818040", "7081804", "0708180x", "abcd-efgh"]
    )
    func shape(text: String) throws {
        #expect(try self.match(text, at: 1_111_111_109) == .none)
    }

    @Test("spaces and dashes are no other code", arguments: ["0708 1804", " 07081804 ", "07-08-18-04"])
    func normalised(text: String) throws {
        #expect(try self.match(text, at: 1_111_111_109) == .inWindow(steps: [37_037_036]))
    }

    @Test("at the epoch nothing before it is compared")
    func epoch() throws {
        #expect(try self.match("94287082", at: 29) == .inWindow(steps: [1]))
    }
}
