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
        if !self.json, status.enabled { self.advise(status) }
    }

    /// What is to be done about wrong codes and the recovery codes, if something is.
    private func advise(_ status: GetStatusResult) {
        if status.failedCodes > 0 {
            Failure.advise(
                "`twinlock clear-failures` forgives the wrong codes; if they were not yours, change the password"
            )
        }
        guard let left = status.recoveryCodesLeft else {
            return Failure.advise("`twinlock recovery-codes --regenerate` makes ten, for when the phone is lost")
        }
        if status.recoveryCodesInDoubt == true {
            return Failure.advise("`twinlock recovery-codes --regenerate` makes ten new ones, of which none was used")
        }
        if left > RecoveryCodesText.few, status.recoveryCodesAcknowledged != true {
            Failure.advise("`twinlock recovery-codes` shows the recovery codes, so that they can be saved")
        }
        RecoveryCodesText.adviseIfFew(left)
    }
}
