import CTwinlockLinux
import Glibc

/// The socket on which the daemon answers.
struct ListeningSocket {
    /// Connections that may wait to be accepted.
    static let backlog: Int32 = 1024

    let descriptor: Int32
    /// The path to be removed at the end; nil if a service manager owns it.
    let ownPath: String?

    /// The socket that a service manager passed (sd_listen_fds(3)), or one of our own at that path.
    static func take(path: String) throws(StartError) -> ListeningSocket {
        if let passed = try self.passed() {
            return ListeningSocket(descriptor: passed, ownPath: nil)
        }
        let descriptor = tl_listen(path, 0o666, self.backlog)
        guard descriptor >= 0 else {
            let why =
                descriptor == -EADDRINUSE
                ? "another daemon listens there, or it is no socket" : reason(ofErrno: descriptor)
            throw StartError("cannot listen on \"\(path)\": \(why)")
        }
        return ListeningSocket(descriptor: descriptor, ownPath: path)
    }

    private static func passed() throws(StartError) -> Int32? {
        defer {
            for name in ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] { unsetenv(name) }
        }
        func variable(_ name: String) -> String? {
            getenv(name).map { String(cString: $0) }
        }
        guard let pid = variable("LISTEN_PID"), Int32(pid) == getpid() else { return nil }
        guard variable("LISTEN_FDS") == "1" else {
            throw StartError("expected one socket from the service manager, but LISTEN_FDS is not 1")
        }
        guard fcntl(3, F_SETFD, FD_CLOEXEC) == 0 else {
            throw StartError("cannot take the service manager's socket", errno: errno)
        }
        return 3
    }

    /// Removes the path if it is ours.
    func remove() {
        if let ownPath { unlink(ownPath) }
    }
}
