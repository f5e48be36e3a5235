import ArgumentParser
import TwinlockInterface
import TwinlockTerminal
import TwinlockVarlink

/// The subcommand `recovery-codes`.
struct RecoveryCodes: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recovery-codes",
        abstract: "Shows your recovery codes again, or makes new ones.",
        discussion: """
            Asks for your password and for a code. A recovery code is taken in its place, and is used up by that. All \
            ten are shown, the used ones marked. Where standard output is no terminal, those that are good are \
            printed, one on each line and nothing else.

            With --regenerate ten new ones take their place: the old ones are dead from that moment. The command then \
            does not end until you have said that the new ones are saved, as with `twinlock enable`.

            From a script: --json prints one line. With --session-file no code is asked for: the session must have \
            shown one, at most ten minutes ago.
            """
    )

    @OptionGroup
    var socket: SocketOption

    @OptionGroup
    var secrets: SecretOptions

    @OptionGroup
    var session: SessionOption

    @Flag(help: "Make ten new ones; those from before are dead from that moment.")
    var regenerate = false

    @OptionGroup
    var saving: SavingOptions

    @Flag(help: "Do not ask whether to make new ones, nor whether to replace a file.")
    var yes = false

    @Flag(help: "Print one line of JSON.")
    var json = false

    func run() throws {
        let inputs = Inputs(self.secrets)
        try inputs.requirePassword()
        if self.session.sessionFile == nil { try inputs.requireCode() }
        if self.regenerate { try inputs.requireConfirmation(of: Self.question, answered: self.yes) }
        let file = try OutputFile.named(self.saving.output, replacing: self.yes, inputs)
        let daemon = Daemon(socket: self.socket.path)
        let kept = try self.session.kept()
        let status: GetStatusResult
        do {
            status = try daemon.call(OwnAccount.GetStatus.self, GetStatusParameters(session: kept?.session))
        } catch {
            throw kept?.file.explained(error) ?? error
        }
        guard status.enabled else { throw Failure(.notEnabled) }
        let isForPerson = Terminal.size(of: Output.standard) != nil
        let saving = SavingCodes(
            daemon: daemon,
            inputs: inputs,
            user: status.user,
            file: file,
            isSaid: self.saving.codesSaved,
            form: self.json ? .json(enabled: nil) : isForPerson ? .words : .lines,
            session: kept?.session
        )
        if self.regenerate {
            let new = try SensitiveAccess.with(daemon, inputs, kept: kept) { access throws(Failure) in
                try self.makeNew(access, inputs, user: status.user)
            }
            try saving.save(new, standing: "the new codes are in force")
        } else {
            let shown = try SensitiveAccess.with(daemon, inputs, kept: kept) { access throws(Failure) in
                try access.call(OwnAccount.ViewRecoveryCodes.self)
            }
            try self.show(shown, saving)
        }
    }

    private static let question = "Make ten new recovery codes?"

    /// Shows those that are to go, if somebody is there to be asked about it, and makes new ones.
    private func makeNew(
        _ access: SensitiveAccess,
        _ inputs: Inputs,
        user: String
    ) throws(Failure) -> NewRecoveryCodesResult {
        if !self.yes, access.isLasting {
            let frame = Frame(capacity: RecoveryCodesText.frameBytes)
            defer { frame.wipe() }
            RecoveryCodesText.writeAll(try access.call(OwnAccount.ViewRecoveryCodes.self), of: user, into: frame)
            inputs.terminal?.say(frame)
        }
        try inputs.confirm(
            Self.question,
            explanation: "They take the place of those from before, which are dead from that moment.\n",
            answered: self.yes
        )
        return try access.call(OwnAccount.RegenerateRecoveryCodes.self, changes: true)
    }

    /// Shows the codes, and has them saved if they never were.
    private func show(_ shown: ViewRecoveryCodesResult, _ saving: SavingCodes) throws(Failure) {
        let good = shown.recoveryCodes.filter { $0.usedAt == nil }.map(\.code)
        if self.json || saving.file == nil || shown.issuedAt == nil {
            let frame = Frame(capacity: RecoveryCodesText.frameBytes)
            defer { frame.wipe() }
            switch saving.form {
            case .words: RecoveryCodesText.writeAll(shown, of: saving.user, into: frame)
            case .lines: RecoveryCodesText.writePlain(good, into: frame)
            case .json: RecoveryCodesText.writeJSON(shown, into: frame)
            }
            try StandardOutput.write(frame)
        }
        guard let issuedAt = shown.issuedAt else {
            return Failure.advise("`twinlock recovery-codes --regenerate` makes ten")
        }
        if saving.file != nil {
            try saving.write(shown.recoveryCodes, issuedAt: issuedAt)
            if !self.json { try StandardOutput.write(saving.whereTheyAre) }
        }
        if !shown.acknowledged, try self.isSaved(good, saving) { try saving.acknowledge(issuedAt) }
        if !self.json { RecoveryCodesText.adviseIfFew(Int64(good.count)) }
    }

    private func isSaved(_ good: [SecretText], _ saving: SavingCodes) throws(Failure) -> Bool {
        if saving.file != nil || saving.isSaid { return true }
        guard case .words = saving.form, !good.isEmpty, let person = saving.inputs.person else { return false }
        return try saving.isOneTyped(of: good, on: person, mayLeaveOpen: true)
    }
}
