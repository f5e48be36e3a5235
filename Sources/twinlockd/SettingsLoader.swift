import Glibc
import TwinlockSettings

/// Reads the settings file from the disk.
enum SettingsLoader {
    static let defaultPath = "/etc/twinlock/twinlockd.conf"
    /// More is no settings file.
    private static let maximumBytes = 256 * 1024

    /// The settings, and the text that says them.
    ///
    /// - Parameter path: nil for the default file, whose absence means the defaults.
    static func load(_ path: String?) throws -> LoadedSettings {
        let name = path ?? self.defaultPath
        let descriptor = open(name, O_RDONLY | O_CLOEXEC)
        if descriptor < 0, path == nil, errno == ENOENT {
            return LoadedSettings(settings: Settings(), text: "")
        }
        guard descriptor >= 0 else {
            throw SettingsError(file: name, line: nil, words: "cannot open: \(reason(ofErrno: errno))")
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 16 * 1024)
        while true {
            let count = piece.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            guard count >= 0 else {
                throw SettingsError(file: name, line: nil, words: "cannot read: \(reason(ofErrno: errno))")
            }
            if count == 0 { break }
            bytes += piece[..<count]
            guard bytes.count <= self.maximumBytes else {
                throw SettingsError(file: name, line: nil, words: "longer than \(self.maximumBytes) bytes")
            }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw SettingsError(file: name, line: nil, words: "not UTF-8")
        }
        return LoadedSettings(settings: try Settings(text: text, name: name), text: text)
    }
}
