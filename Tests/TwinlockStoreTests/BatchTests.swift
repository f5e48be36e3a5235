import Testing
import TwinlockAccounts
import TwinlockStore
import TwinlockTesting

@testable import TwinlockStoreSQLite

@Suite("SQLite store, operations that share a transaction")
struct BatchTests {
    private let directory = TemporaryDirectory()

    @Test("an operation that fails after it wrote leaves its neighbours alone")
    func failingNeighbour() async throws {
        let store = try SQLiteStore(path: self.directory.database)
        let stage = Stage(store) { store.gather($0) }
        let account = try await stage.enrol()
        let outcomes = await stage.together(9) { number throws(StoreError) -> Int in
            guard number.isMultiple(of: 3) else {
                try await store.insert(stage.session(UInt8(number)))
                return number
            }
            return try await store.perform { records throws(StoreError) in
                try records.database.execute("DELETE FROM accounts; DELETE FROM sessions", to: "ruin store")
                throw .conflict
            }
        }
        for (number, outcome) in outcomes.enumerated() {
            let fails = number.isMultiple(of: 3)
            #expect(outcome == (fails ? .failure(.conflict) : .success(number)))
            let saved = try await store.session(digest: stage.digest(UInt8(number)))
            #expect(saved == (fails ? nil : stage.session(UInt8(number))))
        }
        #expect(try await stage.account() == account)
        await store.close()
    }

    @Test("if the commit fails, all operations fail and nothing was changed; the next transaction works")
    func failingCommit() async throws {
        let store = try SQLiteStore(path: self.directory.database)
        let stage = Stage(store) { store.gather($0) }
        let account = try await stage.enrol()
        let outcomes = await stage.together(4) { number throws(StoreError) -> Bool in
            if number == 2 {
                // A deferred foreign key is looked at by the commit alone.
                try await store.perform { records throws(StoreError) in
                    try records.database.execute(
                        "PRAGMA defer_foreign_keys = 1; INSERT INTO failures VALUES (1 << 40, 'x', 1)",
                        to: "fail"
                    )
                }
                return false
            }
            let verdict = try await stage.attempt(.inWindow(steps: [Stage.step]), of: account)
            return verdict == .accepted(step: Stage.step, failedCodes: 0)
        }
        for outcome in outcomes {
            guard case .failure(.damaged(let reason)) = outcome else {
                Issue.record("\(outcome)")
                continue
            }
            #expect(reason.hasPrefix("cannot commit to store at \"\(self.directory.database)\": FOREIGN KEY"))
        }
        #expect(try await stage.account() == account)
        let verdict = try await stage.attempt(.inWindow(steps: [Stage.step]), of: account)
        #expect(verdict == .accepted(step: Stage.step, failedCodes: 0))
        await store.close()
    }

    @Test("if the transaction is lost inside an operation, no operation of the batch is saved")
    func lostTransaction() async throws {
        let store = try SQLiteStore(path: self.directory.database)
        let stage = Stage(store) { store.gather($0) }
        let outcomes = await stage.together(5) { number throws(StoreError) -> Int in
            guard number == 2 else {
                try await store.insert(stage.session(UInt8(number)))
                return number
            }
            return try await store.perform { records throws(StoreError) in
                // What SQLite does by itself after some errors.
                try records.database.execute("ROLLBACK", to: "lose transaction")
                throw .unavailable(reason: "lost")
            }
        }
        #expect(outcomes.allSatisfy { $0 == .failure(.unavailable(reason: "lost")) })
        for number in 0..<5 {
            #expect(try await store.session(digest: stage.digest(UInt8(number))) == nil)
        }
        await store.close()
    }

