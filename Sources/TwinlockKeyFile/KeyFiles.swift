import Glibc
public import TwinlockOTP
public import TwinlockSealing

/// The sealing key in the daemon's directory.
///
/// | File | What |
/// |---|---|
/// | `sealing.key` | the key that seals |
/// | `sealing.key.previous` | the one before it, as long as something may be sealed with that |
/// | `sealing.key.new` | one that was made and seals nothing yet |
///
/// Key and database begin together and belong together. A database without its key would lose every secret; a key without
/// its database would turn everybody into somebody without a second factor. Both are refused. So that a crash during the
/// first start leaves neither, the key waits under another name until the database is there.
///
/// Each change is on the disk before the next is begun, so that a kill or a power cut leaves one of the states of
/// ``replace(by:)``, from each of which ``find(databaseExists:random:)`` goes on.
public struct KeyFiles: Sendable {
    /// The longest file that is read, in bytes.
    static let maximumBytes = 4096

    private let directory: String
    private let path: String
    private let previousPath: String
    private let draftPath: String

    /// Called before each change of the directory.
    ///
    /// For tests alone.
    var beforeChange: @Sendable () -> Void = {}

    /// The files of a directory, which must be there and be nobody else's.
    public init(directory: String) {
        self.directory = directory
        self.path = "\(directory)/sealing.key"
        self.previousPath = "\(self.path).previous"
        self.draftPath = "\(self.path).new"
    }

    /// What was found in the directory.
    public struct Found: Sendable {
        /// Seals with the key that is there, and opens for the one before it where that is still needed.
        public let sealer: Sealer
        /// The first start: the key waits for its database, see ``settle()``.
        public let isWaiting: Bool
    }

    /// Finds the key, or makes it at the first start.
    ///
    /// What a replacement that had not come into force left behind is removed.
    ///
    /// - Parameter random: Gives so many random bytes.
    public func find(
        databaseExists: Bool,
        random: (Int) -> SecretBytes
    ) throws(KeyFileError) -> Found {
        if let key = try Self.load(self.path, isOurs: true) {
            guard databaseExists else { throw .withoutDatabase(path: self.path) }
            try self.remove(self.draftPath)
            let previous = try Self.load(self.previousPath, isOurs: true)
            if previous?.id == key.id {
                try self.remove(self.previousPath)
            }
            let needed = [previous].compactMap { $0 }.filter { $0.id != key.id }
            return Found(sealer: Sealer(current: key, previous: needed), isWaiting: false)
        }
        if databaseExists {
            guard let key = try Self.load(self.draftPath, isOurs: true) else { throw .missing(path: self.path) }
            return Found(sealer: Sealer(current: key), isWaiting: true)
        }
        let key = try self.write(random(SealingKey.byteCount))
        return Found(sealer: Sealer(current: key), isWaiting: true)
    }

    /// Says that the database is there: from now on the two belong together.
    public func settle() throws(KeyFileError) {
        try self.rename(self.draftPath, to: self.path)
    }

    /// Puts a new key in the place of the present one, which stays beside it.
    ///
    /// - Parameter material: 32 random bytes.
    /// - Throws: Then the present one is still in its place, or in that of the one before it: the next start finds it.
    /// - Returns: The new key. It is on the disk: something may be sealed with it.
    public func replace(by material: SecretBytes) throws(KeyFileError) -> SealingKey {
        guard access(self.previousPath, F_OK) != 0 else { throw .replacedAlready(path: self.previousPath) }
        let key = try self.write(material)
        do throws(KeyFileError) {
            self.beforeChange()
            guard link(self.path, self.previousPath) == 0 else {
                throw .failed(doing: .link, path: self.path, errno: errno)
            }
            try self.sync()
            try self.rename(self.draftPath, to: self.path)
        } catch {
            // Nothing is sealed with the new one. If this fails, too, the next start knows both. Of two names of one file
            // rename(2) leaves both.
            if Glibc.rename(self.previousPath, self.path) == 0 {
                _ = unlink(self.previousPath)
            }
            _ = unlink(self.draftPath)
            throw error
        }
        return key
    }

