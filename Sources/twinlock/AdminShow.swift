import ArgumentParser
import TwinlockInterface
import TwinlockTerminal
import TwinlockVarlink

/// `admin show`.
struct AdminShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Tells all about one account: what is on, what counts against it, what is still open.",
        discussion: """
            With --service it tells what the daemon's settings ask of a sign-in by that service, and which rules say so.
            """
    )

    @OptionGroup
    var socket: SocketOption

    @OptionGroup
    var authority: ReadingOption

    @Option(help: ArgumentHelp("Tell what is asked of a sign-in by this PAM service, such as sshd.", valueName: "name"))
    var service: String?

    @Option(help: ArgumentHelp("With --service: of one from this remote address.", valueName: "address"))
    var host: String?

    @Flag(help: "Print one line of JSON, always with the same members; what does not apply is null.")
    var json = false

    @Argument(help: "The account's name.")
    var user: String

    func validate() throws {
        guard self.host == nil || self.service != nil else { throw ValidationError("--host goes with --service") }
    }

    func run() throws {
        if let service = self.service { return try self.explain(service) }
        let shown = try self.authority.explaining { session throws(Failure) in
            try Self.show(self.user, Daemon(socket: self.socket.path), session: session)
        }
        let frame = Frame()
        if self.json {
            AdminShowText.writeJSON(shown, into: frame)
        } else {
            frame.append(AdminShowText.lines(shown))
        }
        try StandardOutput.write(frame)
        if shown.parted, !self.json { AdminShowText.adviseParted(shown) }
    }

    private func explain(_ service: String) throws {
        let parameters = { (session: SecretText?) in
            ExplainPolicyParameters(user: self.user, service: service, remoteHost: self.host, session: session)
        }
        let explained = try self.authority.explaining { session throws(Failure) in
            try Daemon(socket: self.socket.path).call(Administration.ExplainPolicy.self, parameters(session))
        }
        let frame = Frame()
        if self.json {
            PolicyText.writeJSON(explained, into: frame)
        } else {
            frame.append(PolicyText.lines(explained, user: self.user, service: service, host: self.host))
        }
        try StandardOutput.write(frame)
    }

    /// What the daemon knows of an account.
    static func show(_ user: String, _ daemon: Daemon, session: SecretText? = nil) throws(Failure) -> ShowAccountResult
    {
        try daemon.call(Administration.ShowAccount.self, AdministrationParameters(user: user, session: session))
    }
}

/// One account, for an administrator and for a script.
enum AdminShowText {
    /// One fact a line.
    static func lines(_ shown: ShowAccountResult) -> String {
        var lines: [String] = []
        if shown.parted || shown.uid == nil || shown.accounts.isEmpty {
            let uid = shown.uid.map { "uid \($0)" } ?? "not on this host"
            lines.append(StatusText.line("On this host", "\(shown.user.printable) (\(uid))"))
        }
        if shown.parted { lines.append(StatusText.line("", "NAME AND UID HAVE PARTED: sign-ins are refused")) }
        if shown.accounts.isEmpty { lines.append(StatusText.line("Two-factor login", "off")) }
        lines += shown.accounts.map { StatusText.lines($0, forOwner: false) }
        for failed in shown.failedCodes {
            let count = Wording.count(Int(failed.count), "wrong code", "wrong codes")
            lines.append(StatusText.line("", "\(count) \(self.place(failed.source))"))
        }
        if let until = shown.issuedCodeUntil {
            lines.append(StatusText.line("Issued code", "good until \(Wording.time(until))"))
        }
        if let seconds = shown.clockSeconds, seconds != 0 {
            let direction = seconds > 0 ? "ahead" : "behind"
            lines.append(StatusText.line("The app's clock", "\(seconds.magnitude) seconds \(direction)"))
        }
        lines.append(StatusText.line("Sessions", "\(shown.sessions)"))
        lines.append(StatusText.line("Tokens", "\(shown.tokens)"))
        return lines.joined()
    }

    /// What to do about a name and a uid that have parted.
    static func adviseParted(_ shown: ShowAccountResult) {
        let name = shown.user.printable
        Failure.advise(
            "if it is one and the same person: `twinlock admin adopt \(name)`; otherwise: `twinlock admin reset \(name)`"
        )
    }

    /// One line of JSON; null where the reply leaves a member out.
    static func writeJSON(_ shown: ShowAccountResult, into frame: Frame) {
        var json = JSONWriter(into: frame)
        json.beginObject()
        json.member("user", shown.user)
        json.memberOrNull("uid", shown.uid)
        json.member("parted", shown.parted)
        json.member("accounts", objects: shown.accounts) { StatusText.writeMembers($0, to: &$1) }
        json.member("failedCodes", objects: shown.failedCodes) { $0.write(to: &$1) }
        json.memberOrNull("clockSeconds", shown.clockSeconds)
        json.memberOrNull("issuedCodeUntil", shown.issuedCodeUntil)
        json.member("sessions", shown.sessions)
        json.member("tokens", shown.tokens)
        json.endObject()
        frame.append("\n")
    }

    /// Where a wrong code came from, of what the daemon calls its source.
    static func place(_ source: String) -> String {
        guard let colon = source.firstIndex(of: ":") else { return source.printable }
        let place = source[source.index(after: colon)...]
        switch source[..<colon] {
        case "host": return "from \(String(place).printable)"
        case "uid": return "from a program of uid \(String(place).printable)"
        case "local": return "at a login program of uid \(String(place).printable)"
        case "tty": return place.isEmpty ? "on this host" : "at \(String(place).printable)"
        default: return source.printable
        }
    }
}
