import TwinlockAccounts
import TwinlockStore

extension Scenario {
    /// Each recovery code is accepted once, and is the way back where codes are not.
    static let recoveryCodes: [Scenario] =
        recoveryUse + recoveryThrottling + recoverySets + recoveryMarks + issuedCodes

    private static let recoveryUse: [Scenario] = [
        Scenario("a set-up that is confirmed leaves ten recovery codes, unused and not acknowledged") { stage in
            let account = try await stage.enrol()
            try expect(
                account.recovery,
                is: RecoverySummary(issuedAt: Stage.start, acknowledgedAt: nil, left: 10)
            )
            let codes = try await stage.codes(of: account)
            try expect(codes.own?.codes, is: stage.recoveryCodes().map { SealedRecoveryCode(sealed: $0) })
            try expect(codes.issued, is: nil)
            try expect(codes.own?.summary, is: account.recovery)
        },
        Scenario("a set-up that is not confirmed leaves none") { stage in
            let set = SetUp(secret: stage.secret(), begunAt: Stage.start)
            let begun = try await stage.store.beginSetUp(set, for: stage.identity())
            let verdict = try await stage.store.confirmSetUp(
                account: begun.id,
                secret: stage.secret(),
                match: .none,
                recoveryCodes: stage.recoveryCodes(),
                at: Stage.start
            )
            try expect(verdict, is: .wrong)
            try expect(try await stage.account().recovery, is: nil)
            try await expect(.conflict) { () throws(StoreError) in
                _ = try await stage.codes(of: begun)
            }
        },
        Scenario("a recovery code accepted once is used after that, and that is not counted") { stage in
            let account = try await stage.enrol()
            let code = try await stage.match(3, of: account)
            try expect(try await stage.attemptRecovery(code, of: account), is: .accepted(left: 9))
            for _ in 1...20 {
                try expect(try await stage.attemptRecovery(code, of: account), is: .used)
            }
            let after = try await stage.account()
            try expect(after.recoveryThrottle, is: RecoveryThrottle())
            try expect(after.throttle, is: Throttle())
            try expect(after.recovery?.left, is: 9)
        },
        Scenario("a recovery code keeps when and where it was used, and the others stay as they were") { stage in
            let account = try await stage.enrol()
            _ = try await stage.attemptRecovery(try await stage.match(9, of: account), of: account, at: Stage.start + 7)
            var expected = stage.recoveryCodes().map { SealedRecoveryCode(sealed: $0) }
            expected[9] = SealedRecoveryCode(
                sealed: stage.recoveryCodes()[9],
                use: RecoveryCodeUse(
                    at: Stage.start + 7,
                    service: "sshd",
                    remoteHost: "2001:db8::7",
                    tty: "ssh"
                )
            )
            try expect(try await stage.codes(of: account).own?.codes, is: expected)
            _ = try await stage.attemptRecovery(try await stage.match(9, of: account), of: account, at: Stage.start + 8)
            try expect(try await stage.codes(of: account).own?.codes, is: expected)
        },
        Scenario("eight attempts with one recovery code at the same moment: one wins") { stage in
            try await oneWins(of: 8, on: stage)
        },
        Scenario("a hundred attempts with one recovery code at the same moment: one wins") { stage in
            try await oneWins(of: 100, on: stage)
        },
        Scenario("eight attempts with eight different recovery codes at the same moment: all win, all are spent") {
            stage in
            let account = try await stage.enrol()
            var codes: [RecoveryCodeMatch] = []
            for number in 0..<8 {
                codes.append(try await stage.match(number, of: account))
            }
            let all = codes
            let outcomes = await stage.together(8) { number throws(StoreError) in
                try await stage.attemptRecovery(all[number], of: account)
            }
            var left: [Int] = []
            for case .success(.accepted(let count)) in outcomes {
                left.append(count)
            }
            try expect(left.sorted(), is: Array(2...9))
            for code in codes {
                try expect(try await stage.attemptRecovery(code, of: account), is: .used)
            }
            try expect(try await stage.account().recovery?.left, is: 2)
        },
        Scenario("a code that is used when all are leaves none, and the account as it was") { stage in
            let account = try await stage.enrol()
            for number in 0..<10 {
                let verdict = try await stage.attemptRecovery(try await stage.match(number, of: account), of: account)
                try expect(verdict, is: .accepted(left: 9 - number))
            }
            var expected = account
            expected.recovery = RecoverySummary(issuedAt: Stage.start, acknowledgedAt: nil, left: 0)
            try expect(try await stage.account(), is: expected)
        },
        Scenario("a recovery code compared under another generation is a conflict, neither counted nor spent") {
            stage in
            let account = try await stage.enrol()
            var former = account
            former.generation -= 1
            for match in [try await stage.match(0, of: account), RecoveryCodeMatch.none] {
                let stale = former
                try await expect(.conflict) { () throws(StoreError) in
                    _ = try await stage.attemptRecovery(match, of: stale)
                }
            }
            let stale = former
            try await expect(.conflict) { () throws(StoreError) in
                _ = try await stage.codes(of: stale)
            }
            try expect(try await stage.account(), is: account)
        },
        Scenario("a recovery code of one account is no place in another") { stage in
            let account = try await stage.enrol()
            let other = try await stage.enrol(1)
            let code = try await stage.match(0, of: other)
            try await expect(.conflict) { () throws(StoreError) in
                _ = try await stage.attemptRecovery(code, of: account)
            }
            try expect(try await stage.account(), is: account)
            try expect(try await stage.account(1), is: other)
        },
        Scenario("a place that no set has is a conflict") { stage in
            let account = try await stage.enrol()
            guard let set = try await stage.codes(of: account).own?.id else {
                throw Disproved(description: "no recovery codes")
            }
            for place in [RecoveryCodePlace(set: set, number: 10), RecoveryCodePlace(set: set, number: -1)] {
                try await expect(.conflict) { () throws(StoreError) in
                    _ = try await stage.attemptRecovery(.found(place), of: account)
                }
            }
        },
    ]

