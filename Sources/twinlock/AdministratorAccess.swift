import ArgumentParser
import Glibc
import TwinlockInterface
import TwinlockTerminal
import TwinlockVarlink

/// Whose authority it has to look on.
struct ReadingOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Look on as the owner of the session or token in this file; root and members need none.",
            valueName: "file"
        ),
        completion: .file()
    )
    var sessionFile: String?

    /// Lets a function call, with the session if one is named.
    func explaining<Outcome>(
        _ body: (SecretText?) throws(Failure) -> Outcome
    ) throws(Failure) -> Outcome {
        let kept = try SessionOption.kept(self.sessionFile)
        do {
            return try body(kept?.session)
        } catch {
            throw kept?.file.explained(error) ?? error
        }
    }
}

/// What a command asks for before it changes somebody's account.
struct AdministratorOptions: ParsableArguments {
    @OptionGroup
    var socket: SocketOption

    @OptionGroup
    var secrets: SecretOptions

    @Option(
        help: ArgumentHelp(
            "For members: take the session in this file in place of password and code; `twinlock sign-in` makes one.",
            valueName: "file"
        ),
        completion: .file()
    )
    var sessionFile: String?
}

/// Whose authority a change has: root's own, or that of a member's session.
struct AdministratorAccess {
    private let daemon: Daemon
    private let kept: KeptSession?
    /// Nil for root.
    let session: SecretText?

    /// Lets a function make changes.
    ///
    /// A member without a session is asked for password and code before, and the session that comes of it ends after.
    static func with<Outcome>(
        _ options: AdministratorOptions,
        _ daemon: Daemon,
        _ inputs: Inputs,
        _ body: (AdministratorAccess) throws(Failure) -> Outcome
    ) throws(Failure) -> Outcome {
        if let kept = try SessionOption.kept(options.sessionFile) {
            return try body(AdministratorAccess(daemon: daemon, kept: kept, session: kept.session))
        }
        if geteuid() == 0 {
            return try body(AdministratorAccess(daemon: daemon, kept: nil, session: nil))
        }
        // Who may not is told so before he types a password.
        _ = try daemon.call(Administration.ListAccounts.self, ListAccountsParameters(limit: 1))
        try inputs.requireAnswers()
        inputs.person?.say("To change an account, sign in as yourself.\n")
        return try SignInDialogue(daemon: daemon, inputs: inputs).withSession { signedIn, session throws(Failure) in
            guard signedIn.factors?.contains(.code) == true else {
                throw Failure(
                    .refused,
                    "an administrator needs two-factor login himself",
                    hint: "`twinlock enable` sets it up"
                )
            }
            return try body(AdministratorAccess(daemon: daemon, kept: nil, session: session))
        }
    }

    /// Makes a call that changes something.
    ///
    /// - Parameter look: How the person finds out whether it was made, if the answer is lost.
    func change<M: Method>(
        _ method: M.Type,
        _ parameters: M.Parameters,
        look: String
    ) throws(Failure) -> M.Result {
        do {
            return try self.daemon.change(
                method,
                parameters,
                look: "it may have been carried out all the same: look with `\(look)`"
            )
        } catch {
            throw self.explained(error)
        }
    }

    /// A refusal in the words of who acts for somebody else.
    private func explained(_ failure: Failure) -> Failure {
        switch failure.cause {
        case .notEnabled:
            return Failure(failure.status, failure.message, cause: failure.cause)
        case .signInAgain:
            return self.kept?.file.explained(failure)
                ?? Failure(
                    failure.status,
                    "the account was changed meanwhile",
                    hint: "begin again",
                    cause: failure.cause
                )
        case .authenticationFailed, .tooManyFailures, .passwordExpired, .codeAlreadyUsed, .unavailable, .noSetUp,
            .recoveryCodesReplaced, .notFound, .tooManyTokens, .unknownUser, .parted, .notParted,
            .keyIsCredential, nil:
            return failure
        }
    }
}
