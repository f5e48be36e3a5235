import Testing
import TwinlockAccounts
import TwinlockInterface
import TwinlockStore
import TwinlockStoreSQLite
import TwinlockVarlink

@testable import TwinlockService

@Suite("a login's records")
struct LoginRecordTests {
    @Test("are in the store when it is answered: of the password, then of the code", arguments: [true, false])
    func together(isRight: Bool) async throws {
        let scene = try Scene()
        let secret = try await scene.enrol()
        await scene.service.finishRecords()
        let last = try await scene.store.records(of: .everything, before: nil, limit: 1).first?.number ?? 0
        let first = try await scene.signIn("alice", "correct horse", from: Scene.root, Context.ssh)
        let code = isRight ? try scene.code(secret) : SecretText("000000")
        let done = try? await scene.verify(first.session, code, from: Scene.root)
        #expect((done?.state == .signedIn) == isRight)
        let records = try await scene.store.records(of: .everything, after: last, limit: 9)
        #expect(records.map(\.outcome) == [.continued, isRight ? .accepted : .refused])
        #expect(records.map(\.reason) == [.firstFactorShown, isRight ? .codeRight : .codeWrong])
    }

    @Test("by two right codes for one sign-in: one is accepted, and the other is on record as refused")
    func twice() async throws {
        let scene = try Scene()
        let secret = try await scene.enrol()
        let first = try await scene.signIn("alice", "correct horse", from: Scene.root, Context.ssh)
        await scene.service.finishRecords()
        let last = try await scene.store.records(of: .everything, before: nil, limit: 1).first?.number ?? 0
        let codes = [try scene.code(secret), try scene.code(secret, step: 1)]
        let states = await withTaskGroup(of: Authentication.State?.self) { group in
            for code in codes {
                group.addTask { try? await scene.verify(first.session, code, from: Scene.root).state }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(states.count { $0 == .signedIn } == 1)
        await scene.service.finishRecords()
        let records = try await scene.store.records(of: .everything, after: last, limit: 9)
        #expect(records.count { $0.outcome == .accepted } == 1)
        #expect(records.reduce(0) { $0 + $1.count } == 2)
    }
}

@Suite("a store that has no room for records")
struct FullStoreTests {
    @Test("loses no sign-in, and says so once")
    func signInsGoOn() async throws {
        let directory = ScratchDirectory()
        let store = try SQLiteStore(path: directory.database)
        let log = CapturedLog()
        let scene = try Scene(store: store, logger: log.logger)
        let secret = try await scene.enrol()
        await scene.service.tidyRecords()
        try await store.reserve(bytes: .max)
        for _ in 1...5 {
            let first = try await scene.signIn("alice", "correct horse", from: Scene.root, Context.ssh)
            let done = try await scene.verify(first.session, try scene.code(secret), from: Scene.root)
            #expect(done.state == .signedIn)
            scene.pass(30)
            await scene.service.tidyRecords()
        }
        #expect(log.lines.count { $0.message.hasPrefix("cannot save audit records: ") } == 1)
        #expect(log.decisions.count == 12)
        try await store.reserve(bytes: 0)
        await scene.service.finishRecords()
        let kept = try await store.records(of: .everything, before: nil, limit: 100)
        #expect(kept.reduce(0) { $0 + $1.count } == 12, "they were kept meanwhile")
        await store.close()
    }

    @Test("a sign-in whose session finds no room was refused, on record, and not accepted before")
    func noRoomForSession() async throws {
        let directory = ScratchDirectory()
        let store = try SQLiteStore(path: directory.database)
        let log = CapturedLog()
        let scene = try Scene(store: store, logger: log.logger)
        try await store.limit(pages: 1)
        var sessions = 0
        await #expect(throws: NamedError.unavailable) {
            while sessions < 1000 {
                _ = try await scene.signIn(nil, "correct horse", from: Scene.alice)
                sessions += 1
            }
        }
        let outcomes = log.decisions.map { $0.metadata["reason"] }
        #expect(outcomes == [String?](repeating: "passwordRight", count: sessions) + ["notCarriedOut"])
        await store.close()
    }

    @Test("what was decided before a stop is in the database after it")
    func stop() async throws {
        let directory = ScratchDirectory()
        let store = try SQLiteStore(path: directory.database)
        let scene = try Scene(store: store)
        for user in ["alice", "bob", "root"] {
            _ = try await scene.signIn(user, "wrong", from: Scene.root, Context.ssh)
        }
        await scene.service.finishRecords()
        await store.close()
        let again = try SQLiteStore(path: directory.database)
        let kept = try await again.records(of: .everything, after: 0, limit: 100)
        #expect(kept.map(\.name) == ["alice", "bob", "root"])
        await again.close()
    }
}
