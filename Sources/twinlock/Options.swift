import ArgumentParser

/// Where the daemon is.
struct SocketOption: ParsableArguments {
    @Option(
        name: .customLong("socket"),
        help: ArgumentHelp("The daemon's socket.", valueName: "path"),
        completion: .file()
    )
    var path = "/run/twinlock/twinlock.socket"
}

/// Where secrets come from when nobody is there to type them.
///
/// There is no option that takes a secret itself: other users can read a command line (proc(5)).
struct SecretOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Read the password from the first line of a file instead of asking; `-` is standard input.",
            valueName: "file"
        ),
        completion: .file()
    )
    var passwordFile: String?

    @Option(
        help: ArgumentHelp(
            "Read codes from a file, one on each line, instead of asking; `-` is standard input, after the password.",
            valueName: "file"
        ),
        completion: .file()
    )
    var codeFile: String?
}

/// A session in place of a code, where a call is a sensitive one.
struct SessionOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Take the session in this file in place of a code; `twinlock sign-in` makes one.",
            valueName: "file"
        ),
        completion: .file()
    )
    var sessionFile: String?

    /// The session, if one is named, and where it is from.
    func kept() throws(Failure) -> KeptSession? { try Self.kept(self.sessionFile) }

    /// The same of a file that another option names.
    static func kept(_ path: String?) throws(Failure) -> KeptSession? {
        guard let path else { return nil }
        let file = SessionFile(path: path)
        return KeptSession(file: file, session: try file.load())
    }
}

/// How the person says that recovery codes are saved, where nobody is there to type one of them back.
struct SavingOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Save the recovery codes in this file, mode 0600; with --json besides printing them, otherwise instead.",
            valueName: "file"
        ),
        completion: .file()
    )
    var output: String?

    @Flag(help: "Say that the recovery codes are saved by whoever reads what is printed.")
    var codesSaved = false
}
