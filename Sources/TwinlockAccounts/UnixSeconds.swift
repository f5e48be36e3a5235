/// A moment: whole seconds since 1970-01-01 00:00 UTC, as the system's clock tells it. It can be set back.
public struct UnixSeconds: Hashable, Comparable, Sendable {
    /// Seconds; negative before 1970.
    public let value: Int64

    /// The moment so many seconds after the epoch.
    public init(_ value: Int64) {
        self.value = value
    }

    /// Whether the left moment is earlier.
    public static func < (left: UnixSeconds, right: UnixSeconds) -> Bool {
        left.value < right.value
    }

    /// The moment so many seconds later.
    public static func + (moment: UnixSeconds, seconds: Int) -> UnixSeconds {
        UnixSeconds(moment.value + Int64(seconds))
    }

    /// Seconds from the right moment to the left one; negative if the left one is earlier.
    public static func - (left: UnixSeconds, right: UnixSeconds) -> Int64 {
        left.value - right.value
    }
}
