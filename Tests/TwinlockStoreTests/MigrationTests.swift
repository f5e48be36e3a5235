import Testing
import TwinlockAccounts
import TwinlockStore
import TwinlockTesting

@testable import TwinlockStoreSQLite

@Suite("SQLite store, migrations")
struct MigrationTests {
    private let directory = TemporaryDirectory()
    /// The newest version that is released.
    private static let newest = Migration.released.count
    private let next = Migration(
        version: Self.newest + 1,
        statements: ["CREATE TABLE marks (account INTEGER NOT NULL) STRICT"]
    )

    @Test("an empty file becomes the newest version, without a copy")
    func fromNothing() async throws {
        write([], to: self.directory.database)
        let store = try SQLiteStore(path: self.directory.database)
        #expect(try await self.version(of: store) == "\(Self.newest)")
        await store.close()
        #expect(self.directory.files == ["db"])
    }

    @Test("before a migration the database is copied aside, whole and for its owner alone")
    func copy() async throws {
        let account = try await self.newestVersion()
        let store = try SQLiteStore(path: self.directory.database, migrations: Migration.released + [self.next])
        #expect(try await self.version(of: store) == "\(Self.newest + 1)")
        #expect(try await Stage(store).account() == account)
        await store.close()
        #expect(self.directory.files == ["db", "db.v\(Self.newest)"])
        #expect(mode(of: "\(self.directory.database).v\(Self.newest)") == 0o600)
        let copy = try SQLiteStore(path: "\(self.directory.database).v\(Self.newest)")
        #expect(try await self.version(of: copy) == "\(Self.newest)")
        #expect(try await Stage(copy).account() == account)
        await copy.close()
    }

    @Test("a copy that a kill left half done, and one of an earlier try, give way")
    func leftovers() async throws {
        let account = try await self.newestVersion()
        write([1, 2, 3], to: "\(self.directory.database).v\(Self.newest).partial")
        write([1, 2, 3], to: "\(self.directory.database).v\(Self.newest)")
        let store = try SQLiteStore(path: self.directory.database, migrations: Migration.released + [self.next])
        await store.close()
        #expect(self.directory.files == ["db", "db.v\(Self.newest)"])
        let copy = try SQLiteStore(path: "\(self.directory.database).v\(Self.newest)")
        #expect(try await Stage(copy).account() == account)
        await copy.close()
    }

