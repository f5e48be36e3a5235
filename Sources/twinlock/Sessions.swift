import ArgumentParser
import TwinlockInterface
import TwinlockTerminal
import TwinlockVarlink

/// The subcommand `sessions`.
struct Sessions: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lists and ends your sessions: what programs hold that you have signed in to.",
        discussion: """
            A session is what a program holds after a sign-in through the daemon, a web panel say, or `twinlock sign-in \
            --session-file`. Logins by ssh or at a console are none.
            """,
        subcommands: [SessionsList.self, SessionsRevoke.self],
        defaultSubcommand: SessionsList.self
    )
}

/// `sessions list`.
struct SessionsList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists your sessions, the oldest first."
    )

    @OptionGroup
    var socket: SocketOption

    @Option(
        help: ArgumentHelp("Mark the session in this file.", valueName: "file"),
        completion: .file()
    )
    var sessionFile: String?

    @Flag(help: "Print one line of JSON for each session.")
    var json = false

    func run() throws {
        let kept = try SessionOption.kept(self.sessionFile)
        let sessions = try Self.all(Daemon(socket: self.socket.path), kept)
        let frame = Frame()
        for session in sessions {
            if self.json {
                SessionsText.writeJSON(session, into: frame)
            } else {
                frame.append(SessionsText.lines(session, file: self.sessionFile))
            }
        }
        if sessions.isEmpty, !self.json { frame.append("There are no sessions.\n") }
        try StandardOutput.write(frame)
    }

    /// All sessions of the account, the oldest first.
    static func all(_ daemon: Daemon, _ kept: KeptSession?) throws(Failure) -> [SessionEntry] {
        var sessions: [SessionEntry] = []
        var after: String?
        do {
            repeat {
                let page = try daemon.call(
                    OwnAccount.ListSessions.self,
                    ListParameters(session: kept?.session, after: after)
                )
                sessions += page.sessions
                after = page.next
            } while after != nil
        } catch {
            throw kept?.file.explained(error) ?? error
        }
        return sessions.sorted { ($0.created, $0.id) < ($1.created, $1.id) }
    }
}

/// `sessions revoke`.
struct SessionsRevoke: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Ends sessions of yours, some or all.",
        discussion: "Whatever holds one must sign in again. Tokens stay: `twinlock tokens revoke` ends those."
    )

    @OptionGroup
    var socket: SocketOption

    @Option(
        help: ArgumentHelp("With --all: end all but the session in this file.", valueName: "file"),
        completion: .file()
    )
    var sessionFile: String?

    @Flag(help: "End all of them, after a question.")
    var all = false

    @Flag(help: "Do not ask whether you are sure.")
    var yes = false

    @Flag(help: "Print one line of JSON: how many were ended, as {\"count\":2}.")
    var json = false

    @Argument(help: "From `twinlock sessions`; its first characters are enough.", completion: .list([]))
    var id: [String] = []

    func validate() throws {
        guard self.all != !self.id.isEmpty else {
            throw ValidationError("give the ids of sessions, or --all, and not both")
        }
        guard self.all || self.sessionFile == nil else { throw ValidationError("--session-file goes with --all") }
    }

    func run() throws {
        let daemon = Daemon(socket: self.socket.path)
        let count = self.all ? try self.revokeAll(daemon) : try self.revokeSome(daemon)
        if self.json {
            try StandardOutput.writeJSON("count", count)
        } else {
            try StandardOutput.write("\(Wording.count(Int(count), "session has", "sessions have")) ended.\n")
        }
    }

    private func revokeAll(_ daemon: Daemon) throws(Failure) -> Int64 {
        let kept = try SessionOption.kept(self.sessionFile)
        let explanation =
            self.sessionFile.map { "The one in \($0.printable) stays; whatever holds another must sign in again." }
            ?? "Whatever holds one must sign in again."
        try Inputs(nil).confirm(
            kept == nil ? "End all your sessions?" : "End all your other sessions?",
            explanation: Wording.folded(explanation, columns: 80, indentation: 0) + "\n",
            answered: self.yes
        )
        let parameters = RevokeSessionsParameters(session: kept?.session, exceptThis: kept == nil ? nil : true)
        do {
            return try daemon.change(OwnAccount.RevokeSessions.self, parameters, look: Self.look).count
        } catch {
            throw kept?.file.explained(error) ?? error
        }
    }

    /// All of them are looked for before one is ended.
    private func revokeSome(_ daemon: Daemon) throws(Failure) -> Int64 {
        let sessions = try SessionsList.all(daemon, nil)
        var ids: Set<String> = []
        for typed in self.id {
            ids.insert(try Listed.one(of: sessions, id: \.id, typed: typed, "session", list: "twinlock sessions").id)
        }
        for id in ids.sorted() {
            do {
                _ = try daemon.change(OwnAccount.RevokeSession.self, RevokeSessionParameters(id: id), look: Self.look)
            } catch {
                // What has ended meanwhile has ended.
                guard error.cause == .notFound else { throw error }
            }
        }
        return Int64(ids.count)
    }

    private static let look = "it may have been carried out all the same: look with `twinlock sessions`"
}