    private static let recoveryThrottling: [Scenario] = [
        Scenario("a recovery code works where codes are exhausted, and clears the failures of every source") { stage in
            let account = try await stage.enrol()
            let home = FailureSource.login(remoteHost: "192.0.2.1", realUid: 0, tty: "ssh")
            let begun = try await stage.fail(1, account: account, from: home)
            var now = try await stage.fail(98, account: account, at: begun)
            guard let wait = try await stage.account().throttle.wait else {
                throw Disproved(description: "no wait after 99 failures")
            }
            now = now + wait.seconds
            try expect(try await stage.attempt(.none, of: account, at: now), is: .wrong(.exhausted))
            let code = try await stage.match(0, of: account)
            try expect(try await stage.attemptRecovery(code, of: account, at: now), is: .accepted(left: 9))
            try expect(try await stage.account().throttle, is: Throttle())
            try expect(
                try await stage.attempt(.inWindow(steps: [Stage.step]), of: account, at: now),
                is: .accepted(step: Stage.step, failedCodes: 0)
            )
        },
        Scenario("a recovery code works during a wait, and ends it") { stage in
            let account = try await stage.enrol()
            let now = try await stage.fail(5, account: account)
            let code = try await stage.match(0, of: account)
            try expect(try await stage.attemptRecovery(code, of: account, at: now), is: .accepted(left: 9))
            try expect(
                try await stage.attempt(.inWindow(steps: [Stage.step]), of: account, at: now),
                is: .accepted(step: Stage.step, failedCodes: 0)
            )
        },
        Scenario("a used recovery code clears nothing") { stage in
            let account = try await stage.enrol()
            let code = try await stage.match(0, of: account)
            _ = try await stage.attemptRecovery(code, of: account)
            let now = try await stage.fail(5, account: account)
            let before = try await stage.account()
            try expect(try await stage.attemptRecovery(code, of: account, at: now), is: .used)
            try expect(try await stage.account(), is: before)
        },
        Scenario("wrong recovery codes and wrong codes are counted apart") { stage in
            let account = try await stage.enrol()
            try await stage.failRecovery(account)
            try expect(try await stage.account().throttle, is: Throttle())
            try expect(
                try await stage.attempt(.inWindow(steps: [Stage.step]), of: account),
                is: .accepted(step: Stage.step, failedCodes: 0)
            )
            let code = try await stage.match(0, of: account)
            try expect(
                try await stage.attemptRecovery(code, of: account),
                is: .refusedForNow(seconds: 60)
            )
        },
        Scenario("after ten wrong recovery codes a right one is refused and not spent; after a minute it is right") {
            stage in
            let account = try await stage.enrol()
            try await stage.failRecovery(account)
            let code = try await stage.match(0, of: account)
            try expect(
                try await stage.attemptRecovery(code, of: account, at: Stage.start + 59),
                is: .refusedForNow(seconds: 1)
            )
            try expect(try await stage.account().recovery?.left, is: 10)
            try expect(
                try await stage.attemptRecovery(code, of: account, at: Stage.start + 60),
                is: .accepted(left: 9)
            )
            try expect(try await stage.account().recoveryThrottle, is: RecoveryThrottle())
        },
        Scenario("during that wait a wrong recovery code is not counted, and the wait is stored") { stage in
            let account = try await stage.enrol()
            try await stage.failRecovery(account)
            try expect(
                try await stage.attemptRecovery(.none, of: account, at: Stage.start + 30),
                is: .refusedForNow(seconds: 30)
            )
            try expect(
                try await stage.account().recoveryThrottle,
                is: RecoveryThrottle(failures: 10, since: Stage.start)
            )
        },
        Scenario(
            "twenty wrong recovery codes at the same moment: nine may retry, one begins the wait, ten are not read"
        ) {
            stage in
            let account = try await stage.enrol()
            let outcomes = await stage.together(20) { _ throws(StoreError) in
                try await stage.attemptRecovery(.none, of: account)
            }
            try expect(outcomes.count { $0 == .success(.wrong(.allowRetry)) }, is: 9)
            try expect(outcomes.count { $0 == .success(.wrong(.wait(seconds: 60))) }, is: 1)
            try expect(outcomes.count { $0 == .success(.refusedForNow(seconds: 60)) }, is: 10)
        },
        Scenario("setting the clock back starts that wait again, once, and never lengthens it") { stage in
            let account = try await stage.enrol()
            try await stage.failRecovery(account)
            let earlier = UnixSeconds(Stage.start.value - 3600)
            let none = RecoveryCodeMatch.none
            try expect(try await stage.attemptRecovery(none, of: account, at: earlier), is: .refusedForNow(seconds: 60))
            try expect(
                try await stage.attemptRecovery(none, of: account, at: earlier + 5),
                is: .refusedForNow(seconds: 55)
            )
            let code = try await stage.match(0, of: account)
            try expect(try await stage.attemptRecovery(code, of: account, at: earlier + 60), is: .accepted(left: 9))
        },
    ]

    private static func oneWins(of count: Int, on stage: Stage) async throws {
        let account = try await stage.enrol()
        let code = try await stage.match(0, of: account)
        let outcomes = await stage.together(count) { _ throws(StoreError) in
            try await stage.attemptRecovery(code, of: account)
        }
        try expect(outcomes.count { $0 == .success(.accepted(left: 9)) }, is: 1)
        try expect(outcomes.count { $0 == .success(.used) }, is: count - 1)
        try expect(try await stage.account().recovery?.left, is: 9)
    }
}
