import ArgumentParser
import TwinlockInterface
import TwinlockTerminal
import TwinlockVarlink

/// `admin doctor`.
struct AdminDoctor: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Looks for what locks people out of this host, and for what lets them in without a code.",
        discussion: """
            It looks at sshd's settings, the PAM stacks of login programs, owners and modes, the clock, and the daemon, \
            and changes nothing. Each finding names the file and the line that causes it, and what to do. Run it as \
            root: otherwise it cannot look at everything, and says so.

            Exit status 1 if something locks people out or lets them in without a code; 4 if not, but not everything \
            could be looked at; notes alone leave it 0.
            """
    )

    @OptionGroup
    var socket: SocketOption

    @OptionGroup
    var authority: ReadingOption

    @Option(
        help: ArgumentHelp(
            "Ask sshd about this account; without it about root and all people, where a Match of its settings decides.",
            valueName: "name"
        )
    )
    var user: String?

    @Option(
        help: ArgumentHelp("Ask sshd about logins from this address, as a Match would see it.", valueName: "address")
    )
    var host = "192.0.2.1"

    @Flag(help: "Print one line of JSON for each finding.")
    var json = false

    func validate() throws {
        guard !(self.user ?? "").contains(","), !self.host.contains(",") else {
            throw ValidationError("--user and --host take no comma")
        }
    }

    func run() throws {
        let session = try SessionOption.kept(self.authority.sessionFile)
        let findings = DoctorRound(
            daemon: Daemon(socket: self.socket.path),
            session: session?.session,
            user: self.user,
            host: self.host
        ).findings()
        let frame = Frame()
        for finding in findings {
            if self.json {
                DoctorText.writeJSON(finding, into: frame)
            } else {
                frame.append(DoctorText.lines(finding))
            }
        }
        if findings.isEmpty, !self.json { frame.append("Nothing was found.\n") }
        try StandardOutput.write(frame)
        let wrong = findings.count { $0.kind.severity != .note }
        guard wrong == 0 else {
            throw Failure(
                .refused,
                "\(Wording.count(wrong, "finding", "findings")) of what locks people out or lets them in without a code"
            )
        }
        if findings.contains(where: { $0.kind == .notLookedAt }) {
            throw Failure(.notNow, "nothing is wrong as far as could be looked", hint: "see the notes")
        }
    }
}

/// What an administrator and a monitor read of a finding.
enum DoctorText {
    /// Three lines: where and what it is called, the problem, and what to do.
    static func lines(_ finding: DoctorFinding) -> String {
        let place = finding.place.map { " \($0.description.printable)" } ?? ""
        let columns = Terminal.size(of: Output.standard)?.columns
        func folded(_ line: String) -> String {
            "    " + (columns.map { Wording.folded(line, columns: $0, start: 4) } ?? line) + "\n"
        }
        return "\(finding.kind.severity.rawValue): \(finding.kind.rawValue)\(place)\n" + folded(finding.problem)
            + folded("do: \(finding.advice)")
    }

    /// One line of JSON; null where no file or no line causes it.
    static func writeJSON(_ finding: DoctorFinding, into frame: Frame) {
        var json = JSONWriter(into: frame)
        json.beginObject()
        json.member("id", finding.kind.rawValue)
        json.member("severity", finding.kind.severity.rawValue)
        json.memberOrNull("file", finding.place?.file)
        json.memberOrNull("line", finding.place?.line.map(Int64.init))
        json.member("problem", finding.problem)
        json.member("advice", finding.advice)
        json.endObject()
        frame.append("\n")
    }
}
