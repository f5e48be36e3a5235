import ArgumentParser
import TwinlockInterface
import TwinlockTerminal
import TwinlockVarlink

/// The subcommand `clear-failures`.
struct ClearFailures: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clear-failures",
        abstract: "Clears the wrong codes that count against your account, and with them a wait.",
        discussion: """
            A right code forgives the wrong ones that came from where it was typed, and no others; this forgives all. \
            Asks for your password and for a code. While wrong codes make you wait, and after a hundred of them, a code \
            is refused unread: type a recovery code then, which is taken all the same and is used up by that. With \
            --session-file the password is enough, whatever is refused, and however old the session is.
            """
    )

    @OptionGroup
    var socket: SocketOption

    @OptionGroup
    var secrets: SecretOptions

    @OptionGroup
    var session: SessionOption

    @Flag(help: "Print one line of JSON when it is done: {\"failedCodes\":0}.")
    var json = false

    func run() throws {
        let inputs = Inputs(self.secrets)
        try inputs.requirePassword()
        if self.session.sessionFile == nil { try inputs.requireCode() }
        let daemon = Daemon(socket: self.socket.path)
        let kept = try self.session.kept()
        let status: GetStatusResult
        do {
            status = try daemon.call(OwnAccount.GetStatus.self, GetStatusParameters(session: kept?.session))
        } catch {
            throw kept?.file.explained(error) ?? error
        }
        guard status.enabled else { throw Failure(.notEnabled) }
        guard status.failedCodes > 0 else {
            return try self.tell("No wrong codes count against \(status.user.printable): there is nothing to clear.\n")
        }
        if kept == nil { inputs.person?.say(ClearFailuresText.explanation(status)) }
        let dialogue = SignInDialogue(
            daemon: daemon,
            inputs: inputs,
            codePrompt: status.exhausted ? "Recovery code: " : Wording.codePrompt,
            goesOnDuringWait: true
        )
        let signedIn = try SensitiveAccess.with(daemon, inputs, kept: kept, dialogue: dialogue) {
            access throws(Failure) in
            guard access.isLasting else { throw ClearFailuresText.noPassword }
            do throws(Failure) {
                _ = try access.change(OwnAccount.ClearFailures.self, look: Self.look) { proof in
                    ClearFailuresParameters(session: proof.session ?? .empty, password: proof.password)
                }
            } catch {
                throw ClearFailuresText.explained(error, kept)
            }
            return access.signedIn
        }
        try self.tell(ClearFailuresText.done(status, signedIn))
        if !self.json, signedIn?.recoveryCodeUsed == true {
            RecoveryCodesText.adviseIfFew(signedIn?.recoveryCodesLeft)
        }
    }

    private func tell(_ text: String) throws(Failure) {
        if self.json {
            try StandardOutput.writeJSON("failedCodes", 0)
        } else {
            try StandardOutput.write(text)
        }
    }

    private static let look = "it may have been carried out all the same: look with `twinlock status`"
}

/// What is said about wrong codes that are to go.
enum ClearFailuresText {
    /// Which code is of use, for whoever is asked for one.
    static func explanation(_ status: GetStatusResult) -> String {
        let count = Wording.count(Int(status.failedCodes), "wrong code counts", "wrong codes count")
        let head = "\(count) against \(status.user.printable)."
        let rest: String
        if status.exhausted {
            rest =
                " No code of the app is read any more; a recovery code is, and so is one that the administrator gives you."
        } else if let seconds = status.waitSeconds {
            rest =
                " For another \(Wording.duration(Int(seconds))) a code of the app is refused unread; a recovery code is "
                + "taken all the same, and is used up by that."
        } else {
            rest = ""
        }
        return Wording.folded(head + rest, columns: 80, indentation: 0) + "\n"
    }

    /// What holds from now on.
    static func done(_ status: GetStatusResult, _ signedIn: SignInResult?) -> String {
        let count = Wording.count(Int(status.failedCodes), "wrong code counts", "wrong codes count")
        let lines = [
            signedIn.flatMap(SignInText.usedUp),
            "\(count) against \(status.user.printable) no longer: codes are read again.",
            "If they were not yours, somebody else knows your password: change it.",
        ]
        return lines.compactMap { $0.map { Wording.folded($0, columns: 80) + "\n" } }.joined()
    }

    /// The daemon's refusal, of the password and a session that showed both factors.
    static func explained(_ failure: Failure, _ kept: KeptSession?) -> Failure {
        switch failure.cause {
        case .authenticationFailed:
            return Failure(failure.status, "the password is wrong", cause: failure.cause)
        case .signInAgain:
            guard let kept else { return failure }
            return Failure(
                failure.status,
                "the session in \(kept.file.path.printable) has ended, is not yours, or showed no code",
                hint: "without --session-file a code is asked for, or a recovery code in its place",
                cause: failure.cause
            )
        default: return failure
        }
    }

    /// An account whose password nobody can type has no session.
    static let noPassword = Failure(
        .refused,
        "no password was typed",
        hint: "where there is none that could be typed, a recovery code clears them in `twinlock recovery-codes`"
    )
}
