import TwinlockStore

/// Brings a database to the version that this program knows.
struct Migrator {
    /// Marks the file as Twinlock's: "TwlK".
    ///
    /// In the header at byte 68, where file(1) and others look for it.
    static let applicationID: Int32 = 0x5477_6c4b

    /// Known migrations, in order.
    private let migrations: [Migration]

    /// A migrator of those migrations, numbered 1, 2, 3 and so on.
    init(_ migrations: [Migration]) {
        precondition(
            migrations.enumerated().allSatisfy { $0.offset + 1 == $0.element.version },
            "migrations are numbered without a gap"
        )
        self.migrations = migrations
    }

    /// Runs what is missing, each migration in a transaction of its own.
    ///
    /// A database that holds something is copied aside first.
    ///
    /// - Throws: `damaged` for a database of another program, `unavailable` for one of a newer Twinlock or if a step
    ///   fails; the database then has the version that it had before that step.
    func migrate(_ database: borrowing Database) throws(StoreError) {
        let found = try self.version(of: database)
        let known = self.migrations.count
        guard found <= known else {
            throw self.newer(found: found, path: database.path)
        }
        guard found < known else { return }
        var copy: DatabaseFile?
        if found > 0 {
            copy = try DatabaseFile(path: database.path).copy(of: database, version: found)
        }
        for migration in self.migrations[found...] {
            do {
                try self.run(migration, on: database)
            } catch {
                var reason = error.words
                if let copy {
                    reason += "; a copy of version \(found) is \"\(copy.path)\""
                }
                throw .unavailable(reason: reason)
            }
        }
    }

    /// The version of the schema, 0 for a database that is empty.
    private func version(of database: borrowing Database) throws(StoreError) -> Int {
        let application = try database.pragma("application_id")
        let version = Int(try database.pragma("user_version")) ?? -1
        let tables = try database.prepare("SELECT count(*) FROM sqlite_schema", to: "read schema of store")
            .first { row throws(StoreError) in try row.integer(0, in: 0...Int.max) }
        if application == "0" && version == 0 && tables == 0 {
            return 0
        }
        guard application == "\(Self.applicationID)" && version > 0 else {
            throw .damaged(reason: "cannot open store at \"\(database.path)\": it is a database of another program")
        }
        return version
    }

    private func run(_ migration: Migration, on database: borrowing Database) throws(StoreError) {
        let action = "migrate store to version \(migration.version)"
        try database.execute("BEGIN IMMEDIATE", to: action)
        do {
            for statement in migration.statements {
                try database.execute(statement, to: action)
            }
            try database.execute("PRAGMA application_id = \(Self.applicationID)", to: action)
            try database.execute("PRAGMA user_version = \(migration.version)", to: action)
            try database.execute("COMMIT", to: action)
        } catch {
            if database.isInTransaction {
                // What failed is told; if this fails too, closing the connection rolls back.
                try? database.execute("ROLLBACK", to: action)
            }
            throw error
        }
    }

    /// A refusal of a newer schema, with the way back: a program that does not know the schema may not touch it.
    private func newer(found: Int, path: String) -> StoreError {
        let known = self.migrations.count
        let start =
            "cannot open store at \"\(path)\": its schema is version \(found), this program knows up to \(known)"
        let file = DatabaseFile(path: path)
        for version in stride(from: known, through: 1, by: -1) where file.copy(version: version).exists {
            let copy = file.copy(version: version).path
            // The log belongs to the newer database; replayed into the older one it would destroy it.
            return .unavailable(
                reason: start + "; to go back to the copy of version \(version), losing what was stored since: "
                    + "rm -f '\(path)-wal' && cp -p '\(copy)' '\(path)'"
            )
        }
        return .unavailable(reason: start + " and no copy of an older version is beside it; run the newer program")
    }
}
