import CTwinlockLinux
import Glibc

/// Whoever started the daemon and wants to know how it is (sd_notify(3)); nobody, where it was started by hand.
struct ServiceManager: Sendable {
    private let address: String?
    /// How often it wants to hear that the daemon makes progress; nil if it does not.
    let watchdogInterval: Duration?

    /// From the environment, which forgets it: nothing that is started later speaks for the daemon.
    static func fromEnvironment() -> ServiceManager {
        defer {
            for name in ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"] { unsetenv(name) }
        }
        func variable(_ name: String) -> String? {
            getenv(name).map { String(cString: $0) }
        }
        let isForUs = variable("WATCHDOG_PID").map { Int32($0) == getpid() } ?? true
        let interval = isForUs ? variable("WATCHDOG_USEC").flatMap { Int64($0) } : nil
        return ServiceManager(
            address: variable("NOTIFY_SOCKET"),
            watchdogInterval: interval.flatMap { $0 > 0 ? .microseconds($0) : nil }
        )
    }

    /// - Parameter status: One line; what follows a newline is dropped, so that it cannot say anything else.
    func isReady(_ status: String) {
        self.tell("READY=1\nSTATUS=\(status.prefix { !$0.isNewline })")
    }

    func isReloading() {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        self.tell("RELOADING=1\nMONOTONIC_USEC=\(now.tv_sec * 1_000_000 + now.tv_nsec / 1000)")
    }

    func isStopping() {
        self.tell("STOPPING=1\nSTATUS=finishing what was begun")
    }

    func makesProgress() {
        self.tell("WATCHDOG=1")
    }

    private func tell(_ message: String) {
        tl_notify(self.address, message)
    }
}
