import CSQLite
import Glibc
import TwinlockStore

extension StoreError {
    /// What a result code of SQLite means for a login.
    ///
    /// - Parameters:
    ///   - code: The extended result code.
    ///   - message: SQLite's words. They name tables and columns, never a bound value.
    ///   - system: The error number of the system call that failed (`sqlite3_system_errno`), if one did: SQLite itself
    ///     says no more than that it could not.
    ///   - action: What was tried, to be read after "cannot".
    ///   - path: The database.
    init(sqlite code: Int32, message: String, system: Int32, action: String, path: String) {
        switch code & 0xff {
        case SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_CONSTRAINT, SQLITE_MISMATCH:
            self = .damaged(reason: "cannot \(action) at \"\(path)\": \(message) (SQLite \(code))")
        case SQLITE_BUSY, SQLITE_LOCKED:
            self = .unavailable(
                reason: "cannot \(action) at \"\(path)\": another process has it open (SQLite \(code))"
            )
        case SQLITE_CANTOPEN where system != 0, SQLITE_IOERR where system != 0:
            let words = "\(message): \(systemWords(system))"
            self = .unavailable(reason: "cannot \(action) at \"\(path)\": \(words) (SQLite \(code))")
        default:
            self = .unavailable(reason: "cannot \(action) at \"\(path)\": \(message) (SQLite \(code))")
        }
    }

    /// What a failed system call means for a login.
    ///
    /// To be made at once after it, while `errno` stands.
    init(errno: Int32, action: String, path: String) {
        self = .unavailable(reason: "cannot \(action) at \"\(path)\": \(systemWords(errno))")
    }

    /// The words alone, for the message of a store that adds to them.
    var words: String {
        switch self {
        case .conflict: "the record was changed by another"
        case .parted: "name and uid have parted"
        case .unavailable(let reason), .damaged(let reason): reason
        }
    }
}

/// The system's words for an error number, as they stand inside a sentence.
private func systemWords(_ number: Int32) -> String {
    guard let text = strerror(number) else {
        return "error \(number)"
    }
    return String(cString: text).lowercased()
}
