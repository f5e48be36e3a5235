import Testing

@testable import TwinlockAccounts

private let here = FailureSource.peer(uid: 1000)
private let elsewhere = FailureSource.login(remoteHost: "192.0.2.7", realUid: 0, tty: "ssh")

/// A throttle after so many failures from a source, each counted as soon as the wait before it is over.
private func throttle(failures: Int, from source: FailureSource, at now: inout UnixSeconds) -> Throttle {
    var throttle = Throttle()
    for _ in 0..<failures {
        while case .wait(let seconds) = throttle.admit(at: now) {
            now = now + seconds
        }
        _ = throttle.codeRejected(from: source, at: now)
    }
    return throttle
}

@Suite("throttle on failed codes")
struct ThrottleTests {
    @Test("four slips cost nothing, the fifth brings a wait")
    func firstWait() {
        var throttle = Throttle()
        let now = UnixSeconds(1000)
        for _ in 1...4 {
            #expect(throttle.codeRejected(from: here, at: now) == .allowRetry)
            #expect(throttle.admit(at: now) == .read)
        }
        #expect(throttle.codeRejected(from: here, at: now) == .wait(seconds: 15))
        #expect(throttle.admit(at: now) == .wait(seconds: 15))
        #expect(throttle.admit(at: now + 14) == .wait(seconds: 1))
        #expect(throttle.admit(at: now + 15) == .read)
    }

    @Test(
        "the wait doubles up to fifteen minutes",
        arguments: [(5, 15), (6, 30), (7, 60), (8, 120), (9, 240), (10, 480), (11, 900), (12, 900), (99, 900)]
    )
    func growth(failures: Int, seconds: Int) {
        #expect(Throttle.waitSeconds(afterFailures: failures) == seconds)
    }

    @Test("the hundredth wrong code exhausts the account for good")
    func exhaustion() {
        var now = UnixSeconds(0)
        var almost = throttle(failures: 99, from: here, at: &now)
        #expect(almost.admit(at: now + 900) == .read)
        #expect(almost.codeRejected(from: here, at: now + 900) == .exhausted)
        #expect(almost.admit(at: now + 100_000_000) == .exhausted)
    }

    @Test("a right code forgives its own source and no other")
    func forgiveness() {
        var now = UnixSeconds(0)
        var throttle = throttle(failures: 3, from: here, at: &now)
        _ = throttle.codeRejected(from: elsewhere, at: now)
        throttle.codeAccepted(from: here)
        #expect(throttle.failures.bySource == [elsewhere: 1])
    }

    @Test("a guesser has a hundred tries, however often the owner signs in between them")
    func ownerSignsIn() {
        var throttle = Throttle()
        var now = UnixSeconds(0)
        var tries = 0
        while true {
            switch throttle.admit(at: now) {
            case .read:
                tries += 1
                _ = throttle.codeRejected(from: elsewhere, at: now)
                if throttle.admit(at: now) == .read { throttle.codeAccepted(from: here) }
            case .wait(let seconds): now = now + seconds
            case .exhausted:
                #expect(tries == Throttle.maximumFailures)
                return
            }
        }
    }

    @Test("a clock set back starts the wait again, and never makes it longer")
    func clockSetBack() {
        var now = UnixSeconds(10_000)
        var throttle = throttle(failures: 5, from: here, at: &now)
        #expect(throttle.admit(at: UnixSeconds(1)) == .wait(seconds: 15))
        #expect(throttle.admit(at: UnixSeconds(15)) == .wait(seconds: 1))
        #expect(throttle.admit(at: UnixSeconds(16)) == .read)
    }

    @Test("what is read back from a store stands where it stood")
    func readBack() {
        var now = UnixSeconds(0)
        for failures in [0, 4, 5, 50, 100] {
            let before = throttle(failures: failures, from: here, at: &now)
            #expect(Throttle(failures: before.failures, wait: before.wait) == before)
        }
    }
}

@Suite("sources of failures")
struct FailureSourceTests {
    @Test("a login program's failures are its remote host's, else its real uid's, for root its terminal's")
    func login() {
        #expect(FailureSource.login(remoteHost: "192.0.2.7", realUid: 1000, tty: "t").key == "host:192.0.2.7")
        #expect(FailureSource.login(remoteHost: "", realUid: 1000, tty: "t").key == "local:1000")
        #expect(FailureSource.login(remoteHost: nil, realUid: 0, tty: "tty1").key == "tty:tty1")
        #expect(FailureSource.login(remoteHost: nil, realUid: nil, tty: nil).key == "tty:")
    }

    @Test("a host that is named like a uid is not that uid")
    func kindsStayApart() {
        #expect(FailureSource.login(remoteHost: "1000", realUid: nil, tty: nil) != .peer(uid: 1000))
        #expect(
            FailureSource.login(remoteHost: "tty1", realUid: nil, tty: nil)
                != .login(remoteHost: nil, realUid: 0, tty: "tty1")
        )
    }
}
