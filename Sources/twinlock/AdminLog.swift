import ArgumentParser
import Glibc
import TwinlockInterface
import TwinlockOTP
import TwinlockTerminal
import TwinlockVarlink

/// `admin log`.
struct AdminLog: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log",
        abstract: "Shows what was decided about all accounts, or about one; the newest first.",
        discussion: """
            With --follow the last ones come first, in the order in which they happened, and then each new one as it \
            comes, until Ctrl-C. Refusals that follow each other closely are one line with their number.
            """
    )

    @OptionGroup
    var socket: SocketOption

    @OptionGroup
    var authority: ReadingOption

    @Flag(help: "Go on with new ones as they come.")
    var follow = false

    @Option(
        help: ArgumentHelp("Show at most so many; with --follow, of those that have happened.", valueName: "number")
    )
    var limit: Int?

    @Flag(help: "Show all that there are.")
    var all = false

    @Option(help: "Show only what was accepted, refused or continued.", completion: .list(Self.outcomes))
    var outcome: String?

    @Option(help: ArgumentHelp("Show only one PAM service, such as sshd.", valueName: "name"))
    var service: String?

    @Option(help: ArgumentHelp("Show only what came from this remote host.", valueName: "address"))
    var host: String?

    @Option(help: ArgumentHelp("Show only one method, such as Reset.", valueName: "name"))
    var method: String?

    @Option(
        help: ArgumentHelp(
            "Show only what is newer: than so many minutes, hours or days, as in 30m, 2h or 7d, or than a Unix time.",
            valueName: "time"
        ),
        transform: Since.init
    )
    var since: Since?

    @Flag(help: "Print one line of JSON for each record.")
    var json = false

    @Argument(help: "Show only what is about this name.")
    var user: String?

    private static let outcomes = OwnAccount.Outcome.allCases.map(\.rawValue)
    /// What the daemon hands out at once.
    private static let page: Int64 = 200

    func validate() throws {
        guard self.limit ?? 1 > 0 || (self.follow && self.limit == 0) else {
            throw ValidationError("--limit takes a number from 1 on")
        }
        guard !self.follow || self.limit ?? 0 <= Self.page else {
            throw ValidationError("with --follow, --limit takes a number up to \(Self.page)")
        }
        guard !(self.follow && self.all) else { throw ValidationError("--follow and --all exclude each other") }
        guard self.outcome.map(Self.outcomes.contains) ?? true else {
            throw ValidationError("--outcome takes one of \(Self.outcomes.joined(separator: ", "))")
        }
    }

    func run() throws {
        let daemon = Daemon(socket: self.socket.path)
        try self.authority.explaining { session throws(Failure) in
            if self.follow {
                try self.showAsTheyCome(daemon, session)
            } else {
                try self.showPages(daemon, session)
            }
        }
    }

    private func showPages(_ daemon: Daemon, _ session: SecretText?) throws(Failure) {
        var left = self.all ? Int64.max : Int64(self.limit ?? 20)
        var before: Int64?
        var isEmpty = true
        repeat {
            let parameters = self.parameters(before: before, limit: min(left, Self.page), session)
            let reply = try daemon.call(Administration.GetLog.self, parameters)
            try self.lines.write(reply.records)
            isEmpty = isEmpty && reply.records.isEmpty
            left -= Int64(reply.records.count)
            before = reply.next
        } while before != nil && left > 0
        guard !self.json else { return }
        if isEmpty { try StandardOutput.write("There are no records.\n") }
        if before != nil, self.lines.columns != nil { Failure.advise("there are older ones: --all shows them") }
    }

    private func showAsTheyCome(_ daemon: Daemon, _ session: SecretText?) throws(Failure) {
        let failure = Locked<Failure?>(nil)
        let parameters = self.parameters(before: nil, limit: self.limit.map(Int64.init), session)
        let lines = self.lines
        try daemon.series(Administration.GetLog.self, parameters, deadline: nil) { page in
            do throws(Failure) {
                try lines.write(page.records)
                return true
            } catch {
                failure.withLock { $0 = error }
                return false
            }
        }
        if let failure = failure.withLock({ $0 }) { throw failure }
        throw Failure(.unreachable, "the daemon has stopped", hint: "what comes after this is not shown")
    }

    private func parameters(before: Int64?, limit: Int64?, _ session: SecretText?) -> GetAuditLogParameters {
        GetAuditLogParameters(
            user: self.user,
            outcome: self.outcome,
            service: self.service,
            remoteHost: self.host,
            method: self.method,
            since: self.since?.instant(now: Int64(time(nil))),
            before: before,
            limit: limit,
            session: session
        )
    }

    private var lines: AuditLines {
        AuditLines(asJSON: self.json, columns: Terminal.size(of: Output.standard)?.columns)
    }
}

/// Records of all accounts, on standard output.
private struct AuditLines: Sendable {
    let asJSON: Bool
    let columns: Int?

    func write(_ entries: [AuditEntry]) throws(Failure) {
        let frame = Frame()
        for entry in entries {
            if self.asJSON {
                LogText.writeJSON(entry, into: frame)
            } else {
                let name = entry.user.isEmpty ? "everybody" : entry.user
                frame.append(LogText.line(entry.record, of: name, ownUid: 0, columns: self.columns))
            }
        }
        try StandardOutput.write(frame)
    }
}

/// A moment in the past, as typed.
enum Since: Hashable, Sendable {
    /// So many seconds ago.
    case ago(Int64)
    /// Unix seconds.
    case at(Int64)

    /// Reads `30m`, `2h`, `7d` or `1800000000`.
    init(_ text: String) throws(ValidationError) {
        let seconds: [Character: Int64] = ["m": 60, "h": 3600, "d": 86_400]
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int64(digits) else { throw Self.unread }
        if digits.count == text.count {
            self = .at(number)
            return
        }
        guard digits.count + 1 == text.count, let last = text.last, let unit = seconds[last], number <= 100_000 else {
            throw Self.unread
        }
        self = .ago(number * unit)
    }

    /// Unix seconds.
    func instant(now: Int64) -> Int64 {
        switch self {
        case .ago(let seconds): now - seconds
        case .at(let instant): instant
        }
    }

    private static let unread = ValidationError("it takes a time such as 30m, 2h or 7d, or Unix seconds")
}
