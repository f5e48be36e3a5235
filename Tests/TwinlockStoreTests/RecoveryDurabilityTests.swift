import Glibc
import Testing
import TwinlockAccounts
import TwinlockStore
import TwinlockTesting

@testable import TwinlockStoreSQLite

/// A peer's list of one-time codes was written anew after each use: a write that failed, or two at once, brought used
/// codes back to life.
@Suite("SQLite store, recovery codes whose use could not be saved", .serialized)
struct RecoveryDurabilityTests {
    private let directory = TemporaryDirectory()

    @Test("if the commit fails nobody is let in and no recovery code is spent; afterwards each works once")
    func failingCommit() async throws {
        let store = try SQLiteStore(path: self.directory.database)
        let stage = Stage(store) { store.gather($0) }
        let account = try await stage.enrol()
        let codes = [try await stage.match(0, of: account), try await stage.match(1, of: account)]
        let outcomes = await stage.together(3) { number throws(StoreError) -> RecoveryCodeVerdict? in
            guard number < 2 else {
                // A deferred foreign key is looked at by the commit alone.
                try await store.perform { records throws(StoreError) in
                    try records.database.execute(
                        "PRAGMA defer_foreign_keys = 1; INSERT INTO failures VALUES (1 << 40, 'x', 1)",
                        to: "fail"
                    )
                }
                return nil
            }
            return try await stage.attemptRecovery(codes[number], of: account, finishesLogin: true)
        }
        for outcome in outcomes {
            guard case .failure(.damaged) = outcome else {
                Issue.record("\(outcome)")
                continue
            }
        }
        #expect(try await stage.account() == account)
        #expect(try await stage.attemptRecovery(codes[0], of: account) == .accepted(left: 9))
        #expect(try await stage.attemptRecovery(codes[0], of: account) == .used)
        #expect(try await stage.attemptRecovery(codes[1], of: account) == .accepted(left: 8))
        await store.close()
    }

    @Test("on a full disk a recovery code is refused and not spent, and works once when there is room")
    func fullDisk() async throws {
        let store = try SQLiteStore(path: self.directory.database)
        let stage = Stage(store)
        let account = try await stage.enrol()
        let code = try await stage.match(0, of: account)
        // More than any page has room for.
        let use = RecoveryCodeUse(
            at: Stage.start,
            service: "sshd",
            remoteHost: String(repeating: "h", count: 100_000),
            tty: "ssh"
        )
        let attempt = { @Sendable (_: Int) async throws(StoreError) -> RecoveryCodeVerdict in
            try await store.attemptRecoveryCode(
                account: account.id,
                generation: account.generation,
                match: code,
                use: use,
                finishesLogin: true
            )
        }
        try await store.limit(pages: 1)
        let refused = await stage.together(1, attempt)
        guard case .failure(.unavailable(let reason)) = refused[0] else {
            Issue.record("\(refused)")
            return
        }
        #expect(reason.contains("database or disk is full"))
        #expect(try await stage.account() == account)
        try await store.limit(pages: 1 << 20)
        #expect(await stage.together(1, attempt) == [.success(.accepted(left: 9))])
        #expect(await stage.together(1, attempt) == [.success(.used)])
        await store.close()
    }

    /// Moments of the kill, microseconds after the store is opened; ten uses are over in about 20 000.
    static let moments = (1...20).map { $0 * 1000 }

    @Test(
        "killed at any moment: a recovery code that was accepted stays used, and a set stays whole",
        arguments: moments
    )
    func killed(moment: Int) async throws {
        let path = self.directory.database
        let notes = "\(self.directory.path)/notes"
        let store = try SQLiteStore(path: path)
        _ = try await Stage(store).enrol()
        await store.close()
        write([], to: notes)
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [path = path as String, notes = notes as String, moment = moment as Int] in
            let store = try SQLiteStore(path: path)
            let stage = Stage(store)
            let account = try await stage.account()
            let descriptor = open(notes, O_WRONLY | O_APPEND | O_CLOEXEC)
            precondition(descriptor >= 0, "cannot open notes: error \(errno)")
            killThisProcess(afterMicroseconds: moment)
            for number in 0..<UInt8(10) {
                let match = try await stage.match(Int(number), of: account)
                guard case .accepted = try await stage.attemptRecovery(match, of: account) else { continue }
                precondition(Glibc.write(descriptor, [number], 1) == 1)
            }
            killThisProcess()
        }
        let again = try SQLiteStore(path: path)
        let stage = Stage(again)
        let account = try await stage.account()
        let noted = read(notes)
        #expect(try await stage.codes(of: account).own?.codes.count == 10)
        #expect(account.recovery?.left ?? 0 <= 10 - noted.count)
        for number in noted {
            #expect(
                try await stage.attemptRecovery(try await stage.match(Int(number), of: account), of: account) == .used
            )
        }
        await again.close()
    }
}
