import TwinlockAccounts
import TwinlockStore

extension Scenario {
    /// Recovery codes live and die with the factor that they stand in for.
    static let recoverySets: [Scenario] = [
        Scenario("new recovery codes replace the old ones, used and unused, and nothing else of the account") { stage in
            let account = try await stage.enrol()
            let old = [try await stage.match(0, of: account), try await stage.match(1, of: account)]
            _ = try await stage.attemptRecovery(old[0], of: account, finishesLogin: true)
            let before = try await stage.account()
            try await stage.store.replaceRecoveryCodes(
                account: account.id,
                generation: account.generation,
                sealed: stage.recoveryCodes(2),
                at: Stage.start + 9
            )
            var expected = before
            expected.recovery = RecoverySummary(issuedAt: Stage.start + 9, acknowledgedAt: nil, left: 10)
            try expect(try await stage.account(), is: expected)
            let codes = try await stage.codes(of: account)
            try expect(codes.own?.codes, is: stage.recoveryCodes(2).map { SealedRecoveryCode(sealed: $0) })
            for code in old {
                try await expect(.conflict) { () throws(StoreError) in
                    _ = try await stage.attemptRecovery(code, of: account)
                }
            }
            try expect(
                try await stage.attemptRecovery(try await stage.match(0, of: account), of: account),
                is: .accepted(left: 9)
            )
        },
        Scenario("new recovery codes under another generation are a conflict, and the old ones stay") { stage in
            let account = try await stage.enrol()
            let before = try await stage.codes(of: account)
            try await expect(.conflict) { () throws(StoreError) in
                try await stage.store.replaceRecoveryCodes(
                    account: account.id,
                    generation: account.generation - 1,
                    sealed: stage.recoveryCodes(2),
                    at: Stage.start + 9
                )
            }
            try expect(try await stage.account(), is: account)
            try expect(try await stage.codes(of: account), is: before)
        },
        Scenario("an old recovery code that races with new ones never works after them") { stage in
            let account = try await stage.enrol()
            let old = try await stage.match(0, of: account)
            let outcomes = await stage.together(8) { number throws(StoreError) -> RecoveryCodeVerdict? in
                if number == 4 {
                    try await stage.store.replaceRecoveryCodes(
                        account: account.id,
                        generation: account.generation,
                        sealed: stage.recoveryCodes(2),
                        at: Stage.start
                    )
                    return nil
                }
                return try await stage.attemptRecovery(old, of: account)
            }
            try expect(outcomes[4], is: .success(nil))
            try expect(outcomes.count { $0 == .success(.accepted(left: 9)) } <= 1, is: true)
            try await expect(.conflict) { () throws(StoreError) in
                _ = try await stage.attemptRecovery(old, of: account)
            }
            try expect(try await stage.account().recovery?.left, is: 10)
        },
        Scenario("setting up again kills the old recovery codes with the old factor, issued ones too") { stage in
            let account = try await stage.enrol()
            let dead = [try await stage.match(0, of: account), try await stage.issue(for: account)]
            try await stage.store.acknowledgeRecoveryCodes(
                account: account.id,
                issuedAt: Stage.start,
                at: Stage.start + 1
            )
            try await stage.failRecovery(account)
            let again = try await stage.enrolAgain()
            try expect(again.generation, is: account.generation + 1)
            try expect(again.recovery, is: RecoverySummary(issuedAt: Stage.start + 30, acknowledgedAt: nil, left: 10))
            try expect(again.recoveryThrottle, is: RecoveryThrottle())
            for code in dead {
                for account in [account, again] {
                    try await expect(.conflict) { () throws(StoreError) in
                        _ = try await stage.attemptRecovery(code, of: account)
                    }
                }
            }
            try expect(try await stage.codes(of: again).issued, is: nil)
            try expect(
                try await stage.codes(of: again).own?.codes,
                is: stage.recoveryCodes(2).map { SealedRecoveryCode(sealed: $0) }
            )
        },
        Scenario("a first code that is wrong leaves the old recovery codes alive") { stage in
            let account = try await stage.enrol()
            let set = SetUp(secret: stage.secret(2), begunAt: Stage.start)
            let begun = try await stage.store.beginSetUp(set, for: stage.identity())
            let verdict = try await stage.store.confirmSetUp(
                account: begun.id,
                secret: stage.secret(2),
                match: .none,
                recoveryCodes: stage.recoveryCodes(2),
                at: Stage.start
            )
            try expect(verdict, is: .wrong)
            let code = try await stage.match(0, of: account)
            try expect(try await stage.attemptRecovery(code, of: account), is: .accepted(left: 9))
        },
        Scenario("disabling ends recovery codes, issued ones too, their waits and the mark") { stage in
            let account = try await stage.enrol()
            _ = try await stage.attemptRecovery(try await stage.match(0, of: account), of: account, finishesLogin: true)
            let codes = [try await stage.match(1, of: account), try await stage.issue(for: account)]
            try await stage.failRecovery(account)
            try await stage.store.disable(account: account.id, generation: account.generation)
            let disabled = try await stage.account()
            try expect(disabled.recovery, is: nil)
            try expect(disabled.recoveryMark, is: nil)
            try expect(disabled.recoveryThrottle, is: RecoveryThrottle())
            let again = try await stage.enrolAgain()
            try expect(try await stage.codes(of: again).issued, is: nil)
            for code in codes {
                try await expect(.conflict) { () throws(StoreError) in
                    _ = try await stage.attemptRecovery(code, of: again)
                }
            }
        },
        Scenario("recovery codes are acknowledged by the moment of their making, and the first time stands") { stage in
            let account = try await stage.enrol()
            for moment in [Stage.start + 1, UnixSeconds(Stage.start.value - 1)] {
                try await expect(.conflict) { () throws(StoreError) in
                    try await stage.store.acknowledgeRecoveryCodes(
                        account: account.id,
                        issuedAt: moment,
                        at: Stage.start + 1
                    )
                }
            }
            try expect(try await stage.account(), is: account)
            for second in [5, 6] {
                try await stage.store.acknowledgeRecoveryCodes(
                    account: account.id,
                    issuedAt: Stage.start,
                    at: Stage.start + second
                )
                try expect(
                    try await stage.account().recovery,
                    is: RecoverySummary(issuedAt: Stage.start, acknowledgedAt: Stage.start + 5, left: 10)
                )
            }
            _ = try await stage.attemptRecovery(try await stage.match(0, of: account), of: account)
            try expect(try await stage.account().recovery?.acknowledgedAt, is: Stage.start + 5)
        },
        Scenario("what was never issued cannot be acknowledged, replaced or looked at") { stage in
            let set = SetUp(secret: stage.secret(), begunAt: Stage.start)
            let begun = try await stage.store.beginSetUp(set, for: stage.identity())
            for account in [begun.id, 1 << 40] {
                try await expect(.conflict) { () throws(StoreError) in
                    try await stage.store.acknowledgeRecoveryCodes(
                        account: account,
                        issuedAt: Stage.start,
                        at: Stage.start
                    )
                }
                try await expect(.conflict) { () throws(StoreError) in
                    try await stage.store.replaceRecoveryCodes(
                        account: account,
                        generation: 0,
                        sealed: stage.recoveryCodes(),
                        at: Stage.start
                    )
                }
                try await expect(.conflict) { () throws(StoreError) in
                    _ = try await stage.store.recoveryCodes(account: account, generation: 0)
                }
            }
            try expect(try await stage.account(), is: begun)
        },
        Scenario("accounts carry how their recovery codes stand wherever they are read") { stage in
            let account = try await stage.enrol()
            _ = try await stage.attemptRecovery(try await stage.match(0, of: account), of: account, finishesLogin: true)
            _ = try await stage.attemptRecovery(.none, of: account)
            let expected = try await stage.account()
            try expect(expected.recovery?.left, is: 9)
            try expect(expected.recoveryMark, is: RecoveryMark(at: Stage.start))
            try expect(expected.recoveryThrottle, is: RecoveryThrottle(failures: 1, since: Stage.start))
            let before = String(account.identity.name.dropLast())
            try expect(try await stage.store.accounts(after: before, limit: 1), is: [expected])
        },
    ]
}
