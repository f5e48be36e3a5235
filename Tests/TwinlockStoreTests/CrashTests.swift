import Glibc
import Testing
import TwinlockAccounts
import TwinlockStore
import TwinlockStoreSQLite
import TwinlockTesting

/// Changes that touch several tables at once.
enum Change: String, CaseIterable, Sendable {
    case confirmSetUp, acceptCode, refuseCode, regenerateRecoveryCodes, useRecoveryCode, refreshToken, disable

    /// What is there before: with everything that the change touches.
    func prepare(_ stage: Stage) async throws {
        switch self {
        case .confirmSetUp:
            let setUp = SetUp(secret: stage.secret(), begunAt: Stage.start)
            _ = try await stage.store.beginSetUp(setUp, for: stage.identity())
            _ = try await stage.store.createToken(stage.token(1, showsCode: false), under: nil, at: Stage.start)
        case .acceptCode, .refuseCode, .regenerateRecoveryCodes, .useRecoveryCode, .refreshToken, .disable:
            let account = try await stage.enrol()
            _ = try await stage.store.createToken(stage.token(1), under: account.generation, at: Stage.start)
            _ = try await stage.attempt(.none, of: account, from: .peer(uid: 7))
            _ = try await stage.attempt(.none, of: account, from: .peer(uid: 8))
            let used = try await stage.match(3, of: account)
            _ = try await stage.attemptRecovery(used, of: account, finishesLogin: true)
            _ = try await stage.attempt(.none, of: account, from: .peer(uid: 9))
            _ = try await stage.attemptRecovery(.none, of: account)
        }
        try await stage.store.insert(stage.session(1))
        try await stage.store.insert(stage.session(2, factors: [.password]))
        // A neighbour, who must stay as he is.
        _ = try await stage.enrol(1)
    }

    func carryOut(_ stage: Stage) async throws {
        let account = try await stage.account()
        switch self {
        case .confirmSetUp:
            let verdict = try await stage.store.confirmSetUp(
                account: account.id,
                secret: stage.secret(),
                match: .inWindow(steps: [Stage.step]),
                recoveryCodes: stage.recoveryCodes(2),
                at: Stage.start
            )
            #expect(verdict == .confirmed(step: Stage.step))
        case .acceptCode:
            let records = [
                stage.record(outcome: .continued, reason: .firstFactorShown),
                stage.record(outcome: .accepted, reason: .codeRight),
            ]
            let done = try await stage.attempt(.inWindow(steps: [Stage.step]), of: account) { _ in records }
            #expect(done.verdict == .accepted(step: Stage.step, failedCodes: 1) && done.records?.count == 2)
        case .refuseCode:
            let record = stage.record()
            let done = try await stage.attempt(.none, of: account) { _ in [record] }
            #expect(done.verdict == .wrong(.allowRetry) && done.records?.count == 1)
        case .regenerateRecoveryCodes:
            try await stage.store.replaceRecoveryCodes(
                account: account.id,
                generation: account.generation,
                sealed: stage.recoveryCodes(2),
                at: Stage.start + 60
            )
        case .useRecoveryCode:
            let code = try await stage.match(0, of: account)
            let verdict = try await stage.attemptRecovery(code, of: account, at: Stage.start + 60, finishesLogin: true)
            #expect(verdict == .accepted(left: 8))
        case .refreshToken:
            var change = TokenChange(showsCode: true, mark: stage.mark(2))
            change.digest = stage.digest(9)
            _ = try await stage.store.changeToken(
                id: stage.tokenID(1),
                of: account.identity,
                by: change,
                under: account.generation,
                at: Stage.start + 60
            )
        case .disable:
            try await stage.store.disable(account: account.id, generation: account.generation)
        }
    }
}

/// All that a change may touch, as a store has it.
private struct Picture: Equatable {
    var accounts: [Account] = []
    var codes: [RecoveryCodes?] = []
    var sessions: [Session?] = []
    var tokens: [Token?] = []
    /// A verdict and its records are there together, or neither is.
    var records: [AuditRecord] = []

