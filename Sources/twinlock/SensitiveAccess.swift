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
        /// There is no second factor.
        case password(SecretText)
        case code
    }

    private let daemon: Daemon
    private let inputs: Inputs
    private let sessionFile: SessionFile?
    private let means: Means
    /// How the session came about that it began; nil if it needed none.
    let signedIn: SignInResult?

    /// Whether several calls ask for nothing more.
    var isLasting: Bool {
        switch self.means {
        case .session, .password: true
        case .code: false
        }
    }

    /// Asks for the password and, unless a session is at hand, for a code; lets a function call; and ends the session
    /// that it began, also where a signal ends the command.
    ///
    /// - Parameters:
    ///   - kept: A session that was kept by an earlier run, and where.
    ///   - isEnabled: Whether there is a second factor; without one the password is enough.
    ///   - dialogue: How a code is asked for.
    static func with<Outcome>(
        _ daemon: Daemon,
        _ inputs: Inputs,
        kept: KeptSession?,
        isEnabled: Bool = true,
        dialogue: SignInDialogue? = nil,
        _ body: (SensitiveAccess) throws(Failure) -> Outcome
    ) throws(Failure) -> Outcome {
        func access(_ means: Means, signedIn: SignInResult? = nil) -> SensitiveAccess {
            SensitiveAccess(
                daemon: daemon,
                inputs: inputs,
                sessionFile: kept?.file,
                means: means,
                signedIn: signedIn
            )
        }
        let password = try inputs.password()
        if let kept {
            guard let password else { throw Failure(.refused, "no password was typed") }
            return try body(access(.session(kept.session, password: password)))
        }
        guard isEnabled else {
            guard let password else { throw Failure(.refused, "no password was typed") }
            return try body(access(.password(password)))
        }
        guard let password else { return try body(access(.code)) }
        return try (dialogue ?? SignInDialogue(daemon: daemon, inputs: inputs)).withSession(password: password) {
            signedIn,
            session throws(Failure) in
            try body(access(.session(session, password: password), signedIn: signedIn))
        }
    }

    /// Makes a call that needs nothing besides.
    ///
    /// - Parameter changes: Whether it changes the account.
    func call<M: Method>(
        _ method: M.Type,
        changes: Bool = false
    ) throws(Failure) -> M.Result where M.Parameters == SensitiveParameters {
        do {
            let proof = try self.proof()
            return changes ? try self.daemon.change(method, proof) : try self.daemon.call(method, proof)
        } catch {
            throw self.explained(error)
        }
    }

    /// Makes a call that changes the account.
    ///
    /// - Parameters:
    ///   - look: How the person finds out whether it was made, if the answer is lost.
    ///   - parameters: The call's, with what it asks for among them.
    func change<M: Method>(
        _ method: M.Type,
        look: String,
        _ parameters: (SensitiveParameters) -> M.Parameters
    ) throws(Failure) -> M.Result {
        do {
            return try self.daemon.change(method, parameters(try self.proof()), look: look)
        } catch {
            throw self.explained(error)
        }
    }

    private func proof() throws(Failure) -> SensitiveParameters {
        switch self.means {
        case .session(let session, let password):
            SensitiveParameters(session: session, password: password)
        case .password(let password):
            SensitiveParameters(password: password)
        case .code:
            SensitiveParameters(password: nil, code: try self.inputs.code(prompt: Wording.codePrompt))
        }
    }

    /// What the daemon does not take apart, in the words of what was shown here.
    private func explained(_ failure: Failure) -> Failure {
        if let sessionFile = self.sessionFile { return sessionFile.explained(failure) }
        guard failure.cause == .authenticationFailed else { return failure }
        switch self.means {
        case .session:
            return Failure(failure.status, "this took more than ten minutes", hint: "begin again", cause: failure.cause)
        case .password:
            return Failure(failure.status, "the password is wrong", cause: failure.cause)
        case .code:
            return Failure(
                failure.status,
                "the code is wrong, or the account has a password, which was left out",
                cause: failure.cause
            )
        }
    }
}
