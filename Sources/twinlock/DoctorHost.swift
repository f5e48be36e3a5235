import CTwinlockLinux
import Glibc

/// What the doctor reads of this host. Nothing is changed.
enum DoctorHost {
    /// Where PAM looks for services, in this order.
    private static let pamDirectories = ["/etc/pam.d", "/usr/lib/pam.d"]
    private static let moduleDirectories = [
        "/usr/lib/*/security", "/lib/*/security", "/usr/lib/security", "/lib/security", "/usr/lib64/security",
    ]
    /// More is no file of settings.
    private static let maximumBytes = 1 << 20

    static let sshd = "/usr/sbin/sshd"
    static let sshdSettings = "/etc/ssh/sshd_config"
    static let settings = "/etc/twinlock/twinlockd.conf"

    static var isRoot: Bool { geteuid() == 0 }

    /// A file's text; nil if it is not there or not to be read.
    static func text(of path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return self.text(from: descriptor)
    }

    private static func text(from descriptor: Int32) -> String? {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 16 * 1024)
        while bytes.count < self.maximumBytes {
            let count = piece.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return nil }
            if count == 0 { break }
            bytes += piece[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The paths that a pattern means, sorted.
    static func paths(matching pattern: String) -> [String] {
        var found = glob_t()
        defer { globfree(&found) }
        guard glob(pattern, 0, nil, &found) == 0 else { return [] }
        return (0..<Int(found.gl_pathc)).compactMap { index in found.gl_pathv[index].map { String(cString: $0) } }
    }

    /// A file of PAM's, by the name of its service or by its path.
    static func pamFile(_ name: String) -> (path: String, text: String)? {
        let places = name.hasPrefix("/") ? [name] : self.pamDirectories.map { "\($0)/\(name)" }
        for path in places {
            if let text = self.text(of: path) { return (path, text) }
        }
        return nil
    }

    /// The stacks of all services: first those in a list that this host has, then others.
    ///
    /// What packages and editors set aside is none, and neither are the parts that services include.
    static func stacks(first services: [String]) -> [PAMStack] {
        let files = self.pamDirectories.flatMap { self.paths(matching: "\($0)/*") }
        let others = files.compactMap { $0.split(separator: "/").last.map(String.init) }.filter {
            !$0.hasPrefix("common-") && !$0.contains(".dpkg-") && !$0.contains(".ucf-") && !$0.hasSuffix("~")
        }
        var seen: Set<String> = []
        return (services + others).filter { seen.insert($0).inserted }.compactMap { service in
            self.pamFile(service).map { PAMStack(service: service, file: $0, find: self.pamFile) }
        }
    }

    /// Whether the PAM module is where libpam looks for it.
    static var hasModule: Bool {
        self.moduleDirectories.contains { !self.paths(matching: "\($0)/pam_twinlock.so").isEmpty }
    }

    /// The owner and the mode of a file; nil if it is not there, or out of reach.
    ///
    /// A link counts as what it leads to.
    static func status(of path: String) -> DoctorFiles.Status? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return DoctorFiles.Status(
            path: path,
            uid: status.st_uid,
            gid: status.st_gid,
            mode: status.st_mode & 0o7777,
            isDirectory: status.st_mode & S_IFMT == S_IFDIR
        )
    }

    /// A user of /etc/passwd.
    static func user(_ name: String) -> (name: String, uid: UInt32, gid: UInt32)? {
        var (uid, gid): (UInt32, UInt32) = (0, 0)
        return tl_local_user(name, &uid, &gid) == 0 ? (name, uid, gid) : nil
    }

    /// Unix seconds.
    static var now: Int64 { tl_now() }

    /// Whether the kernel knows that its clock is right (adjtimex(2)); nil if it does not tell.
    static var isClockSynchronised: Bool? {
        let answer = tl_clock_is_synchronised()
        return answer < 0 ? nil : answer == 1
    }

    /// Runs a program and waits for it.
    ///
    /// - Returns: Its exit status, and what it said to standard output and standard error; nil if it could not run.
    static func run(_ program: String, _ arguments: [String]) -> (status: Int32, said: String)? {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return nil }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[0]) }
        let pid = self.spawn(program, arguments, output: ends[1])
        close(ends[1])
        guard let pid else { return nil }
        let said = self.text(from: ends[0]) ?? ""
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 {
            guard errno == EINTR else { return nil }
        }
        return status & 0x7f == 0 ? ((status >> 8) & 0xff, said) : nil
    }

    /// Starts it with nothing to read, no environment but a path, and no signal blocked.
    private static func spawn(_ program: String, _ arguments: [String], output: Int32) -> pid_t? {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, output, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        let words = self.copies([program] + arguments)
        let environment = self.copies(["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"])
        defer { (words + environment).forEach { free($0) } }
        var pid: pid_t = 0
        return posix_spawn(&pid, program, &actions, &attributes, words, environment) == 0 ? pid : nil
    }

    /// As C wants them, with nil at the end; the caller frees them.
    private static func copies(_ texts: [String]) -> [UnsafeMutablePointer<CChar>?] {
        texts.map { text in strdup(text) } + [nil]
    }
}
