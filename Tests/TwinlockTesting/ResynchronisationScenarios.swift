import TwinlockAccounts
import TwinlockStore

extension Scenario {
    /// A drift is saved by an administrator's act alone, and frees no code.
    static let resynchronising: [Scenario] = [
        Scenario("a new factor has no drift; one that is saved stays, also when codes are accepted after it") { stage in
            let account = try await stage.enrol()
            try expect(account.credential?.drift, is: 0)
            let verdict = try await stage.resynchronise(account, drift: -200, step: Stage.step)
            try expect(verdict, is: .resynchronised)
            try expect(try await stage.account().credential?.drift, is: -200)
            try expect(try await stage.account().credential?.lastStep, is: Stage.step)
            try expect(
                try await stage.attempt(.inWindow(steps: [Stage.step + 1]), of: account),
                is: .accepted(step: Stage.step + 1, failedCodes: 0)
            )
            try expect(try await stage.account().credential?.drift, is: -200)
        },
        Scenario("the second code is used by it, and one that was used before changes nothing") { stage in
            let account = try await stage.enrol()
            let verdict = try await stage.resynchronise(account, drift: 3, step: Stage.step - 1)
            try expect(verdict, is: .alreadyUsed)
            try expect(try await stage.account(), is: account)
            _ = try await stage.resynchronise(account, drift: 3, step: Stage.step)
            try expect(try await stage.attempt(.inWindow(steps: [Stage.step]), of: account), is: .alreadyUsed)
        },
        Scenario("under another generation, or without a factor, it is a conflict") { stage in
            let account = try await stage.enrol()
            try await stage.store.disable(account: account.id, generation: account.generation)
            try await expect(.conflict) { () throws(StoreError) in
                _ = try await stage.resynchronise(account, drift: 3, step: Stage.step)
            }
        },
        Scenario("a factor that takes its place begins without a drift") { stage in
            let account = try await stage.enrol()
            _ = try await stage.resynchronise(account, drift: 7, step: Stage.step)
            let anew = SetUp(secret: stage.secret(2), begunAt: Stage.start)
            _ = try await stage.store.beginSetUp(anew, for: account.identity, generation: account.generation)
            _ = try await stage.store.confirmSetUp(
                account: account.id,
                secret: anew.secret,
                match: .inWindow(steps: [Stage.step]),
                recoveryCodes: stage.recoveryCodes(2),
                at: Stage.start
            )
            try expect(try await stage.account().credential?.drift, is: 0)
        },
    ]
}

extension Stage {
    func resynchronise(
        _ account: Account,
        drift: Int,
        step: Int64
    ) async throws(StoreError) -> ResynchronisationVerdict {
        try await self.store.resynchronise(
            account: account.id,
            generation: account.generation,
            to: Resynchronisation(drift: drift, step: step)
        )
    }
}
