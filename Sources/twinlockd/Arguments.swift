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
        usage: twinlockd [--config FILE] [--checker-socket PATH] [--check-config]
          --config FILE          settings file (default \(SettingsLoader.defaultPath), which may be absent)
          --checker-socket PATH  where a service manager listens for the checker, unless the settings say where
          --check-config         read the settings, say what is wrong with them, and stop
          --version              print the version
          --help                 print this
        """

    var action = Action.serve
    /// nil: the default one, which may be absent.
    var settingsFile: String?
    /// Empty: the daemon starts the checker, unless the settings say otherwise.
    var checkerSocket = ""

    init(_ arguments: [String]) throws(Unknown) {
        var rest = arguments.dropFirst()
        while let argument = rest.popFirst() {
            switch argument {
            case "--config":
                guard let file = rest.popFirst() else { throw Unknown(description: "--config: expected a file") }
                self.settingsFile = file
            case "--checker-socket":
                guard let path = rest.popFirst(), path.hasPrefix("/") else {
                    throw Unknown(description: "--checker-socket: expected an absolute path")
                }
                self.checkerSocket = path
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
