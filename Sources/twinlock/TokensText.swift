import TwinlockInterface
import TwinlockTerminal
import TwinlockVarlink

/// Tokens on a screen, and for a script. No line is wider than 80 columns unless a name is.
enum TokensText {
    /// One token of the list.
    static func lines(_ token: TokenEntry) -> String {
        let use = token.lastUsed.map { "last used \(Wording.minute($0))" } ?? "never used"
        let head = "\(token.id)  "
        let groups = "opens \(token.groups.map(\.printable).joined(separator: ", "))"
        return """
            \(head)\(Wording.folded(token.description.printable, columns: 80, start: head.count))
                \(Wording.folded(groups, columns: 80, start: 4))
                made \(Wording.minute(token.created)), ends \(Wording.minute(token.expires)), \(use)

            """
    }

    /// A sentence about a token, where the list is not at hand.
    static func sentence(_ beginning: String, _ token: TokenEntry, _ end: String = "") -> String {
        Wording.folded("\(beginning) \(token.id) (\(token.description.printable))\(end).", columns: 80) + "\n"
    }

    /// One line with every member; null where the token was never used.
    static func writeJSON(_ token: TokenEntry, into frame: Frame) {
        var json = JSONWriter(into: frame)
        json.beginObject()
        json.member("id", token.id)
        json.member("description", token.description)
        json.member("groups", token.groups)
        json.member("created", token.created)
        json.member("expires", token.expires)
        json.memberOrNull("lastUsed", token.lastUsed)
        json.endObject()
        frame.append("\n")
    }

    /// What is to be made, for whoever is asked for the rest.
    static func plan(groups: [String], expires: Int64) -> String {
        let text =
            "A token that opens \(groups.map(\.printable).joined(separator: ", ")) and ends \(Wording.time(expires))."
        return Wording.folded(text, columns: 80, indentation: 0) + "\n"
    }

    /// A value on a screen, the only time.
    static func writeValue(_ value: SecretText, isNew: Bool, into frame: Frame) {
        frame.append(
            isNew
                ? "The token. It is never shown again; save it where the script finds it:\n\n    "
                : "The new value. It is never shown again, and the old one is dead from now on:\n\n    "
        )
        frame.append(value)
        frame.append("\n\n")
    }

    /// A value alone: for a pipe, and for a file.
    static func writePlain(_ value: SecretText, into frame: Frame) {
        frame.append(value)
        frame.append("\n")
    }

    /// One line of JSON.
    ///
    /// - Parameter value: Nil where it went to a file.
    static func writeJSON(id: String, value: SecretText?, expires: Int64, into frame: Frame) {
        var json = JSONWriter(into: frame)
        json.beginObject()
        json.member("id", id)
        if let value {
            json.member("token", secret: value)
        } else {
            json.memberOrNull("token", nil as String?)
        }
        json.member("expires", expires)
        json.endObject()
        frame.append("\n")
    }
}
