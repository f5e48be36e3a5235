import TwinlockInterface
import TwinlockTerminal
import TwinlockVarlink

/// What shows in sensitive calls that the account's owner asks: typed once, good for all calls of one run.
///
/// That is the password, with a session that has shown both factors. An account whose password nobody can type has no
/// session: there a code of its own goes with each call.
struct SensitiveAccess {
    private enum Means {
        case session(SecretText, password: SecretText)
        case code
    }

    private let daemon: Daemon
    private let inputs: Inputs
    private let sessionFile: SessionFile?
    private let means: Means

    /// Whether several calls ask for nothing more.
    var isLasting: Bool {
        switch self.means {
        case .session: true
        case .code: false
        }
    }

    /// Asks for the password and, unless a session is at hand, for a code; lets a function call; and ends the session
    /// that it began, also where a signal ends the command.
    ///
    /// - Parameter kept: A session that was kept by an earlier run, and where.
    static func with<Outcome>(
        _ daemon: Daemon,
        _ inputs: Inputs,
        kept: (file: SessionFile, session: SecretText)?,
        _ body: (SensitiveAccess) throws(Failure) -> Outcome
    ) throws(Failure) -> Outcome {
        func access(_ means: Means) -> SensitiveAccess {
            SensitiveAccess(daemon: daemon, inputs: inputs, sessionFile: kept?.file, means: means)
        }
        let password = try inputs.password()
        if let kept {
            guard let password else { throw Failure(.refused, "no password was typed") }
            return try body(access(.session(kept.session, password: password)))
        }
        guard let password else { return try body(access(.code)) }
        let signedIn = try SignInDialogue(daemon: daemon, inputs: inputs).run(password: password)
        guard let session = signedIn.session else { throw Failure(.notNow, "the daemon gave no session") }
        defer { self.signOut(session, of: daemon, deadline: Daemon.callDeadline) }
        let lastThing: @Sendable () -> Void = { self.signOut(session, of: daemon, deadline: self.hurry) }
        return try Signals.beforeEnd(lastThing) { () throws(Failure) in
            try body(access(.session(session, password: password)))
        }
    }

    /// Makes a call.
    ///
    /// - Parameter changes: Whether it changes the account.
    func call<M: Method>(
        _ method: M.Type,
        changes: Bool = false
    ) throws(Failure) -> M.Result where M.Parameters == SensitiveParameters {
        let parameters: SensitiveParameters
        switch self.means {
        case .session(let session, let password):
            parameters = SensitiveParameters(session: session, password: password)
        case .code:
            parameters = SensitiveParameters(password: nil, code: try self.inputs.code(prompt: Wording.codePrompt))
        }
        do {
            return changes ? try self.daemon.change(method, parameters) : try self.daemon.call(method, parameters)
        } catch {
            throw self.explained(error)
        }
    }

    /// What the daemon does not take apart, in the words of what was shown here.
    private func explained(_ failure: Failure) -> Failure {
        if let sessionFile = self.sessionFile { return sessionFile.explained(failure) }
        guard failure.cause == .authenticationFailed else { return failure }
        switch self.means {
        case .session:
            return Failure(failure.status, "this took more than ten minutes", hint: "begin again", cause: failure.cause)
        case .code:
            return Failure(
                failure.status,
                "the code is wrong, or the account has a password, which was left out",
                cause: failure.cause
            )
        }
    }

    /// Seconds for the daemon to answer where the person waits for the command to end.
    private static let hurry = 2

    /// A session that is not ended here ends by itself, and nobody has it.
    private static func signOut(_ session: SecretText, of daemon: Daemon, deadline: Int) {
        _ = try? daemon.call(Authentication.SignOut.self, SessionParameters(session: session), deadline: deadline)
    }
}
