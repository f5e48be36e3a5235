import Testing
import TwinlockOTP

@testable import TwinlockAccounts

private let now = UnixSeconds(1_800_000_000)

private func use(at moment: UnixSeconds = now) -> RecoveryCodeUse {
    RecoveryCodeUse(at: moment, service: "sshd", remoteHost: "192.0.2.7", tty: "ssh")
}

private func code(_ number: UInt8) -> RecoveryCode {
    [UInt8](repeating: number, count: 10).withUnsafeBytes { RecoveryCode(random: $0) }
}

@Suite("comparing recovery codes")
struct RecoveryCodeMatchTests {
    private let known = (0..<10).map { (place: RecoveryCodePlace(set: 3, number: $0), code: code(UInt8($0))) }

    @Test("the one that is right is found, wherever it stands", arguments: 0..<10)
    func found(number: Int) {
        #expect(
            RecoveryCodeMatch(code(UInt8(number)), among: self.known)
                == .found(RecoveryCodePlace(set: 3, number: number))
        )
    }

    @Test("one that is none of them matches nothing, and nothing matches among none")
    func none() {
        #expect(RecoveryCodeMatch(code(10), among: self.known) == .none)
        #expect(RecoveryCodeMatch(code(0), among: []) == .none)
    }
}

@Suite("a recovery code is accepted once")
struct RecoveryCodeRuleTests {
    private let codes = RecoveryCodes(
        own: RecoverySet(
            id: 3,
            issuedAt: now,
            acknowledgedAt: nil,
            codes: (0..<10).map { SealedRecoveryCode(sealed: [$0]) }
        ),
        issued: IssuedRecoveryCode(
            id: 4,
            issuedAt: now,
            expiresAt: now + 3600,
            code: SealedRecoveryCode(sealed: [99])
        )
    )

    private func judge(
        _ match: RecoveryCodeMatch,
        _ codes: inout RecoveryCodes,
        _ throttle: inout RecoveryThrottle,
        at moment: UnixSeconds = now
    ) -> RecoveryCodeVerdict {
        RecoveryCodeRule.judge(match, codes: &codes, throttle: &throttle, use: use(at: moment))
    }

    @Test("the first time it is accepted and keeps its use, the second time it is used, and that is not counted")
    func once() {
        var (codes, throttle) = (self.codes, RecoveryThrottle())
        let match = RecoveryCodeMatch.found(RecoveryCodePlace(set: 3, number: 7))
        #expect(self.judge(match, &codes, &throttle) == .accepted(left: 9))
        #expect(codes.own?.codes[7].use == use())
        let after = codes
        #expect(self.judge(match, &codes, &throttle, at: now + 5) == .used)
        #expect(codes == after && throttle == RecoveryThrottle())
    }

    @Test("a wrong one is counted and spends nothing")
    func wrong() {
        var (codes, throttle) = (self.codes, RecoveryThrottle())
        #expect(self.judge(.none, &codes, &throttle) == .wrong(.allowRetry))
        #expect(codes == self.codes && throttle.failures == 1)
    }

    @Test("a right one clears the wrong ones before it")
    func clears() {
        var (codes, throttle) = (self.codes, RecoveryThrottle(failures: 9, since: now))
        #expect(
            self.judge(.found(RecoveryCodePlace(set: 3, number: 0)), &codes, &throttle) == .accepted(left: 9)
        )
        #expect(throttle == RecoveryThrottle())
    }

    @Test("during the wait nothing is read: neither counted nor spent, used ones too")
    func wait() {
        var (codes, throttle) = (self.codes, RecoveryThrottle(failures: 10, since: now))
        let waiting = throttle
        for match in [RecoveryCodeMatch.none, .found(RecoveryCodePlace(set: 3, number: 0))] {
            #expect(self.judge(match, &codes, &throttle, at: now + 1) == .refusedForNow(seconds: 59))
        }
        #expect(codes == self.codes && throttle == waiting)
    }

    @Test("an issued one is good once, until its end, and leaves the person's own alone")
    func issued() {
        var (codes, throttle) = (self.codes, RecoveryThrottle())
        let match = RecoveryCodeMatch.found(RecoveryCodePlace(set: 4, number: 0))
        #expect(self.judge(match, &codes, &throttle, at: now + 3600) == .wrong(.allowRetry))
        #expect(self.judge(match, &codes, &throttle, at: UnixSeconds(now.value - 1)) == .wrong(.allowRetry))
        #expect(self.judge(match, &codes, &throttle, at: now + 3599) == .accepted(left: 10))
        #expect(self.judge(match, &codes, &throttle, at: now + 3599) == .used)
        #expect(codes.own == self.codes.own)
    }

    @Test("places are those of all codes, used ones too, and of no other set")
    func places() {
        var (codes, throttle) = (self.codes, RecoveryThrottle())
        _ = self.judge(.found(RecoveryCodePlace(set: 3, number: 0)), &codes, &throttle)
        #expect(codes.places.map(\.sealed) == (0..<10).map { [$0] } + [[99]])
        #expect(codes.holds(RecoveryCodePlace(set: 3, number: 0)) && codes.holds(RecoveryCodePlace(set: 4, number: 0)))
        for place in [(3, 10), (3, -1), (4, 1), (5, 0)] {
            #expect(!codes.holds(RecoveryCodePlace(set: Int64(place.0), number: place.1)))
        }
        #expect(!RecoveryCodes().holds(RecoveryCodePlace(set: 3, number: 0)))
    }
}

