/// The daemon's settings, read once at start.
public struct Settings: Equatable, Sendable {
    /// How much is logged.
    public enum LogLevel: String, Sendable, CaseIterable {
        case debug, info, notice, warning, error
    }

    /// `daemon.socket`: path of the Varlink socket. Default `/run/twinlock/twinlock.socket`; absolute, at most 107 bytes.
    public var socket = "/run/twinlock/twinlock.socket"
    /// `daemon.state-directory`: where the database and the sealing key lie. Default `/var/lib/twinlock`; absolute.
    public var stateDirectory = "/var/lib/twinlock"
    /// `daemon.user`: whom the daemon becomes if it is started as root. Default `twinlock`; never root.
    public var user = "twinlock"
    /// `daemon.log-level`. Default `info`.
    public var logLevel = LogLevel.info
    /// `daemon.connections-per-uid`: connections that one uid other than root's may hold. Default 64; 1 to 512.
    public var connectionsPerUid = 64

    /// `checker.program`: the password checker. Default `/usr/libexec/twinlock/twinlock-checker`; absolute.
    public var checkerProgram = "/usr/libexec/twinlock/twinlock-checker"
    /// `checker.user`: as whom the checker runs if the daemon is started as root. Default `twinlock-pw`.
    public var checkerUser = "twinlock-pw"
    /// `checker.group`: the checker's supplementary group, which may read the password hashes. Default `shadow`.
    public var checkerGroup = "shadow"
    /// `checker.deadline`: seconds that a password check may take, waiting for its turn included. Default 15; 1 to 120.
    public var checkerDeadline = 15
    /// `checker.socket`: where somebody else, systemd say, listens for the checker. Default empty: the daemon starts it.
    public var checkerSocket = ""

    /// `sign-in.hide-password-result`: whether a wrong password is hidden behind a prompt for a code. Default `yes`.
    public var hidesPasswordResult = true
    /// `sign-in.issuer`: the label in the authenticator app. Default empty: the host's name; at most 64 bytes, no colon.
    public var issuer = ""
    /// `sign-in.failure-delay`: seconds before "no" is said. Default 2; 0 to 10.
    public var failureDelay = 2

    /// `policy.second-factor`: `required`, `optional` or `off`, where no rule says anything about it. Default `optional`.
    public var secondFactor = "optional"
    /// `policy.publickey-services`: services where a public key is a first factor. Default `sshd`.
    public var publicKeyServices = ["sshd"]
    /// `policy.set-up`: whether who must have a second factor and has none may set one up while he signs in. Default `no`.
    public var allowsSetUp = false
    /// The sections `[rule NAME]`, in the order of the file, which means nothing.
    public var rules: [RuleSettings] = []

    /// `services.users`: local services that sign others in, names or uids. Default none; never root.
    public var serviceUsers: [String] = []
    /// `services.groups`: groups whose members are such services, names or gids. Default none; never root's own.
    public var serviceGroups: [String] = []
    /// `services.connections-per-uid`: connections that the uid of such a service may hold. Default 256; 1 to 512.
    public var serviceConnectionsPerUid = 256

    /// `administration.group`: whose members administer. Default `twinlock-admin`, which may be absent.
    public var administrationGroup = "twinlock-admin"
    /// The group that need not be there.
    public static let defaultAdministrationGroup = "twinlock-admin"
    /// `account.code-without-password`: whether a code stands alone in sensitive calls, from an account's own uid,
    /// where the account has no usable password. Default `yes`.
    public var allowsCodeWithoutPassword = true
    /// `audit.days`: for how long records of decisions are kept. Default 400; 1 to 3650.
    public var auditDays = 400
    /// `audit.rows`: how many records are kept at most. Default 1000000; 1000 to 10000000.
    public var auditRows = 1_000_000
    /// `sessions.idle`: seconds after which an unused session ends. Default 28800; 300 to 2592000.
    public var sessionIdle = 28800
    /// `sessions.absolute`: seconds after which every session ends. Default 86400; 300 to 2592000.
    public var sessionAbsolute = 86400

    /// `tokens.maximum-days`: how many days ahead a token may end. Default 365; 1 to 3650.
    public var tokenMaximumDays = 365
    /// `tokens.end-with-password-change`: whether tokens end when the password is changed. Default `no`.
    public var tokensEndWithPasswordChange = false
    /// `tokens.groups`: groups for other services, as the file has them. Default empty: none.
    public var tokenGroups = ""

