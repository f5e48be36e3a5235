import ArgumentParser
import Glibc
import TwinlockInterface
import TwinlockTerminal
import TwinlockVarlink

/// The subcommand `log`.
struct OwnLog: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log",
        abstract: "Shows what was decided about your account: sign-ins, refusals, changes; the newest first.",
        discussion: """
            Refusals that follow each other closely are one line with their number; its time is the last one's. What is \
            too old, or more than the daemon keeps, is not there any more.
            """
    )

    @OptionGroup
    var socket: SocketOption

    @Option(help: ArgumentHelp("Show at most so many records.", valueName: "number"))
    var limit = 20

    @Flag(help: "Show all that there are.")
    var all = false

    @Flag(help: "Print one line of JSON for each record.")
    var json = false

    /// What the daemon hands out at once.
    private static let page: Int64 = 200

    func validate() throws {
        guard self.limit > 0 else { throw ValidationError("--limit takes a number from 1 on") }
    }

    func run() throws {
        let daemon = Daemon(socket: self.socket.path)
        let columns = Terminal.size(of: Output.standard)?.columns
        var left = self.all ? Int64.max : Int64(self.limit)
        var before: Int64?
        repeat {
            let reply = try daemon.call(
                OwnAccount.GetLog.self,
                GetLogParameters(before: before, limit: min(left, Self.page))
            )
            let frame = Frame()
            for record in reply.records {
                if self.json {
                    LogText.writeJSON(record, into: frame)
                } else {
                    frame.append(LogText.line(record, ownUid: Int64(getuid()), columns: columns))
                }
            }
            if before == nil, reply.records.isEmpty, !self.json { frame.append("There are no records.\n") }
            try StandardOutput.write(frame)
            left -= Int64(reply.records.count)
            before = reply.next
        } while before != nil && left > 0
        if before != nil, columns != nil, !self.json { Failure.advise("there are older ones: --all shows them") }
    }
}
