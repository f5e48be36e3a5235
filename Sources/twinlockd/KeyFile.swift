import CTwinlockLinux
import Glibc
import TwinlockOTP
import TwinlockSealing

/// The sealing key on the disk, or from the service manager.
///
/// Key and database begin together and belong together. A database without its key would lose every secret; a key without
/// its database would turn everybody into somebody without a second factor. Both are refused. So that a crash during the
/// first start leaves neither, the key waits under another name until the database is there.
struct KeyFile {
    private static let name = "sealing.key"
    /// All services of a machine share the names of credentials.
    private static let credential = "twinlock.sealing.key"
    private static let maximumBytes = 4096

    /// The key.
    let key: SealingKey
    /// The first start: where the key waits, and what it is to be called.
    private let waiting: (draft: String, path: String)?

    /// Finds the key of a state directory, or makes it at the first start.
    static func find(stateDirectory: String, databaseExists: Bool) throws -> KeyFile {
        if let credentials = getenv("CREDENTIALS_DIRECTORY").map({ String(cString: $0) }),
            let key = try self.load("\(credentials)/\(self.credential)", isOurs: false)
        {
            return KeyFile(key: key, waiting: nil)
        }
        let path = "\(stateDirectory)/\(self.name)"
        let draft = "\(path).new"
        if let key = try self.load(path, isOurs: true) {
            guard databaseExists else {
                throw StartError(
                    "the sealing key \"\(path)\" is there but its database is not: restore the database, or remove the "
                        + "key to begin without any account"
                )
            }
            return KeyFile(key: key, waiting: nil)
        }
        if databaseExists {
            guard let key = try self.load(draft, isOurs: true) else {
                throw StartError(
                    "the sealing key \"\(path)\" is missing, and the database cannot be opened without it"
                )
            }
            return KeyFile(key: key, waiting: (draft, path))
        }
        let material = randomBytes(32)
        try self.write(SealingKey.fileText(material: material), to: draft, in: stateDirectory)
        return KeyFile(key: try SealingKey(material: material), waiting: (draft, path))
    }

    /// Says that the database is there: from now on the two belong together.
    func settle() throws(StartError) {
        guard let (draft, path) = self.waiting else { return }
        guard rename(draft, path) == 0 else {
            throw StartError("cannot name the sealing key \"\(path)\"", errno: errno)
        }
        try Self.sync(directory: parent(of: path))
    }

    private static func load(_ path: String, isOurs: Bool) throws -> SealingKey? {
        guard let text = try self.read(path, isOurs: isOurs) else { return nil }
        do {
            return try text.withUnsafeBytes { try SealingKey.parse(fileText: $0) }
        } catch {
            throw StartError("cannot use the sealing key \"\(path)\": \(error)")
        }
    }

    /// - Parameter isOurs: Whether it must belong to this uid and nobody else may read it. A service manager hands
    ///   credentials over in its own way, by an access list for one.
    private static func read(_ path: String, isOurs: Bool) throws(StartError) -> SecretBytes? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        if descriptor < 0, errno == ENOENT { return nil }
        guard descriptor >= 0 else { throw StartError("cannot open the sealing key \"\(path)\"", errno: errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw StartError("the sealing key \"\(path)\" is not a file")
        }
        guard !isOurs || (status.st_uid == geteuid() && status.st_mode & 0o077 == 0) else {
            throw StartError("the sealing key \"\(path)\" must belong to uid \(geteuid()) with mode 0600")
        }
        guard (1...self.maximumBytes).contains(Int(status.st_size)) else {
            throw StartError(
                "the sealing key \"\(path)\" has \(status.st_size) bytes, expected 1 to \(self.maximumBytes)"
            )
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
        if let failure { throw StartError("cannot read the sealing key \"\(path)\"", errno: failure) }
        return text
    }

    private static func write(_ text: SecretBytes, to path: String, in directory: String) throws(StartError) {
        unlink(path)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw StartError("cannot make the sealing key \"\(path)\"", errno: errno) }
        defer { close(descriptor) }
        let written = text.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        guard written == text.count, fsync(descriptor) == 0 else {
            throw StartError("cannot write the sealing key \"\(path)\"", errno: errno)
        }
        try self.sync(directory: directory)
    }

    private static func sync(directory: String) throws(StartError) {
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw StartError("cannot open \"\(directory)\"", errno: errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw StartError("cannot sync \"\(directory)\"", errno: errno) }
    }
}

/// So many bytes from the kernel's generator. It does not fail on any kernel that runs this; if it did, stopping is right.
func randomBytes(_ count: Int) -> SecretBytes {
    SecretBytes(count: count) { bytes in
        precondition(tl_random(bytes.baseAddress, bytes.count) == 0, "the kernel's generator must answer")
    }
}
