import ArgumentParser
import TwinlockInterface
import TwinlockTerminal
import TwinlockVarlink

/// The subcommand `status`.
struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tells whether two-factor login is on for your account."
    )

    @OptionGroup
    var socket: SocketOption

    @Flag(help: "Print one line of JSON, always with the same members; what does not apply is null.")
    var json = false

    func run() throws {
        let status = try Daemon(socket: self.socket.path).call(OwnAccount.GetStatus.self, GetStatusParameters())
        let frame = Frame()
        if self.json {
            StatusText.writeJSON(status, into: frame)
        } else {
            frame.append(StatusText.lines(status))
        }
        try StandardOutput.write(frame)
    }
}
