import TwinlockAccounts
import TwinlockStore

extension Scenario {
    /// NIST SP 800-63B §5.2.2: guessing is slowed, then stopped, and survives everything.
    static let throttling: [Scenario] = [
        Scenario("the fifth wrong code begins a wait, and the wait is stored") { stage in
            let account = try await stage.enrol()
            for _ in 1...4 {
                try expect(try await stage.attempt(.none, of: account), is: .wrong(.allowRetry))
            }
            try expect(try await stage.attempt(.none, of: account), is: .wrong(.wait(seconds: 15)))
            let wait = try await stage.account().throttle.wait
            try expect(wait?.since, is: Stage.start)
            try expect(wait?.seconds, is: 15)
        },
        Scenario("during a wait a right code is refused and not spent; after it the same code is right") { stage in
            let account = try await stage.enrol()
            let now = try await stage.fail(5, account: account)
            let code = CodeMatch.inWindow(steps: [Stage.step])
            try expect(
                try await stage.attempt(code, of: account, at: now + 14),
                is: .refusedForNow(seconds: 1)
            )
            try expect(try await stage.account().credential?.lastStep, is: Stage.step - 1)
            try expect(
                try await stage.attempt(code, of: account, at: now + 15),
                is: .accepted(step: Stage.step, failedCodes: 0)
            )
        },
        Scenario("during a wait a wrong code is not counted") { stage in
            let account = try await stage.enrol()
            let now = try await stage.fail(5, account: account)
            try expect(try await stage.attempt(.none, of: account, at: now + 1), is: .refusedForNow(seconds: 14))
            try expect(try await stage.account().throttle.failures.total, is: 5)
        },
        Scenario("setting the clock back starts a wait again, once, and never lengthens it") { stage in
            let account = try await stage.enrol()
            let now = try await stage.fail(5, account: account)
            let earlier = UnixSeconds(now.value - 3600)
            try expect(try await stage.attempt(.none, of: account, at: earlier), is: .refusedForNow(seconds: 15))
            try expect(try await stage.account().throttle.wait?.since, is: earlier)
            try expect(try await stage.attempt(.none, of: account, at: earlier + 5), is: .refusedForNow(seconds: 10))
            try expect(
                try await stage.attempt(.inWindow(steps: [Stage.step]), of: account, at: earlier + 15),
                is: .accepted(step: Stage.step, failedCodes: 0)
            )
        },
        Scenario("a hundred wrong codes exhaust the account, whatever the time") { stage in
            let account = try await stage.enrol()
            let now = try await stage.fail(99, account: account)
            guard let wait = try await stage.account().throttle.wait else {
                throw Disproved(description: "no wait after 99 failures")
            }
            try expect(try await stage.attempt(.none, of: account, at: now + wait.seconds), is: .wrong(.exhausted))
            let later = now + 10 * 365 * 86_400
            try expect(
                try await stage.attempt(.inWindow(steps: [Stage.step]), of: account, at: later),
                is: .refusedUntilCleared
            )
            try expect(try await stage.account().throttle.failures.total, is: 100)
            try expect(try await stage.account().credential?.lastStep, is: Stage.step - 1)
        },
        Scenario("a right code forgives the failures of its own source and no others") { stage in
            let account = try await stage.enrol()
            let home = FailureSource.login(remoteHost: "192.0.2.1", realUid: 0, tty: "ssh")
            let stranger = FailureSource.login(remoteHost: "203.0.113.9", realUid: 0, tty: "ssh")
            _ = try await stage.fail(2, account: account, from: home)
            _ = try await stage.fail(1, account: account, from: stranger)
            try expect(
                try await stage.attempt(.inWindow(steps: [Stage.step]), of: account, from: home),
                is: .accepted(step: Stage.step, failedCodes: 1)
            )
            try expect(try await stage.account().throttle.failures.bySource, is: [stranger: 1])
        },
        Scenario("failures count against their own account alone") { stage in
            let account = try await stage.enrol()
            let other = try await stage.enrol(1)
            _ = try await stage.fail(5, account: account)
            try expect(try await stage.account(1), is: other)
            try expect(
                try await stage.attempt(.inWindow(steps: [Stage.step]), of: other),
                is: .accepted(step: Stage.step, failedCodes: 0)
            )
            try expect(try await stage.account().throttle.failures.total, is: 5)
        },
    ]
}