    @Test("a migration that stops halfway leaves the version before it, and says where the copy is")
    func halfDone() async throws {
        let account = try await self.newestVersion()
        let broken = Migration(
            version: Self.newest + 1,
            statements: self.next.statements + ["DELETE FROM accounts", "INSERT INTO absent VALUES (1)"]
        )
        let path = self.directory.database
        #expect(
            throws: StoreError.unavailable(
                reason: "cannot migrate store to version \(Self.newest + 1) at \"\(path)\": "
                    + "no such table: absent (SQLite 1); "
                    + "a copy of version \(Self.newest) is \"\(path).v\(Self.newest)\""
            )
        ) {
            try SQLiteStore(path: path, migrations: Migration.released + [broken])
        }
        let store = try SQLiteStore(path: path)
        #expect(try await self.version(of: store) == "\(Self.newest)")
        #expect(try await Stage(store).account() == account)
        await store.close()
        let migrated = try SQLiteStore(path: path, migrations: Migration.released + [self.next])
        #expect(try await self.version(of: migrated) == "\(Self.newest + 1)")
        await migrated.close()
    }

    @Test("a process killed inside a migration leaves the version before it")
    func killedInside() async throws {
        let account = try await self.newestVersion()
        let path = self.directory.database
        await #expect(processExitsWith: .signal(9)) { [path = path as String] in
            let database = try Database.open(path: path)
            try database.execute("BEGIN IMMEDIATE", to: "migrate")
            try database.execute("CREATE TABLE marks (account INTEGER); DELETE FROM accounts", to: "migrate")
            try database.execute("PRAGMA user_version = \(Self.newest + 1)", to: "migrate")
            // A cache too small for what was changed puts it into the log before the commit.
            try database.execute(
                "PRAGMA cache_size = 1; CREATE TABLE more AS SELECT * FROM sqlite_schema",
                to: "migrate"
            )
            killThisProcess()
        }
        let store = try SQLiteStore(path: path)
        #expect(try await self.version(of: store) == "\(Self.newest)")
        #expect(try await Stage(store).account() == account)
        await store.close()
    }

    @Test("an older program refuses a newer schema, and the command that it names goes back")
    func newer() async throws {
        let account = try await self.newestVersion()
        let path = self.directory.database
        let store = try SQLiteStore(path: path, migrations: Migration.released + [self.next])
        await store.close()
        let bytes = read(path)
        let command = "rm -f '\(path)-wal' && cp -p '\(path).v\(Self.newest)' '\(path)'"
        #expect(
            throws: StoreError.unavailable(
                reason: "cannot open store at \"\(path)\": its schema is version \(Self.newest + 1), "
                    + "this program knows up to \(Self.newest); "
                    + "to go back to the copy of version \(Self.newest), losing what was stored since: \(command)"
            )
        ) {
            try SQLiteStore(path: path)
        }
        #expect(read(path) == bytes)
        #expect(run(command) == 0)
        let restored = try SQLiteStore(path: path)
        #expect(try await Stage(restored).account() == account)
        await restored.close()
    }

    @Test("a newer schema without a copy")
    func newerWithoutCopy() async throws {
        let path = self.directory.database
        let store = try SQLiteStore(path: path, migrations: Migration.released + [self.next])
        await store.close()
        #expect(
            throws: StoreError.unavailable(
                reason: "cannot open store at \"\(path)\": its schema is version \(Self.newest + 1), "
                    + "this program knows up to \(Self.newest) "
                    + "and no copy of an older version is beside it; run the newer program"
            )
        ) {
            try SQLiteStore(path: path)
        }
    }

    @Test("a database of the first release keeps its accounts, its sessions end, and the copy beside it is of then")
    func fromTheFirst() async throws {
        let path = self.directory.database
        try DatabaseFile(path: path).prepare()
        do {
            let database = try Database.open(path: path)
            try Migrator([.accountsAndSessions]).migrate(database)
            try database.execute(
                """
                INSERT INTO accounts (id, name, uid, generation) VALUES (7, 'alice', 1000, 3);
                INSERT INTO credentials (account, sealed, algorithm, digits, time_step, last_step, confirmed_at)
                VALUES (7, x'01', 'SHA1', 6, 30, 42, 5);
                INSERT INTO sessions (digest, name, uid, maker, shows_code, shows_password, shows_publickey, service,
                    remote_host, created, last_used)
                VALUES (zeroblob(32), 'alice', 1000, 1000, 1, 1, 0, 'varlink', '', 5, 5)
                """,
                to: "make account"
            )
        }
        let store = try SQLiteStore(path: path)
        #expect(try await self.version(of: store) == "\(Self.newest)")
        let accounts = try await store.accounts(sharing: Identity(name: "alice", uid: 1000))
        #expect(accounts.map(\.id) == [7])
        #expect(accounts.first?.generation == 3 && accounts.first?.credential?.lastStep == 42)
        #expect(try await store.session(digest: [UInt8](repeating: 0, count: 32)) == nil)
        await store.close()
        #expect(self.directory.files == ["db", "db.v1"])
    }

    private func newestVersion() async throws -> Account {
        let store = try SQLiteStore(path: self.directory.database)
        let account = try await Stage(store).enrol()
        await store.close()
        return account
    }

    private func version(of store: SQLiteStore) async throws -> String {
        try await store.perform { records throws(StoreError) in
            try records.database.pragma("user_version")
        }
    }
}
