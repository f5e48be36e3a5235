import TwinlockInterface
import TwinlockTerminal

/// What an administrator reads.
enum AdminText {
    /// Above the list of accounts.
    static let heading = row("ACCOUNT", "UID", "TWO-FACTOR LOGIN", "WRONG CODES")

    /// One account of the list.
    static func line(_ account: GetStatusResult) -> String {
        let state: String
        if account.enabled {
            state = account.enabledAt.map { "on, since \(Wording.time($0))" } ?? "on"
        } else {
            state = account.setUpBegun ? "set-up begun" : "off"
        }
        let failures: String
        if account.exhausted {
            failures = "\(account.failedCodes), codes are refused"
        } else if let seconds = account.waitSeconds {
            failures = "\(account.failedCodes), waiting for \(Wording.duration(Int(seconds)))"
        } else {
            failures = "\(account.failedCodes)"
        }
        return self.row(account.user.printable, "\(account.uid)", state, failures)
    }

    /// One fact a line.
    static func lines(_ health: GetHealthResult) -> String {
        var facts = [
            ("Version", health.version.printable),
            ("Serving since", Wording.time(health.started)),
            ("Its clock", Wording.time(health.time)),
            ("Saving", self.word(health.store)),
            ("Password checks", self.word(health.checker)),
        ]
        if let rotation = health.keyRotation {
            let done = "\(rotation.accountsDone) of \(rotation.accountsTotal) accounts"
            facts.append(("Sealing key", "being replaced, \(done); it goes on by itself"))
        }
        return facts.map { "\(self.padded($0.0, to: 18))\($0.1)\n" }.joined()
    }

    private static func word(_ condition: Administration.Condition) -> String {
        switch condition {
        case .working: "works"
        case .failing: "FAILS"
        }
    }

    private static func row(_ account: String, _ uid: String, _ state: String, _ failures: String) -> String {
        "\(self.padded(account, to: 24))\(self.padded(uid, to: 8))\(self.padded(state, to: 38))\(failures)\n"
    }

    /// At least one blank behind it, however long it is.
    private static func padded(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }
}
