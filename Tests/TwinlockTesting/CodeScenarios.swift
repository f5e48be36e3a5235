import TwinlockAccounts
import TwinlockStore

extension Scenario {
    /// RFC 6238 §5.2: a code is accepted once.
    static let codes: [Scenario] = [
        Scenario("a code accepted once is refused in the same step, and that is not counted") { stage in
            let account = try await stage.enrol()
            let code = CodeMatch.inWindow(steps: [Stage.step])
            try expect(try await stage.attempt(code, of: account), is: .accepted(step: Stage.step, failedCodes: 0))
            try expect(try await stage.attempt(code, of: account), is: .alreadyUsed)
            try expect(try await stage.account().throttle.failures.total, is: 0)
        },
        Scenario("the code that confirmed a set-up is used by that") { stage in
            let account = try await stage.enrol()
            try expect(
                try await stage.attempt(.inWindow(steps: [Stage.step - 1]), of: account),
                is: .alreadyUsed
            )
        },
        Scenario("with the next step accepted, the present one is used as well") { stage in
            let account = try await stage.enrol()
            let next = CodeMatch.inWindow(steps: [Stage.step + 1])
            try expect(try await stage.attempt(next, of: account), is: .accepted(step: Stage.step + 1, failedCodes: 0))
            try expect(try await stage.attempt(.inWindow(steps: [Stage.step]), of: account), is: .alreadyUsed)
            try expect(try await stage.account().credential?.lastStep, is: Stage.step + 1)
        },
        Scenario("the accepted step only moves up") { stage in
            let account = try await stage.enrol()
            var highest = Stage.step - 1
            for step in [Stage.step + 1, Stage.step - 1, Stage.step, Stage.step + 2, Stage.step + 1, Stage.step + 3] {
                let verdict = try await stage.attempt(.inWindow(steps: [step]), of: account)
                try expect(verdict, is: step > highest ? .accepted(step: step, failedCodes: 0) : .alreadyUsed)
                highest = max(highest, step)
                try expect(try await stage.account().credential?.lastStep, is: highest)
            }
        },
        Scenario("setting the clock back frees no code") { stage in
            let account = try await stage.enrol()
            let code = CodeMatch.inWindow(steps: [Stage.step])
            try expect(try await stage.attempt(code, of: account), is: .accepted(step: Stage.step, failedCodes: 0))
            let earlier = UnixSeconds(Stage.start.value - 86_400)
            try expect(try await stage.attempt(code, of: account, at: earlier), is: .alreadyUsed)
        },
        Scenario("eight attempts with one step at the same moment: one wins") { stage in
            try await oneWins(of: 8, on: stage)
        },
        Scenario("a hundred attempts with one step at the same moment: one wins") { stage in
            try await oneWins(of: 100, on: stage)
        },
        Scenario("a hundred wrong codes at the same moment: four are told to retry, one to wait, the rest are not read")
        {
            stage in
            let account = try await stage.enrol()
            let outcomes = await stage.together(100) { _ throws(StoreError) in
                try await stage.attempt(.none, of: account)
            }
            try expect(outcomes.count { $0 == .success(.wrong(.allowRetry)) }, is: 4)
            try expect(outcomes.count { $0 == .success(.wrong(.wait(seconds: 15))) }, is: 1)
            try expect(outcomes.count { $0 == .success(.refusedForNow(seconds: 15)) }, is: 95)
            try expect(try await stage.account().throttle.failures.total, is: 5)
        },
        Scenario("a right code of a far step is wrong, and counted") { stage in
            let account = try await stage.enrol()
            try expect(try await stage.attempt(.outside(offset: -4), of: account), is: .wrong(.allowRetry))
            try expect(try await stage.account().throttle.failures.total, is: 1)
        },
        Scenario("a code compared under another generation is a conflict, neither counted nor spent") { stage in
            let account = try await stage.enrol()
            var former = account
            former.generation -= 1
            for match in [CodeMatch.none, .inWindow(steps: [Stage.step])] {
                let stale = former
                try await expect(.conflict) { () throws(StoreError) in
                    _ = try await stage.attempt(match, of: stale)
                }
            }
            try expect(try await stage.account(), is: account)
        },
        Scenario("a code for an account that is not there, or has no factor, is a conflict") { stage in
            try await expect(.conflict) { () throws(StoreError) in
                _ = try await stage.store.attemptCode(
                    of: stage.identity(9),
                    generation: 0,
                    match: .none,
                    source: .peer(uid: 1),
                    at: Stage.start
                )
            }
            let begun = try await stage.store.beginSetUp(
                SetUp(secret: stage.secret(), begunAt: Stage.start),
                for: stage.identity()
            )
            try await expect(.conflict) { () throws(StoreError) in
                _ = try await stage.attempt(.inWindow(steps: [Stage.step]), of: begun)
            }
            try expect(try await stage.account(), is: begun)
        },
    ]

    private static func oneWins(of count: Int, on stage: Stage) async throws {
        let account = try await stage.enrol()
        let outcomes = await stage.together(count) { _ throws(StoreError) in
            try await stage.attempt(.inWindow(steps: [Stage.step]), of: account)
        }
        try expect(outcomes.count { $0 == .success(.accepted(step: Stage.step, failedCodes: 0)) }, is: 1)
        try expect(outcomes.count { $0 == .success(.alreadyUsed) }, is: count - 1)
    }
}
