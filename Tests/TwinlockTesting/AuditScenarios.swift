public import TwinlockAccounts
import TwinlockStore

extension Scenario {
    /// What was decided is kept as it was, in order, and a flood of one refusal is one record.
    static let audit: [Scenario] = [
        Scenario("a record keeps every property that it was given, and gets a number") { stage in
            let odd = AuditRecord(
                at: Stage.start,
                firstAt: UnixSeconds(-5),
                count: 3,
                name: stage.identity().name + " 'ä\u{1F512}\"",
                uid: .max,
                service: "",
                remoteHost: "2001:db8::7",
                tty: "pts/1",
                caller: .max,
                method: "SignIn",
                outcome: .refused,
                reason: .codeUsed
            )
            let bare = stage.record(uid: nil, outcome: .accepted, caller: nil)
            let saved = try await stage.store.append([odd, bare])
            try expect(saved.map { $0.numbered(0) }, is: [odd, bare])
            try expect(saved[0].number > 0 && saved[1].number > saved[0].number, is: true)
            try expect(try await stage.history(.name(odd.name)), is: [saved[0]])
            try expect(try await stage.history(.name(bare.name)), is: [saved[1]])
        },
        Scenario("saving nothing is nothing") { stage in
            try expect(try await stage.store.append([]), is: [])
        },
        Scenario("records are read from both ends, page by page, none twice and none left out") { stage in
            var saved: [AuditRecord] = []
            for second in 0..<7 {
                saved += try await stage.store.append([stage.record(at: Stage.start + second, outcome: .accepted)])
            }
            let own = AuditFilter.account(stage.identity())
            let newest = try await stage.store.records(of: own, before: nil, limit: 3)
            try expect(newest, is: [saved[6], saved[5], saved[4]])
            let older = try await stage.store.records(of: own, before: saved[4].number, limit: 5)
            try expect(older, is: [saved[3], saved[2], saved[1], saved[0]])
            try expect(try await stage.store.records(of: own, before: saved[0].number, limit: 5), is: [])
            try expect(try await stage.store.records(of: own, after: 0, limit: 2), is: [saved[0], saved[1]])
            let newer = try await stage.store.records(of: own, after: saved[4].number, limit: 9)
            try expect(newer, is: [saved[5], saved[6]])
            try expect(try await stage.store.records(of: own, after: saved[6].number, limit: 9), is: [])
        },
        Scenario("one's own are those of name and uid, and those of the name where no uid is known") { stage in
            let (mine, other) = (stage.identity(), stage.identity(1))
            let records = [
                stage.record(of: mine, outcome: .accepted),
                stage.record(of: mine, uid: nil, reason: .passwordThrottled),
                stage.record(of: Identity(name: mine.name, uid: other.uid), outcome: .accepted),
                stage.record(of: Identity(name: other.name, uid: mine.uid), outcome: .accepted),
                stage.record(of: Identity(name: mine.name.uppercased(), uid: mine.uid), outcome: .accepted),
            ]
            let saved = try await stage.store.append(records)
            try expect(try await stage.history(.account(mine)), is: [saved[1], saved[0]])
            try expect(try await stage.history(.name(mine.name)), is: [saved[2], saved[1], saved[0]])
            let before = try await stage.store.records(of: .account(mine), after: 0, limit: 9)
            try expect(before, is: [saved[0], saved[1]])
        },
        Scenario("names are compared by their bytes") { stage in
            let composed = stage.identity().name + "\u{e9}"
            let decomposed = stage.identity().name + "e\u{301}"
            let records = [composed, decomposed].map {
                stage.record(of: Identity(name: $0, uid: 7), reason: .codeWrong)
            }
            let saved = try await stage.store.append(records)
            try expect(saved.map(\.count), is: [1, 1])
            try expect(try await stage.history(.name(composed)), is: [saved[0]])
            try expect(try await stage.history(.account(Identity(name: decomposed, uid: 7))), is: [saved[1]])
        },
        Scenario("a refusal that repeats one joins it, over batches, and comes to the front") { stage in
            let own = AuditFilter.account(stage.identity())
            let first = try await stage.store.append([stage.record()])
            let login = try await stage.store.append([stage.record(at: Stage.start + 1, outcome: .accepted)])
            let again = try await stage.store.append([
                stage.record(at: Stage.start + 2), stage.record(at: Stage.start + 600),
            ])
            try expect(again.map(\.count), is: [3])
            try expect(again[0].firstAt, is: Stage.start)
            try expect(again[0].at, is: Stage.start + 600)
            try expect(again[0].number > login[0].number, is: true)
            try expect(try await stage.history(own), is: [again[0], login[0]])
            try expect(try await stage.store.records(of: own, after: first[0].number, limit: 9), is: login + again)
        },
        Scenario("a repeat that comes too late, or in a chain that is too long, is a record of its own") { stage in
            let own = AuditFilter.account(stage.identity())
            let late = Stage.start + (AuditRecord.repeatSeconds + 1)
            _ = try await stage.store.append([stage.record(), stage.record(at: late)])
            try expect(try await stage.history(own).map(\.count), is: [1, 1])
            var chain: [AuditRecord] = []
            for step in 1...145 {
                chain.append(stage.record(at: late + step * 600))
            }
            _ = try await stage.store.append(chain)
            let history = try await stage.history(own)
            try expect(history.map(\.count), is: [1, 145, 1])
            try expect(history[1].at - history[1].firstAt, is: Int64(AuditRecord.longestSpanSeconds))
        },
        Scenario("after the clock was set back a repeat is a record of its own, and the next ones join that") { stage in
            let early = UnixSeconds(Stage.start.value - 3600)
            _ = try await stage.store.append([stage.record(), stage.record(at: early), stage.record(at: early + 1)])
            let history = try await stage.history(.account(stage.identity()))
            try expect(history.map(\.count), is: [2, 1])
            try expect(history.map(\.at), is: [early + 1, Stage.start])
        },
        Scenario("what differs in anything but its moment does not join, and what was accepted never does") { stage in
            let records = [
                stage.record(), stage.record(uid: nil), stage.record(of: stage.identity(1)),
                stage.record(service: "su"), stage.record(remoteHost: "192.0.2.8"), stage.record(tty: "pts/9"),
                stage.record(caller: 7), stage.record(method: "Disable"), stage.record(outcome: .continued),
                stage.record(reason: .codeUsed), stage.record(outcome: .accepted), stage.record(outcome: .accepted),
            ]
            let saved = try await stage.store.append(records)
            try expect(saved.map { $0.numbered(0) }, is: records)
            let again = try await stage.store.append(records)
            try expect(again.map(\.count), is: [2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1])
        },
        Scenario("a thousand refusals from one source at the same moment are one record") { stage in
            let outcomes = await stage.together(20) { _ throws(StoreError) in
                try await stage.store.append([AuditRecord](repeating: stage.record(), count: 50)).count
            }
            try expect(outcomes, is: [Result<Int, StoreError>](repeating: .success(1), count: 20))
            try expect(try await stage.history(.account(stage.identity())).map(\.count), is: [1000])
        },
        Scenario("records joined again and again get new numbers, and none is used twice") { stage in
            var numbers: Set<Int64> = []
            for second in 0..<20 {
                for record in try await stage.store.append([stage.record(at: Stage.start + second)]) {
                    numbers.insert(record.number)
                }
            }
            try expect(numbers.count, is: 20)
        },
    ]

