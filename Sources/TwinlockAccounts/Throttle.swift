/// Failed codes of one account by the source that they came from.
public struct Failures: Equatable, Sendable {
    /// Failures by source; no entry is zero.
    public private(set) var bySource: [FailureSource: Int]

    /// No failures, or those read back from a store.
    public init(bySource: [FailureSource: Int] = [:]) {
        self.bySource = bySource.filter { $0.value > 0 }
    }

    /// All failures.
    public var total: Int {
        self.bySource.values.reduce(0, +)
    }

    mutating func count(_ source: FailureSource) {
        self.bySource[source, default: 0] += 1
    }

    mutating func forgive(_ source: FailureSource) {
        self.bySource[source] = nil
    }
}

/// The throttle on failed codes (RFC 4226 §7.3). Pure: no clock, no store, no log.
///
/// From the fifth failure on a growing wait, at the hundredth no code is read (NIST SP 800-63B §5.2.2), so that a guesser
/// who holds the password has 100 tries of 10⁶ with three codes valid at a time between two acts of a person.
public struct Throttle: Equatable, Sendable {
    /// The failures from which on each one is followed by a wait. Ours: four slips of the finger cost nothing.
    public static let firstFailureWithWait = 5
    /// The failures at which codes are refused until they are cleared.
    public static let maximumFailures = 100
    /// The wait after the fifth failure, seconds. Each further one doubles it.
    public static let firstWaitSeconds = 15
    /// The longest wait, seconds.
    public static let longestWaitSeconds = 900

    /// What the throttle lets happen next.
    public enum State: Equatable, Sendable {
        /// Codes are read. Total 0..<100.
        case open(Failures)
        /// Codes are refused unread, neither counted nor spent. A wait is a length, not a date.
        case waiting(Failures, since: UnixSeconds, seconds: Int)
        /// Codes are refused until a person clears the failures.
        case exhausted(Failures)
    }

    /// Whether a code may be read now.
    public enum Admission: Equatable, Sendable {
        /// Read it.
        case read
        /// Refuse it unread; that many seconds are left, 1 or more.
        case wait(seconds: Int)
        /// Refuse it unread until the failures are cleared.
        case exhausted
    }

    /// What to tell after a failure; the stricter one is the greater.
    public enum FailureAction: Comparable, Sendable {
        /// The next code is read at once.
        case allowRetry
        /// The next code is read after so many seconds.
        case wait(seconds: Int)
        /// No further code is read until the failures are cleared.
        case exhausted
    }

    /// Where the throttle stands.
    public private(set) var state: State

    /// A throttle without failures.
    public init() {
        self.state = .open(Failures())
    }

    /// A throttle read back from a store.
    ///
    /// - Parameters:
    ///   - failures: All that count.
    ///   - wait: The wait that was begun and never seen to end.
    public init(failures: Failures, wait: (since: UnixSeconds, seconds: Int)?) {
        if failures.total >= Self.maximumFailures {
            self.state = .exhausted(failures)
        } else if let wait {
            self.state = .waiting(failures, since: wait.since, seconds: wait.seconds)
        } else {
            self.state = .open(failures)
        }
    }

    /// The failures that count.
    public var failures: Failures {
        switch self.state {
        case .open(let failures), .waiting(let failures, _, _), .exhausted(let failures): failures
        }
    }

    /// The wait that is stored with the failures.
    public var wait: (since: UnixSeconds, seconds: Int)? {
        switch self.state {
        case .waiting(_, let since, let seconds): (since, seconds)
        case .open, .exhausted: nil
        }
    }

    /// Whether a code may be read at that moment; a wait that is over ends by this.
    ///
    /// If the clock was set back, the wait starts again from now: it lasts no longer than its length, and is not cut short.
    public mutating func admit(at now: UnixSeconds) -> Admission {
        switch self.state {
        case .open:
            return .read
        case .waiting(let failures, let since, let seconds):
            if now < since {
                self.state = .waiting(failures, since: now, seconds: seconds)
                return .wait(seconds: seconds)
            }
            let left = Int64(seconds) - (now - since)
            guard left <= 0 else {
                return .wait(seconds: Int(left))
            }
            self.state = .open(failures)
            return .read
        case .exhausted:
            return .exhausted
        }
    }

    /// Counts a wrong code. Only after `admit` said that it may be read.
    public mutating func codeRejected(from source: FailureSource, at now: UnixSeconds) -> FailureAction {
        switch self.state {
        case .open(var failures):
            failures.count(source)
            return self.settle(failures, at: now)
        case .waiting, .exhausted:
            preconditionFailure("no code is read while waiting or exhausted")
        }
    }

    /// Forgives the failures of the source from which a right code came, and no others.
    public mutating func codeAccepted(from source: FailureSource) {
        switch self.state {
        case .open(var failures):
            failures.forgive(source)
            self.state = .open(failures)
        case .waiting, .exhausted:
            preconditionFailure("no code is read while waiting or exhausted")
        }
    }

    /// Starts a wait again at that moment, with its length. For a wait whose cause is told only now.
    public mutating func restartWait(at now: UnixSeconds) {
        switch self.state {
        case .waiting(let failures, _, let seconds):
            self.state = .waiting(failures, since: now, seconds: seconds)
        case .open, .exhausted:
            break
        }
    }

    private mutating func settle(_ failures: Failures, at now: UnixSeconds) -> FailureAction {
        let total = failures.total
        if total >= Self.maximumFailures {
            self.state = .exhausted(failures)
            return .exhausted
        }
        guard total >= Self.firstFailureWithWait else {
            self.state = .open(failures)
            return .allowRetry
        }
        let seconds = Self.waitSeconds(afterFailures: total)
        self.state = .waiting(failures, since: now, seconds: seconds)
        return .wait(seconds: seconds)
    }

    /// 15 s, doubled with each failure after the fifth, at most 15 minutes.
    static func waitSeconds(afterFailures total: Int) -> Int {
        let doublings = min(total - self.firstFailureWithWait, 10)
        return min(self.longestWaitSeconds, self.firstWaitSeconds << doublings)
    }
}
