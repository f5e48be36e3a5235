/// Writes one JSON text straight into a frame, so that a secret has no copy outside of it.
///
/// What would not be JSON (a value without a name in an object, a second value at the top) is our own mistake and stops
/// the program.
public struct JSONWriter {
    private enum Container {
        case document
        case array
        case object
    }

    /// An open container.
    private struct Level {
        let container: Container
        var isEmpty = true
        /// A name was written and waits for its value.
        var isNamed = false
    }

    private let frame: Frame
    private var outer: [Level] = []
    private var level = Level(container: .document)

    /// A writer at the frame's end.
    public init(into frame: Frame) {
        self.frame = frame
    }

    /// Whether one whole value has been written.
    public var isComplete: Bool { self.outer.isEmpty && !self.level.isEmpty }

    /// Whether these bytes can be written as a string: valid UTF-8 without U+0000.
    public static func canWrite(utf8 bytes: UnsafeRawBufferPointer) -> Bool {
        !bytes.contains(0) && WellFormedUTF8.isValid(bytes)
    }

    /// Opens an object.
    public mutating func beginObject() {
        self.begin(.object, UInt8(ascii: "{"))
    }

    /// Closes the object that is open.
    public mutating func endObject() {
        self.end(.object, UInt8(ascii: "}"))
    }

    /// Opens an array.
    public mutating func beginArray() {
        self.begin(.array, UInt8(ascii: "["))
    }

    /// Closes the array that is open.
    public mutating func endArray() {
        self.end(.array, UInt8(ascii: "]"))
    }

    /// Writes the name of the value that comes next.
    ///
    /// Names are ours and differ within one object.
    public mutating func name(_ name: String) {
        guard case .object = self.level.container, !self.level.isNamed else {
            preconditionFailure("a name stands before a value in an object")
        }
        if !self.level.isEmpty { self.frame.append(UInt8(ascii: ",")) }
        self.level.isEmpty = false
        self.level.isNamed = true
        self.quote(name)
        self.frame.append(UInt8(ascii: ":"))
    }

    /// Writes text that is no secret.
    ///
    /// U+0000, which the protocol never carries, becomes U+FFFD.
    public mutating func string(_ value: String) {
        self.beginValue()
        self.quote(value)
    }

    /// Writes a secret out of another message's frame.
    public mutating func secret(_ value: SecretText) {
        precondition(value.frame !== self.frame, "a frame does not quote itself")
        value.withUnsafeBytes { self.secret(utf8: $0) }
    }

    /// Writes a secret.
    ///
    /// Bytes for which `canWrite` is false are the caller's mistake.
    public mutating func secret(utf8 bytes: UnsafeRawBufferPointer) {
        precondition(Self.canWrite(utf8: bytes), "a secret is valid UTF-8 without U+0000")
        self.beginValue()
        self.quote(bytes)
    }

    /// Writes an integer.
    public mutating func integer(_ value: Int64) {
        self.number(String(value))
    }

    /// Writes a number with the fewest digits that `JSONValue.double` reads back bit for bit, the sign of zero included.
    ///
    /// There is always a fraction or an exponent, such as in `1.0` and `1e+16`. NaN and infinity, for which JSON has no
    /// words (RFC 8259 §6), are the caller's mistake.
    public mutating func double(_ value: Double) {
        precondition(value.isFinite, "JSON has no word for NaN and infinity")
        self.number(value.description)
    }

    /// Writes `true` or `false`.
    public mutating func bool(_ value: Bool) {
        self.beginValue()
        self.frame.append(value ? "true" : "false")
    }

    /// Writes `null`.
    public mutating func null() {
        self.beginValue()
        self.frame.append("null")
    }

