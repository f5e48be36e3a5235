import TwinlockInterface
import TwinlockTerminal
import TwinlockVarlink

/// A token's value on its way to whoever asked for it: nobody can ask for it a second time.
struct TokenValue {
    let inputs: Inputs
    /// Where it is saved to; nil if it is printed.
    let file: OutputFile?
    let asJSON: Bool
    /// Whether the token is new, and not its value alone.
    let isNew: Bool

    /// Looks at once whether there is a place for it.
    init(_ options: TokenValueOptions, isNew: Bool, _ inputs: Inputs) throws(Failure) {
        self.inputs = inputs
        self.file = try OutputFile.named(options.output, replacing: options.yes, inputs)
        self.asJSON = options.json
        self.isNew = isNew
    }

    /// Hands it over. Whoever does not get it, by a signal or because it cannot be written, is told what to do.
    func deliver(_ value: SecretText, id: String, expires: Int64) throws(Failure) {
        let interrupted = self.lost(id, because: "interrupted")
        try Signals.beforeEnd({ interrupted.reportAfterPrompt() }) { () throws(Failure) in
            var isSaved = false
            do throws(Failure) {
                isSaved = try self.save(value)
            } catch {
                let failure = self.lost(id, because: error.message)
                guard self.inputs.person != nil else { throw failure }
                Failure(failure.status, error.message).report()
            }
            do throws(Failure) {
                try self.show(value, id: id, expires: expires, isSaved: isSaved)
            } catch {
                throw isSaved ? error : self.lost(id, because: error.message)
            }
        }
        if !self.asJSON { self.advise(id) }
    }

    private func save(_ value: SecretText) throws(Failure) -> Bool {
        guard let file = self.file else { return false }
        let frame = Frame(capacity: value.count + 1)
        defer { frame.wipe() }
        TokensText.writePlain(value, into: frame)
        try file.write(frame, self.inputs)
        return true
    }

    private func show(_ value: SecretText, id: String, expires: Int64, isSaved: Bool) throws(Failure) {
        let frame = Frame(capacity: 1024)
        defer { frame.wipe() }
        if self.asJSON {
            TokensText.writeJSON(id: id, value: isSaved ? nil : value, expires: expires, into: frame)
        } else if isSaved {
            let what = self.isNew ? "token" : "new value"
            let text = "The \(what) is in \(self.file?.path.printable ?? ""); it is never shown again."
            frame.append(Wording.folded(text, columns: 80, indentation: 0) + "\n")
            if !self.isNew { frame.append("The old one is dead from now on.\n") }
        } else if Terminal.size(of: Output.standard) != nil {
            TokensText.writeValue(value, isNew: self.isNew, into: frame)
        } else {
            TokensText.writePlain(value, into: frame)
        }
        try StandardOutput.write(frame)
    }

    /// What a person may want next; standard output is for the value.
    private func advise(_ id: String) {
        guard self.isNew else { return }
        self.inputs.person?.say(
            "Its id is \(id): `twinlock tokens` lists it,\n`twinlock tokens revoke \(id)` ends it.\n"
        )
    }

    private func lost(_ id: String, because reason: String) -> Failure {
        Failure(
            .unsaved,
            "the token \(id) \(self.isNew ? "is made" : "has a new value"), but nobody has its value: \(reason)",
            hint: "`twinlock tokens refresh \(id)` gives it another, `twinlock tokens revoke \(id)` ends it"
        )
    }
}
