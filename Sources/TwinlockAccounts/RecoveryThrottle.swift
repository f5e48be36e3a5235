/// The throttle on wrong recovery codes: a bucket of its own, so that they work where codes are refused. Pure.
///
/// Ten in a minute are far from guessing 50 bits, and bound what somebody with the password can make the daemon do. It
/// counts from the first wrong one, and the tenth begins a wait of its own: any minute sees at most twenty.
public struct RecoveryThrottle: Hashable, Sendable {
    /// Wrong ones within ``windowSeconds`` after which none is read. Ours.
    public static let maximumFailures = 10
    /// How long wrong ones count together, and how long the wait after the last of them is, seconds.
    public static let windowSeconds = 60

    /// What to tell after a wrong one.
    public enum FailureAction: Hashable, Sendable {
        /// The next one is read at once.
        case allowRetry
        /// The next one is read after so many seconds.
        case wait(seconds: Int)
    }

    /// Whether one may be read now.
    public enum Admission: Hashable, Sendable {
        /// Read it.
        case read
        /// Refuse it unread; that many seconds are left, 1 or more.
        case wait(seconds: Int)
    }

    /// Wrong ones that count together, 0...10.
    public private(set) var failures: Int
    /// When the first of them came; with ten, when the last did. nil without any.
    public private(set) var since: UnixSeconds?

    /// A throttle without failures.
    public init() {
        self.failures = 0
        self.since = nil
    }

    /// A throttle read back from a store.
    public init(failures: Int, since: UnixSeconds) {
        precondition((1...Self.maximumFailures).contains(failures), "a throttle that is stored has one to ten failures")
        self.failures = failures
        self.since = since
    }

    /// Whether one may be read at that moment; what is over ends by this.
    ///
    /// If the clock was set back, the length starts again from now: it lasts no longer than that, and is not cut short.
    public mutating func admit(at now: UnixSeconds) -> Admission {
        guard let since else { return .read }
        let begun = min(since, now)
        let left = Int64(Self.windowSeconds) - (now - begun)
        guard left > 0 else {
            self = RecoveryThrottle()
            return .read
        }
        self.since = begun
        return self.failures < Self.maximumFailures ? .read : .wait(seconds: Int(left))
    }

    /// Counts a wrong one. Only after `admit` said that it may be read.
    public mutating func codeRejected(at now: UnixSeconds) -> FailureAction {
        precondition(self.failures < Self.maximumFailures, "no recovery code is read during a wait")
        self.failures += 1
        guard self.failures == Self.maximumFailures else {
            self.since = self.since ?? now
            return .allowRetry
        }
        self.since = now
        return .wait(seconds: Self.windowSeconds)
    }
}