    init(_ store: SQLiteStore) async throws {
        let stage = Stage(store)
        for person: UInt32 in [0, 1] {
            let account = try await stage.account(person)
            self.accounts.append(account)
            self.codes.append(account.credential == nil ? nil : try await stage.codes(of: account))
        }
        for number: UInt8 in [1, 2] {
            self.sessions.append(try await store.session(digest: stage.digest(number)))
        }
        for number: UInt8 in [1, 9] {
            self.tokens.append(try await store.token(digest: stage.digest(number)))
        }
        self.records = try await stage.ownRecords()
    }
}

@Suite("SQLite store, killed at each statement and each write of a change", .serialized)
struct CrashTests {
    private let directory = TemporaryDirectory()
    private var notes: String { "\(self.directory.path)/notes" }

    @Test("what is there afterwards is all of the change or nothing of it", arguments: Change.allCases)
    func allOrNothing(change: Change) async throws {
        let path = self.directory.database
        let store = try SQLiteStore(path: path)
        try await change.prepare(Stage(store))
        let before = try await Picture(store)
        await store.close()
        let file = read(path)

        let finished = try await self.pictureAfterDeath(.statement, at: 0, in: change, of: file)
        let after = try await self.carriedOut(change, of: file)
        #expect(after != before)
        #expect(finished == after, "killed after the answer")
        let passed = read(self.notes).map(Int.init)
        #expect(passed.count == 2 && passed.allSatisfy { $0 > 0 }, "\(passed)")

        var seen = (before: 0, after: 0)
        for (point, count) in [(DeathPoint.statement, passed[0]), (.write, passed[1]), (.halfWrite, passed[1])] {
            for number in 1...count {
                let found = try await self.pictureAfterDeath(point, at: number, in: change, of: file)
                #expect(found == before || found == after, "\(point) \(number) of \(count)")
                seen.before += found == before ? 1 : 0
                seen.after += found == after ? 1 : 0
                guard found == before else { continue }
                // Nor does the death stand in the way of a second try.
                let store = try SQLiteStore(path: path)
                try await change.carryOut(Stage(store))
                #expect(try await Picture(store) == after, "\(point) \(number) of \(count), tried again")
                await store.close()
            }
        }
        #expect(seen.before > 0 && seen.before + seen.after == passed[0] + 2 * passed[1])
    }

    /// Lets a process carry the change out on that database until it dies; then opens what it left.
    ///
    /// - Parameter number: At which the process dies; at 0 it dies after the change, and notes how many points it passed.
    private func pictureAfterDeath(
        _ point: DeathPoint,
        at number: Int,
        in change: Change,
        of file: [UInt8]
    ) async throws -> Picture {
        let path = self.directory.database
        self.restore(file)
        let notes = self.notes
        let (kind, name) = (point.rawValue, change.rawValue)
        await #expect(processExitsWith: .signal(SIGKILL), "\(point) \(number)") {
            [
                path = path as String, notes = notes as String, kind = kind as String, name = name as String,
                number = number as Int,
            ] in
            guard let point = DeathPoint(rawValue: kind), let change = Change(rawValue: name) else {
                preconditionFailure("\(kind) \(name)")
            }
            DeathPoint.lay()
            let store = try SQLiteStore(path: path)
            point.arm(at: number)
            try await change.carryOut(Stage(store))
            precondition(number == 0, "there is no \(kind) \(number)")
            let passed = DeathPoint.disarm()
            write([UInt8(passed.statements), UInt8(passed.writes)], to: notes)
            killThisProcess()
        }
        let store = try SQLiteStore(path: path)
        let picture = try await Picture(store)
        await store.close()
        return picture
    }

    /// What the database is when nobody dies.
    private func carriedOut(_ change: Change, of file: [UInt8]) async throws -> Picture {
        self.restore(file)
        let store = try SQLiteStore(path: self.directory.database)
        try await change.carryOut(Stage(store))
        let picture = try await Picture(store)
        await store.close()
        return picture
    }

    private func restore(_ file: [UInt8]) {
        let path = self.directory.database
        for name in self.directory.files where name.hasPrefix("db") {
            unlink("\(self.directory.path)/\(name)")
        }
        write(file, to: path)
    }
}
