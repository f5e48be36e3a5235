import TwinlockInterface
import TwinlockTerminal
import TwinlockVarlink

/// A set-up as text: for a person who types it into an app, and for a script.
enum SetUpText {
    /// The data, each on a line of its own; the key in groups of four, as apps take it.
    ///
    /// - Parameter frame: As secret as the key from then on.
    static func write(_ setUp: BeginSetUpResult, replaces: Bool, withQR: Bool, into frame: Frame) {
        if replaces {
            frame.append(
                "The app in use stays the right one until the first code of the new one has been\ntyped.\n"
            )
        }
        frame.append(
            withQR
                ? "Scan the QR code below with an authenticator app, or type these data by hand:\n\n"
                : "Type these data into an authenticator app:\n\n"
        )
        self.line("Account", setUp.account, into: frame)
        self.line("Issuer", setUp.issuer, into: frame)
        frame.append(self.label("Key"))
        frame.append(setUp.secret, groupsOf: 4)
        frame.append("\n")
        self.line("Type", "TOTP (time based)", into: frame)
        self.line("Algorithm", setUp.algorithm, into: frame)
        self.line("Digits", "\(setUp.digits)", into: frame)
        self.line("Period", "\(setUp.period) seconds", into: frame)
        frame.append("\nThen type the code that the app shows, before \(Wording.time(setUp.expires)).\n\n")
    }

    /// One line of JSON with every member of the reply.
    static func writeJSON(_ setUp: BeginSetUpResult, into frame: Frame) {
        var json = JSONWriter(into: frame)
        json.beginObject()
        setUp.write(to: &json)
        json.endObject()
        frame.append("\n")
    }

    /// What is different from now on.
    static func on(account: String, replaced: Bool) -> String {
        guard replaced else { return "Two-factor login is on for \(account.printable).\n\n" }
        return """
            The new app is the right one for \(account.printable) from now on. Codes of the old
            one are refused, and so are recovery codes from before.


            """
    }

    /// What to do before it is relied upon.
    static let next = """

        The next login asks for the password and then for a code. The one that you
        typed is used up: wait for the next one. Try it now, in a second terminal, and
        keep this one open (better still, a root shell) until it works.

        """

    private static func line(_ name: String, _ value: String, into frame: Frame) {
        frame.append(self.label(name))
        frame.append("\(value.printable)\n")
    }

    private static func label(_ name: String) -> String {
        "  " + name + String(repeating: " ", count: max(1, 11 - name.count))
    }
}
