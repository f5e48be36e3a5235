import CSQLite
import TwinlockStore

/// A connection to a database that nobody else has open.
///
/// Used by one thread at a time (`SQLITE_OPEN_NOMUTEX`), which its owner sees to. Statements must end before it; where
/// one does not, SQLite puts off the closing until it has.
struct Database: ~Copyable {
    /// How long the opening waits for another process to let go, milliseconds: a daemon that is being replaced stops
    /// within that time.
    ///
    /// Once the database is ours nobody can make us wait.
    static let patienceMilliseconds: Int32 = 5000

    private let handle: OpaquePointer
    /// The database's file.
    let path: String

    /// Opens a file that is there and takes it for this process alone.
    ///
    /// `locking_mode=EXCLUSIVE` is chosen over a lock file: the lock is on the very bytes it guards, so that tools that
    /// honour SQLite's locks are kept out as well, it ends with the process however that ends, and WAL then needs no
    /// shared memory file.
    /// - Parameters:
    ///   - path: The file.
    ///   - milliseconds: How long to wait for another process to let go of it.
    /// - Throws: `unavailable` or `damaged`; the file is as it was.
    static func open(
        path: String,
        waitingAtMost milliseconds: Int32 = Self.patienceMilliseconds
    ) throws(StoreError) -> Database {
        var handle: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        let code = sqlite3_open_v2(path, &handle, flags, nil)
        guard let handle else {
            throw .unavailable(reason: "cannot open store at \"\(path)\": out of memory")
        }
        // From here on the deinitialiser closes it, also where an error leaves.
        let database = Database(handle: handle, path: path)
        guard code == SQLITE_OK else {
            throw database.error(to: "open store")
        }
        guard sqlite3_db_readonly(handle, "main") == 0 else {
            throw .unavailable(reason: "cannot open store at \"\(path)\": the file is read-only")
        }
        sqlite3_busy_timeout(handle, milliseconds)
        try database.set("locking_mode", to: "exclusive")
        // Takes the lock before anything is believed about the file; in exclusive mode it stays.
        try database.execute("BEGIN EXCLUSIVE", to: "open store")
        try database.execute("COMMIT", to: "open store")
        try database.set("trusted_schema", to: "0")
        try database.set("foreign_keys", to: "1")
        try database.set("secure_delete", to: "1")
        try database.set("cell_size_check", to: "1")
        // What undoes one of several operations stays in memory: it was half of all that was written.
        try database.set("temp_store", to: "2")
        // FULL: a commit is on the disk when it returns. With NORMAL a power cut could free codes that were used.
        try database.set("synchronous", to: "2")
        return database
    }

    private init(handle: OpaquePointer, path: String) {
        self.handle = handle
        self.path = path
    }

    deinit {
        sqlite3_close_v2(self.handle)
    }

    /// Whether a transaction is open.
    ///
    /// SQLite ends it by itself after some errors, a full disk for one.
    var isInTransaction: Bool {
        sqlite3_get_autocommit(self.handle) == 0
    }

    /// Prepares a statement of this connection.
    borrowing func prepare(_ text: String, to action: String) throws(StoreError) -> Statement {
        try Statement(text, to: action, connection: self.handle, path: self.path)
    }

    /// Runs text without parameters.
    borrowing func execute(_ text: String, to action: String) throws(StoreError) {
        guard sqlite3_exec(self.handle, text, nil, nil, nil) == SQLITE_OK else {
            throw self.error(to: action)
        }
    }

    /// Sets a pragma and reads it back: SQLite ignores one that it does not know or cannot follow.
    borrowing func set(_ pragma: String, to value: String) throws(StoreError) {
        try self.execute("PRAGMA \(pragma) = \(value)", to: "set \(pragma) of store")
        let found = try self.pragma(pragma)
        guard found == value else {
            throw .unavailable(
                reason: "cannot set \(pragma) of store at \"\(self.path)\": it is \(found) and should be \(value)"
            )
        }
    }

    /// What a pragma is now, as text.
    borrowing func pragma(_ name: String) throws(StoreError) -> String {
        let statement = try self.prepare("PRAGMA \(name)", to: "read \(name) of store")
        return try statement.first { row throws(StoreError) in try row.anything(0) } ?? ""
    }

    private borrowing func error(to action: String) -> StoreError {
        StoreError(
            sqlite: sqlite3_extended_errcode(self.handle),
            message: String(cString: sqlite3_errmsg(self.handle)),
            system: sqlite3_system_errno(self.handle),
            action: action,
            path: self.path
        )
    }
}