    /// The names in `tokenGroups`.
    public var declaredTokenGroups: [String] {
        Self.names(in: self.tokenGroups)
    }

    /// The defaults.
    public init() {}

    /// Reads a file's text.
    ///
    /// - Parameters:
    ///   - text: The file.
    ///   - name: Its name, for the words of an error.
    /// - Throws: At the first line that cannot be used: unknown and repeated keys, wrong types, values out of range.
    public init(text: String, name: String) throws(SettingsError) {
        self.init()
        for entry in try SettingsFile(text: text, name: name).entries {
            if let rule = RuleSettings.name(ofSection: entry.section) {
                try self.set(entry, ofRule: rule, file: name)
                continue
            }
            guard let key = Self.keys.first(where: { $0.name == entry.name }) else {
                let section = Self.keys.filter { $0.name.hasPrefix("\(entry.section).") }
                let known = (section.isEmpty ? Self.keys : section).map(\.name).joined(separator: ", ")
                throw SettingsError(
                    file: name,
                    line: entry.line,
                    words: "\(entry.name): unknown key, expected one of \(known)"
                )
            }
            if let expected = key.set(&self, entry.value) {
                throw SettingsError(
                    file: name,
                    line: entry.line,
                    words: "\(entry.name): \"\(entry.value)\" is not \(expected)"
                )
            }
        }
    }

    private mutating func set(_ entry: SettingsFile.Entry, ofRule rule: String, file: String) throws(SettingsError) {
        let index: Int
        if let found = self.rules.firstIndex(where: { $0.name == rule }) {
            index = found
        } else {
            self.rules.append(RuleSettings(name: rule, line: entry.line))
            index = self.rules.count - 1
        }
        if let words = self.rules[index].set(entry.key, to: entry.value) {
            throw SettingsError(file: file, line: entry.line, words: "rule \(rule): \(entry.key): \(words)")
        }
    }

    /// How one key is set: nil if it was, otherwise what was expected.
    private struct Key: Sendable {
        let name: String
        let set: @Sendable (inout Settings, String) -> String?
    }

    private static let keys: [Key] = [
        Self.path("daemon.socket", maximumBytes: 107) { $0.socket = $1 },
        Self.path("daemon.state-directory", maximumBytes: 4000) { $0.stateDirectory = $1 },
        Self.userName("daemon.user") { $0.user = $1 },
        Key(name: "daemon.log-level") { settings, value in
            guard let level = LogLevel(rawValue: value) else {
                return "one of " + LogLevel.allCases.map(\.rawValue).joined(separator: ", ")
            }
            settings.logLevel = level
            return nil
        },
        Self.integer("daemon.connections-per-uid", 1...512) { $0.connectionsPerUid = $1 },
        Self.path("checker.program", maximumBytes: 4000) { $0.checkerProgram = $1 },
        Self.userName("checker.user") { $0.checkerUser = $1 },
        Self.userName("checker.group") { $0.checkerGroup = $1 },
        Self.integer("checker.deadline", 1...120) { $0.checkerDeadline = $1 },
        Self.path("checker.socket", maximumBytes: 107) { $0.checkerSocket = $1 },
        Key(name: "sign-in.hide-password-result") { settings, value in
            guard value == "yes" || value == "no" else { return "yes or no" }
            settings.hidesPasswordResult = value == "yes"
            return nil
        },
        Key(name: "sign-in.issuer") { settings, value in
            guard value.utf8.count <= 64, !value.contains(":") else { return "at most 64 bytes without a colon" }
            settings.issuer = value
            return nil
        },
        Self.integer("sign-in.failure-delay", 0...10) { $0.failureDelay = $1 },
        Key(name: "policy.second-factor") { settings, value in
            guard RuleSettings.secondFactors.contains(value) else {
                return "one of \(RuleSettings.secondFactors.joined(separator: ", "))"
            }
            settings.secondFactor = value
            return nil
        },
        Key(name: "policy.publickey-services") { settings, value in
            guard value.isEmpty || RuleSettings.isServiceList(value) else { return RuleSettings.serviceList }
            settings.publicKeyServices = Self.names(in: value)
            return nil
        },
        Key(name: "policy.set-up") { settings, value in
            guard value == "yes" || value == "no" else { return "yes or no" }
            settings.allowsSetUp = value == "yes"
            return nil
        },
        Self.list("services.users") { $0.serviceUsers = $1 },
        Self.list("services.groups") { $0.serviceGroups = $1 },
        Self.integer("services.connections-per-uid", 1...512) { $0.serviceConnectionsPerUid = $1 },
        Self.userName("administration.group") { $0.administrationGroup = $1 },
        Key(name: "account.code-without-password") { settings, value in
            guard value == "yes" || value == "no" else { return "yes or no" }
            settings.allowsCodeWithoutPassword = value == "yes"
            return nil
        },
        Self.integer("audit.days", 1...3650) { $0.auditDays = $1 },
        Self.integer("audit.rows", 1000...10_000_000) { $0.auditRows = $1 },
        Self.integer("sessions.idle", 300...2_592_000) { $0.sessionIdle = $1 },
        Self.integer("sessions.absolute", 300...2_592_000) { $0.sessionAbsolute = $1 },
        Self.integer("tokens.maximum-days", 1...3650) { $0.tokenMaximumDays = $1 },
        Key(name: "tokens.end-with-password-change") { settings, value in
            guard value == "yes" || value == "no" else { return "yes or no" }
            settings.tokensEndWithPasswordChange = value == "yes"
            return nil
        },
        Key(name: "tokens.groups") { settings, value in
            let names = Self.names(in: value)
            guard names.count <= 32, Set(names).count == names.count, names.allSatisfy(Self.isGroupName) else {
                return """
                    at most 32 different names with commas between them, each of at most 64 bytes: parts of small \
                    letters, digits and hyphens that begin with a letter, joined by dots, two or more, and not \
                    beginning with account or administration
                    """
            }
            settings.tokenGroups = value
            return nil
        },
    ]

