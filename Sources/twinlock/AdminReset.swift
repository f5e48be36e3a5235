import ArgumentParser
import Glibc
import TwinlockInterface
import TwinlockTerminal
import TwinlockVarlink

/// `admin reset`.
struct AdminReset: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reset",
        abstract: "Takes two-factor login off an account: the password alone signs in from then on.",
        discussion: """
            For who has lost phone and recovery codes, and for an account that is gone from the host. Second factor, \
            recovery codes and wrong codes are gone; sessions and tokens end. `twinlock admin issue-code` helps without \
            taking anything off.
            """
    )

    @OptionGroup
    var options: AdministratorOptions

    @Flag(help: "Let sessions and tokens stay.")
    var keepSessions = false

    @Flag(help: "Do not ask whether you are sure.")
    var yes = false

    @Flag(help: "Print one line of JSON: whether it was on, as {\"wasEnabled\":true}.")
    var json = false

    @Argument(help: "The account's name.")
    var user: String

    func run() throws {
        let daemon = Daemon(socket: self.options.socket.path)
        let inputs = Inputs(self.options.secrets)
        try inputs.requireConfirmation(of: self.question, answered: self.yes)
        let result = try AdministratorAccess.with(self.options, daemon, inputs) { access throws(Failure) in
            let shown = try AdminShow.show(self.user, daemon, session: access.session)
            try inputs.confirm(
                self.question,
                explanation: AdminShowText.lines(shown) + (self.keepSessions ? "" : "Sessions and tokens end.\n"),
                answered: self.yes
            )
            return try access.change(
                Administration.Reset.self,
                ResetParameters(user: self.user, keepSessions: self.keepSessions, session: access.session),
                look: "twinlock admin show \(self.user.printable)"
            )
        }
        if self.json { return try StandardOutput.writeJSON("wasEnabled", result.wasEnabled) }
        let name = self.user.printable
        try StandardOutput.write(
            result.wasEnabled
                ? "Two-factor login is off for \(name): the password alone signs in.\n"
                : "\(name) had no two-factor login. What else there was is gone.\n"
        )
    }

    private var question: String { "Take two-factor login off \(self.user.printable)?" }
}

/// `admin adopt`.
struct AdminAdopt: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "adopt",
        abstract: "Lets somebody keep his second factor whose name or uid was changed on the host.",
        discussion: """
            After `usermod --login` or `--uid` the daemon refuses an account: the name or the uid could be another \
            person's by now. If it is the same person, this hands his second factor and recovery codes to the account as \
            it is now; sessions and tokens end. If it is somebody else: `twinlock admin reset`.
            """
    )

    @OptionGroup
    var options: AdministratorOptions

    @Flag(help: "Do not ask whether it is the same person.")
    var yes = false

    @Argument(help: "The account's name now.")
    var user: String

    func run() throws {
        let daemon = Daemon(socket: self.options.socket.path)
        let inputs = Inputs(self.options.secrets)
        try inputs.requireConfirmation(of: Self.question, answered: self.yes)
        let former = try AdministratorAccess.with(self.options, daemon, inputs) { access throws(Failure) in
            let shown = try AdminShow.show(self.user, daemon, session: access.session)
            guard shown.parted else { throw Failure(.notParted) }
            try inputs.confirm(
                Self.question,
                explanation: AdminShowText.lines(shown),
                answered: self.yes
            )
            return try access.change(
                Administration.Adopt.self,
                AdministrationParameters(user: self.user, session: access.session),
                look: "twinlock admin show \(self.user.printable)"
            )
        }
        try StandardOutput.write(
            "\(self.user.printable) goes on with the second factor of \(former.formerUser.printable) "
                + "(uid \(former.formerUid)).\n"
        )
    }

    private static let question = "Is it one and the same person?"
}

/// `admin restored`.
struct AdminRestored: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restored",
        abstract: "Says that the daemon's database was restored from a backup. Root's alone.",
        discussion: """
            Nobody knows what was used after the backup was made. So for all accounts: sessions and tokens end, set-ups \
            under way and issued codes are void, codes that the apps show now are refused (the next ones are good), and \
            everybody is asked to make new recovery codes; those that there are stay good.
            """
    )

    @OptionGroup
    var socket: SocketOption

    @Flag(help: "Do not ask whether you are sure.")
    var yes = false

    func run() throws {
        guard geteuid() == 0 else { throw Failure(.refused, "this is root's alone to say") }
        let question = "End all sessions and tokens of all accounts?"
        let inputs = Inputs(nil)
        try inputs.confirm(
            question,
            explanation: "After a restore from a backup nobody knows what was used since.\n",
            answered: self.yes
        )
        _ = try Daemon(socket: self.socket.path).change(
            Administration.MarkRestored.self,
            Empty(),
            look: "it may have been carried out all the same: look with `twinlock admin log`"
        )
        try StandardOutput.write("Done. Logins go on with the next codes; recovery codes ask to be renewed.\n")
    }
}
