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
}
