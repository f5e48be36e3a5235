import Glibc
import Synchronization

/// Signals that end or stop the program, taken so that the terminal's echo is on again first.
///
/// They are blocked everywhere, and one thread waits for them: ordinary code may run there, which it may not in a
/// handler (signal-safety(7)). Then each does what it always does.
///
/// The program's `main` must not be `async`: libdispatch then starts a thread of its own that takes every signal.
public enum Signals {
    private static let lastThings = Mutex<[@Sendable () -> Void]>([])

    /// Begins to wait.
    ///
    /// Call it once, before there is another thread: threads inherit what is blocked.
    public static func install() {
        signal(SIGPIPE, SIG_IGN)
        var taken = sigset_t()
        sigemptyset(&taken)
        for number in [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP] where !self.isIgnored(number) {
            sigaddset(&taken, number)
        }
        pthread_sigmask(SIG_BLOCK, &taken, nil)
        var thread = pthread_t()
        let failure = pthread_create(
            &thread,
            nil,
            { _ in
                Signals.wait()
                return nil
            },
            nil
        )
        if failure == 0 {
            pthread_detach(thread)
        } else {
            pthread_sigmask(SIG_UNBLOCK, &taken, nil)
        }
    }

    /// Runs a function; where a signal ends the program meanwhile, something else is done first.
    ///
    /// - Parameter lastThing: Runs on a thread of its own, after the echo is on again. It must end soon: until then no
    ///   further signal is looked at.
    public static func beforeEnd<Outcome, Failure: Error>(
        _ lastThing: @escaping @Sendable () -> Void,
        during body: () throws(Failure) -> Outcome
    ) throws(Failure) -> Outcome {
        self.lastThings.withLock { $0.append(lastThing) }
        defer { self.lastThings.withLock { _ = $0.popLast() } }
        return try body()
    }

    /// Whether whoever started us wants the signal ignored, as nohup(1) does: then it stays so.
    private static func isIgnored(_ number: Int32) -> Bool {
        var current = sigaction()
        guard sigaction(number, nil, &current) == 0 else { return false }
        return unsafeBitCast(current.__sigaction_handler.sa_handler, to: Int.self)
            == unsafeBitCast(SIG_IGN, to: Int.self)
    }

    private static func wait() {
        var blocked = sigset_t()
        pthread_sigmask(SIG_BLOCK, nil, &blocked)
        while true {
            var number: Int32 = 0
            guard sigwait(&blocked, &number) == 0 else { continue }
            if number == SIGTSTP {
                Echo.suspended { Self.deliver(number) }
            } else {
                Echo.show()
                for lastThing in Self.lastThings.withLock({ $0 }).reversed() { lastThing() }
                Self.deliver(number)
            }
        }
    }

    /// Lets the signal do what it does by default.
    ///
    /// Comes back after a stop only.
    private static func deliver(_ number: Int32) {
        var one = sigset_t()
        sigemptyset(&one)
        sigaddset(&one, number)
        // The Swift runtime may have a handler for SIGQUIT that starts a debugger.
        signal(number, SIG_DFL)
        raise(number)
        pthread_sigmask(SIG_UNBLOCK, &one, nil)
        pthread_sigmask(SIG_BLOCK, &one, nil)
    }
}
