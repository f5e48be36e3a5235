import TwinlockInterface
import TwinlockTerminal
import TwinlockVarlink

/// What a sign-in brought, for a person and for a script.
enum SignInText {
    /// A sentence each.
    static func lines(_ signedIn: SignInResult, sessionFile: String?) -> String {
        let wasRecovery = signedIn.recoveryCodeUsed ?? false
        let factors = self.words(signedIn.factors ?? [], wasRecovery: wasRecovery)
        var lines = ["Signed in as \(signedIn.user.printable) with \(factors)."]
        if let used = self.usedUp(signedIn) { lines.append(used) }
        if let failedCodes = signedIn.failedCodes, failedCodes > 0 {
            let count = Wording.count(Int(failedCodes), "wrong code", "wrong codes")
            lines.append("\(count) from elsewhere count against this account: somebody else may know the password.")
        }
        if let sessionFile {
            let until = signedIn.expires.map { "; unless it is used, it ends \(Wording.time($0))" } ?? ""
            lines.append("The session is in \(sessionFile.printable)\(until).")
        } else {
            lines.append("This was a try: the session has been ended.")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// One line, always with the same members.
    static func writeJSON(_ signedIn: SignInResult, isKept: Bool, into frame: Frame) {
        var json = JSONWriter(into: frame)
        json.beginObject()
        json.member("user", signedIn.user)
        json.member("factors", (signedIn.factors ?? []).map(\.rawValue))
        json.memberOrNull("expires", isKept ? signedIn.expires : nil)
        json.member("failedCodes", signedIn.failedCodes ?? 0)
        json.memberOrNull("recoveryCodesLeft", signedIn.recoveryCodesLeft)
        json.memberOrNull("recoveryCodeUsed", signedIn.recoveryCodeUsed)
        json.endObject()
        frame.append("\n")
    }

    /// What became of a recovery code; nil if it was none.
    static func usedUp(_ signedIn: SignInResult) -> String? {
        guard signedIn.recoveryCodeUsed ?? false else { return nil }
        return "That recovery code is used up\(signedIn.recoveryCodesLeft.map { "; \($0) left" } ?? "")."
    }

    /// `password and code`.
    static func words(_ factors: [Authentication.Factor], wasRecovery: Bool = false) -> String {
        factors.map { self.word($0, wasRecovery: wasRecovery) }.joined(separator: " and ")
    }

    private static func word(_ factor: Authentication.Factor, wasRecovery: Bool) -> String {
        switch factor {
        case .password: "password"
        case .publickey: "public key"
        case .code: wasRecovery ? "recovery code" : "code"
        }
    }
}
