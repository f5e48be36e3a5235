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