    /// Removes the key that was replaced: nothing is sealed with it any more.
    public func removePrevious() throws(KeyFileError) {
        try self.remove(self.previousPath)
    }

    /// A key that the service manager hands over, and the one before it where that is still needed; nil if it hands over
    /// none.
    ///
    /// - Parameters:
    ///   - directory: Of credentials, as systemd.exec(5) has it.
    ///   - name: All services of a machine share the names of credentials.
    public static func credential(_ name: String, in directory: String) throws(KeyFileError) -> Sealer? {
        // A service manager hands credentials over in its own way, by an access list for one.
        guard let key = try self.load("\(directory)/\(name)", isOurs: false) else { return nil }
        let previous = try self.load("\(directory)/\(name).previous", isOurs: false)
        return Sealer(current: key, previous: [previous].compactMap { $0 }.filter { $0.id != key.id })
    }
}

// MARK: - One file

extension KeyFiles {
    private static func load(_ path: String, isOurs: Bool) throws(KeyFileError) -> SealingKey? {
        guard let text = try self.read(path, isOurs: isOurs) else { return nil }
        do {
            return try text.withUnsafeBytes { (bytes) throws(SealingError) in try SealingKey.parse(fileText: bytes) }
        } catch {
            throw .unusable(path: path, error)
        }
    }

    /// - Parameter isOurs: Whether it must belong to this uid and nobody else may read it.
    private static func read(_ path: String, isOurs: Bool) throws(KeyFileError) -> SecretBytes? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        if descriptor < 0, errno == ENOENT { return nil }
        guard descriptor >= 0 else { throw .failed(doing: .open, path: path, errno: errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw .notAFile(path: path)
        }
        guard !isOurs || (status.st_uid == geteuid() && status.st_mode & 0o077 == 0) else {
            throw .notOurs(path: path, uid: geteuid())
        }
        guard (1...self.maximumBytes).contains(Int(status.st_size)) else {
            throw .badSize(path: path, bytes: Int(status.st_size))
        }
        var failure: Int32?
        let text = SecretBytes(count: Int(status.st_size)) { bytes in
            var end = 0
            while end < bytes.count {
                let count = Glibc.read(descriptor, bytes.baseAddress?.advanced(by: end), bytes.count - end)
                guard count > 0 else {
                    failure = count == 0 ? EIO : errno
                    return
                }
                end += count
            }
        }
        if let failure { throw .failed(doing: .read, path: path, errno: failure) }
        return text
    }

    /// Writes a new key into the draft.
    private func write(_ material: SecretBytes) throws(KeyFileError) -> SealingKey {
        let key: SealingKey
        do {
            key = try SealingKey(material: material)
        } catch {
            throw .unusable(path: self.draftPath, error)
        }
        let text = SealingKey.fileText(material: material)
        self.beforeChange()
        unlink(self.draftPath)
        self.beforeChange()
        let descriptor = open(self.draftPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .failed(doing: .make, path: self.draftPath, errno: errno) }
        defer { close(descriptor) }
        self.beforeChange()
        let written = text.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        guard written == text.count, fsync(descriptor) == 0 else {
            throw .failed(doing: .write, path: self.draftPath, errno: written < 0 ? errno : ENOSPC)
        }
        try self.sync()
        return key
    }

    private func rename(_ from: String, to path: String) throws(KeyFileError) {
        self.beforeChange()
        guard Glibc.rename(from, path) == 0 else { throw .failed(doing: .rename, path: path, errno: errno) }
        try self.sync()
    }

    /// Does nothing where there is none: not even on a disk that can only be read.
    private func remove(_ path: String) throws(KeyFileError) {
        guard access(path, F_OK) == 0 || errno != ENOENT else { return }
        self.beforeChange()
        guard unlink(path) == 0 else { throw .failed(doing: .remove, path: path, errno: errno) }
        try self.sync()
    }

    private func sync() throws(KeyFileError) {
        self.beforeChange()
        let descriptor = open(self.directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .failed(doing: .open, path: self.directory, errno: errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .failed(doing: .sync, path: self.directory, errno: errno) }
    }
}
