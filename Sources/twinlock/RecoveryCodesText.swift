import Glibc
import TwinlockInterface
import TwinlockTerminal
import TwinlockVarlink

/// Recovery codes on a screen, in a file, and for a script. ASCII, and no line is wider than 80 columns unless a name is.
enum RecoveryCodesText {
    /// From so many on it is time for new ones.
    static let few: Int64 = 3

    /// Room for any of these texts at once: a frame that grows copies what it holds.
    static let frameBytes = 8192

    /// New codes in two columns, below the words that say what they are for.
    ///
    /// - Parameter frame: As secret as the codes from then on, here and below.
    static func writeNew(_ codes: [SecretText], into frame: Frame) {
        frame.append(
            """
            These recovery codes are the only way back without the phone. Each signs in
            once, in place of a code. Save them where the phone is not: on paper, or in a
            password manager.


            """
        )
        let half = (codes.count + 1) / 2
        for row in 0..<half {
            frame.append("    ")
            frame.append(codes[row])
            if half + row < codes.count {
                frame.append("      ")
                frame.append(codes[half + row])
            }
            frame.append("\n")
        }
        frame.append("\n")
    }

    /// All codes, the used ones marked.
    static func writeAll(_ shown: ViewRecoveryCodesResult, of user: String, into frame: Frame) {
        guard let issuedAt = shown.issuedAt, !shown.recoveryCodes.isEmpty else {
            return frame.append("There are no recovery codes for \(user.printable).\n")
        }
        let left = shown.recoveryCodes.count { $0.usedAt == nil }
        frame.append(
            "Recovery codes of \(user.printable), made \(Wording.time(issuedAt)); \(left) left:\n\n"
        )
        for code in shown.recoveryCodes {
            frame.append("    ")
            frame.append(code.code)
            if let use = self.use(of: code) {
                let indentation = String(repeating: " ", count: 4 + code.code.count)
                frame.append(use.count > 80 - indentation.count - 2 ? "\n\(indentation)  \(use)" : "  \(use)")
            }
            frame.append("\n")
        }
        frame.append("\n")
    }

    /// One on each line and nothing else: for a pipe.
    static func writePlain(_ codes: [SecretText], into frame: Frame) {
        for code in codes {
            frame.append(code)
            frame.append("\n")
        }
    }

    /// What a file holds: one good code on each line; all else in lines that begin with `#`.
    static func writeFile(_ codes: [ShownRecoveryCode], of user: String, issuedAt: Int64, into frame: Frame) {
        frame.append(
            """
            # Recovery codes of \(user.printable) on \(self.hostName.printable), made \(Wording.time(issuedAt)).
            # Each signs in once, in place of a code from the authenticator app.

            """
        )
        for code in codes {
            let use = self.use(of: code)
            frame.append(use == nil ? "" : "# ")
            frame.append(code.code)
            frame.append(use.map { "  \($0)\n" } ?? "\n")
        }
    }

    /// One line of JSON with every member of the reply; null where the reply leaves it out.
    static func writeJSON(_ shown: ViewRecoveryCodesResult, into frame: Frame) {
        var json = JSONWriter(into: frame)
        json.beginObject()
        json.name("recoveryCodes")
        json.beginArray()
        for code in shown.recoveryCodes {
            json.beginObject()
            json.member("code", secret: code.code)
            json.memberOrNull("usedAt", code.usedAt)
            json.memberOrNull("usedService", code.usedService)
            json.memberOrNull("usedHost", code.usedHost)
            json.endObject()
        }
        json.endArray()
        json.memberOrNull("issuedAt", shown.issuedAt)
        json.member("acknowledged", shown.acknowledged)
        json.endObject()
        frame.append("\n")
    }

    /// One line of JSON with every member of the reply.
    ///
    /// - Parameter enabled: A member ahead of them, where a set-up was confirmed.
    static func writeJSON(_ new: NewRecoveryCodesResult, enabled: Bool? = nil, into frame: Frame) {
        var json = JSONWriter(into: frame)
        json.beginObject()
        json.member("enabled", enabled)
        new.write(to: &json)
        json.endObject()
        frame.append("\n")
    }

    /// Urges the person to make new ones in time.
    static func adviseIfFew(_ left: Int64?) {
        guard let left, left <= self.few else { return }
        let some = Wording.count(Int(left), "recovery code is", "recovery codes are")
        let count = left == 0 ? "no recovery code is" : some
        Failure.advise("\(count) left: `twinlock recovery-codes --regenerate` makes ten new ones")
    }

    /// When and where a code was used; nil if it was not.
    private static func use(of code: ShownRecoveryCode) -> String? {
        guard let usedAt = code.usedAt else { return nil }
        // What the daemon calls every caller that is no login program.
        let service = code.usedService == "varlink" ? "a program" : code.usedService?.printable
        let host = code.usedHost.map { "from \($0.printable)" }
        let parts = ["used \(Wording.time(usedAt))", service.map { "for \($0)" }, host]
        return parts.compactMap(\.self).joined(separator: " ")
    }

    private static var hostName: String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            guard let start = buffer.baseAddress, gethostname(start, buffer.count - 1) == 0 else {
                return "this machine"
            }
            buffer[buffer.count - 1] = 0
            return String(cString: start)
        }
    }
}
