import TwinlockSettings

/// A settings file as it was at one moment.
struct LoadedSettings {
    var settings: Settings
    /// Empty where there is no file.
    let text: String
}

/// Where the settings come from: the file, and the command line where the file says nothing.
struct SettingsSource {
    /// nil: the default file, which may be absent.
    let file: String?
    /// Empty: the command line does not say.
    let checkerSocket: String

    func load() throws -> LoadedSettings {
        var loaded = try SettingsLoader.load(self.file)
        if loaded.settings.checkerSocket.isEmpty { loaded.settings.checkerSocket = self.checkerSocket }
        return loaded
    }
}
