public import TwinlockAccounts
public import TwinlockStore

extension Scenario {
    /// A verdict and its records are one.
    static let recordings: [Scenario] = [
        Scenario("a code's records are saved with its verdict, in their order, and told with their numbers") { stage in
            let account = try await stage.enrol()
            let before = stage.record(at: Stage.start, outcome: .continued, reason: .firstFactorShown)
            let own = stage.record(at: Stage.start + 1, outcome: .accepted, reason: .codeRight)
            let done = try await stage.attempt(.inWindow(steps: [Stage.step]), of: account) { verdict in
                verdict == .accepted(step: Stage.step, failedCodes: 0) ? [before, own] : []
            }
            try expect(done.verdict, is: .accepted(step: Stage.step, failedCodes: 0))
            try expect(done.records?.map { $0.numbered(0) }, is: [before, own])
            try expect(try await stage.ownRecords(), is: done.records)
        },
        Scenario("each verdict has its own records, and they join those before them as others do") { stage in
            let account = try await stage.enrol()
            let wrong = stage.record(at: Stage.start)
            let recording: Recording<CodeVerdict> = { verdict in
                guard case .wrong = verdict else { return [] }
                return [wrong]
            }
            for time: Int64 in 1...2 {
                let done = try await stage.attempt(.none, of: account, recording: recording)
                try expect(done.records?.map(\.count), is: [time])
            }
            let used = try await stage.attempt(.inWindow(steps: [Stage.step - 1]), of: account, recording: recording)
            try expect(used.verdict, is: .alreadyUsed)
            try expect(used.records, is: [])
            try expect(try await stage.ownRecords().map(\.count), is: [2])
        },
        Scenario("a code that is left is not judged: nothing changes, and nothing is recorded") { stage in
            let account = try await stage.enrol()
            let record = stage.record()
            let done: Recorded<CodeAttempt<String>> = try await stage.store.attemptCode(
                of: account.identity,
                source: .peer(uid: 1000),
                at: Stage.start,
                comparing: { .left("\($0 == [account])") },
                recording: { _ in [record] }
            )
            guard case .left("true") = done.verdict else { throw Disproved(description: "\(done.verdict)") }
            try expect(done.records?.count, is: 0)
            try expect(try await stage.account(), is: account)
            try expect(try await stage.ownRecords(), is: [])
        },
        Scenario("where nothing is decided nothing is recorded") { stage in
            let account = try await stage.enrol()
            let record = stage.record()
            try await expect(.conflict) { () throws(StoreError) in
                _ = try await stage.store.attemptCode(
                    of: account.identity,
                    generation: account.generation + 1,
                    match: .none,
                    source: .peer(uid: 1000),
                    at: Stage.start,
                    recording: { _ in [record] }
                )
            }
            try await stage.store.insert(stage.session(1))
            try await expect(.conflict) { () throws(StoreError) in
                _ = try await stage.store.insert(stage.session(1), recording: { [record] })
            }
            try expect(try await stage.ownRecords(), is: [])
        },
        Scenario("so are a recovery code's, and those of a sign-in that made a session") { stage in
            let account = try await stage.enrol()
            let code = try await stage.match(3, of: account)
            let spent = stage.record(at: Stage.start, outcome: .accepted, reason: .recoveryCodeRight)
            let made = stage.record(at: Stage.start + 1, outcome: .accepted, reason: .codeRight)
            let done = try await stage.store.attemptRecoveryCode(
                account: account.id,
                generation: account.generation,
                match: code,
                use: RecoveryCodeUse(at: Stage.start, service: "sshd", remoteHost: "", tty: "ssh"),
                finishesLogin: false,
                recording: { $0 == .accepted(left: 9) ? [spent] : [] }
            )
            try expect(done.verdict, is: .accepted(left: 9))
            let session = try await stage.store.insert(stage.session(1), recording: { [made] })
            try expect(try await stage.ownRecords(), is: (done.records ?? []) + (session.records ?? []))
            try expect(try await stage.ownRecords().map { $0.numbered(0) }, is: [spent, made])
        },
        Scenario("of eight at once with one code one is accepted, and each has its record") { stage in
            let account = try await stage.enrol()
            let outcomes = await stage.together(8) { number throws(StoreError) -> CodeVerdict in
                let at = Stage.start + number
                return try await stage.attempt(.inWindow(steps: [Stage.step]), of: account) { verdict in
                    guard case .accepted = verdict else {
                        return [stage.record(at: at, tty: "tty\(number)", reason: .codeUsed)]
                    }
                    return [stage.record(at: at, tty: "tty\(number)", outcome: .accepted, reason: .codeRight)]
                }.verdict
            }
            let verdicts = try outcomes.map { try $0.get() }
            let records = try await stage.ownRecords()
            try expect(records.count, is: 8)
            for record in records {
                guard let number = Int(record.tty.dropFirst(3)) else { continue }
                try expect(record.outcome == .accepted, is: verdicts[number] != .alreadyUsed)
            }
            try expect(records.filter { $0.outcome == .accepted }.count, is: 1)
        },
    ]
}

extension Stage {
    /// Sends a code to an account, from one place, with records.
    public func attempt(
        _ match: CodeMatch,
        of account: Account,
        at now: UnixSeconds = Self.start,
        recording: @escaping Recording<CodeVerdict>
    ) async throws(StoreError) -> Recorded<CodeVerdict> {
        try await self.store.attemptCode(
            of: account.identity,
            generation: account.generation,
            match: match,
            source: .peer(uid: 1000),
            at: now,
            recording: recording
        )
    }

    /// Records of the first person, oldest first.
    public func ownRecords() async throws(StoreError) -> [AuditRecord] {
        try await self.store.records(of: .account(self.identity()), after: 0, limit: 100)
    }
}
