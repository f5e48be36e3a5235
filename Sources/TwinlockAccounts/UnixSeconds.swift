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

    /// The day in UTC, as `2027-01-31`; from 1970 to 9999.
    public var day: String {
        var (year, left) = (Int64(1970), max(self.value, 0) / 86_400)
        func isLeap(_ year: Int64) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }
        while left >= (isLeap(year) ? 366 : 365), year < 9999 {
            left -= isLeap(year) ? 366 : 365
            year += 1
        }
        var month = 0
        let lengths: [Int64] = [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        while month < 11, left >= lengths[month] {
            left -= lengths[month]
            month += 1
        }
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(year)-\(two(Int64(month) + 1))-\(two(left + 1))"
    }
}
