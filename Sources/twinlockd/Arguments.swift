/// The command line of the daemon.
struct Arguments {
    enum Action {
        case serve, checkConfiguration, help, version
    }

    /// An argument that is not understood.
    struct Unknown: Error, CustomStringConvertible {
        let description: String
    }

    static let usage = """
        usage: twinlockd [--config FILE] [--check-config]
          --config FILE    settings file (default \(SettingsLoader.defaultPath), which may be absent)
          --check-config   read the settings, say what is wrong with them, and stop
          --version        print the version
          --help           print this
        """

    var action = Action.serve
    /// nil: the default one, which may be absent.
    var settingsFile: String?

    init(_ arguments: [String]) throws(Unknown) {
        var rest = arguments.dropFirst()
        while let argument = rest.popFirst() {
            switch argument {
            case "--config":
                guard let file = rest.popFirst() else { throw Unknown(description: "--config: expected a file") }
                self.settingsFile = file
            case "--check-config":
                self.action = .checkConfiguration
            case "--help":
                self.action = .help
            case "--version":
                self.action = .version
            default:
                throw Unknown(description: "\(argument): unknown argument")
            }
        }
    }
}