    /// Writes a whole value out of another message's frame, whatever it is: what the interface text calls `object`.
    ///
    /// Numbers keep their digits, also those that neither `Int64` nor `Double` holds; members keep their order. Strings are
    /// copied from frame to frame as secrets are. Recursive: as deep as the parser let the value be.
    public mutating func value(_ value: JSONValue) {
        precondition(value.document.frame !== self.frame, "a frame does not quote itself")
        if let text = value.numberText {
            self.number(text)
        } else if let text = value.secret {
            self.secret(text)
        } else if let elements = value.elements {
            self.beginArray()
            for element in elements { self.value(element) }
            self.endArray()
        } else if let members = value.members {
            self.beginObject()
            for (name, member) in members {
                self.name(name)
                self.value(member)
            }
            self.endObject()
        } else if let bool = value.bool {
            self.bool(bool)
        } else {
            self.null()
        }
    }

    /// Writes the member `parameters` of a call or reply: an object whose members the closure writes.
    ///
    /// - Parameter leavingOutEmpty: Whether an object without members is taken back, name and all.
    mutating func parameters(leavingOutEmpty: Bool, _ members: (inout JSONWriter) -> Void) {
        let before = (level: self.level, count: self.frame.count)
        self.name("parameters")
        self.beginObject()
        let depth = self.outer.count
        members(&self)
        precondition(self.outer.count == depth, "the members of parameters are whole values")
        let isEmpty = self.level.isEmpty
        self.endObject()
        if isEmpty && leavingOutEmpty {
            self.level = before.level
            self.frame.truncate(to: before.count)
        }
    }

    private mutating func beginValue() {
        switch self.level.container {
        case .document: precondition(self.level.isEmpty, "a JSON text is one value")
        case .array: if !self.level.isEmpty { self.frame.append(UInt8(ascii: ",")) }
        case .object: precondition(self.level.isNamed, "a value in an object has a name")
        }
        self.level.isEmpty = false
        self.level.isNamed = false
    }

    /// Writes a number's text, which is ASCII and follows RFC 8259 §6.
    private mutating func number(_ text: String) {
        self.beginValue()
        var text = text
        text.withUTF8 { self.frame.append(UnsafeRawBufferPointer($0)) }
    }

    private mutating func begin(_ container: Container, _ bracket: UInt8) {
        self.beginValue()
        self.frame.append(bracket)
        self.outer.append(self.level)
        self.level = Level(container: container)
    }

    private mutating func end(_ container: Container, _ bracket: UInt8) {
        guard self.level.container == container, !self.level.isNamed, let outer = self.outer.popLast() else {
            preconditionFailure("only the container that is open can be closed, and not behind a name")
        }
        self.frame.append(bracket)
        self.level = outer
    }

    private func quote(_ value: String) {
        var value = value
        value.withUTF8 { self.quote(UnsafeRawBufferPointer($0)) }
    }

    /// Escapes what RFC 8259 §7 says must be, in runs, so that plain text is copied once.
    private func quote(_ bytes: UnsafeRawBufferPointer) {
        self.frame.append(UInt8(ascii: "\""))
        var written = 0
        for (index, byte) in bytes.enumerated() where byte < 0x20 || byte == 0x22 || byte == 0x5c {
            self.frame.append(UnsafeRawBufferPointer(rebasing: bytes[written..<index]))
            self.escape(byte)
            written = index + 1
        }
        self.frame.append(UnsafeRawBufferPointer(rebasing: bytes[written...]))
        self.frame.append(UInt8(ascii: "\""))
    }

    private func escape(_ byte: UInt8) {
        switch byte {
        case 0x22: self.frame.append("\\\"")
        case 0x5c: self.frame.append("\\\\")
        case 0x0a: self.frame.append("\\n")
        case 0x0d: self.frame.append("\\r")
        case 0x09: self.frame.append("\\t")
        case 0x00: self.frame.append("\\ufffd")
        default:
            self.frame.append(byte < 0x10 ? "\\u000" : "\\u001")
            let digit = byte & 0x0f
            self.frame.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
    }
}
