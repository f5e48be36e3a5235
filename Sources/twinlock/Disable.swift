import ArgumentParser
import TwinlockInterface
import TwinlockTerminal
import TwinlockVarlink

/// The subcommand `disable`.
struct Disable: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Switches two-factor login off for your account.",
        discussion: """
            Asks for your password and for a code from the authenticator app. From then on the password alone logs in, \
            and what the app holds for this account is of no use any more.
            """
    )

    @OptionGroup
    var socket: SocketOption

    @OptionGroup
    var secrets: SecretOptions

    @Flag(help: "Do not ask whether you are sure.")
    var yes = false

    @Flag(help: "Print one line of JSON when it is done: {\"enabled\":false}.")
    var json = false

    func run() throws {
        let inputs = Inputs(self.secrets)
        try inputs.requireAnswers()
        let daemon = Daemon(socket: self.socket.path)
        let status = try daemon.call(OwnAccount.GetStatus.self, GetStatusParameters())
        guard status.enabled else { throw Failure(.notEnabled) }
        try inputs.confirm(
            "Switch two-factor login off for \(status.user.printable)? The password alone will log in.",
            answered: self.yes
        )
        let password = try inputs.password()
        let code = try inputs.code(prompt: "Code: ")
        do {
            _ = try daemon.call(OwnAccount.Disable.self, SensitiveParameters(password: password, code: code))
        } catch {
            throw error.withUnknownOutcome
        }
        if self.json {
            try StandardOutput.writeJSON("enabled", false)
        } else {
            try StandardOutput.write(
                "Two-factor login is off for \(status.user.printable): the password alone logs in.\n"
            )
        }
    }
}
