import TwinlockInterface
import TwinlockTerminal
import TwinlockVarlink

/// Sessions on a screen, and for a script.
enum SessionsText {
    /// One session of the list.
    ///
    /// - Parameter file: Where the current one is kept.
    static func lines(_ session: SessionEntry, file: String?) -> String {
        let place = Wording.origin(service: session.service, host: session.remoteHost, tty: session.tty)
        let factors = "by \(SignInText.words(session.factors))"
        let marked = session.current ? ", the one in \(file?.printable ?? "use")" : ""
        let head = "\(session.id)  "
        return """
            \(head)\(Wording.folded("\(place)\(marked)", columns: 80, start: head.count))
                since \(Wording.minute(session.created)) \(factors)
                last used \(Wording.minute(session.lastUsed)), ends \(Wording.minute(session.expires)) unless used

            """
    }

    /// One line with every member.
    static func writeJSON(_ session: SessionEntry, into frame: Frame) {
        var json = JSONWriter(into: frame)
        json.beginObject()
        session.write(to: &json)
        json.endObject()
        frame.append("\n")
    }
}

extension Wording {
    /// `sshd from 192.0.2.7 on ssh`, `a program`.
    static func origin(service: String, host: String, tty: String) -> String {
        // What the daemon calls every caller that is no login program.
        let name = service == "varlink" ? "a program" : service.printable
        let parts = [name, host.isEmpty ? nil : "from \(host.printable)", tty.isEmpty ? nil : "on \(tty.printable)"]
        return parts.compactMap(\.self).joined(separator: " ")
    }
}
