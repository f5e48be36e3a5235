import TwinlockAccounts
import TwinlockStore

extension Scenario {
    /// The last recovery code is no dead end, once.
    static let recoveryMarks: [Scenario] = [
        Scenario("a recovery code that finishes a login marks the account, and no other one does") { stage in
            let account = try await stage.enrol()
            _ = try await stage.attemptRecovery(try await stage.match(0, of: account), of: account)
            try expect(try await stage.account().recoveryMark, is: nil)
            _ = try await stage.attemptRecovery(
                try await stage.match(1, of: account),
                of: account,
                at: Stage.start + 5,
                finishesLogin: true
            )
            try expect(try await stage.account().recoveryMark, is: RecoveryMark(at: Stage.start + 5))
        },
        Scenario("a login that a recovery code did not finish leaves no mark") { stage in
            let account = try await stage.enrol()
            let code = try await stage.match(0, of: account)
            _ = try await stage.attemptRecovery(code, of: account)
            try expect(try await stage.attemptRecovery(code, of: account, finishesLogin: true), is: .used)
            try await stage.failRecovery(account)
            let fresh = try await stage.match(1, of: account)
            try expect(
                try await stage.attemptRecovery(fresh, of: account, finishesLogin: true),
                is: .refusedForNow(seconds: 60)
            )
            let verdict = try await stage.attemptRecovery(
                .none,
                of: account,
                at: Stage.start + 60,
                finishesLogin: true
            )
            try expect(verdict, is: .wrong(.allowRetry))
            try expect(try await stage.account().recoveryMark, is: nil)
        },
        Scenario("beginning a set-up leaves the mark, a wrong first code too, and the right one uses it up") { stage in
            let account = try await stage.enrol()
            _ = try await stage.attemptRecovery(try await stage.match(0, of: account), of: account, finishesLogin: true)
            let set = SetUp(secret: stage.secret(2), begunAt: Stage.start)
            let begun = try await stage.store.beginSetUp(
                set,
                for: stage.identity(),
                generation: account.generation
            )
            try expect(begun.recoveryMark, is: RecoveryMark(at: Stage.start))
            _ = try await stage.store.confirmSetUp(
                account: begun.id,
                secret: stage.secret(2),
                match: .none,
                recoveryCodes: stage.recoveryCodes(2),
                at: Stage.start
            )
            try expect(try await stage.account().recoveryMark, is: RecoveryMark(at: Stage.start))
            try expect(try await stage.enrolAgain().recoveryMark, is: nil)
        },
        Scenario("a set-up begun under another generation is a conflict and changes nothing") { stage in
            let set = SetUp(secret: stage.secret(2), begunAt: Stage.start)
            let before = try await stage.store.beginSetUp(set, for: stage.identity(), generation: 0)
            _ = try await stage.store.beginSetUp(set, for: stage.identity(), generation: before.generation)
            let account = try await stage.enrol()
            for generation in [before.generation, account.generation + 1] {
                try await expect(.conflict) { () throws(StoreError) in
                    _ = try await stage.store.beginSetUp(set, for: stage.identity(), generation: generation)
                }
            }
            try expect(try await stage.account(), is: account)
            let begun = try await stage.store.beginSetUp(
                set,
                for: stage.identity(),
                generation: account.generation
            )
            try expect(begun.setUp, is: set)
            try await expect(.conflict) { () throws(StoreError) in
                _ = try await stage.store.beginSetUp(set, for: stage.identity(1), generation: 1)
            }
            try expect(try await stage.store.accounts(sharing: stage.identity(1)), is: [])
        },
    ]

    /// The help desk's way in.
    static let issuedCodes: [Scenario] = [
        Scenario("an issued recovery code is good once, beside the person's own, and marks a login that it finishes") {
            stage in
            let account = try await stage.enrol()
            let code = try await stage.issue(for: account)
            try expect(try await stage.account(), is: account)
            try expect(
                try await stage.codes(of: account).issued?.code,
                is: SealedRecoveryCode(sealed: stage.recoveryCodes(7)[0])
            )
            let outcomes = await stage.together(8) { _ throws(StoreError) in
                try await stage.attemptRecovery(code, of: account, finishesLogin: true)
            }
            try expect(outcomes.count { $0 == .success(.accepted(left: 10)) }, is: 1)
            try expect(outcomes.count { $0 == .success(.used) }, is: 7)
            try expect(try await stage.account().recoveryMark, is: RecoveryMark(at: Stage.start))
            try expect(try await stage.account().recovery?.left, is: 10)
        },
        Scenario("an issued recovery code is wrong from its end on, and before its beginning if the clock is set back")
        {
            stage in
            let account = try await stage.enrol()
            let code = try await stage.issue(for: account)
            for moment in [Stage.start + 3600, UnixSeconds(Stage.start.value - 1)] {
                try expect(
                    try await stage.attemptRecovery(code, of: account, at: moment, finishesLogin: true),
                    is: .wrong(.allowRetry)
                )
            }
            try expect(try await stage.account().recoveryMark, is: nil)
            try expect(
                try await stage.attemptRecovery(code, of: account, at: Stage.start + 3599),
                is: .accepted(left: 10)
            )
        },
        Scenario("a newly issued recovery code replaces the one before it, used or not, and not the person's own") {
            stage in
            let account = try await stage.enrol()
            let first = try await stage.issue(for: account)
            let second = try await stage.issue(for: account)
            try expect(try await stage.attemptRecovery(second, of: account), is: .accepted(left: 10))
            let third = try await stage.issue(for: account)
            for code in [first, second] {
                try await expect(.conflict) { () throws(StoreError) in
                    _ = try await stage.attemptRecovery(code, of: account)
                }
            }
            try expect(try await stage.attemptRecovery(third, of: account), is: .accepted(left: 10))
            try expect(
                try await stage.attemptRecovery(try await stage.match(0, of: account), of: account),
                is: .accepted(left: 9)
            )
        },
        Scenario("issuing under another generation, or without a factor, is a conflict and changes nothing") { stage in
            let account = try await stage.enrol()
            let set = SetUp(secret: stage.secret(), begunAt: Stage.start)
            let begun = try await stage.store.beginSetUp(set, for: stage.identity(1))
            for (id, generation) in [(account.id, account.generation - 1), (begun.id, begun.generation), (1 << 40, 0)] {
                try await expect(.conflict) { () throws(StoreError) in
                    try await stage.store.issueRecoveryCode(
                        account: id,
                        generation: generation,
                        sealed: stage.recoveryCodes(7)[0],
                        at: Stage.start,
                        expires: Stage.start + 1
                    )
                }
            }
            try expect(try await stage.codes(of: account).issued, is: nil)
        },
        Scenario("renewing the person's own leaves the issued one") { stage in
            let account = try await stage.enrol()
            let code = try await stage.issue(for: account)
            try await stage.store.replaceRecoveryCodes(
                account: account.id,
                generation: account.generation,
                sealed: stage.recoveryCodes(2),
                at: Stage.start
            )
            try expect(try await stage.attemptRecovery(code, of: account), is: .accepted(left: 10))
        },
    ]
}
