import ArgumentParser
import TwinlockInterface
import TwinlockTerminal
import TwinlockVarlink

/// The subcommand `disable`.
struct Disable: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Switches two-factor login off for your account.",
        discussion: """
            Asks for your password and for a code from the authenticator app, or a recovery code in its place. From \
            then on the password alone logs in; what the app holds for this account and the recovery codes are of no \
            use any more.

            Without the phone: for 15 minutes after a login by recovery code, ssh say, the password alone is enough.
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
        try inputs.requirePassword()
        let daemon = Daemon(socket: self.socket.path)
        let status = try daemon.call(OwnAccount.GetStatus.self, GetStatusParameters())
        guard status.enabled else { throw Failure(.notEnabled) }
        let leave = LostPhoneLeave(status)
        if leave == nil { try inputs.requireCode() }
        try inputs.confirm(
            "Switch two-factor login off for \(status.user.printable)?",
            explanation: """
                From then on the password alone logs in. What the app holds for this account
                and the recovery codes are of no use any more.

                """,
            answered: self.yes
        )
        leave?.tell(inputs)
        let password = try inputs.password()
        let code = leave == nil ? try inputs.code(prompt: Wording.codePrompt) : nil
        do {
            _ = try daemon.change(OwnAccount.Disable.self, SensitiveParameters(password: password, code: code))
        } catch {
            throw leave?.explained(error, daemon) ?? error
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
