import ArgumentParser
import TwinlockInterface
import TwinlockTerminal
import TwinlockVarlink

/// The subcommand `sign-in`.
struct SignIn: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign-in",
        abstract: "Tries whether you can sign in, and can keep the session for a script.",
        discussion: """
            Asks for your password, and for a code where two-factor login is on, as a login program would. Without \
            --session-file the session is ended at once: this is for trying.

            A recovery code is taken in place of a code, and is used up by that.

            A wrong password is told only after the code, so that nobody learns which of the two was wrong.
            """
    )

    @OptionGroup
    var socket: SocketOption

    @OptionGroup
    var secrets: SecretOptions

    @Option(
        help: ArgumentHelp("Keep the session in this file, mode 0600.", valueName: "file"),
        completion: .file()
    )
    var sessionFile: String?

    @Flag(help: "Do not ask whether to replace a session file that is there.")
    var yes = false

    @Flag(help: "Print one line of JSON; the session itself is never printed.")
    var json = false

    func run() throws {
        let inputs = Inputs(self.secrets)
        try inputs.requirePassword()
        let daemon = Daemon(socket: self.socket.path)
        let signedIn = try SignInDialogue(daemon: daemon, inputs: inputs).run()
        guard let session = signedIn.session else {
            throw Failure(.notNow, "the daemon gave no session")
        }
        if let sessionFile = self.sessionFile {
            do {
                try SessionFile(path: sessionFile).save(session, inputs: inputs, replacing: self.yes)
            } catch {
                // Nobody could end it later: its text is nowhere.
                _ = try? daemon.call(Authentication.SignOut.self, SessionParameters(session: session))
                throw error
            }
        } else {
            _ = try daemon.call(Authentication.SignOut.self, SessionParameters(session: session))
        }
        try self.show(signedIn)
    }

    private func show(_ signedIn: SignInResult) throws(Failure) {
        let frame = Frame()
        if self.json {
            SignInText.writeJSON(signedIn, isKept: self.sessionFile != nil, into: frame)
        } else {
            frame.append(SignInText.lines(signedIn, sessionFile: self.sessionFile))
        }
        try StandardOutput.write(frame)
        if !self.json { RecoveryCodesText.adviseIfFew(signedIn.recoveryCodesLeft) }
    }
}

/// A session that an earlier run has kept, and where.
struct KeptSession {
    let file: SessionFile
    /// Secret.
    let session: SecretText
}

/// A session between two runs of the command.
struct SessionFile {
    let path: String

    /// The longest session there is.
    private static let limit = 4096

    /// Saves a session, and asks before it takes the place of something.
    func save(_ session: SecretText, inputs: Inputs, replacing: Bool) throws(Failure) {
        let frame = Frame(capacity: session.count + 1)
        defer { frame.wipe() }
        frame.append(session)
        frame.append("\n")
        try inputs.write(frame, to: self.path, replacing: replacing)
    }

    /// The session that was saved.
    func load() throws(Failure) -> SecretText {
        do {
            return try PrivateFile.readLine(self.path, limit: Self.limit)
        } catch {
            throw Failure(
                .usage,
                "cannot read a session from \(self.path.printable): \(error.words)",
                hint: self.howToMakeOne
            )
        }
    }

    /// The daemon's refusal of a call with this session, which shows both factors, and the password.
    func explained(_ failure: Failure) -> Failure {
        let message: String
        switch failure.cause {
        case .signInAgain: message = "the session in \(self.path.printable) has ended, or is not yours"
        case .authenticationFailed:
            message = "the password is wrong, or the session showed no code or is more than ten minutes old"
        default: return failure
        }
        return Failure(failure.status, message, hint: self.howToMakeOne, cause: failure.cause)
    }

    private var howToMakeOne: String { "`twinlock sign-in --session-file \(self.path.printable)` makes one" }
}

extension PrivateFile.Failure {
    /// For a person; it follows a colon.
    var words: String {
        switch self {
        case .exists: "it is there already"
        case .notPrivate: "it is no plain file of yours that nobody else may read: chmod 600"
        case .input(let error): error.words
        case .system(let number): Wording.errno(number)
        }
    }
}
