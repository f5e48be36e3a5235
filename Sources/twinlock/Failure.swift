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

    init(_ status: Outcome, _ message: String, hint: String? = nil, cause: NamedError? = nil) {
        self.status = status
        self.message = message
        self.hint = hint
        self.cause = cause
    }

    /// The same after a call that changes the account: if the answer was lost, it may have been carried out.
    var withUnknownOutcome: Failure {
        guard self.status == .unreachable, self.hint == nil else { return self }
        return Failure(
            self.status,
            self.message,
            hint: "it may have been carried out all the same: look with `twinlock status` before you log out"
        )
    }

    /// Writes it to standard error.
    func report() {
        Output.write("twinlock: error: \(self.message)\n", to: Output.error)
        if let hint = self.hint {
            Output.write("twinlock: hint: \(hint)\n", to: Output.error)
        }
    }

    /// Writes an advice to standard error that stops nothing.
    static func advise(_ hint: String) {
        Output.write("twinlock: hint: \(hint)\n", to: Output.error)
    }
}
