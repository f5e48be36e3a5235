import ArgumentParser

/// `twinlock`: the command of a person whose logins the daemon guards.
struct TwinlockCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "twinlock",
        abstract: "Sets up two-factor login for your account, and tells how it stands.",
        discussion: """
            With two-factor login on, your password is followed by a six-digit code from an authenticator app on your \
            phone. `twinlock enable` shows a QR code for the app and asks for the first code; nothing changes before \
            that code is right. Then ten recovery codes appear, for when the phone is lost: each signs in once, and lets \
            you set up another phone.

            Exit status: 0 done; 1 refused (wrong password or code, not enabled); 2 usage; 3 the daemon cannot be \
            reached; 4 it cannot be carried out now; 5 done, but the recovery codes do not count as saved, or nobody \
            has the value of a token.
            """,
        version: "twinlock \(version)",
        subcommands: [
            Enable.self, RecoveryCodes.self, Status.self, Disable.self, SignIn.self, Tokens.self, Sessions.self,
            OwnLog.self, ClearFailures.self, Admin.self,
        ]
    )

    /// Taken before the subcommand as well as after it.
    @OptionGroup
    var socket: SocketOption

    /// Of this program.
    static let version = "0.1.0"
}
