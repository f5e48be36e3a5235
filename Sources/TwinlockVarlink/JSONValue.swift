/// What one JSON text may measure.
///
/// The defaults are those of the protocol.
public struct JSONLimits: Hashable, Sendable {
    /// Bytes of the whole text, 1...UInt32.max.
    public let textBytes: Int
    /// Objects and arrays inside each other.
    public let depth: Int
    /// Bytes of one string, decoded.
    public let stringBytes: Int

    /// Limits other than the protocol's.
    public init(
        textBytes: Int = Limits.messageBytes,
        depth: Int = Limits.jsonDepth,
        stringBytes: Int = Limits.stringBytes
    ) {
        precondition(textBytes <= UInt32.max, "offsets are kept in 32 bits")
        self.textBytes = textBytes
        self.depth = depth
        self.stringBytes = stringBytes
    }
}

/// One value of a parsed message.
///
/// A place in the message's frame, which it keeps alive. A string becomes a `String` only where `string` asks for
/// it; a secret is read through `secret`. Printing one shows its kind and nothing of its content.
public struct JSONValue: Sendable {
    /// The kinds of value, numbers in two.
    public enum Kind: Hashable, Sendable {
        /// `null`.
        case null
        /// `true` or `false`.
        case bool
        /// A number without fraction and exponent, within `Int64`.
        case integer
        /// Any other number: `1.0`, `1e2`, 2⁶³.
        case number
        /// Text.
        case string
        /// Values in a row.
        case array
        /// Named values.
        case object
    }

    let document: JSONDocument
    private let node: Int

    /// Parses a frame as one JSON text, decoding escapes in the frame itself.
    ///
    /// - Parameter frame: From the peer, unchecked. Handed over: nobody may change it afterwards.
    /// - Throws: The first fault; the frame's content is then partly rewritten and of no further use.
    public static func parse(_ frame: Frame, limits: JSONLimits = JSONLimits()) throws(JSONError) -> JSONValue {
        let nodes = try frame.withUnsafeMutableBytes { bytes throws(JSONError) in
            try JSONParser.parse(bytes, limits: limits)
        }
        return JSONValue(document: JSONDocument(frame: frame, nodes: nodes), node: 0)
    }

    /// What this value is.
    public var kind: Kind {
        switch self.place.kind {
        case .null: .null
        case .true, .false: .bool
        case .integer: .integer
        case .number: .number
        case .string: .string
        case .array: .array
        case .object: .object
        }
    }

    /// Whether this is `null`.
    public var isNull: Bool { self.place.kind == .null }

    /// The truth value, or nothing if this is none.
    public var bool: Bool? {
        switch self.place.kind {
        case .true: true
        case .false: false
        case .null, .integer, .number, .string, .array, .object: nil
        }
    }

    /// The integer, or nothing if this is none or does not fit.
    ///
    /// `1.0` is no integer.
    public var integer: Int64? {
        guard self.place.kind == .integer else { return nil }
        return self.document.withBytes(of: self.node) { Int64(decimal: $0) }
    }

    /// The number nearest to what was written, or nothing if this is none or lies beyond what `Double` holds.
    ///
    /// An integer is a number here, too: JSON has one kind, and some write `1` where others write `1.0`. Rounded to
    /// nearest, ties to even (IEEE 754), so that what `JSONWriter.double` wrote comes back bit for bit. Too small for
    /// `Double` is zero with its sign; too large, such as `1e400`, is nothing rather than an infinity that JSON cannot say.
    public var double: Double? {
        guard let text = self.numberText, let value = Double(text), value.isFinite else { return nil }
        return value
    }

    /// A number as it was written, or nothing if this is none.
    var numberText: String? {
        guard self.place.kind == .integer || self.place.kind == .number else { return nil }
        return self.document.text(of: self.node)
    }

    /// The text, or nothing if this is no string.
    ///
    /// Makes a copy that nobody wipes: never for a secret.
    public var string: String? {
        guard self.place.kind == .string else { return nil }
        return self.document.text(of: self.node)
    }

    /// The text as a range of the frame, or nothing if this is no string.
    public var secret: SecretText? {
        guard self.place.kind == .string else { return nil }
        let start = Int(self.place.start)
        return SecretText(frame: self.document.frame, range: start..<start + Int(self.place.length))
    }

    /// An array's values, or nothing if this is no array.
    public var elements: [JSONValue]? {
        guard self.place.kind == .array else { return nil }
        return self.contents()
    }

    /// An object's members in the order of the text, or nothing if this is no object.
    public var members: [(name: String, value: JSONValue)]? {
        guard self.place.kind == .object else { return nil }
        let contents = self.contents()
        return stride(from: 0, to: contents.count, by: 2).map { index in
            (name: contents[index].document.text(of: contents[index].node), value: contents[index + 1])
        }
    }

    /// An object's value of that name; nothing if there is none or this is no object.
    public subscript(member: String) -> JSONValue? {
        guard self.place.kind == .object else { return nil }
        var name = self.node + 1
        for _ in 0..<self.place.length {
            if self.document.withBytes(of: name, { $0.elementsEqual(member.utf8) }) {
                return JSONValue(document: self.document, node: name + 1)
            }
            name = Int(self.document.nodes[name + 1].next)
        }
        return nil
    }

    private var place: JSONNode { self.document.nodes[self.node] }

    /// The values directly inside this one; of an object, names and values in turn.
    private func contents() -> [JSONValue] {
        var contents: [JSONValue] = []
        var node = self.node + 1
        while node < Int(self.place.next) {
            contents.append(JSONValue(document: self.document, node: node))
            node = Int(self.document.nodes[node].next)
        }
        return contents
    }
}

extension JSONValue: CustomStringConvertible, CustomReflectable {
    /// The kind in angle brackets, such as `<object>`.
    public var description: String { "<\(self.kind)>" }

    /// No children: a dump shows the kind alone.
    public var customMirror: Mirror { Mirror(self, children: EmptyCollection()) }
}
