import TwinlockInterface
import TwinlockTerminal
import TwinlockVarlink

/// Has recovery codes saved: does not rest until the person says that they are, by a file, by typing one back, or on
/// the command line; and tells the daemon so.
struct SavingCodes {
    let daemon: Daemon
    let inputs: Inputs
    /// Whose codes.
    let user: String
    /// Where they are saved to.
    let file: OutputFile?
    /// The command line says that they are saved.
    let isSaid: Bool
    /// How they are shown.
    let form: Form
    /// Of the account, if it is not the caller's own.
    var session: SecretText?

    /// How new codes are shown.
    enum Form: Sendable {
        /// For a person; in a file instead, if there is one to write.
        case words
        /// For a pipe: one on each line. In a file instead, if there is one to write.
        case lines
        /// For a script: nobody is asked. A member ahead of the others tells what is on by now.
        case json(enabled: Bool?)
    }

    /// Shows new codes, and has them saved.
    ///
    /// - Parameter standing: What holds by now, whatever becomes of the codes; lower case, no full stop.
    func save(_ new: NewRecoveryCodesResult, standing: String) throws(Failure) {
        let interrupted = Self.unsaved(standing)
        let isSaved = try Signals.beforeEnd({ interrupted.reportAfterPrompt() }) { () throws(Failure) in
            try self.isSaved(new, standing: standing)
        }
        guard isSaved else {
            return Failure.advise(
                "the recovery codes count as not saved: --codes-saved or --output says otherwise, and "
                    + "`twinlock recovery-codes` shows them again"
            )
        }
        do {
            try self.acknowledge(new.issuedAt)
        } catch {
            let hint = error.cause == .recoveryCodesReplaced ? error.hint : Self.onlyTheNote(standing)
            throw Failure(.unsaved, error.message, hint: hint, cause: error.cause)
        }
    }

    private func isSaved(_ new: NewRecoveryCodesResult, standing: String) throws(Failure) -> Bool {
        var isShown = false
        if case .json = self.form {
            try self.show(new, standing: standing)
            isShown = true
        }
        let person = isShown ? nil : self.inputs.person
        if self.file != nil {
            do {
                try self.write(new.recoveryCodes.map { ShownRecoveryCode(code: $0) }, issuedAt: new.issuedAt)
                if !isShown { try StandardOutput.write(self.whereTheyAre) }
                return true
            } catch {
                let failure = Self.unsaved(standing, because: error.message)
                guard person != nil else { throw failure }
                failure.report()
            }
        }
        if !isShown { try self.show(new, standing: standing) }
        if self.isSaid { return true }
        guard let person else { return false }
        guard try self.isOneTyped(of: new.recoveryCodes, on: person, mayLeaveOpen: false) else {
            throw Self.unsaved(standing)
        }
        return true
    }

    private func show(_ new: NewRecoveryCodesResult, standing: String) throws(Failure) {
        let frame = Frame(capacity: RecoveryCodesText.frameBytes)
        defer { frame.wipe() }
        switch self.form {
        case .words: RecoveryCodesText.writeNew(new.recoveryCodes, into: frame)
        case .lines: RecoveryCodesText.writePlain(new.recoveryCodes, into: frame)
        case .json(let enabled): RecoveryCodesText.writeJSON(new, enabled: enabled, into: frame)
        }
        do {
            try StandardOutput.write(frame)
        } catch {
            throw Self.unsaved(standing, because: error.message)
        }
    }

    /// Asks for one of the codes until one of them is typed. It is compared here and not spent.
    ///
    /// - Parameter mayLeaveOpen: Whether an empty line is an answer.
    /// - Returns: False at the end of input, or where it was left open.
    func isOneTyped(of codes: [SecretText], on terminal: Terminal, mayLeaveOpen: Bool) throws(Failure) -> Bool {
        let prompt =
            mayLeaveOpen
            ? "Type one of them if they are saved (Enter alone leaves that open): "
            : "Type one of them when they are saved (that does not use it up): "
        while true {
            do {
                let typed = try terminal.ask(prompt, limit: Self.lineLimit)
                if mayLeaveOpen, typed.isEmpty { return false }
                if Self.isOne(typed, of: codes) {
                    // Whoever pastes all of them does not mean the others for the shell.
                    terminal.discardTyped()
                    return true
                }
            } catch {
                switch error {
                case .endOfInput: return false
                case .failed(let number):
                    throw Failure(.unsaved, "cannot read an answer: \(Wording.errno(number))")
                case .tooLong, .notText: terminal.discardTyped()
                }
            }
            Failure(.refused, "this is none of them", hint: "case, blanks and dashes do not matter").report()
        }
    }

    /// Writes codes to the file, if they are to be saved to one.
    func write(_ codes: [ShownRecoveryCode], issuedAt: Int64) throws(Failure) {
        guard let file = self.file else { return }
        let frame = Frame(capacity: RecoveryCodesText.frameBytes)
        defer { frame.wipe() }
        RecoveryCodesText.writeFile(codes, of: self.user, issuedAt: issuedAt, into: frame)
        try file.write(frame, self.inputs)
    }

    /// Where the codes are now.
    var whereTheyAre: String {
        """
        The recovery codes are in \(self.file?.path.printable ?? "no file").
        They are the only way back without the phone: keep the file where the phone is
        not, and where nobody else can read it.

        """
    }

    /// Tells the daemon that codes are saved.
    func acknowledge(_ issuedAt: Int64) throws(Failure) {
        _ = try self.daemon.call(
            OwnAccount.AcknowledgeRecoveryCodes.self,
            AcknowledgeRecoveryCodesParameters(session: self.session, issuedAt: issuedAt)
        )
    }

    /// Whether a text is one of the codes, read as the daemon reads it: without blanks and dashes, in either case, and
    /// with letters that look like digits taken for those.
    ///
    /// Compared where they are: no copy is made.
    static func isOne(_ typed: SecretText, of codes: [SecretText]) -> Bool {
        typed.withUnsafeBytes { typed in
            codes.contains { $0.withUnsafeBytes { self.symbols(typed).elementsEqual(self.symbols($0)) } }
        }
    }

    private static func symbols(_ text: UnsafeRawBufferPointer) -> some Sequence<UInt8> {
        text.lazy.filter { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "-") }.map { byte in
            let isLowerCase = UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte
            switch isLowerCase ? byte - 0x20 : byte {
            case UInt8(ascii: "O"): return UInt8(ascii: "0")
            case UInt8(ascii: "I"), UInt8(ascii: "L"): return UInt8(ascii: "1")
            case let symbol: return symbol
            }
        }
    }

    /// Bytes of a line at the prompt; a code with all its blanks has room in it.
    private static let lineLimit = 64

    private static func unsaved(_ standing: String, because reason: String? = nil) -> Failure {
        Failure(
            .unsaved,
            reason.map { "\(standing), but the recovery codes are not saved: \($0)" }
                ?? "\(standing), but nobody has said that the recovery codes are saved",
            hint: "`twinlock recovery-codes` shows them again"
        )
    }

    private static func onlyTheNote(_ standing: String) -> String {
        "\(standing), and the recovery codes are good; `twinlock recovery-codes` asks again whether they are saved"
    }
}
