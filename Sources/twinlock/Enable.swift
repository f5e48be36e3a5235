import ArgumentParser
import TwinlockInterface
import TwinlockTerminal
import TwinlockVarlink

/// The subcommand `enable`.
struct Enable: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Sets up two-factor login for your account.",
        discussion: """
            Asks for your password, then shows a QR code for an authenticator app, and the same data as text for \
            typing it by hand. Nothing is active before you have typed the first code that the app shows.

            Then ten recovery codes appear, the only way back without the phone. The command does not end until you have \
            said that they are saved: by typing one of them back, which does not use it up, or with --output.

            With two-factor login on already, this moves it to another app or phone: a code from the app in use is \
            asked for as well, or a recovery code, and that app stays the right one until the first code of the new one \
            has been typed. For 15 minutes after a login by recovery code, ssh say, the password alone is enough.

            From a script: --json prints one line with the set-up, then one code is read from --code-file, then a line \
            with "enabled" and the recovery codes is printed; --codes-saved or --output says that they are saved. Where \
            two-factor login is on already, --code-file gives the code of the app in use first, unless the password \
            alone is enough. With both files -, standard input has the password on its first line.
            """
    )

    @OptionGroup
    var socket: SocketOption

    @OptionGroup
    var secrets: SecretOptions

    @OptionGroup
    var form: SetUpOptions

    @OptionGroup
    var saving: SavingOptions

    @Flag(help: "Do not ask whether to replace the app in use, nor whether to replace a file.")
    var yes = false

    func run() throws {
        let inputs = Inputs(self.secrets)
        try inputs.requireAnswers()
        let file = try OutputFile.named(self.saving.output, replacing: self.yes, inputs)
        let daemon = Daemon(socket: self.socket.path)
        let status = try daemon.call(OwnAccount.GetStatus.self, GetStatusParameters())
        let leave = LostPhoneLeave(status)
        if status.enabled {
            try inputs.confirm(
                "Two-factor login is on for \(status.user.printable) already. Move it to another app?",
                answered: self.yes
            )
            leave?.tell(inputs)
        }
        let password = try inputs.password()
        let code = status.enabled && leave == nil ? try inputs.code(prompt: Self.codeInUsePrompt) : nil
        let setUp: BeginSetUpResult
        do {
            setUp = try self.begin(daemon, SensitiveParameters(password: password, code: code))
        } catch {
            throw leave?.explained(error, daemon) ?? error
        }
        let dialogue = SetUpDialogue(inputs: inputs, form: self.form)
        try dialogue.show(setUp, replaces: status.enabled)
        let new = try dialogue.confirm { code throws(Failure) in
            try daemon.change(OwnAccount.ConfirmSetUp.self, ConfirmSetUpParameters(code: code))
        }
        // If this cannot be written, what comes next cannot either, and tells it in its own words.
        if !self.form.json { try? StandardOutput.write(SetUpText.on(account: status.user, replaced: status.enabled)) }
        try SavingCodes(
            daemon: daemon,
            inputs: inputs,
            user: status.user,
            file: file,
            isSaid: self.saving.codesSaved,
            form: self.form.json ? .json(enabled: true) : .words
        ).save(new, standing: "two-factor login is on")
        if !self.form.json { try StandardOutput.write(SetUpText.next) }
    }

    private static let codeInUsePrompt = "Code of the app in use, or a recovery code: "

    private func begin(_ daemon: Daemon, _ parameters: SensitiveParameters) throws(Failure) -> BeginSetUpResult {
        do {
            return try daemon.call(OwnAccount.BeginSetUp.self, parameters)
        } catch {
            guard error.cause == .authenticationFailed, parameters.code == nil else { throw error }
            throw Failure(.refused, "the password is wrong", cause: error.cause)
        }
    }
}
