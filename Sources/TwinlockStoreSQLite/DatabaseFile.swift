import Glibc
import TwinlockStore

/// The file of a database, and its copies beside it.
///
/// Only its owner may read it.
struct DatabaseFile {
    /// Path of the file.
    let path: String

    /// Whether something is there.
    var exists: Bool {
        access(self.path, F_OK) == 0
    }

    /// Makes an empty file if none is there; otherwise takes away what group and others may do with it.
    ///
    /// SQLite would make it with 0644 less the umask, and gives its log the mode of the database. A file that is there
    /// is never opened here: closing any descriptor of it drops the POSIX locks that this process has on it (fcntl(2)).
    func prepare() throws(StoreError) {
        let descriptor = open(self.path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0o600)
        if descriptor >= 0 {
            close(descriptor)
            return
        }
        guard errno == EEXIST else {
            throw StoreError(errno: errno, action: "open store", path: self.path)
        }
        var status = stat()
        guard lstat(self.path, &status) == 0 else {
            throw StoreError(errno: errno, action: "open store", path: self.path)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw .unavailable(reason: "cannot open store at \"\(self.path)\": it is not a regular file")
        }
        if status.st_mode & 0o077 != 0 {
            guard chmod(self.path, status.st_mode & 0o700) == 0 else {
                throw StoreError(errno: errno, action: "protect store", path: self.path)
            }
        }
    }

    /// The copy that was set aside before the migration from that version.
    func copy(version: Int) -> DatabaseFile {
        DatabaseFile(path: "\(self.path).v\(version)")
    }

    /// Copies the whole database to `PATH.vVERSION`, 0600, on the disk when this returns; whatever was there gives way.
    ///
    /// Written under another name first: a kill leaves either no copy or a whole one.
    func copy(of database: borrowing Database, version: Int) throws(StoreError) -> DatabaseFile {
        let action = "copy store aside"
        let copy = self.copy(version: version)
        let partial = DatabaseFile(path: copy.path + ".partial")
        guard unlink(partial.path) == 0 || errno == ENOENT else {
            throw StoreError(errno: errno, action: action, path: partial.path)
        }
        try partial.prepare()
        try database.prepare("VACUUM INTO ?1", to: action).run(.text(partial.path))
        try partial.synchronize()
        guard rename(partial.path, copy.path) == 0 else {
            throw StoreError(errno: errno, action: action, path: copy.path)
        }
        let slash = copy.path.lastIndex(of: "/")
        try DatabaseFile(path: slash.map { String(copy.path[...$0]) } ?? ".").synchronize()
        return copy
    }

    /// Waits until the file or directory is on the disk.
    ///
    /// Never on the database itself, see `prepare`.
    private func synchronize() throws(StoreError) {
        let descriptor = open(self.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw StoreError(errno: errno, action: "save copy", path: self.path)
        }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else {
            throw StoreError(errno: errno, action: "save copy", path: self.path)
        }
    }
}
