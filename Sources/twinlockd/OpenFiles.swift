import CTwinlockLinux
import TwinlockVarlink

/// How many files the daemon may have open, a connection being one.
enum OpenFiles {
    /// What is open beside `Limits.connections`: the database, the event loop, the checker's end, a connection to the
    /// checker for each question, and connections that are accepted only to be closed.
    ///
    /// Far more than the thirty or so at work, because a login needs its own and connections are what strangers open.
    static let ofOurOwn = 128

    /// Raises the soft limit to what the daemon can need: services are started with 1024 (systemd.exec(5)).
    ///
    /// - Throws: Where the hard limit is below it: connections would then use up what the database and the password
    ///   checks need, and root's connections what strangers' left over.
    static func provide() throws(StartError) {
        let needed = Int64(Limits.connections + Self.ofOurOwn)
        let allowed = tl_raise_open_files(needed)
        guard allowed >= 0 else {
            throw StartError("cannot raise the limit of open files to \(needed)", errno: Int32(clamping: allowed))
        }
        guard allowed >= needed else {
            throw StartError("limit of open files (RLIMIT_NOFILE): \(allowed) is too few, expected \(needed) or more")
        }
    }
}
