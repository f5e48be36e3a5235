/// A second, slow and simple reader of JSON, against which the real one is held.
///
/// Unlike that one it reads scalars of a `String`, so that the standard library decides what UTF-8 is, and builds a tree.
package indirect enum PlainJSON: Equatable {
    case null
    case bool(Bool)
    case integer(Int64)
    /// Any other number, as it was written.
    case number(String)
    case string([UInt8])
    case array([PlainJSON])
    /// In the order of the text.
    case object([Member])

    package struct Member: Equatable {
        package let name: [UInt8]
        package let value: PlainJSON
    }

    /// What a text may measure.
    package struct Limits {
        package let textBytes: Int
        package let depth: Int
        package let stringBytes: Int

        package init(textBytes: Int, depth: Int, stringBytes: Int) {
            self.textBytes = textBytes
            self.depth = depth
            self.stringBytes = stringBytes
        }

        /// As the protocol has it.
        package static let wire = Limits(textBytes: 65_536, depth: 32, stringBytes: 8192)
    }

    /// The value of a text, or nothing if it is none.
    package init?(_ bytes: [UInt8], limits: Limits = .wire) {
        guard bytes.count <= limits.textBytes, let text = String(validating: bytes, as: UTF8.self) else { return nil }
        var reader = Reader(scalars: Array(text.unicodeScalars), limits: limits)
        guard let value = reader.value(depth: 0), reader.isAtEnd else { return nil }
        self = value
    }

    /// An object's value of that name.
    package subscript(name: String) -> PlainJSON? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == Array(name.utf8) }?.value
    }
}

private struct Reader {
    let scalars: [Unicode.Scalar]
    let limits: PlainJSON.Limits
    var position = 0

    init(scalars: [Unicode.Scalar], limits: PlainJSON.Limits) {
        self.scalars = scalars
        self.limits = limits
    }

    var next: Unicode.Scalar? { self.position < self.scalars.count ? self.scalars[self.position] : nil }

    var isAtEnd: Bool { self.next == nil }

    /// The value that stands here, with the white space around it.
    mutating func value(depth: Int) -> PlainJSON? {
        self.skipSpace()
        defer { self.skipSpace() }
        switch self.next {
        case "n": return self.word("null", .null)
        case "t": return self.word("true", .bool(true))
        case "f": return self.word("false", .bool(false))
        case "\"": return self.string().map { .string($0) }
        case "[": return depth < self.limits.depth ? self.array(depth: depth + 1) : nil
        case "{": return depth < self.limits.depth ? self.object(depth: depth + 1) : nil
        default: return self.number()
        }
    }

    private mutating func array(depth: Int) -> PlainJSON? {
        var elements: [PlainJSON] = []
        self.position += 1
        self.skipSpace()
        if self.take("]") { return .array([]) }
        while true {
            guard let element = self.value(depth: depth) else { return nil }
            elements.append(element)
            if self.take("]") { return .array(elements) }
            guard self.take(",") else { return nil }
        }
    }

    private mutating func object(depth: Int) -> PlainJSON? {
        var members: [PlainJSON.Member] = []
        var names: Set<[UInt8]> = []
        self.position += 1
        self.skipSpace()
        if self.take("}") { return .object([]) }
        while true {
            self.skipSpace()
            guard self.next == "\"", let name = self.string(), names.insert(name).inserted else { return nil }
            self.skipSpace()
            guard self.take(":"), let value = self.value(depth: depth) else { return nil }
            members.append(PlainJSON.Member(name: name, value: value))
            if self.take("}") { return .object(members) }
            guard self.take(",") else { return nil }
        }
    }

    private mutating func string() -> [UInt8]? {
        var units: [UInt16] = []
        self.position += 1
        while let scalar = self.next {
            self.position += 1
            switch scalar {
            case "\"": return self.utf8(of: units)
            case "\\":
                guard let unit = self.escape() else { return nil }
                units.append(unit)
            case "\u{0}"..<" ": return nil
            default: units += UTF16.encode(scalar).map(Array.init) ?? []
            }
        }
        return nil
    }

    /// Text of UTF-16, the form in which JSON's escapes are: halves of pairs without the other half have no UTF-8.
    private func utf8(of units: [UInt16]) -> [UInt8]? {
        guard !units.contains(0), let text = String(validating: units, as: UTF16.self) else { return nil }
        return text.utf8.count <= self.limits.stringBytes ? Array(text.utf8) : nil
    }

    private mutating func escape() -> UInt16? {
        guard let scalar = self.next else { return nil }
        self.position += 1
        switch scalar {
        case "\"", "\\", "/": return UInt16(scalar.value)
        case "b": return 8
        case "t": return 9
        case "n": return 10
        case "f": return 12
        case "r": return 13
        case "u":
            guard self.position + 4 <= self.scalars.count else { return nil }
            let digits = self.scalars[self.position..<self.position + 4]
            guard digits.allSatisfy(\.properties.isASCIIHexDigit) else { return nil }
            self.position += 4
            return UInt16(String(String.UnicodeScalarView(digits)), radix: 16)
        default: return nil
        }
    }

    private mutating func number() -> PlainJSON? {
        let start = self.position
        _ = self.take("-")
        if !self.take("0") {
            guard self.digits() else { return nil }
        }
        let isWhole = self.next != "." && self.next != "e" && self.next != "E"
        if self.take(".") {
            guard self.digits() else { return nil }
        }
        if self.take("e") || self.take("E") {
            _ = self.take("+") || self.take("-")
            guard self.digits() else { return nil }
        }
        let text = String(String.UnicodeScalarView(self.scalars[start..<self.position]))
        if isWhole, let integer = Int64(text) { return .integer(integer) }
        return .number(text)
    }

    private mutating func digits() -> Bool {
        let start = self.position
        while let scalar = self.next, "0"..."9" ~= scalar { self.position += 1 }
        return self.position > start
    }

    private mutating func word(_ word: String, _ value: PlainJSON) -> PlainJSON? {
        for scalar in word.unicodeScalars {
            guard self.take(scalar) else { return nil }
        }
        return value
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard self.next == scalar else { return false }
        self.position += 1
        return true
    }

    private mutating func skipSpace() {
        while self.take(" ") || self.take("\t") || self.take("\n") || self.take("\r") {}
    }
}
