import Glibc
import Testing
import TwinlockAccounts
import TwinlockStore
import TwinlockStoreSQLite
import TwinlockTesting

/// A process does operations and writes down each one that was acknowledged; the kernel kills it at a moment that has
/// nothing to do with what it does.
///
/// What was acknowledged must be there.
@Suite("SQLite store, killed at any moment", .serialized)
struct KillTests {
    /// Moments of the kill, microseconds after the store is opened; drawn once with a fixed seed.
    static let moments: [Int] = {
        var seed: UInt64 = 0x7477_696e_6c6f_636b
        return (0..<20).map { _ in
            // Numerical Recipes' linear congruential generator; the high bits are the good ones.
            seed = seed &* 1_664_525 &+ 1_013_904_223
            return Int(seed >> 33) % 30_000
        }
    }()

    @Test("every acknowledged step, failure and session is there", arguments: moments)
    func acknowledged(moment: Int) async throws {
        let directory = TemporaryDirectory()
        let store = try SQLiteStore(path: directory.database)
        let enrolled = try await Stage(store).enrol()
        _ = try await Stage(store).enrol(1)
        await store.close()

        let path = directory.database
        let notes = "\(directory.path)/notes"
        write([], to: notes)
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [path = path as String, notes = notes as String, moment = moment as Int] in
            try await Self.work(path: path, notes: notes, killAfter: moment)
        }

        // One line for each: a letter and a number.
        let lines = String(decoding: read(notes), as: UTF8.self).split(separator: "\n")
        let steps = lines.filter { $0.hasPrefix("s") }.compactMap { Int64($0.dropFirst()) }
        let failures = lines.count { $0.hasPrefix("f") }
        let sessions = lines.filter { $0.hasPrefix("n") }.compactMap { UInt8($0.dropFirst()) }

        let again = try SQLiteStore(path: path)
        let stage = Stage(again)
        let account = try await stage.account()
        #expect(account.id == enrolled.id)
        #expect(account.credential?.lastStep ?? -1 >= steps.max() ?? -1)
        #expect(try await stage.account(1).throttle.failures.total >= failures)
        for number in sessions {
            #expect(try await again.session(digest: stage.digest(number)) == stage.session(number))
        }
        for step in steps {
            let verdict = try await stage.attempt(.inWindow(steps: [step]), of: account, at: Stage.start + 86_400)
            #expect(verdict == .alreadyUsed)
        }
        await again.close()
    }

    @Test("killed after a hundred acknowledgements: all hundred are there")
    func afterHundred() async throws {
        let directory = TemporaryDirectory()
        let store = try SQLiteStore(path: directory.database)
        _ = try await Stage(store).enrol()
        await store.close()
        let path = directory.database
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            let store = try SQLiteStore(path: path)
            let stage = Stage(store)
            let outcomes = await stage.together(100) { number throws(StoreError) in
                try await store.insert(stage.session(UInt8(number)))
            }
            precondition(outcomes.count == 100 && outcomes.allSatisfy { (try? $0.get()) != nil })
            killThisProcess()
        }
        let again = try SQLiteStore(path: path)
        for number in 0..<UInt8(100) {
            let stage = Stage(again)
            #expect(try await again.session(digest: stage.digest(number)) == stage.session(number))
        }
        await again.close()
    }

    /// Steps, wrong codes and sessions, three at a time, until the kill; by itself after so many that it is bounded.
    private static func work(path: String, notes: String, killAfter moment: Int) async throws {
        let descriptor = open(notes, O_WRONLY | O_APPEND | O_CLOEXEC)
        precondition(descriptor >= 0, "cannot open notes: error \(errno)")
        let store = try SQLiteStore(path: path)
        let stage = Stage(store)
        let (account, other) = (try await stage.account(), try await stage.account(1))
        killThisProcess(afterMicroseconds: moment)
        for round in 0..<Int64(99) {
            // The longest wait is over by the next round.
            let now = Stage.start + Int(round) * Throttle.longestWaitSeconds
            async let step = stage.attempt(.inWindow(steps: [Stage.step + round]), of: account, from: .peer(uid: 7))
            async let wrong = stage.attempt(.none, of: other, from: .peer(uid: UInt32(round)), at: now)
            async let new: Void = store.insert(stage.session(UInt8(round)))
            if case .accepted = try await step {
                note("s\(Stage.step + round)\n", in: descriptor)
            }
            if case .wrong = try await wrong {
                note("f\(round)\n", in: descriptor)
            }
            try await new
            note("n\(round)\n", in: descriptor)
        }
        killThisProcess()
    }

    /// One write: a line is there or not.
    private static func note(_ line: String, in descriptor: Int32) {
        let bytes = Array(line.utf8)
        precondition(Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
    }
}
