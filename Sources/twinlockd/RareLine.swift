import NIOCore

/// A line of the log that somebody without any right can cause as often as he likes.
///
/// Said once a minute at most, so that it does not push what matters out of the journal, which takes only so many lines
/// of a service at a time.
struct RareLine {
    private static let silence = TimeAmount.seconds(60)

    private var lastSaid: NIODeadline?

    /// Whether the line is to be written now that there is reason to.
    mutating func isDue(at now: NIODeadline) -> Bool {
        if let lastSaid, now - lastSaid < Self.silence { return false }
        self.lastSaid = now
        return true
    }
}
