import CSQLite
import TwinlockStore

/// A value that is bound to a statement's parameter.
enum Value {
    case null
    case integer(Int64)
    case text(String)
    case blob([UInt8])

    /// The integer, or null.
    static func optional(_ integer: Int64?) -> Value {
        integer.map { .integer($0) } ?? .null
    }
}

/// A prepared statement, kept for the life of its connection and finalised before it.
struct Statement: ~Copyable {
    private let handle: OpaquePointer
    private let connection: OpaquePointer
    private let path: String
    /// What it does, to be read after "cannot" in an error's words.
    private let action: String

    /// Prepares one statement.
    init(_ text: String, to action: String, connection: OpaquePointer, path: String) throws(StoreError) {
        var handle: OpaquePointer?
        let code = sqlite3_prepare_v3(connection, text, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &handle, nil)
        guard code == SQLITE_OK, let handle else {
            throw StoreError(
                sqlite: sqlite3_extended_errcode(connection),
                message: String(cString: sqlite3_errmsg(connection)),
                system: sqlite3_system_errno(connection),
                action: action,
                path: path
            )
        }
        self.handle = handle
        self.connection = connection
        self.path = path
        self.action = action
    }

    deinit {
        sqlite3_finalize(self.handle)
    }

    /// Runs it to its end.
    ///
    /// - Returns: How many rows it changed; what triggers and foreign keys did is not counted.
    @discardableResult
    borrowing func run(_ values: Value...) throws(StoreError) -> Int {
        defer { self.reset() }
        try self.bind(values)
        while try self.step() {}
        return Int(sqlite3_changes(self.connection))
    }

    /// Runs it and reads every row.
    borrowing func rows<Element>(
        _ values: Value...,
        read: (borrowing Row) throws(StoreError) -> Element
    ) throws(StoreError) -> [Element] {
        defer { self.reset() }
        try self.bind(values)
        var elements: [Element] = []
        while try self.step() {
            elements.append(try read(Row(statement: self.handle, action: self.action, path: self.path)))
        }
        return elements
    }

    /// Runs it once and reads the first row, if there is one.
    borrowing func first<Element>(
        _ values: Value...,
        read: (borrowing Row) throws(StoreError) -> Element
    ) throws(StoreError) -> Element? {
        defer { self.reset() }
        try self.bind(values)
        guard try self.step() else { return nil }
        return try read(Row(statement: self.handle, action: self.action, path: self.path))
    }

    private borrowing func bind(_ values: [Value]) throws(StoreError) {
        precondition(values.count == sqlite3_bind_parameter_count(self.handle), "every parameter is bound")
        for (index, value) in values.enumerated() {
            let code = Self.bind(value, to: Int32(index + 1), of: self.handle)
            guard code == SQLITE_OK else {
                throw self.error(code)
            }
        }
    }

    private static func bind(_ value: Value, to index: Int32, of handle: OpaquePointer) -> Int32 {
        // SQLITE_TRANSIENT, a cast in C's header that Swift does not import: SQLite copies the bytes before it returns.
        let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        switch value {
        case .null:
            return sqlite3_bind_null(handle, index)
        case .integer(let integer):
            return sqlite3_bind_int64(handle, index, integer)
        case .text(var text):
            return text.withUTF8 { bytes in
                bytes.withMemoryRebound(to: CChar.self) { characters in
                    // Without an address SQLite would bind NULL.
                    guard let start = characters.baseAddress else {
                        return sqlite3_bind_text(handle, index, "", 0, copied)
                    }
                    return sqlite3_bind_text(handle, index, start, Int32(characters.count), copied)
                }
            }
        case .blob(let bytes):
            guard !bytes.isEmpty else {
                return sqlite3_bind_zeroblob(handle, index, 0)
            }
            return sqlite3_bind_blob(handle, index, bytes, Int32(bytes.count), copied)
        }
    }

    /// Whether there is a row.
    private borrowing func step() throws(StoreError) -> Bool {
        let code = sqlite3_step(self.handle)
        switch code {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default: throw self.error(code)
        }
    }

    /// Makes it ready for the next run and lets go of the copies of what was bound.
    private borrowing func reset() {
        sqlite3_reset(self.handle)
        sqlite3_clear_bindings(self.handle)
    }

    private borrowing func error(_ code: Int32) -> StoreError {
        let extended = sqlite3_extended_errcode(self.connection)
        return StoreError(
            sqlite: extended & 0xff == code & 0xff ? extended : code,
            message: String(cString: sqlite3_errmsg(self.connection)),
            system: sqlite3_system_errno(self.connection),
            action: self.action,
            path: self.path
        )
    }
}