@Suite("throttle on wrong recovery codes")
struct RecoveryThrottleTests {
    private func failed(_ times: Int, at moment: UnixSeconds = now) -> RecoveryThrottle {
        var throttle = RecoveryThrottle()
        for _ in 0..<times { _ = throttle.codeRejected(at: moment) }
        return throttle
    }

    @Test("nine may be tried again at once, the tenth brings a wait of a minute")
    func tenth() {
        var throttle = RecoveryThrottle()
        for _ in 1...9 {
            #expect(throttle.admit(at: now) == .read)
            #expect(throttle.codeRejected(at: now) == .allowRetry)
        }
        #expect(throttle.admit(at: now + 10) == .read)
        #expect(throttle.codeRejected(at: now + 10) == .wait(seconds: 60))
        #expect(throttle.admit(at: now + 10) == .wait(seconds: 60))
        #expect(throttle.admit(at: now + 69) == .wait(seconds: 1))
        #expect(throttle.admit(at: now + 70) == .read)
        #expect(throttle == RecoveryThrottle())
    }

    @Test("those of more than a minute ago do not count")
    func over() {
        var throttle = self.failed(9)
        #expect(throttle.admit(at: now + 59) == .read && throttle.failures == 9)
        #expect(throttle.admit(at: now + 60) == .read && throttle == RecoveryThrottle())
    }

    @Test("a clock set back starts the wait again, and never makes it longer")
    func clockSetBack() {
        var throttle = self.failed(10)
        let earlier = UnixSeconds(now.value - 1_000_000)
        #expect(throttle.admit(at: earlier) == .wait(seconds: 60))
        #expect(throttle.admit(at: earlier + 59) == .wait(seconds: 1))
        #expect(throttle.admit(at: earlier + 60) == .read)
    }

    @Test("a clock set back frees no tries, and keeps failures for a minute at most")
    func clockSetBackBetween() {
        var throttle = self.failed(9)
        let earlier = UnixSeconds(now.value - 1_000_000)
        #expect(throttle.admit(at: earlier) == .read)
        var tenth = throttle
        #expect(tenth.codeRejected(at: earlier) == .wait(seconds: 60))
        #expect(throttle.admit(at: earlier + 60) == .read && throttle == RecoveryThrottle())
    }

    @Test("a guesser who never stops has at most 20 tries in a minute")
    func bound() {
        var throttle = RecoveryThrottle()
        var tries: [Int] = []
        for second in 0..<600 {
            for _ in 0..<3 where throttle.admit(at: now + second) == .read {
                tries.append(second)
                _ = throttle.codeRejected(at: now + second)
            }
        }
        for first in tries {
            #expect(tries.count { (first..<first + 60).contains($0) } <= 20)
        }
        #expect(tries.count <= 110, "ten a minute, and those of the beginning")
    }

    @Test("what is read back from a store stands where it stood")
    func readBack() throws {
        for failures in 1...10 {
            let before = self.failed(failures)
            #expect(RecoveryThrottle(failures: before.failures, since: try #require(before.since)) == before)
        }
    }
}

@Suite("the mark of a login by recovery code")
struct RecoveryMarkTests {
    @Test("it is good for fifteen minutes, and void if the clock is set back")
    func lifetime() {
        let mark = RecoveryMark(at: now)
        #expect(mark.isOpen(at: now) && mark.isOpen(at: now + 899))
        #expect(!mark.isOpen(at: now + 900) && !mark.isOpen(at: UnixSeconds(now.value - 1)))
        #expect(mark.ends == now + 900)
    }
}
