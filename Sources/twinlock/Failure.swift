import TwinlockInterface
import TwinlockTerminal

/// Exit statuses, as the manual lists them.
enum Outcome: Int32, Sendable {
    case done = 0
    /// Wrong password or code, not enabled, not wanted after all.
    case refused = 1
    /// The command line, or an input that it names, will not do.
    case usage = 2
    /// No daemon, or one that is not to be trusted.
    case unreachable = 3
    /// Wait, or see what the daemon's log says.
    case notNow = 4
    /// Done, but the recovery codes do not count as saved, or nobody has the value of the token.
    case unsaved = 5
}

/// Why a command did not do what it was asked to: for the person, and for the exit status.
///
/// Holds no secret.
struct Failure: Error, Hashable, Sendable {
    let status: Outcome
    /// What failed, with what, why: lower case, no full stop.
    let message: String
    /// What can be done about it, if something can.
    let hint: String?
    /// The daemon's refusal, if it was that.
    let cause: NamedError?
    /// What the daemon does not take of a call, if it was that.
    let parameter: String?

    init(
        _ status: Outcome,
        _ message: String,
        hint: String? = nil,
        cause: NamedError? = nil,
        parameter: String? = nil
    ) {
        self.status = status
        self.message = message
        self.hint = hint
        self.cause = cause
        self.parameter = parameter
    }

    /// The same after a call that changes the account: if the answer was lost, it may have been carried out.
    ///
    /// - Parameter look: How the person finds out.
    func withUnknownOutcome(look: String) -> Failure {
        guard self.status == .unreachable, self.hint == nil else { return self }
        return Failure(self.status, self.message, hint: look)
    }

    /// A signal ended the command while a change was under way. Its exit status is the signal's.
    static func interruptedChange(look: String) -> Failure {
        Failure(.notNow, "interrupted while the daemon was at work", hint: look)
    }

    /// How to find out whether a change of the second factor was made.
    static let lookBeforeYouLogOut =
        "it may have been carried out all the same: look with `twinlock status` before you log out"

    /// Writes it to standard error.
    func report() {
        Self.write("twinlock: error: \(self.message)")
        if let hint = self.hint { Self.advise(hint) }
    }

    /// Writes it where a signal ends the command, below the prompt that is left behind.
    func reportAfterPrompt() {
        if Terminal.size(of: Output.error) != nil { Output.write("\n", to: Output.error) }
        self.report()
    }

    /// Writes an advice to standard error that stops nothing.
    static func advise(_ hint: String) {
        self.write("twinlock: hint: \(hint)")
    }

    /// On a terminal in lines that fit it; one line anywhere else, so that scripts find words that belong together.
    private static func write(_ line: String) {
        let columns = Terminal.size(of: Output.error)?.columns
        Output.write((columns.map { Wording.folded(line, columns: $0) } ?? line) + "\n", to: Output.error)
    }
}