    @Test("a full disk refuses and loses nothing that was acknowledged")
    func fullDisk() async throws {
        let store = try SQLiteStore(path: self.directory.database)
        let stage = Stage(store)
        let account = try await stage.enrol()
        // Less than it has: from now on no page can be added.
        try await store.limit(pages: 1)
        var saved: [Session] = []
        var refusal: StoreError?
        for number in 0..<UInt8.max where refusal == nil {
            let session = stage.session(number)
            do throws(StoreError) {
                try await store.insert(session)
                saved.append(session)
            } catch {
                refusal = error
            }
        }
        guard case .unavailable(let reason) = refusal else {
            Issue.record("\(saved.count) sessions were saved, then: \(String(describing: refusal))")
            return
        }
        #expect(
            reason == "cannot save session in store at \"\(self.directory.database)\": "
                + "database or disk is full (SQLite 13)"
        )
        for session in saved {
            #expect(try await store.session(digest: session.digest) == session)
        }
        #expect(try await store.session(digest: stage.digest(UInt8(saved.count))) == nil)
        #expect(try await stage.account() == account)
        try await store.limit(pages: 1 << 20)
        try await store.insert(stage.session(UInt8(saved.count)))
        await store.close()
    }

    @Test("records for which there is no room leave the verdicts that they belong to", arguments: [1, 4])
    func noRoomForRecords(count: Int) async throws {
        let store = try SQLiteStore(path: self.directory.database)
        let stage = Stage(store) { store.gather($0) }
        let account = try await stage.enrol()
        try await store.reserve(bytes: .max)
        let outcomes = await stage.together(count) { number throws(StoreError) -> Recorded<CodeVerdict> in
            let record = stage.record(tty: "tty\(number)")
            return try await stage.attempt(.none, of: account) { _ in [record] }
        }
        for outcome in outcomes {
            let done = try outcome.get()
            #expect(done.records == nil)
            #expect(done.verdict == .wrong(.allowRetry))
        }
        #expect(try await stage.account().throttle.failures.total == count, "each was counted once")
        #expect(try await stage.ownRecords() == [])
        try await store.reserve(bytes: 0)
        let record = stage.record()
        let done = try await stage.attempt(.inWindow(steps: [Stage.step]), of: account) { _ in [record] }
        #expect(done.records == (try await stage.ownRecords()) && done.records?.count == 1)
        await store.close()
    }

    @Test("a full disk costs records, and no verdict")
    func fullDiskForRecords() async throws {
        let store = try SQLiteStore(path: self.directory.database)
        let stage = Stage(store)
        let account = try await stage.enrol()
        try await store.limit(pages: 1)
        var saved = 0
        var lost = 0
        for number in 0..<Int64(300) {
            let record = stage.record(at: Stage.start + Int(number), outcome: .accepted, reason: .codeRight)
            let done = try await stage.attempt(.inWindow(steps: [Stage.step + number]), of: account) { _ in [record] }
            #expect(done.verdict == .accepted(step: Stage.step + number, failedCodes: 0))
            saved += done.records?.count ?? 0
            lost += done.records == nil ? 1 : 0
        }
        #expect(saved + lost == 300 && lost > 0)
        #expect(try await store.records(of: .everything, after: 0, limit: 1000).count == saved)
        await store.close()
    }

    @Test("closing finishes what waits and refuses what comes later", .timeLimit(.minutes(1)))
    func closing() async throws {
        let store = try SQLiteStore(path: self.directory.database)
        let stage = Stage(store)
        store.gather(1000)
        async let outcomes = stage.together(8) { number throws(StoreError) -> Int in
            try await store.insert(stage.session(UInt8(number)))
            return number
        }
        while store.waitingCount < 8 {
            await Task.yield()
        }
        await store.close()
        #expect(await outcomes == (0..<8).map { .success($0) })
        await #expect(
            throws: StoreError.unavailable(
                reason: "cannot use store at \"\(self.directory.database)\": it is closed"
            )
        ) {
            try await store.insert(stage.session(9))
        }
        await store.close()
        let again = try SQLiteStore(path: self.directory.database)
        for number in 0..<UInt8(8) {
            #expect(try await again.session(digest: stage.digest(number)) == stage.session(number))
        }
        await again.close()
    }
}
