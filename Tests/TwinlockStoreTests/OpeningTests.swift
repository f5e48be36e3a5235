import Glibc
import Testing
import TwinlockAccounts
import TwinlockStore
import TwinlockTesting

@testable import TwinlockStoreSQLite

@Suite("SQLite store, opening")
struct OpeningTests {
    private let directory = TemporaryDirectory()

    @Test("everything it makes is for its owner alone, whatever the umask")
    func modes() async throws {
        let store = try SQLiteStore(path: self.directory.database)
        _ = try await Stage(store).enrol()
        #expect(self.directory.files == ["db", "db-wal"])
        for file in self.directory.files {
            #expect(mode(of: "\(self.directory.path)/\(file)") == 0o600, "\(file)")
        }
        await store.close()
        #expect(self.directory.files == ["db"])
    }

    @Test("a file that others may read is protected")
    func loosened() async throws {
        let store = try SQLiteStore(path: self.directory.database)
        await store.close()
        chmod(self.directory.database, 0o644)
        let again = try SQLiteStore(path: self.directory.database)
        #expect(mode(of: self.directory.database) == 0o600)
        await again.close()
    }

    @Test("a database that is in use is refused, and its owner is not disturbed")
    func inUse() async throws {
        let store = try SQLiteStore(path: self.directory.database)
        let stage = Stage(store)
        let account = try await stage.enrol()
        let path = self.directory.database
        #expect(
            throws: StoreError.unavailable(
                reason: "cannot open store at \"\(path)\": another process has it open (SQLite 5)"
            )
        ) {
            try SQLiteStore(path: path, migrations: Migration.released, waitingAtMost: 0)
        }
        #expect(try await stage.account() == account)
        await store.close()
    }

    @Test("of two processes that make one database at the same moment, one has it and the other is refused")
    func madeTwice() async throws {
        let path = self.directory.database
        let outcomes = await Stage(InMemoryStore()).together(8) { _ throws(StoreError) in
            try SQLiteStore(path: path, migrations: Migration.released, waitingAtMost: 0)
        }
        // One that is refused may have been in the way of one that was refused before it; never are there two.
        let stores = outcomes.compactMap { try? $0.get() }
        #expect(stores.count <= 1)
        for store in stores {
            _ = try await Stage(store).enrol()
            await store.close()
        }
        let again = try SQLiteStore(path: path)
        await again.close()
    }

    @Test("a database that another process has is refused, and free when that is killed")
    func anotherProcess() async throws {
        let path = self.directory.database
        let (ready, go) = ("\(self.directory.path)/ready", "\(self.directory.path)/go")
        mkfifo(ready, 0o600)
        mkfifo(go, 0o600)
        async let child: ExitTest.Result? = #expect(processExitsWith: .signal(SIGKILL)) {
            [path = path as String, ready = ready as String, go = go as String] in
            let store = try SQLiteStore(path: path)
            _ = try await Stage(store).enrol()
            write([1], to: ready)
            #expect(await hasByte(go))
            // Used once more, so that it is still open here.
            store.gather(1)
            killThisProcess()
        }
        #expect(await hasByte(ready))
        #expect(
            throws: StoreError.unavailable(
                reason: "cannot open store at \"\(path)\": another process has it open (SQLite 5)"
            )
        ) {
            try SQLiteStore(path: path, migrations: Migration.released, waitingAtMost: 0)
        }
        write([1], to: go)
        _ = await child
        let store = try SQLiteStore(path: path)
        _ = try await Stage(store).account()
        await store.close()
    }

    @Test("a missing directory")
    func missingDirectory() {
        let path = "\(self.directory.path)/absent/db"
        #expect(throws: StoreError.unavailable(reason: "cannot open store at \"\(path)\": no such file or directory")) {
            try SQLiteStore(path: path)
        }
    }

    @Test("a symbolic link, a directory: not a regular file", arguments: [true, false])
    func irregular(isLink: Bool) {
        if isLink {
            write([], to: "\(self.directory.path)/elsewhere")
            symlink("\(self.directory.path)/elsewhere", self.directory.database)
        } else {
            mkdir(self.directory.database, 0o700)
        }
        self.expectRefusal("it is not a regular file")
        rmdir(self.directory.database)
    }

    @Test("a file that may only be read")
    func readOnly() async throws {
        let store = try SQLiteStore(path: self.directory.database)
        await store.close()
        chmod(self.directory.database, 0o400)
        if geteuid() == 0 {
            chown(self.directory.database, 65_534, 65_534)
            chmod(self.directory.path, 0o755)
        }
        self.asNobody { self.expectRefusal("the file is read-only") }
    }

    @Test("a directory in which nothing may be made", .enabled(if: geteuid() == 0))
    func forbidden() {
        self.asNobody { self.expectRefusal("permission denied") }
    }

    @Test("a file that is not a database is damaged and stays as it was")
    func notADatabase() {
        let bytes = Array("This is a letter, and not a database. It is long enough to be looked at as one.".utf8)
        let long = Array(repeating: bytes, count: 100).flatMap { $0 }
        write(long, to: self.directory.database)
        self.expectDamage("file is not a database (SQLite 26)")
        #expect(read(self.directory.database) == long)
    }

    @Test("another program's database is damaged and stays as it was")
    func anotherProgram() throws {
        write([], to: self.directory.database)
        do {
            let database = try Database.open(path: self.directory.database)
            try database.execute("CREATE TABLE letters (text TEXT)", to: "prepare")
        }
        let bytes = read(self.directory.database)
        self.expectDamage("it is a database of another program")
        #expect(read(self.directory.database) == bytes)
    }

    @Test("pages overwritten with rubbish are damaged, and no code is accepted")
    func corruptedPages() async throws {
        let store = try SQLiteStore(path: self.directory.database)
        let stage = Stage(store)
        let account = try await stage.enrol()
        // Those of the schema stay: with them the store would not even open.
        let pages = try await store.perform { records throws(StoreError) in
            try records.database.prepare(
                "SELECT rootpage FROM sqlite_schema WHERE name IN ('accounts', 'credentials', 'failures')",
                to: "find pages"
            ).rows { row throws(StoreError) in try row.integer(0, in: 2...Int.max) }
        }
        #expect(pages.count == 3)
        await store.close()
        for page in pages {
            write([UInt8](repeating: 0xa5, count: 4096), to: self.directory.database, at: 4096 * (page - 1))
        }
        let again = try SQLiteStore(path: self.directory.database)
        let outcome = await Stage(again).together(1) { _ throws(StoreError) in
            try await again.attemptCode(
                of: account.identity,
                generation: account.generation,
                match: .inWindow(steps: [Stage.step]),
                source: .peer(uid: 1),
                at: Stage.start
            )
        }
        guard case .failure(.damaged(let reason)) = outcome[0] else {
            Issue.record("\(outcome)")
            return
        }
        #expect(reason.contains("malformed"))
        await again.close()
    }

    private func expectRefusal(_ why: String, _ location: SourceLocation = #_sourceLocation) {
        let reason = "cannot open store at \"\(self.directory.database)\": \(why)"
        #expect(throws: StoreError.unavailable(reason: reason), sourceLocation: location) {
            try SQLiteStore(path: self.directory.database)
        }
    }

    private func expectDamage(_ why: String, _ location: SourceLocation = #_sourceLocation) {
        let reason = "cannot open store at \"\(self.directory.database)\": \(why)"
        #expect(throws: StoreError.damaged(reason: reason), sourceLocation: location) {
            try SQLiteStore(path: self.directory.database)
        }
    }

    /// Root may read and write everything: there this thread's file accesses are made those of another.
    private func asNobody(_ body: () -> Void) {
        guard geteuid() == 0 else {
            return body()
        }
        setFileSystemUser(65_534)
        defer { setFileSystemUser(0) }
        body()
    }
}
