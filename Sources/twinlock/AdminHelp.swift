import ArgumentParser
import TwinlockInterface
import TwinlockTerminal
import TwinlockVarlink

/// `admin issue-code`.
struct AdminIssueCode: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "issue-code",
        abstract: "Makes one recovery code for somebody who has neither phone nor recovery codes.",
        discussion: """
            It signs in once, in place of a code, and lets him set up another phone; it ends soon, and takes the place \
            of one that was made so before. Make sure by other means who he is, and tell it to him alone. Where standard \
            output is no terminal, the code alone is printed.
            """
    )

    @OptionGroup
    var options: AdministratorOptions

    @Option(help: ArgumentHelp("How long it is good: 1 to 10080.", valueName: "minutes"))
    var minutes: Int64 = 60

    @Flag(help: "Print one line of JSON.")
    var json = false

    @Argument(help: "The account's name.")
    var user: String

    func validate() throws {
        guard 1...10_080 ~= self.minutes else { throw ValidationError("--minutes takes a number from 1 to 10080") }
    }

    func run() throws {
        let daemon = Daemon(socket: self.options.socket.path)
        let inputs = Inputs(self.options.secrets)
        let issued = try AdministratorAccess.with(self.options, daemon, inputs) { access throws(Failure) in
            try access.change(
                Administration.IssueRecoveryCode.self,
                IssueRecoveryCodeParameters(user: self.user, seconds: 60 * self.minutes, session: access.session),
                look: "twinlock admin show \(self.user.printable)"
            )
        }
        let frame = Frame(capacity: RecoveryCodesText.frameBytes)
        defer { frame.wipe() }
        let isForPerson = Terminal.size(of: Output.standard) != nil
        if self.json {
            var json = JSONWriter(into: frame)
            json.beginObject()
            issued.write(to: &json)
            json.endObject()
        } else {
            frame.append(isForPerson ? "    " : "")
            frame.append(issued.recoveryCode)
        }
        frame.append("\n")
        if isForPerson, !self.json {
            frame.append(
                """
                Signs \(self.user.printable) in once, in place of a code, until \(Wording.time(issued.expires)).
                Then: `twinlock enable` for the new phone, within 15 minutes of the login.

                """
            )
        }
        try StandardOutput.write(frame)
    }
}

/// `admin unlock`.
struct AdminUnlock: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unlock",
        abstract: "Clears the wrong codes that count against somebody, and ends the wait.",
        discussion: """
            Look first, with `twinlock admin show`, where they came from: a hundred wrong codes mean that somebody has \
            the password.
            """
    )

    @OptionGroup
    var options: AdministratorOptions

    @Argument(help: "The account's name.")
    var user: String

    func run() throws {
        let daemon = Daemon(socket: self.options.socket.path)
        try AdministratorAccess.with(self.options, daemon, Inputs(self.options.secrets)) { access throws(Failure) in
            _ = try access.change(
                Administration.Unlock.self,
                AdministrationParameters(user: self.user, session: access.session),
                look: "twinlock admin show \(self.user.printable)"
            )
        }
        try StandardOutput.write("No wrong codes count against \(self.user.printable) any more.\n")
    }
}

/// `admin resynchronise`.
struct AdminResynchronise: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resynchronise",
        abstract: "Finds out how far the clock of somebody's phone is off, by two codes in a row.",
        discussion: """
            For a phone or token whose clock cannot be set right; if it can, set it right instead. Asks for a code and \
            for the one that the app shows next; codes are judged by that clock from then on. The log says of a code \
            that was right at another time that it was. Two lines of --code-file answer from a script.
            """
    )

    @OptionGroup
    var options: AdministratorOptions

    @Flag(help: "Print one line of JSON.")
    var json = false

    @Argument(help: "The account's name.")
    var user: String

    func run() throws {
        let daemon = Daemon(socket: self.options.socket.path)
        let inputs = Inputs(self.options.secrets)
        try inputs.requireCode()
        let result = try AdministratorAccess.with(self.options, daemon, inputs) { access throws(Failure) in
            inputs.person?.say("Type a code of \(self.user.printable)'s app, and then the one that it shows next.\n")
            let first = try inputs.code(prompt: "First code: ")
            let second = try inputs.code(prompt: "Next code: ")
            do throws(Failure) {
                return try access.change(
                    Administration.Resynchronise.self,
                    ResynchroniseParameters(user: self.user, first: first, second: second, session: access.session),
                    look: "twinlock admin show \(self.user.printable)"
                )
            } catch {
                guard error.cause == .authenticationFailed else { throw error }
                throw Failure(
                    .refused,
                    "these are not two codes in a row of this account's app, within 12 hours of now",
                    hint:
                        "wait for the app to show a new code between the two; with another app: `twinlock admin reset`",
                    cause: error.cause
                )
            }
        }
        if self.json {
            return try StandardOutput.writeJSON("clockSeconds", result.clockSeconds)
        }
        let seconds = result.clockSeconds
        let words = seconds == 0 ? "right" : "\(seconds.magnitude) seconds \(seconds > 0 ? "ahead" : "behind")"
        try StandardOutput.write("The app's clock is \(words); codes are judged by that from now on.\n")
    }
}
