import ArgumentParser
import TwinlockInterface
import TwinlockTerminal
import TwinlockVarlink

/// `admin set-up`.
struct AdminSetUp: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set-up",
        abstract: "Sets up two-factor login for somebody, who holds the phone.",
        discussion: """
            For who cannot do it himself with `twinlock enable`, because his account has no usable password. Shows the QR \
            code for his authenticator app, and asks for the first code that the app shows; nothing is active before it. \
            Then ten recovery codes appear, for him and nobody else. They count as not saved until he says so himself: \
            `twinlock recovery-codes`.

            Two-factor login that is on already stays as it is until the first code of the new app has been typed.

            From a script: --json prints one line with the set-up, then one code is read from --code-file, then a line \
            with "enabled" and the recovery codes is printed.
            """
    )

    @OptionGroup
    var options: AdministratorOptions

    @OptionGroup
    var form: SetUpOptions

    @Option(
        help: ArgumentHelp(
            "Save the recovery codes in this file, mode 0600; with --json besides printing them, otherwise instead.",
            valueName: "file"
        ),
        completion: .file()
    )
    var output: String?

    @Flag(help: "Do not ask whether to replace the app in use, nor whether to replace a file.")
    var yes = false

    @Argument(help: "The account's name.")
    var user: String

    func run() throws {
        let inputs = Inputs(self.options.secrets)
        try inputs.requireCode()
        let file = try OutputFile.named(self.output, replacing: self.yes, inputs)
        let daemon = Daemon(socket: self.options.socket.path)
        try AdministratorAccess.with(self.options, daemon, inputs) { access throws(Failure) in
            let isOn = try AdminShow.show(self.user, daemon, session: access.session).isEnabled
            if isOn {
                try inputs.confirm(
                    "Two-factor login is on for \(self.user.printable) already. Move it to another app?",
                    answered: self.yes
                )
            }
            let setUp = try access.change(
                Administration.BeginSetUp.self,
                AdministrationParameters(user: self.user, session: access.session),
                look: self.look
            )
            let dialogue = SetUpDialogue(inputs: inputs, form: self.form)
            try dialogue.show(setUp, replaces: isOn)
            let new = try dialogue.confirm { code throws(Failure) in
                try access.change(
                    Administration.ConfirmSetUp.self,
                    ConfirmSetUpForParameters(user: self.user, code: code, session: access.session),
                    look: self.look
                )
            }
            try self.hand(new, file, inputs)
        }
    }

    private var look: String { "twinlock admin show \(self.user.printable)" }

    /// Shows the recovery codes, or saves them.
    private func hand(_ new: NewRecoveryCodesResult, _ file: OutputFile?, _ inputs: Inputs) throws(Failure) {
        let frame = Frame(capacity: RecoveryCodesText.frameBytes)
        defer { frame.wipe() }
        do {
            if let file {
                let codes = new.recoveryCodes.map { ShownRecoveryCode(code: $0) }
                RecoveryCodesText.writeFile(codes, of: self.user, issuedAt: new.issuedAt, into: frame)
                try file.write(frame, inputs)
                frame.wipe()
            }
            if self.form.json {
                RecoveryCodesText.writeJSON(new, enabled: true, into: frame)
            } else {
                frame.append("Two-factor login is on for \(self.user.printable).\n\n")
                if let file {
                    frame.append("The recovery codes are in \(file.path.printable).\n\n")
                } else {
                    RecoveryCodesText.writeNew(new.recoveryCodes, into: frame)
                }
                frame.append(
                    """
                    They are for \(self.user.printable) and nobody else, and count as not saved until
                    \(self.user.printable) says so: `twinlock recovery-codes`.

                    """
                )
            }
            try StandardOutput.write(frame)
        } catch {
            throw Failure(
                .unsaved,
                "two-factor login is on, but nobody has the recovery codes: \(error.message)",
                hint: "`twinlock recovery-codes` shows them to the person; `twinlock admin issue-code` makes one more"
            )
        }
    }
}

extension ShowAccountResult {
    /// Whether there is a second factor that signs in.
    var isEnabled: Bool { !self.parted && self.accounts.contains(where: \.enabled) }
}
