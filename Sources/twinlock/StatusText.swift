import TwinlockInterface
import TwinlockTerminal
import TwinlockVarlink

/// An account's standing, for a person and for a script.
enum StatusText {
    /// One fact a line.
    ///
    /// - Parameter forOwner: Whether commands for the owner are named.
    static func lines(_ status: GetStatusResult, forOwner: Bool = true) -> String {
        var lines = [self.line("Account", "\(status.user.printable) (uid \(status.uid))")]
        if status.enabled {
            let since = status.enabledAt.map { ", since \(Wording.time($0))" } ?? ""
            lines.append(self.line("Two-factor login", "on\(since)"))
        } else {
            lines.append(self.line("Two-factor login", forOwner ? "off; `twinlock enable` sets it up" : "off"))
        }
        if status.setUpBegun {
            lines.append(self.line("Set-up", "begun, not active: its first code is still to come"))
        }
        if status.enabled || status.failedCodes > 0 {
            lines.append(self.line("Wrong codes", self.failures(status)))
        }
        if status.enabled {
            lines.append(self.line("Recovery codes", self.recoveryCodes(status)))
            if status.recoveryCodesInDoubt == true {
                lines.append(self.line("", "some may have been used: the daemon's store was restored"))
            }
        }
        if let until = status.recoverySetUpUntil {
            lines.append(self.line("Lost phone", "until \(Wording.time(until)) the password alone is enough"))
            if forOwner { lines.append(self.line("", "for `twinlock enable` (a new phone) or `twinlock disable`")) }
        }
        return lines.joined()
    }

    /// Every member of the reply is there; null where the reply leaves it out.
    static func writeJSON(_ status: GetStatusResult, into frame: Frame) {
        var json = JSONWriter(into: frame)
        json.beginObject()
        self.writeMembers(status, to: &json)
        json.endObject()
        frame.append("\n")
    }

    /// The members of such an object.
    static func writeMembers(_ status: GetStatusResult, to json: inout JSONWriter) {
        json.member("user", status.user)
        json.member("uid", status.uid)
        json.member("enabled", status.enabled)
        json.memberOrNull("enabledAt", status.enabledAt)
        json.member("setUpBegun", status.setUpBegun)
        json.member("failedCodes", status.failedCodes)
        json.memberOrNull("waitSeconds", status.waitSeconds)
        json.member("exhausted", status.exhausted)
        json.memberOrNull("recoveryCodesLeft", status.recoveryCodesLeft)
        json.memberOrNull("recoveryCodesAcknowledged", status.recoveryCodesAcknowledged)
        json.memberOrNull("recoveryCodesInDoubt", status.recoveryCodesInDoubt)
        json.memberOrNull("recoverySetUpUntil", status.recoverySetUpUntil)
    }

    private static func failures(_ status: GetStatusResult) -> String {
        if status.exhausted {
            return "\(status.failedCodes): codes are refused until the failures are cleared"
        }
        guard let seconds = status.waitSeconds else { return "\(status.failedCodes)" }
        return "\(status.failedCodes): codes are refused for another \(Wording.duration(Int(seconds)))"
    }

    private static func recoveryCodes(_ status: GetStatusResult) -> String {
        guard let left = status.recoveryCodesLeft else {
            return "none: the second factor is from before there were any"
        }
        return status.recoveryCodesAcknowledged == true ? "\(left) left, saved" : "\(left) left, not known to be saved"
    }

    static func line(_ name: String, _ value: String) -> String {
        let column = 18
        return name + String(repeating: " ", count: max(1, column - name.count)) + value + "\n"
    }
}
