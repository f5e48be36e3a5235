import Glibc
public import TwinlockVarlink

/// A file for its owner's eyes alone, mode 0600: there whole or not at all.
public enum PrivateFile {
    /// Why it was not written or read.
    public enum Failure: Error, Hashable, Sendable {
        /// Something is there already, and was to stay.
        case exists
        /// It belongs to somebody else, others may read it, or it is no plain file.
        case notPrivate
        /// What it holds is not one line of text.
        case input(InputError)
        /// The system says no.
        case system(errno: Int32)
    }

    /// Tells whether a file could be written, before there is anything to write.
    ///
    /// It may be different by then: who is let in to a directory changes.
    ///
    /// - Parameter replacing: Whether what is there already may go.
    public static func check(_ path: String, replacing: Bool) throws(Failure) {
        guard !path.isEmpty else { throw .system(errno: ENOENT) }
        let slash = path.lastIndex(of: "/")
        let directory = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        // The dot tells a file in the place of a directory from one that may not be entered.
        guard access("\(directory)/.", W_OK | X_OK) == 0 else { throw .system(errno: errno) }
        var status = stat()
        guard lstat(path, &status) == 0 else {
            guard errno == ENOENT else { throw .system(errno: errno) }
            return
        }
        guard status.st_mode & S_IFMT != S_IFDIR else { throw .system(errno: EISDIR) }
        guard replacing else { throw .exists }
    }

    /// Writes a file beside the path and moves it there when it is on the disk.
    ///
    /// - Parameter replacing: Whether what is there already may go.
    public static func write(_ content: Frame, to path: String, replacing: Bool) throws(Failure) {
        var template = Array("\(path).XXXXXX".utf8CString)
        // 0600, whatever the umask is, and never a file or link that is there already (mkstemp(3)).
        let descriptor = mkstemp(&template)
        guard descriptor >= 0 else { throw .system(errno: errno) }
        var reason: Int32 = 0
        if !Output.write(content, to: descriptor) || fsync(descriptor) != 0 { reason = errno }
        if close(descriptor) != 0, reason == 0 { reason = errno }
        // A link is never made over something, where a rename would be.
        if reason == 0, (replacing ? rename(template, path) : link(template, path)) != 0 { reason = errno }
        if reason != 0 || !replacing { unlink(template) }
        switch reason {
        case 0: return
        case EEXIST: throw .exists
        default: throw .system(errno: reason)
        }
    }

    /// The one line that a file holds, if it is the caller's and nobody else may read it.
    ///
    /// - Parameter limit: Most bytes of the line.
    public static func readLine(_ path: String, limit: Int) throws(Failure) -> SecretText {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { throw errno == ELOOP ? .notPrivate : .system(errno: errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .system(errno: errno) }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_uid == geteuid(),
            status.st_mode & (S_IRWXG | S_IRWXO) == 0
        else { throw .notPrivate }
        do {
            return try LineReader(descriptor: descriptor).next(limit: limit)
        } catch {
            throw .input(error)
        }
    }
}
