import Logging
import TwinlockSettings

/// Reads the settings again while the daemon runs. A file that cannot be used changes nothing.
struct Reload {
    private let source: SettingsSource
    private let started: LoadedSettings
    private var inForce: LoadedSettings
    private let logger: Logger
    private let apply: (Settings) throws -> Void

    /// - Parameter apply: Takes over what can change while the daemon runs; throws before it has changed anything.
    init(
        from source: SettingsSource,
        after started: LoadedSettings,
        logger: Logger,
        apply: @escaping (Settings) throws -> Void
    ) {
        self.source = source
        self.started = started
        self.inForce = started
        self.logger = logger
        self.apply = apply
    }

    /// - Returns: What became of it, in a line for the service manager's status.
    mutating func perform() -> String {
        let change: SettingsChange
        do {
            let new = try self.source.load()
            change = try SettingsChange(to: new.text, from: self.inForce.text, startedWith: self.started.text)
            try self.apply(new.settings)
            self.inForce = new
        } catch {
            self.logger.error("the settings stay as they were: \(error)")
            return "the settings stay as they were: \(error)"
        }
        let live = change.live.joined(separator: ", ")
        self.logger.notice("settings read again: \(live.isEmpty ? "nothing else" : live) taken over")
        guard !change.atNextStart.isEmpty else { return "serving" }
        let waiting = change.atNextStart.joined(separator: ", ")
        self.logger.warning("restart the daemon for \(waiting)")
        return "serving; restart for \(waiting)"
    }
}
