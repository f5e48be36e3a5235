import Glibc
public import TwinlockSealing

/// Why the sealing key could not be had, made or replaced.
///
/// Holds paths and numbers, never a key.
public enum KeyFileError: Error, Hashable, Sendable {
    /// There is a key and no database that it belongs to.
    case withoutDatabase(path: String)
    /// There is a database and no key that opens it.
    case missing(path: String)
    /// What is in the file is no key.
    case unusable(path: String, SealingError)
    /// Not a regular file.
    case notAFile(path: String)
    /// Somebody else's, or others may read it.
    case notOurs(path: String, uid: UInt32)
    /// A length that no key has.
    case badSize(path: String, bytes: Int)
    /// The key was replaced before, and what was there before that one is still needed.
    case replacedAlready(path: String)
    /// A call of the system failed, with this `errno`.
    case failed(doing: Step, path: String, errno: Int32)

    /// What was being done.
    public enum Step: String, Hashable, Sendable {
        case open, read, make, write, link, rename, remove, sync
    }
}

extension KeyFileError: CustomStringConvertible {
    /// The error in words: what failed, with what, why.
    public var description: String {
        switch self {
        case .withoutDatabase(let path):
            "the sealing key \"\(path)\" is there but its database is not: restore the database, or remove the key to "
                + "begin without any account"
        case .missing(let path):
            "the sealing key \"\(path)\" is missing, and the database cannot be opened without it"
        case .unusable(let path, let error): "cannot use the sealing key \"\(path)\": \(error)"
        case .notAFile(let path): "the sealing key \"\(path)\" is not a file"
        case .notOurs(let path, let uid): "the sealing key \"\(path)\" must belong to uid \(uid) with mode 0600"
        case .badSize(let path, let bytes):
            "the sealing key \"\(path)\" has \(bytes) bytes, expected 1 to \(KeyFiles.maximumBytes)"
        case .replacedAlready(let path):
            "the sealing key \"\(path)\" is still needed: restart the daemon, which finishes what was begun"
        case .failed(let step, let path, let number):
            "cannot \(step.rawValue) the sealing key \"\(path)\": \(String(cString: strerror(number)))"
        }
    }
}
