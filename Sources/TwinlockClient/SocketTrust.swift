import CTwinlockLinux
import Glibc

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
    init(checking path: String) throws(SocketError) {
        let directory = try Self.resolve(path)
        let resolved = (directory == "/" ? "" : directory) + "/" + Self.lastComponent(of: path)
        let file = try Self.status(of: resolved)
        guard file.st_mode & S_IFMT == S_IFSOCK else {
            throw .notASocket
        }
        self.path = resolved
        self.owner = file.st_uid
        for ancestor in Self.ancestors(of: directory) {
            let status = try Self.status(of: ancestor)
            guard Self.isSafe(status, owner: file.st_uid, holdsSocket: ancestor == directory) else {
                throw .writableByOthers(directory: ancestor)
            }
        }
    }

    /// Checks who answered, from the credentials that the kernel took when it began to listen (unix(7), SO_PEERCRED).
    func check(peerOf descriptor: Int32) throws(SocketError) {
        var uid: UInt32 = 0
        var gid: UInt32 = 0
        var pid: Int32 = 0
        let result = tl_peer_credentials(descriptor, &uid, &gid, &pid)
        guard result == 0 else {
            throw .unknownPeer(errno: -result)
        }
        guard self.accepts(peer: uid, caller: geteuid()) else {
            throw .wrongPeer(uid: uid)
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
    private static func resolve(_ path: String) throws(SocketError) -> String {
        let parent = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        guard let resolved = realpath(parent, nil) else { throw .failed(errno: errno) }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    private static func status(of file: String) throws(SocketError) -> stat {
        var status = stat()
        guard lstat(file, &status) == 0 else { throw .failed(errno: errno) }
        return status
    }
}
