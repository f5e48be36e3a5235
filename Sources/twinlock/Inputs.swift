import TwinlockTerminal
import TwinlockVarlink

/// Where answers come from: the files that the command line names, otherwise the terminal.
final class Inputs {
    /// Most bytes of a password and of a code, as the interface has it.
    private static let passwordLimit = 512
    private static let codeLimit = 64

    let terminal: Terminal?
    private let options: SecretOptions?
    private var readers: [String: LineReader] = [:]

    /// - Parameter options: Nil where nothing secret is asked for.
    init(_ options: SecretOptions?) {
        self.options = options
        self.terminal = Terminal()
    }

    /// Whether a wrong code can be followed by another try.
    var asksForCodes: Bool { self.options?.codeFile == nil }

    /// Refuses at once, before anything is sent, where an answer will be needed and nobody could give it.
    func requireAnswers() throws(Failure) {
        try self.requirePassword()
        try self.requireCode()
    }

    /// The same where no password is asked for any more.
    func requireCode() throws(Failure) {
        if self.terminal == nil, self.options?.codeFile == nil { throw Self.noCode }
    }

    /// The same where a code is perhaps not asked for.
    func requirePassword() throws(Failure) {
        guard self.terminal == nil, self.options?.passwordFile == nil else { return }
        throw Failure(
            .usage,
            "no terminal to ask for the password on",
            hint: "give it with --password-file FILE, or -"
        )
    }

    private static let noCode = Failure(
        .usage,
        "no terminal to ask for the code on",
        hint: "give it with --code-file FILE, or -"
    )

    /// The password; nil for an empty line: an account without a usable one has nothing to give.
    func password() throws(Failure) -> SecretText? {
        let password = try self.answer(
            "password",
            prompt: "Password: ",
            file: self.options?.passwordFile,
            hidden: true,
            limit: Self.passwordLimit
        )
        return password.isEmpty ? nil : password
    }

    /// A code.
    func code(prompt: String) throws(Failure) -> SecretText {
        try self.requireCode()
        return try self.answer(
            "code",
            prompt: prompt,
            file: self.options?.codeFile,
            hidden: false,
            limit: Self.codeLimit
        )
    }

    /// Whether somebody is there to be asked more than was said on the command line.
    var person: Terminal? { self.options?.codeFile == nil ? self.terminal : nil }

    /// Refuses at once where nobody could answer a question that will be asked.
    func requireConfirmation(of question: String, answered yes: Bool) throws(Failure) {
        guard yes || self.terminal != nil else { throw Self.noAnswer(to: question) }
    }

    private static func noAnswer(to question: String) -> Failure {
        Failure(.usage, "no terminal to ask on: \(question)", hint: "--yes answers yes")
    }

    /// Asks before something that is not easily undone; `--yes` has answered already.
    ///
    /// - Parameter explanation: Lines for whoever is asked.
    func confirm(_ question: String, explanation: String = "", answered yes: Bool) throws(Failure) {
        guard !yes else { return }
        guard let terminal = self.terminal else { throw Self.noAnswer(to: question) }
        terminal.say(explanation)
        let isConfirmed: Bool
        do {
            isConfirmed = try terminal.confirm(question)
        } catch {
            throw Failure(.usage, "cannot read an answer: \(error.words)")
        }
        guard isConfirmed else { throw Failure(.refused, "nothing was changed") }
    }

    private func answer(
        _ what: String,
        prompt: String,
        file: String?,
        hidden: Bool,
        limit: Int
    ) throws(Failure) -> SecretText {
        do {
            if let file {
                return try self.reader(of: file, for: what).next(limit: limit)
            }
            return try self.typed(prompt: prompt, hidden: hidden, limit: limit)
        } catch {
            if file == nil, error == .endOfInput {
                throw Failure(.refused, "no \(what) was typed")
            }
            let source = file.map { $0 == "-" ? "standard input" : $0.printable } ?? "the terminal"
            throw Failure(.usage, "cannot read the \(what) from \(source): \(error.words)")
        }
    }

    private func typed(prompt: String, hidden: Bool, limit: Int) throws(InputError) -> SecretText {
        guard let terminal = self.terminal else { throw .endOfInput }
        return hidden
            ? try terminal.askHidden(prompt, limit: limit) : try terminal.ask(prompt, limit: limit)
    }

    /// One reader for each file, so that the password and the codes may be lines of the same one.
    private func reader(of file: String, for what: String) throws(InputError) -> LineReader {
        if let reader = self.readers[file] { return reader }
        let reader = file == "-" ? LineReader(descriptor: 0) : try LineReader(path: file)
        self.readers[file] = reader
        if file != "-", what == "password", reader.isReadableByOthers {
            Failure.advise("others can read \(file.printable): chmod 600 \(file.printable)")
        }
        return reader
    }
}

// Files that a command writes for its caller's eyes alone.
extension Inputs {
    /// Makes sure that a file can be written later, and asks whether what is there may go.
    ///
    /// - Parameter replacing: What the command line has answered already.
    /// - Returns: Whether it may go.
    func requireWritable(_ path: String, replacing: Bool) throws(Failure) -> Bool {
        do {
            try PrivateFile.check(path, replacing: replacing)
            return replacing
        } catch .exists {
            try self.confirmReplacing(path)
            return true
        } catch {
            throw Self.unwritable(path, error)
        }
    }

    /// Writes a file, mode 0600, and asks before it takes the place of something.
    func write(_ content: Frame, to path: String, replacing: Bool) throws(Failure) {
        do {
            try PrivateFile.write(content, to: path, replacing: replacing)
        } catch .exists {
            try self.confirmReplacing(path)
            try self.write(content, to: path, replacing: true)
        } catch {
            throw Self.unwritable(path, error)
        }
    }

    private func confirmReplacing(_ path: String) throws(Failure) {
        try self.confirm("\(path.printable) is there already. Replace it?", answered: false)
    }

    private static func unwritable(_ path: String, _ error: PrivateFile.Failure) -> Failure {
        Failure(.usage, "cannot write \(path.printable): \(error.words)")
    }
}

extension InputError {
    /// For a person.
    var words: String {
        switch self {
        case .endOfInput: "there is none"
        case .tooLong(let limit): "it is longer than \(limit) bytes"
        case .notText: "it is not UTF-8 text"
        case .failed(let number): Wording.errno(number)
        }
    }
}
