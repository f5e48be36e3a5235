import CTwinlockLinux
import Glibc
import Logging
import TwinlockAccounts
import TwinlockLogging
import TwinlockService
import TwinlockSettings

/// The daemon from its first instruction to its last. Returns the exit status.
func run() -> Int32 {
    let arguments: Arguments
    do {
        arguments = try Arguments(CommandLine.arguments)
    } catch {
        return complain("\(error)\n\(Arguments.usage)", status: 2)
    }
    switch arguments.action {
    case .help:
        return say(Arguments.usage)
    case .version:
        return say("twinlockd \(version)")
    case .checkConfiguration, .serve:
        break
    }
    let source = SettingsSource(file: arguments.settingsFile, checkerSocket: arguments.checkerSocket)
    let loaded: LoadedSettings
    do {
        loaded = try source.load()
        if arguments.action == .checkConfiguration { return try check(loaded.settings) }
    } catch {
        return complain("\(error)", status: 2)
    }
    do {
        try MemoryTunables.ensure()
        tl_silence_dispatch()
        return try Daemon(settings: loaded.settings).serve(reading: source, after: loaded)
    } catch {
        return complain("\(error)", status: 1)
    }
}

/// Says what the settings are perhaps not meant to say.
private func check(_ settings: Settings) throws -> Int32 {
    _ = (try ListedCallers.services(settings), try ListedCallers.administrators(settings))
    let advice = SettingsAdvice(settings: settings, policy: try SignInPolicy.of(settings))
    for warning in advice.warnings {
        write(words: "twinlockd: warning: \(warning)\n", to: STDERR_FILENO)
    }
    return 0
}

/// Why the daemon did not start or had to stop, in words for the administrator: what failed, with what, then why.
struct StartError: Error, CustomStringConvertible {
    let description: String

    init(_ words: String) {
        self.description = words
    }

    /// - Parameter code: An errno value, or its negative as the C functions return it.
    init(_ words: String, errno code: Int32) {
        self.description = "\(words): \(reason(ofErrno: code))"
    }
}

/// The words for an errno value or its negative.
func reason(ofErrno code: Int32) -> String {
    String(cString: strerror(abs(code))).lowercased()
}

private func complain(_ words: String, status: Int32) -> Int32 {
    write(words: "twinlockd: error: \(words)\n", to: STDERR_FILENO)
    return status
}

private func say(_ words: String) -> Int32 {
    write(words: "\(words)\n", to: STDOUT_FILENO)
    return 0
}

private func write(words: String, to descriptor: Int32) {
    let bytes = Array(words.utf8)
    _ = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
}