    /// Not for stages that share a store: they count everybody's records.
    public static let trimming: [Scenario] = [
        Scenario("everything is everybody's") { stage in
            let saved = try await stage.store.append([
                stage.record(), stage.record(of: stage.identity(1)), stage.record(of: stage.identity(2), uid: nil),
            ])
            try expect(try await stage.history(.everything), is: saved.reversed())
            try expect(try await stage.store.records(of: .everything, after: saved[0].number, limit: 1), is: [saved[1]])
        },
        Scenario("what is older than the days goes, at the very second, in steps") { stage in
            let retention = AuditRetention(days: 1, rows: 100)
            for second in 0..<5 {
                _ = try await stage.store.append([stage.record(at: Stage.start + second, outcome: .accepted)])
            }
            let now = Stage.start + (86_400 + 3)
            try expect(try await stage.trim(retention, at: Stage.start + 86_400, atMost: 9), is: 0)
            try expect(try await stage.trim(retention, at: now, atMost: 2), is: 2)
            try expect(try await stage.trim(retention, at: now, atMost: 2), is: 1)
            let left = try await stage.history(.everything).map(\.at)
            try expect(left, is: [Stage.start + 4, Stage.start + 3])
        },
        Scenario("one that took in a repeat is as old as that") { stage in
            _ = try await stage.store.append([stage.record(), stage.record(at: Stage.start + 60)])
            let retention = AuditRetention(days: 1, rows: 100)
            try expect(try await stage.trim(retention, at: Stage.start + (86_400 + 60)), is: 0)
            try expect(try await stage.trim(retention, at: Stage.start + (86_400 + 61)), is: 1)
        },
        Scenario("the oldest go where there are too many, whatever their moment") { stage in
            for number in 0..<107 {
                // A clock that goes backwards.
                let moment = UnixSeconds(Stage.start.value - Int64(number))
                _ = try await stage.store.append([stage.record(at: moment, outcome: .accepted)])
            }
            let retention = AuditRetention(days: 1, rows: 100)
            try expect(try await stage.trim(retention, atMost: 5), is: 5)
            try expect(try await stage.trim(retention, atMost: 5), is: 2)
            try expect(try await stage.trim(retention, atMost: 5), is: 0)
            let left = try await stage.history(.everything)
            try expect(left.count, is: 100)
            try expect(left.last?.at, is: UnixSeconds(Stage.start.value - 7))
        },
        Scenario("a flood of refusals, under names of nobody and of somebody, pushes out its own kind and no login") {
            stage in
            let login = stage.record(outcome: .accepted)
            var records = [login, stage.record(outcome: .continued)]
            for number in 0..<200 {
                records.append(stage.record(of: Identity(name: "stranger-\(number)", uid: 0), uid: nil))
                records.append(stage.record(remoteHost: "host-\(number)"))
            }
            _ = try await stage.store.append(records)
            let retention = AuditRetention(days: 1, rows: 100)
            try expect(try await stage.trim(retention, atMost: 1000), is: 340)
            let left = try await stage.history(.everything)
            try expect(left.count { $0.worth == .stranger }, is: 10)
            try expect(left.count { $0.worth == .refusal }, is: 50)
            try expect(left.suffix(2).map { $0.numbered(0) }, is: [records[1], login])
            try expect(left.first?.remoteHost, is: "host-199")
        },
        Scenario("a number that was given to a record that is gone is not given to another") { stage in
            let gone = try await stage.store.append([stage.record()])
            try expect(try await stage.trim(AuditRetention(days: 1, rows: 100), at: Stage.start + 100_000), is: 1)
            let new = try await stage.store.append([stage.record(at: Stage.start + 100_000)])
            try expect(new[0].number > gone[0].number, is: true)
        },
    ]

