import TwinlockInterface
import TwinlockTerminal
import TwinlockVarlink

/// Signs the caller in: a password, then a code where one is asked for.
struct SignInDialogue {
    let daemon: Daemon
    let inputs: Inputs
    /// Asks for a code of either kind.
    var codePrompt = "Verification code: "
    /// Whether a code that is refused unread during a wait is followed by another try: a recovery code is read then.
    var goesOnDuringWait = false

    /// Codes that a person may type before the password is asked for again: the daemon takes five for one sign-in.
    private static let tries = 3

    /// Asks, and goes on until there is a session.
    ///
    /// - Parameter password: What was typed already; nil asks for it.
    func run(password: SecretText? = nil) throws(Failure) -> SignInResult {
        let typed = if let password { password } else { try self.inputs.password() }
        guard let typed else { throw Failure(.refused, "no password was typed") }
        var reply = try self.daemon.call(
            Authentication.SignIn.self,
            SignInParameters(user: nil, password: typed)
        )
        if reply.state == .codeRequired {
            guard let pending = reply.session else { throw Self.unexpected }
            reply = try self.verify(pending)
        }
        switch reply.state {
        case .signedIn: return reply
        case .setUpRequired:
            throw Failure(
                .refused,
                "a second factor is required, and there is none",
                hint: "`twinlock enable` sets it up"
            )
        case .passwordRequired, .codeRequired: throw Self.unexpected
        }
    }

    /// Signs in, lets a function use the session, and ends it, also where a signal ends the command.
    func withSession<Outcome>(
        password: SecretText? = nil,
        _ body: (SignInResult, SecretText) throws(Failure) -> Outcome
    ) throws(Failure) -> Outcome {
        let signedIn = try self.run(password: password)
        guard let session = signedIn.session else { throw Failure(.notNow, "the daemon gave no session") }
        let daemon = self.daemon
        defer { Self.signOut(session, of: daemon, deadline: Daemon.callDeadline) }
        let lastThing: @Sendable () -> Void = { Self.signOut(session, of: daemon, deadline: Self.hurry) }
        return try Signals.beforeEnd(lastThing) { () throws(Failure) in try body(signedIn, session) }
    }

    /// Seconds for the daemon to answer where the person waits for the command to end.
    private static let hurry = 2

    /// A session that is not ended here ends by itself, and nobody has it.
    private static func signOut(_ session: SecretText, of daemon: Daemon, deadline: Int) {
        _ = try? daemon.call(Authentication.SignOut.self, SessionParameters(session: session), deadline: deadline)
    }

    private func verify(_ pending: SecretText) throws(Failure) -> SignInResult {
        for isLast in (1...Self.tries).map({ $0 == Self.tries || !self.inputs.asksForCodes }) {
            let code = try self.inputs.code(prompt: self.codePrompt)
            do {
                return try self.daemon.call(
                    Authentication.Verify2FACode.self,
                    Verify2FACodeParameters(session: pending, code: code)
                )
            } catch {
                guard !isLast, self.isWorthAnotherTry(error) else { throw error }
                Self.inWords(error, duringWait: self.goesOnDuringWait).report()
            }
        }
        throw Self.unexpected
    }

    private func isWorthAnotherTry(_ failure: Failure) -> Bool {
        switch failure.cause {
        case .authenticationFailed, .codeAlreadyUsed: true
        case .tooManyFailures: self.goesOnDuringWait
        default: false
        }
    }

    /// A wait is none for a recovery code.
    private static func inWords(_ failure: Failure, duringWait: Bool) -> Failure {
        guard duringWait, case .tooManyFailures(let seconds?) = failure.cause else { return failure }
        return Failure(
            failure.status,
            "nothing but a recovery code is read for another \(Wording.duration(seconds))",
            cause: failure.cause
        )
    }

    private static let unexpected = Failure(
        .notNow,
        "the daemon's answer to the sign-in has no session",
        hint: "it is of another version than this command: restart it after an upgrade"
    )
}
