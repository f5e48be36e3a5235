import CSQLite
import TwinlockStore

/// The row that a statement stands on.
///
/// Columns count from 0.
///
/// The schema promises types and ranges, but the file may have been written by somebody else: what does not fit is
/// `damaged`, never a trap.
struct Row: ~Copyable {
    private let statement: OpaquePointer
    private let action: String
    private let path: String

    /// Only for the duration of one `read`.
    init(statement: OpaquePointer, action: String, path: String) {
        self.statement = statement
        self.action = action
        self.path = path
    }

    /// Whether a column is NULL.
    borrowing func isNull(_ column: Int32) -> Bool {
        sqlite3_column_type(self.statement, column) == SQLITE_NULL
    }

    /// An integer of that range.
    borrowing func integer<Integer: FixedWidthInteger>(
        _ column: Int32,
        in range: ClosedRange<Integer>
    ) throws(StoreError) -> Integer {
        guard sqlite3_column_type(self.statement, column) == SQLITE_INTEGER,
            let integer = Integer(exactly: sqlite3_column_int64(self.statement, column)), range.contains(integer)
        else {
            throw self.damaged(column)
        }
        return integer
    }

    /// An integer of that range, or nil for NULL.
    borrowing func optional<Integer: FixedWidthInteger>(
        _ column: Int32,
        in range: ClosedRange<Integer>
    ) throws(StoreError) -> Integer? {
        self.isNull(column) ? nil : try self.integer(column, in: range)
    }

    /// Text in valid UTF-8.
    borrowing func text(_ column: Int32) throws(StoreError) -> String {
        guard sqlite3_column_type(self.statement, column) == SQLITE_TEXT,
            let start = sqlite3_column_text(self.statement, column)
        else {
            throw self.damaged(column)
        }
        let count = Int(sqlite3_column_bytes(self.statement, column))
        guard let text = String(validating: UnsafeBufferPointer(start: start, count: count), as: UTF8.self) else {
            throw self.damaged(column)
        }
        return text
    }

    /// Whatever is there, as text: the answer of a pragma has the type that it likes.
    borrowing func anything(_ column: Int32) throws(StoreError) -> String {
        guard let start = sqlite3_column_text(self.statement, column) else {
            throw self.damaged(column)
        }
        return String(cString: start)
    }

    /// Bytes, one or more.
    borrowing func blob(_ column: Int32) throws(StoreError) -> [UInt8] {
        guard sqlite3_column_type(self.statement, column) == SQLITE_BLOB,
            let start = sqlite3_column_blob(self.statement, column)
        else {
            throw self.damaged(column)
        }
        let count = Int(sqlite3_column_bytes(self.statement, column))
        return Array(UnsafeRawBufferPointer(start: start, count: count))
    }

    /// That a column holds what the schema does not allow.
    borrowing func damaged(_ column: Int32) -> StoreError {
        let name = sqlite3_column_name(self.statement, column).map { String(cString: $0) } ?? "\(column)"
        return .damaged(reason: "cannot \(self.action) at \"\(self.path)\": column \(name) breaks the schema")
    }
}