    /// The owner clears what counts against him.
    static let clearing: [Scenario] = [
        Scenario("clearing failures clears those of every source and the wait, and spends no code") { stage in
            let account = try await stage.enrol()
            let now = try await stage.fail(3, account: account, from: .peer(uid: 7))
            _ = try await stage.fail(2, account: account, at: now)
            try await stage.store.clearFailures(account: account.id, generation: account.generation)
            try expect(try await stage.account(), is: account)
            try expect(
                try await stage.attempt(.inWindow(steps: [Stage.step]), of: account, at: now),
                is: .accepted(step: Stage.step, failedCodes: 0)
            )
        },
        Scenario("an exhausted account reads codes again") { stage in
            let account = try await stage.enrol()
            let now = try await stage.fail(Throttle.maximumFailures, account: account)
            let code = CodeMatch.inWindow(steps: [Stage.step])
            try expect(try await stage.attempt(code, of: account, at: now), is: .refusedUntilCleared)
            try await stage.store.clearFailures(account: account.id, generation: account.generation)
            try expect(
                try await stage.attempt(code, of: account, at: now),
                is: .accepted(step: Stage.step, failedCodes: 0)
            )
        },
        Scenario("clearing under another generation, without a factor or without an account is a conflict") { stage in
            let account = try await stage.enrol()
            _ = try await stage.fail(2, account: account)
            let begun = try await stage.store.beginSetUp(
                SetUp(secret: stage.secret(), begunAt: Stage.start),
                for: stage.identity(1)
            )
            let wrong = [(account.id, account.generation - 1), (begun.id, begun.generation), (1 << 40, 0)]
            for (id, generation) in wrong {
                try await expect(.conflict) { () throws(StoreError) in
                    try await stage.store.clearFailures(account: id, generation: generation)
                }
            }
            try expect(try await stage.account().throttle.failures.total, is: 2)
        },
    ]
}

extension AuditRecord {
    /// The same record under another number.
    func numbered(_ number: Int64) -> AuditRecord {
        var record = self
        record.number = number
        return record
    }
}

extension Stage {
    /// A record of the first person's: a wrong code by ssh at the start, unless said otherwise.
    public func record(
        of identity: Identity? = nil,
        at: UnixSeconds = Self.start,
        service: String = "sshd",
        remoteHost: String = "192.0.2.7",
        tty: String = "ssh",
        method: String = "Verify2FACode",
        outcome: AuditOutcome = .refused,
        reason: AuditReason = .codeWrong,
        caller: UInt32? = 0
    ) -> AuditRecord {
        let identity = identity ?? self.identity()
        return self.record(
            of: identity,
            uid: identity.uid,
            at: at,
            service: service,
            remoteHost: remoteHost,
            tty: tty,
            method: method,
            outcome: outcome,
            reason: reason,
            caller: caller
        )
    }

    /// The same with a uid that is not the person's, or not known.
    public func record(
        of identity: Identity? = nil,
        uid: UInt32?,
        at: UnixSeconds = Self.start,
        service: String = "sshd",
        remoteHost: String = "192.0.2.7",
        tty: String = "ssh",
        method: String = "Verify2FACode",
        outcome: AuditOutcome = .refused,
        reason: AuditReason = .codeWrong,
        caller: UInt32? = 0
    ) -> AuditRecord {
        AuditRecord(
            at: at,
            name: (identity ?? self.identity()).name,
            uid: uid,
            service: service,
            remoteHost: remoteHost,
            tty: tty,
            caller: caller,
            method: method,
            outcome: outcome,
            reason: reason
        )
    }

    fileprivate func history(_ filter: AuditFilter) async throws(StoreError) -> [AuditRecord] {
        try await self.store.records(of: filter, before: nil, limit: 1000)
    }

    fileprivate func trim(
        _ retention: AuditRetention,
        at now: UnixSeconds = Self.start,
        atMost limit: Int = 100
    ) async throws(StoreError) -> Int {
        try await self.store.trimRecords(by: retention, at: now, atMost: limit)
    }
}
