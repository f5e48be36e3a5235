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

    @Flag(help: "Print the set-up and the result as a line of JSON each, instead of text and QR code.")
    var json = false

    @Flag(name: .customLong("no-qr"), help: "Show the data for typing by hand only.")
    var withoutQR = false

    @Flag(help: "Draw the QR code with # and blanks, for terminals without colours or block characters.")
    var ascii = false

    @OptionGroup
    var saving: SavingOptions

    @Flag(help: "Do not ask whether to replace the app in use, nor whether to replace a file.")
    var yes = false

    /// The daemon takes a few wrong codes for one set-up before it is void; nobody needs more at one prompt.
    static let tries = 5

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
        try self.show(setUp, replaces: status.enabled)
        let new = try self.confirm(daemon, inputs)
        // If this cannot be written, what comes next cannot either, and tells it in its own words.
        if !self.json { try? StandardOutput.write(SetUpText.on(account: status.user, replaced: status.enabled)) }
        try SavingCodes(
            daemon: daemon,
            inputs: inputs,
            user: status.user,
            file: file,
            isSaid: self.saving.codesSaved,
            form: self.json ? .json(enabled: true) : .words
        ).save(new, standing: "two-factor login is on")
        if !self.json { try StandardOutput.write(SetUpText.next) }
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

    /// Shows what the app needs.
    ///
    /// The text comes first, so that the QR code stays in sight above the prompt.
    private func show(_ setUp: BeginSetUpResult, replaces: Bool) throws(Failure) {
        // Room for all of it at once: a frame that grows copies what it holds.
        let frame = Frame(capacity: 32768)
        defer { frame.wipe() }
        if self.json {
            SetUpText.writeJSON(setUp, into: frame)
        } else {
            let drawing = self.withoutQR ? nil : self.drawing(of: setUp.uri)
            SetUpText.write(setUp, replaces: replaces, withQR: drawing != nil, into: frame)
            drawing?.draw(into: frame)
        }
        try StandardOutput.write(frame)
    }

    /// The QR code, if standard output is a terminal with room for it and for the prompt below it.
    private func drawing(of uri: SecretText) -> QRDrawing? {
        guard var room = Terminal.size(of: Output.standard) else { return nil }
        room.rows -= 1
        guard let symbol = uri.withUnsafeBytes({ QRSymbol(encoding: $0) }) else {
            Failure.advise("the data do not fit into a QR code")
            return nil
        }
        let style: QRDrawing.Style = self.ascii ? .ascii : .halfBlocks
        guard let drawing = QRDrawing.fitting(symbol, style: style, in: room) else {
            let needed = QRDrawing.smallest(symbol, style: style).size
            Failure.advise(
                "the QR code needs a terminal of \(needed.columns) columns and \(needed.rows + 1) rows, this one has "
                    + "\(room.columns) and \(room.rows + 1): enlarge it and begin again, or type the data by hand"
            )
            return nil
        }
        return drawing
    }

    /// Asks for the first code until it is right.
    ///
    /// From a file there is one try: what follows was not written for it.
    private func confirm(_ daemon: Daemon, _ inputs: Inputs) throws(Failure) -> NewRecoveryCodesResult {
        for isLast in (1...Self.tries).map({ $0 == Self.tries || !inputs.asksForCodes }) {
            let code = try inputs.code(prompt: "Code: ")
            do {
                return try daemon.change(OwnAccount.ConfirmSetUp.self, ConfirmSetUpParameters(code: code))
            } catch {
                let failure = Self.confirmFailure(error)
                guard !isLast, failure.cause == .authenticationFailed || failure.cause == .codeAlreadyUsed else {
                    throw failure
                }
                failure.report()
            }
        }
        preconditionFailure("the last try returns or throws")
    }

    /// At this prompt it is the code that was wrong; no password was sent.
    private static func confirmFailure(_ failure: Failure) -> Failure {
        guard failure.cause == .authenticationFailed else { return failure }
        return Failure(
            .refused,
            "this code is wrong",
            hint: "type the code that the app shows now; if it stays wrong, compare the clocks of phone and machine",
            cause: failure.cause
        )
    }
}
