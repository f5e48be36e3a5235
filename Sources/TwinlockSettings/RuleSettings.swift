/// A `[rule NAME]` section: for whom a rule is, and what it says. Names are as the file has them.
///
/// Of all rules that match a sign-in the strictest decides, each point for itself; where none says anything about a point
/// `[policy]` and `[sign-in]` do.
public struct RuleSettings: Equatable, Sendable {
    /// What stands behind `rule` in the section's name: a plain name.
    public let name: String
    /// Of its first key, for messages; 1 or more.
    public let line: Int

    /// `services`: PAM services, `varlink` for programs. nil: all.
    public var services: [String]?
    /// `users`: account names. nil: all.
    public var users: [String]?
    /// `except-users`: account names that it is not for.
    public var exceptUsers: [String] = []
    /// `groups`: names of local groups, or gids, of which the account must have one. nil: all.
    public var groups: [String]?
    /// `except-groups`: names of local groups, or gids, of which it must have none.
    public var exceptGroups: [String] = []
    /// `from`: networks in CIDR form, or `local`. nil: anywhere.
    public var networks: [String]?

    /// `second-factor`: `required`, `optional` or `off`.
    public var secondFactor: String?
    /// `starts`: the day from which on `second-factor` holds, at 00:00 UTC: year, month, day.
    public var starts: Day?
    /// `first-factor`: `password`, `publickey` or both.
    public var firstFactors: [String]?
    /// `hide-password-result`. Only in a rule without users and groups: the answer would tell who somebody is.
    public var hidesPasswordResult: Bool?
    /// `set-up`: whether who must have a second factor and has none may set one up while he signs in.
    public var allowsSetUp: Bool?

    /// A day of the Gregorian calendar.
    public struct Day: Hashable, Sendable {
        /// Unix seconds at 00:00 UTC.
        public let beginning: Int64

        /// Reads `2027-01-31`; nil for what is no day.
        public init?(_ text: String) {
            let parts = text.split(separator: "-", omittingEmptySubsequences: false)
            guard parts.map(\.utf8.count) == [4, 2, 2],
                parts.allSatisfy({ $0.utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains) }),
                let year = Int64(parts[0]), let month = Int64(parts[1]), let day = Int64(parts[2])
            else { return nil }
            let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            let lengths: [Int64] = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
            guard year >= 1970, (1...12).contains(month), (1...lengths[Int(month) - 1]).contains(day) else {
                return nil
            }
            let leapDays = { (year: Int64) in year / 4 - year / 100 + year / 400 }
            let days = (year - 1970) * 365 + leapDays(year - 1) - leapDays(1969)
            self.beginning = 86_400 * (days + lengths[..<Int(month - 1)].reduce(0, +) + day - 1)
        }
    }

    /// A rule that says nothing yet.
    public init(name: String, line: Int) {
        self.name = name
        self.line = line
    }

    /// The words of `second-factor`.
    public static let secondFactors = ["required", "optional", "off"]
    private static let keys = [
        "services", "users", "except-users", "groups", "except-groups", "from", "second-factor", "starts",
        "first-factor", "hide-password-result", "set-up",
    ]
    static let serviceList = "names of PAM services with commas between"

    /// Whether it says anything about any point.
    public var saysSomething: Bool {
        self.secondFactor != nil || self.firstFactors != nil || self.hidesPasswordResult != nil
            || self.allowsSetUp != nil
    }

    /// Whether it is for some accounts only.
    public var isForSome: Bool {
        self.users != nil || self.groups != nil || !self.exceptUsers.isEmpty || !self.exceptGroups.isEmpty
    }

    /// The rule's name, if the section is a rule's.
    static func name(ofSection section: String) -> String? {
        let parts = section.split(separator: " ", maxSplits: 1).map(String.init)
        guard parts.count == 2, parts[0] == "rule", Settings.isPlainName(parts[1]) else { return nil }
        return parts[1]
    }

    static func isServiceList(_ text: String) -> Bool {
        let names = Settings.names(in: text)
        return !names.isEmpty && names.allSatisfy { Settings.isPlainName($0) && $0.utf8.count <= 64 }
    }

    /// Sets one key; what was expected if it cannot be.
    mutating func set(_ key: String, to value: String) -> String? {
        let names = Settings.names(in: value)
        let areNames = !names.isEmpty && names.allSatisfy(Settings.isPlainName)
        func wrong(_ expected: String) -> String { "\"\(value)\" is not \(expected)" }
        switch key {
        case "services":
            guard Self.isServiceList(value) else { return wrong(Self.serviceList) }
            self.services = names
        case "users", "except-users":
            guard areNames else { return wrong("account names with commas between") }
            if key == "users" { self.users = names } else { self.exceptUsers = names }
        case "groups", "except-groups":
            guard areNames else { return wrong("names or numbers of groups with commas between") }
            if key == "groups" { self.groups = names } else { self.exceptGroups = names }
        case "from":
            guard !names.isEmpty, !names.contains("") else { return wrong("networks with commas between, or local") }
            self.networks = names
        case "second-factor":
            guard Self.secondFactors.contains(value) else {
                return wrong("one of \(Self.secondFactors.joined(separator: ", "))")
            }
            self.secondFactor = value
        case "starts":
            guard let day = Day(value) else { return wrong("a day such as 2027-01-31") }
            self.starts = day
        case "first-factor":
            guard !names.isEmpty, Set(names).count == names.count, Set(names).isSubset(of: ["password", "publickey"])
            else { return wrong("password, publickey or both with a comma between") }
            self.firstFactors = names
        case "hide-password-result", "set-up":
            guard value == "yes" || value == "no" else { return wrong("yes or no") }
            if key == "set-up" { self.allowsSetUp = value == "yes" } else { self.hidesPasswordResult = value == "yes" }
        default:
            return "unknown key, expected one of \(Self.keys.joined(separator: ", "))"
        }
        return nil
    }
}
