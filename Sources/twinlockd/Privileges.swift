import CTwinlockLinux
import Glibc
import TwinlockSettings

/// As whom the daemon and the checker run. Whatever started the daemon, what answers the socket is never root.
struct Privileges {
    /// The daemon's uid from now on.
    let uid: UInt32
    /// The one uid that is served besides root; nil for all. Set if an ordinary user started the daemon for himself.
    let servedUid: UInt32?
    /// Our end of the checker's control socket; nil if somebody else starts the checker.
    let checkerControl: Int32?

    /// Makes the directories, starts the checker and becomes the daemon's user: all that root is needed for, and in this
    /// order. No thread runs yet, so that none keeps a privilege.
    static func settle(_ settings: Settings) throws(StartError) -> Privileges {
        geteuid() == 0 ? try self.asRoot(settings) : try self.asUser(settings)
    }

    private static func asRoot(_ settings: Settings) throws(StartError) -> Privileges {
        var (uid, gid): (UInt32, UInt32) = (0, 0)
        var (checkerUid, checkerGid): (UInt32, UInt32) = (0, 0)
        var hashes: UInt32 = 0
        try self.look(up: "user", settings.user, tl_local_user(settings.user, &uid, &gid))
        try self.look(up: "user", settings.checkerUser, tl_local_user(settings.checkerUser, &checkerUid, &checkerGid))
        try self.look(up: "group", settings.checkerGroup, tl_local_group(settings.checkerGroup, &hashes))
        guard uid != 0, gid != 0, checkerUid != 0, checkerGid != 0, uid != checkerUid else {
            throw StartError(
                "users \"\(settings.user)\" and \"\(settings.checkerUser)\" must be two, and neither of them root"
            )
        }
        umask(0o077)
        try Directory.make(parent(of: settings.socket), mode: 0o755, uid: uid, gid: gid)
        try Directory.make(settings.stateDirectory, mode: 0o700, uid: uid, gid: gid)
        let control = try self.startChecker(settings, peer: uid, as: (checkerUid, checkerGid, hashes))
        let status = tl_become(uid, gid)
        guard status == 0 else { throw StartError("cannot become user \"\(settings.user)\"", errno: status) }
        try self.harden(noNewPrivileges: true)
        return Privileges(uid: uid, servedUid: nil, checkerControl: control)
    }

    private static func asUser(_ settings: Settings) throws(StartError) -> Privileges {
        let uid = geteuid()
        umask(0o077)
        // Under a service manager the daemon already is its own user, and the checker has a unit of its own.
        let isService = !settings.checkerSocket.isEmpty
        let control = try isService ? nil : self.startChecker(settings, peer: uid, as: nil)
        try self.harden(noNewPrivileges: true)
        return Privileges(uid: uid, servedUid: isService ? nil : uid, checkerControl: control)
    }

    private static func startChecker(
        _ settings: Settings,
        peer: UInt32,
        as user: (uid: UInt32, gid: UInt32, group: UInt32)?
    ) throws(StartError) -> Int32? {
        guard settings.checkerSocket.isEmpty else { return nil }
        let words = [
            settings.checkerProgram, "--control", "3", "--peer", "\(peer)", "--deadline", "\(settings.checkerDeadline)",
        ]
        var arguments: [UnsafePointer<CChar>?] = words.map { UnsafePointer(strdup($0)) }
        arguments.append(nil)
        defer { arguments.forEach { free(UnsafeMutablePointer(mutating: $0)) } }
        var control: Int32 = -1
        let status = tl_start_checker(
            settings.checkerProgram,
            &arguments,
            user?.uid ?? UInt32.max,
            user?.gid ?? UInt32.max,
            user?.group ?? UInt32.max,
            &control
        )
        guard status > 0 else {
            throw StartError("cannot start the checker \"\(settings.checkerProgram)\"", errno: status)
        }
        return control
    }

    private static func harden(noNewPrivileges: Bool) throws(StartError) {
        let status = tl_harden(noNewPrivileges ? 1 : 0)
        guard status == 0 else { throw StartError("cannot give up core files and privileges", errno: status) }
    }

    private static func look(up kind: String, _ name: String, _ status: Int32) throws(StartError) {
        guard status == 0 else { throw StartError(notFound: kind, name, status) }
    }
}

extension StartError {
    /// A user or group that the settings name cannot be looked up.
    init(notFound kind: String, _ name: String, _ status: Int32) {
        let why = status == -ENOENT ? "it is not in the machine's own files" : reason(ofErrno: status)
        self.init("cannot find \(kind) \"\(name)\": \(why)")
    }
}

/// The directory that holds a path.
func parent(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
    return String(path[..<slash])
}

/// Directories of the daemon's own.
enum Directory {
    /// Makes a directory for that user, or makes sure that the one there is his.
    static func make(_ path: String, mode: mode_t, uid: UInt32, gid: UInt32) throws(StartError) {
        if mkdir(path, mode) == 0 {
            guard lchown(path, uid, gid) == 0, chmod(path, mode) == 0 else {
                throw StartError("cannot give the directory \"\(path)\" to uid \(uid)", errno: errno)
            }
            return
        }
        guard errno == EEXIST else { throw StartError("cannot make the directory \"\(path)\"", errno: errno) }
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw StartError("\"\(path)\" is not a directory")
        }
        guard status.st_uid == uid else {
            throw StartError("the directory \"\(path)\" belongs to uid \(status.st_uid), expected \(uid)")
        }
    }
}
