import ArgumentParser
import Glibc
import TwinlockInterface
import TwinlockOTP
import TwinlockTerminal
import TwinlockVarlink

/// `admin rotate-key`.
struct AdminRotateKey: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate-key",
        abstract: "Replaces the key that seals secrets in the database. Root's alone.",
        discussion: """
            For when the key may have been seen, or because it is time. The daemon makes a new one and seals all secrets \
            and recovery codes anew; logins go on meanwhile, and nobody has to set anything up again. It goes on without \
            this command, which shows how far it is, and after a restart of the daemon. Afterwards the old key opens \
            nothing that is stored; backups of before still need it. If you keep a copy of the key elsewhere, make a \
            new one.
            """
    )

    @OptionGroup
    var socket: SocketOption

    @Flag(help: "Do not ask whether you are sure.")
    var yes = false

    @Flag(help: "Print a line of JSON whenever it has gone on.")
    var json = false

    func run() throws {
        guard geteuid() == 0 else { throw Failure(.refused, "this is root's alone to do") }
        try Inputs(nil).confirm(
            "Replace the sealing key?",
            explanation: "Backups of before can be restored only together with the key of before.\n",
            answered: self.yes
        )
        let asJSON = self.json
        let last = Locked<RotateKeyResult?>(nil)
        let failure = Locked<Failure?>(nil)
        let isOnTerminal = Terminal.size(of: Output.standard) != nil
        try Daemon(socket: self.socket.path).series(Administration.RotateKey.self, Empty(), deadline: nil) { result in
            let before = last.withLock { last in
                defer { last = result }
                return last
            }
            do throws(Failure) {
                try Self.write(result, after: before, asJSON: asJSON, isOnTerminal: isOnTerminal)
                return true
            } catch {
                failure.withLock { $0 = error }
                return false
            }
        }
        if let failure = failure.withLock({ $0 }) { throw failure }
        guard let end = last.withLock({ $0 }), end.rotation.finished else {
            throw Failure(
                .notNow,
                "the daemon stopped before it was done",
                hint: "it goes on when it is started; look with `twinlock admin health`"
            )
        }
        if end.rotation.unreadable > 0 {
            Failure.advise(
                "\(end.rotation.unreadable) sealed values could be opened by neither key, and were left as they are"
            )
        }
    }

    private static func write(
        _ result: RotateKeyResult,
        after before: RotateKeyResult?,
        asJSON: Bool,
        isOnTerminal: Bool
    ) throws(Failure) {
        let frame = Frame()
        if asJSON {
            var json = JSONWriter(into: frame)
            json.beginObject()
            result.write(to: &json)
            json.endObject()
            frame.append("\n")
        } else {
            frame.append(RotationText.lines(result, isFirst: before == nil, isOnTerminal: isOnTerminal))
        }
        try StandardOutput.write(frame)
    }
}

/// What a person reads of a rotation.
enum RotationText {
    /// What a reply adds to what was told before.
    ///
    /// - Parameter isOnTerminal: There one line is written over again and again.
    static func lines(_ result: RotateKeyResult, isFirst: Bool, isOnTerminal: Bool) -> String {
        var text = ""
        if isFirst {
            text +=
                result.began
                ? "There is a new sealing key. Everything is sealed anew with it; logins go on.\n"
                : "A rotation is under way already, and goes on:\n"
        }
        let rotation = result.rotation
        if rotation.finished {
            let start = isOnTerminal && !isFirst ? "\r\u{1B}[K" : ""
            text +=
                "\(start)Done: \(self.accounts(rotation.accountsTotal)). The old key is gone and opens nothing here.\n"
        } else if isOnTerminal {
            text += "\r\u{1B}[K\(rotation.accountsDone) of \(self.accounts(rotation.accountsTotal))"
        } else {
            text += "\(rotation.accountsDone) of \(self.accounts(rotation.accountsTotal))\n"
        }
        return text
    }

    private static func accounts(_ count: Int64) -> String {
        count == 1 ? "1 account" : "\(count) accounts"
    }
}