    /// What stands between commas, without the space around it; nothing for an empty text.
    static func names(in text: String) -> [String] {
        guard !text.isEmpty else { return [] }
        return text.split(separator: ",", omittingEmptySubsequences: false).map { part in
            let start = part.drop(while: { $0 == " " || $0 == "\t" })
            let end = start.lastIndex { $0 != " " && $0 != "\t" }
            return end.map { String(start[...$0]) } ?? ""
        }
    }

    /// Whether other services may have that group; those of the first parts that are refused are ours.
    private static func isGroupName(_ name: String) -> Bool {
        let parts = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard name.utf8.count <= 64, parts.count >= 2, !name.hasPrefix("account."), !name.hasPrefix("administration.")
        else { return false }
        let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        return parts.allSatisfy { part in
            part.first.map(letters.contains) ?? false
                && part.allSatisfy { letters.contains($0) || digits.contains($0) || $0 == UInt8(ascii: "-") }
        }
    }

    private static func path(
        _ name: String,
        maximumBytes: Int,
        set: @escaping @Sendable (inout Settings, String) -> Void
    ) -> Key {
        Key(name: name) { settings, value in
            let parts = value.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
            guard value.hasPrefix("/"), value.utf8.count <= maximumBytes,
                !parts.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." })
            else { return "an absolute path of at most \(maximumBytes) bytes without empty, `.` or `..` parts" }
            set(&settings, value)
            return nil
        }
    }

    private static func userName(
        _ name: String,
        set: @escaping @Sendable (inout Settings, String) -> Void
    ) -> Key {
        Key(name: name) { settings, value in
            guard self.isPlainName(value), value != "root" else { return "the name of a local user or group, not root" }
            set(&settings, value)
            return nil
        }
    }

    private static func list(
        _ name: String,
        set: @escaping @Sendable (inout Settings, [String]) -> Void
    ) -> Key {
        Key(name: name) { settings, value in
            let parts = value.split(separator: ",", omittingEmptySubsequences: false).map { part in
                String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
            }
            guard parts.allSatisfy({ self.isPlainName($0) && $0 != "root" && $0 != "0" }) else {
                return "names or numbers of local users or groups, not root, with commas between"
            }
            set(&settings, parts)
            return nil
        }
    }

    static func isPlainName(_ value: String) -> Bool {
        let isPlain = value.utf8.allSatisfy {
            switch $0 {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
                true
            default: false
            }
        }
        return !value.isEmpty && isPlain
    }

    private static func integer(
        _ name: String,
        _ range: ClosedRange<Int>,
        set: @escaping @Sendable (inout Settings, Int) -> Void
    ) -> Key {
        Key(name: name) { settings, value in
            guard let number = Int(value), range.contains(number), String(number) == value else {
                return "a number from \(range.lowerBound) to \(range.upperBound)"
            }
            set(&settings, number)
            return nil
        }
    }
}
