import ArgumentParser
import TwinlockInterface
import TwinlockOTP
import TwinlockTerminal
import TwinlockVarlink

/// The subcommand `admin`: what administrators see.
struct Admin: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "For administrators: looks at others' accounts, and helps where somebody is locked out.",
        discussion: """
            Root needs nothing else. A member of the group that the daemon's settings name (twinlock-admin) may look on; \
            before something is changed he is asked for his own password and code, or gives a session of at most ten \
            minutes with --session-file. Members cannot change the accounts of root or of members. All of it is in the \
            account's log, with the uid of who did it.
            """,
        subcommands: [
            AdminHealth.self, AdminDoctor.self, AdminList.self, AdminShow.self, AdminSetUp.self, AdminIssueCode.self,
            AdminReset.self, AdminUnlock.self, AdminResynchronise.self, AdminAdopt.self, AdminRestored.self,
            AdminRotateKey.self, AdminLog.self,
        ]
    )
}

/// `admin health`.
struct AdminHealth: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "health",
        abstract: "Tries what logins need, and tells how it went.",
        discussion: "Exit status 4 if a part of it fails, so that a monitor can ask."
    )

    @OptionGroup
    var socket: SocketOption

    @OptionGroup
    var authority: ReadingOption

    @Flag(help: "Print one line of JSON.")
    var json = false

    func run() throws {
        let daemon = Daemon(socket: self.socket.path)
        let health = try self.authority.explaining { session throws(Failure) in
            try daemon.call(Administration.GetHealth.self, AdministratorParameters(session: session))
        }
        let frame = Frame()
        if self.json {
            var json = JSONWriter(into: frame)
            json.beginObject()
            health.write(to: &json)
            json.endObject()
            frame.append("\n")
        } else {
            frame.append(AdminText.lines(health))
        }
        try StandardOutput.write(frame)
        guard health.store == .working, health.checker == .working else {
            throw Failure(.notNow, "a part of the daemon fails", hint: "its log says why")
        }
    }
}

/// `admin list`.
struct AdminList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists the accounts that the daemon knows, by name.",
        discussion: """
            An account that never had two-factor login is among them only while a set-up is begun.
            """
    )

    @OptionGroup
    var socket: SocketOption

    @OptionGroup
    var authority: ReadingOption

    @Flag(help: "Print one line of JSON for each account, with the members that `status --json` has.")
    var json = false

    func run() throws {
        let asJSON = self.json
        let failure = Locked<Failure?>(nil)
        if !asJSON { try StandardOutput.write(AdminText.heading) }
        let daemon = Daemon(socket: self.socket.path)
        try self.authority.explaining { session throws(Failure) in
            let parameters = ListAccountsParameters(session: session)
            try daemon.series(Administration.ListAccounts.self, parameters) { page in
                do throws(Failure) {
                    try Self.write(page, asJSON: asJSON)
                    return true
                } catch {
                    failure.withLock { $0 = error }
                    return false
                }
            }
        }
        if let failure = failure.withLock({ $0 }) { throw failure }
    }

    private static func write(_ page: ListAccountsResult, asJSON: Bool) throws(Failure) {
        let frame = Frame()
        for account in page.accounts {
            if asJSON {
                StatusText.writeJSON(account, into: frame)
            } else {
                frame.append(AdminText.line(account))
            }
        }
        try StandardOutput.write(frame)
    }
}
