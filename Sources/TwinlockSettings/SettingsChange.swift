/// What a changed settings file means to a daemon that runs.
public struct SettingsChange: Equatable, Sendable {
    /// Keys that are taken over at once, as `section.key`, sorted.
    public let live: [String]
    /// Keys whose new value counts from the next start on, as `section.key`, sorted.
    public let atNextStart: [String]

    /// Keys that stand for something made at the start: sockets, processes, the database. Every other key is live.
    private static let fixed: Set<String> = [
        "daemon.socket", "daemon.state-directory", "daemon.user",
        "checker.program", "checker.user", "checker.group", "checker.deadline", "checker.socket",
        "audit.days", "audit.rows",
    ]

    /// Compares files by their texts, each of which `Settings` has accepted.
    ///
    /// - Parameters:
    ///   - new: The file now.
    ///   - inForce: The file that was read last.
    ///   - atStart: The file that was read at the start.
    /// - Throws: Where a text is no settings file.
    public init(to new: String, from inForce: String, startedWith atStart: String) throws(SettingsError) {
        self.live = try Self.names(differingBetween: inForce, and: new).filter { !Self.fixed.contains($0) }
        self.atNextStart = try Self.names(differingBetween: atStart, and: new).filter(Self.fixed.contains)
    }

    private static func names(differingBetween one: String, and other: String) throws(SettingsError) -> [String] {
        let (one, other) = (try self.values(one), try self.values(other))
        return Set(one.keys).union(other.keys).sorted().filter { self.means(one[$0], $0) != self.means(other[$0], $0) }
    }

    private static func values(_ text: String) throws(SettingsError) -> [String: String] {
        let entries = try SettingsFile(text: text, name: "").entries
        return Dictionary(uniqueKeysWithValues: entries.map { ($0.name, "[\($0.section)]\n\($0.key) = \($0.value)\n") })
    }

    /// What one key alone makes of the defaults: a default that is written down is no change.
    private static func means(_ line: String?, _ name: String) -> Meaning {
        guard let line else { return .settings(Settings()) }
        guard let settings = try? Settings(text: line, name: name) else { return .onlyTogether(line) }
        return .settings(settings)
    }

    private enum Meaning: Equatable {
        case settings(Settings)
        /// The line means nothing without others.
        case onlyTogether(String)
    }
}
