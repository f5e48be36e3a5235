import TwinlockInterface
import TwinlockTerminal
import TwinlockVarlink

/// What was decided, for a person and for a script.
enum LogText {
    /// One record: `2026-11-24 02:19:48  refused    code wrong, 3 times; sshd from 192.0.2.7`.
    ///
    /// - Parameters:
    ///   - user: Whose it is, where that is not plain.
    ///   - columns: Where it is folded; nil for one line, whatever it holds.
    static func line(_ record: LogRecord, of user: String? = nil, ownUid: Int64, columns: Int?) -> String {
        let outcome = record.outcome.rawValue
        let head = "\(Wording.second(record.at))  \(outcome)\(String(repeating: " ", count: 11 - outcome.count))"
        let text = (user.map { "\($0.printable): " } ?? "") + self.sentence(record, ownUid: ownUid)
        guard let columns, columns > 2 * head.count else { return "\(head)\(text)\n" }
        // Where the last line breaks a word may end at the edge; the terminal wraps after it.
        return head + Wording.folded(text, columns: columns + 1, indentation: head.count, start: head.count) + "\n"
    }

    /// One line with every member; null where the caller is not known.
    static func writeJSON(_ record: LogRecord, into frame: Frame) {
        var json = JSONWriter(into: frame)
        json.beginObject()
        self.writeMembers(record, to: &json)
        json.endObject()
        frame.append("\n")
    }

    /// The same of an administrator's log, with the account ahead.
    static func writeJSON(_ entry: AuditEntry, into frame: Frame) {
        var json = JSONWriter(into: frame)
        json.beginObject()
        json.member("number", entry.number)
        json.member("user", entry.user)
        json.memberOrNull("uid", entry.uid)
        self.writeMembers(entry.record, to: &json)
        json.endObject()
        frame.append("\n")
    }

    private static func writeMembers(_ record: LogRecord, to json: inout JSONWriter) {
        json.member("at", record.at)
        json.member("firstAt", record.firstAt)
        json.member("count", record.count)
        json.member("service", record.service)
        json.member("remoteHost", record.remoteHost)
        json.member("tty", record.tty)
        json.memberOrNull("callerUid", record.callerUid)
        json.member("method", record.method)
        json.member("outcome", record.outcome.rawValue)
        json.member("reason", record.reason)
        json.member("words", record.words)
    }

    private static func sentence(_ record: LogRecord, ownUid: Int64) -> String {
        // What was accepted says what it is, and a sign-in is one by its service.
        let isPlain = record.outcome == .accepted || ["SignIn", "Verify2FACode"].contains(record.method)
        let method = isPlain ? "" : "\(record.method.printable): "
        let count = record.count > 1 ? ", \(record.count) times" : ""
        var place = Wording.origin(service: record.service, host: record.remoteHost, tty: record.tty)
        // Root signs others in; anybody else who acted here is worth a word.
        if let uid = record.callerUid, uid != 0, uid != ownUid { place += " of uid \(uid)" }
        return "\(method)\(record.words.printable)\(count); \(place)"
    }
}
