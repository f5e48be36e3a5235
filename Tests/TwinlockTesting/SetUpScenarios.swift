import TwinlockAccounts
import TwinlockStore

extension Scenario {
    /// Nothing is active before the first code is right.
    static let setUps: [Scenario] = [
        Scenario("a set-up is not active before its first right code") { stage in
            let begun = try await stage.begin()
            try expect(begun.credential, is: nil)
            try expect(try await stage.confirm(begun, match: .none), is: .wrong)
            try expect(try await stage.confirm(begun, match: .outside(offset: 3)), is: .wrong)
            let account = try await stage.account()
            try expect(account.credential, is: nil)
            try expect(account.setUp?.failures, is: 2)
            try expect(account.throttle.failures.total, is: 0)
        },
        Scenario("the first right code makes the factor active and moves the generation up") { stage in
            let begun = try await stage.begin()
            try expect(try await stage.confirm(begun), is: .confirmed(step: Stage.step))
            let account = try await stage.account()
            try expect(account.id, is: begun.id)
            try expect(account.generation, is: begun.generation + 1)
            try expect(account.setUp, is: nil)
            try expect(
                account.credential,
                is: Credential(secret: stage.secret(), lastStep: Stage.step, confirmedAt: Stage.start)
            )
        },
        Scenario("eight confirmations at the same moment: one wins") { stage in
            let begun = try await stage.begin()
            let outcomes = await stage.together(8) { _ throws(StoreError) in
                try await stage.confirm(begun)
            }
            try expect(outcomes.count { $0 == .success(.confirmed(step: Stage.step)) }, is: 1)
            try expect(outcomes.count { $0 == .success(.noSetUp) }, is: 7)
            try expect(try await stage.account().generation, is: begun.generation + 1)
        },
        Scenario("where the codes of two steps coincide, a set-up uses the newer one") { stage in
            let begun = try await stage.begin()
            try expect(
                try await stage.confirm(begun, match: .inWindow(steps: [Stage.step, Stage.step + 1])),
                is: .confirmed(step: Stage.step + 1)
            )
        },
        Scenario("setting up anew replaces the secret only with the right first code") { stage in
            let account = try await stage.enrol()
            let again = try await stage.begin(secret: 2)
            try expect(again.credential, is: account.credential)
            try expect(try await stage.confirm(again, secret: 2, match: .none), is: .wrong)
            try expect(
                try await stage.attempt(.inWindow(steps: [Stage.step]), of: account),
                is: .accepted(step: Stage.step, failedCodes: 0)
            )
            try expect(
                try await stage.confirm(again, secret: 2, match: .inWindow(steps: [Stage.step - 1])),
                is: .confirmed(step: Stage.step - 1)
            )
            let replaced = try await stage.account()
            try expect(replaced.credential?.secret, is: stage.secret(2))
            try expect(replaced.credential?.lastStep, is: Stage.step - 1)
            try await expect(.conflict) { () throws(StoreError) in
                _ = try await stage.attempt(.inWindow(steps: [Stage.step + 1]), of: account)
            }
        },
        Scenario("confirming a secret that has been replaced is a conflict and changes nothing") { stage in
            let begun = try await stage.begin()
            let again = try await stage.begin(secret: 2)
            try await expect(.conflict) { () throws(StoreError) in
                _ = try await stage.confirm(begun, secret: 1)
            }
            try expect(try await stage.account(), is: again)
        },
        Scenario("ten wrong first codes void a set-up, and a new one can be begun") { stage in
            let begun = try await stage.begin()
            for _ in 1...10 {
                try expect(try await stage.confirm(begun, match: .none), is: .wrong)
            }
            try expect(try await stage.confirm(begun), is: .noSetUp)
            try expect(try await stage.account().credential, is: nil)
            try expect(
                try await stage.confirm(try await stage.begin(secret: 2), secret: 2),
                is: .confirmed(step: Stage.step)
            )
        },
        Scenario("a set-up is open for less than fifteen minutes") { stage in
            let begun = try await stage.begin()
            try expect(try await stage.confirm(begun, match: .none, at: Stage.start + 899), is: .wrong)
            try expect(try await stage.confirm(begun, at: Stage.start + 900), is: .noSetUp)
            try expect(try await stage.confirm(begun, at: UnixSeconds(Stage.start.value - 1)), is: .noSetUp)
            try expect(try await stage.account().credential, is: nil)
        },
        Scenario("confirming where nothing was begun") { stage in
            let account = try await stage.enrol()
            try expect(try await stage.confirm(account), is: .noSetUp)
            try expect(try await stage.account(), is: account)
            try await expect(.conflict) { () throws(StoreError) in
                _ = try await stage.store.confirmSetUp(
                    account: 1 << 40,
                    secret: stage.secret(),
                    match: .none,
                    recoveryCodes: stage.recoveryCodes(),
                    at: Stage.start
                )
            }
        },
        Scenario("confirming clears failures and waits") { stage in
            let account = try await stage.enrol()
            _ = try await stage.fail(5, account: account)
            _ = try await stage.confirm(try await stage.begin(secret: 2), secret: 2)
            try expect(try await stage.account().throttle, is: Throttle())
        },
        Scenario("confirming ends the person's sessions without a code and keeps those with one, and other people's") {
            stage in
            let begun = try await stage.begin()
            let others = [stage.session(3, of: stage.identity(1), factors: [.password])]
            let own = [stage.session(1, factors: [.password]), stage.session(2)]
            for session in own + others {
                try await stage.store.insert(session)
            }
            _ = try await stage.confirm(begun)
            try expect(try await stage.store.session(digest: stage.digest(1)), is: nil)
            try expect(try await stage.store.session(digest: stage.digest(2)), is: own[1])
            try expect(try await stage.store.session(digest: stage.digest(3)), is: others[0])
        },
        Scenario("disabling removes factor, set-up and failures and moves the generation up") { stage in
            let account = try await stage.enrol()
            _ = try await stage.fail(5, account: account)
            _ = try await stage.begin(secret: 2)
            try await stage.store.disable(account: account.id, generation: account.generation)
            let disabled = try await stage.account()
            try expect(
                disabled,
                is: Account(
                    id: account.id,
                    identity: account.identity,
                    generation: account.generation + 1,
                    credential: nil,
                    setUp: nil,
                    throttle: Throttle()
                )
            )
        },
        Scenario("disabling under another generation, or without a factor, is a conflict and changes nothing") {
            stage in
            let account = try await stage.enrol()
            try await expect(.conflict) { () throws(StoreError) in
                try await stage.store.disable(account: account.id, generation: account.generation - 1)
            }
            try expect(try await stage.account(), is: account)
            let begun = try await stage.begin(person: 1)
            try await expect(.conflict) { () throws(StoreError) in
                try await stage.store.disable(account: begun.id, generation: begun.generation)
            }
            try expect(try await stage.account(1), is: begun)
        },
    ]
}

extension Stage {
    fileprivate func begin(person: UInt32 = 0, secret: UInt8 = 1) async throws(StoreError) -> Account {
        try await self.store.beginSetUp(
            SetUp(secret: self.secret(secret), begunAt: Self.start),
            for: self.identity(person)
        )
    }

    fileprivate func confirm(
        _ account: Account,
        secret: UInt8 = 1,
        match: CodeMatch = .inWindow(steps: [Self.step]),
        at now: UnixSeconds = Self.start
    ) async throws(StoreError) -> SetUpVerdict {
        try await self.store.confirmSetUp(
            account: account.id,
            secret: self.secret(secret),
            match: match,
            recoveryCodes: self.recoveryCodes(),
            at: now
        )
    }
}
