import CTwinlockLinux
import Glibc
import TwinlockTerminal

/// Who may answer at the socket: whoever does is about to be told a password.
///
/// The other end must be root or the owner of the socket file; for a caller that is not root, the caller itself is right
/// too. The directories above the socket must belong to root or that owner and be writable by nobody else, or another
/// user could put a socket of his own in its place.
struct SocketTrust: Hashable, Sendable {
    /// Path with all symbolic links of its directories resolved.
    let path: String
    /// Owner of the socket file.
    let owner: uid_t

    /// Looks at a socket file and every directory above it.
    init(checking path: String) throws(Failure) {
        let directory = try Self.resolve(path)
        let resolved = (directory == "/" ? "" : directory) + "/" + Self.lastComponent(of: path)
        let file = try Self.status(of: resolved, for: path)
        guard file.st_mode & S_IFMT == S_IFSOCK else {
            throw .unreachable(path, "it is not a socket")
        }
        self.path = resolved
        self.owner = file.st_uid
        for ancestor in Self.ancestors(of: directory) {
            let status = try Self.status(of: ancestor, for: path)
            guard Self.isSafe(status, owner: file.st_uid, holdsSocket: ancestor == directory) else {
                throw Self.untrusted(path, "users other than root and its owner can write to \(ancestor.printable)")
            }
        }
    }

    /// Checks who answered, from the credentials that the kernel took when it began to listen (unix(7), SO_PEERCRED).
    func check(peerOf descriptor: Int32) throws(Failure) {
        var uid: UInt32 = 0
        var gid: UInt32 = 0
        var pid: Int32 = 0
        let result = tl_peer_credentials(descriptor, &uid, &gid, &pid)
        guard result == 0 else {
            throw Self.untrusted(self.path, "who answers cannot be told: \(Wording.errno(-result))")
        }
        guard self.accepts(peer: uid, caller: geteuid()) else {
            throw Self.untrusted(self.path, "uid \(uid) answers there")
        }
    }

    /// Whether that uid is one that may be told a caller's password.
    func accepts(peer: uid_t, caller: uid_t) -> Bool {
        peer == 0 || peer == self.owner || (caller != 0 && peer == caller)
    }

    /// Whether nobody but root and the owner can change what a directory holds.
    ///
    /// The sticky bit keeps others from renaming what is not theirs; that serves for what is above the directory, but in
    /// the directory itself others could still make a socket before the daemon does.
    static func isSafe(_ status: stat, owner: uid_t, holdsSocket: Bool) -> Bool {
        guard status.st_mode & S_IFMT == S_IFDIR, status.st_uid == 0 || status.st_uid == owner else { return false }
        if status.st_mode & (S_IWGRP | S_IWOTH) == 0 { return true }
        return !holdsSocket && status.st_uid == 0 && status.st_mode & S_ISVTX != 0
    }

    /// `/a/b` gives `/a/b`, `/a`, `/`.
    static func ancestors(of directory: String) -> [String] {
        var ancestors = [directory]
        var current = Substring(directory)
        while current != "/", let slash = current.lastIndex(of: "/") {
            current = slash == current.startIndex ? "/" : current[..<slash]
            ancestors.append(String(current))
        }
        return ancestors
    }

    private static func lastComponent(of path: String) -> Substring {
        path.lastIndex(of: "/").map { path[path.index(after: $0)...] } ?? path[...]
    }

    /// The real path of the directory of a file.
    private static func resolve(_ path: String) throws(Failure) -> String {
        let parent = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        guard let resolved = realpath(parent, nil) else { throw .unreachable(path, errno: errno) }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    private static func status(of file: String, for path: String) throws(Failure) -> stat {
        var status = stat()
        guard lstat(file, &status) == 0 else { throw .unreachable(path, errno: errno) }
        return status
    }

    private static func untrusted(_ path: String, _ reason: String) -> Failure {
        Failure(
            .unreachable,
            "the socket \(path.printable) is not to be trusted: \(reason)",
            hint: "nothing was sent; the socket belongs in a directory of root's or of the daemon's, mode 0755"
        )
    }
}

extension Failure {
    /// The daemon cannot be reached.
    static func unreachable(_ path: String, _ reason: String, hint: String? = nil) -> Failure {
        Failure(.unreachable, "cannot reach the daemon at \(path.printable): \(reason)", hint: hint)
    }

    /// The daemon cannot be reached, and this is what the system says.
    static func unreachable(_ path: String, errno number: Int32) -> Failure {
        let hint: String? =
            switch number {
            case ENOENT, ECONNREFUSED: "is twinlockd running?"
            default: nil
            }
        return .unreachable(path, Wording.errno(number), hint: hint)
    }
}
