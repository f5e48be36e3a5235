import TwinlockTerminal
import TwinlockVarlink

/// What a command prints as its result.
enum StandardOutput {
    /// Writes a frame, whole; if that fails, the caller is not told what he asked for, and that is a failure.
    static func write(_ frame: Frame) throws(Failure) {
        guard Output.write(frame, to: Output.standard) else {
            throw Failure(.notNow, "cannot write to standard output")
        }
    }

    /// Writes text.
    static func write(_ text: String) throws(Failure) {
        guard Output.write(text, to: Output.standard) else {
            throw Failure(.notNow, "cannot write to standard output")
        }
    }

    /// Writes one JSON object that says one thing is so or not.
    static func writeJSON(_ name: String, _ value: Bool) throws(Failure) {
        let frame = Frame()
        var json = JSONWriter(into: frame)
        json.beginObject()
        json.member(name, value)
        json.endObject()
        frame.append("\n")
        try self.write(frame)
    }
}

extension StandardOutput {
    /// Writes one JSON object that counts one thing.
    static func writeJSON(_ name: String, _ count: Int64) throws(Failure) {
        let frame = Frame()
        var json = JSONWriter(into: frame)
        json.beginObject()
        json.member(name, count)
        json.endObject()
        frame.append("\n")
        try self.write(frame)
    }
}

extension JSONWriter {
    /// A member that is always there: null where there is nothing to say.
    mutating func memberOrNull(_ name: String, _ value: Int64?) {
        guard let value else { return self.nullMember(name) }
        self.member(name, value)
    }

    /// A member that is always there: null where there is nothing to say.
    mutating func memberOrNull(_ name: String, _ value: Bool?) {
        guard let value else { return self.nullMember(name) }
        self.member(name, value)
    }

    /// A member that is always there: null where there is nothing to say.
    mutating func memberOrNull(_ name: String, _ value: String?) {
        guard let value else { return self.nullMember(name) }
        self.member(name, value)
    }

    private mutating func nullMember(_ name: String) {
        self.name(name)
        self.null()
    }
}
