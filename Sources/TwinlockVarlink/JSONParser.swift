/// Reads one JSON text strictly (RFC 8259) and decodes its strings where they stand.
///
/// Time is linear in the bytes, apart from the comparison of names, see `refuseRepeatedNames`. An error leaves the bytes
/// partly rewritten: a message is parsed once.
struct JSONParser {
    private let limits: JSONLimits
    private var text: JSONText
    private var nodes: [JSONNode] = []

    /// The values of one text.
    static func parse(
        _ bytes: UnsafeMutableRawBufferPointer,
        limits: JSONLimits
    ) throws(JSONError) -> [JSONNode] {
        guard bytes.count > 0 else { throw .empty }
        guard bytes.count <= limits.textBytes else { throw .tooLong }
        if bytes.starts(with: [0xef, 0xbb, 0xbf]) { throw .byteOrderMark }
        var parser = JSONParser(limits: limits, text: JSONText(bytes))
        parser.text.skipWhitespace()
        try parser.value(depth: 0)
        parser.text.skipWhitespace()
        guard parser.text.isAtEnd else { throw .trailingText(offset: parser.text.position) }
        return parser.nodes
    }

    private init(limits: JSONLimits, text: JSONText) {
        self.limits = limits
        self.text = text
    }

    private mutating func value(depth: Int) throws(JSONError) {
        switch try self.text.peek() {
        case UInt8(ascii: "{"): try self.object(depth: depth + 1)
        case UInt8(ascii: "["): try self.array(depth: depth + 1)
        case UInt8(ascii: "\""): try self.string()
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try self.number()
        case UInt8(ascii: "t"): try self.literal("true", .true)
        case UInt8(ascii: "f"): try self.literal("false", .false)
        case UInt8(ascii: "n"): try self.literal("null", .null)
        default: throw .unexpectedByte(offset: self.text.position)
        }
    }

    private mutating func literal(_ word: StaticString, _ kind: JSONNode.Kind) throws(JSONError) {
        let start = self.text.position
        try self.text.expect(word)
        self.add(kind, start: start, length: word.utf8CodeUnitCount)
    }

    private mutating func number() throws(JSONError) {
        let start = self.text.position
        let isIntegral = try self.text.skipNumber()
        let digits = self.text.bytes(from: start, to: self.text.position)
        let fits = isIntegral && Int64(decimal: digits) != nil
        self.add(fits ? .integer : .number, start: start, length: digits.count)
    }

    private mutating func string() throws(JSONError) {
        let decoded = try self.text.decodeString(maximumBytes: self.limits.stringBytes)
        self.add(.string, start: decoded.lowerBound, length: decoded.count)
    }

    private mutating func array(depth: Int) throws(JSONError) {
        let container = try self.open(.array, depth: depth)
        var count = 0
        if self.text.take(UInt8(ascii: "]")) { return self.close(container, count: 0) }
        repeat {
            self.text.skipWhitespace()
            try self.value(depth: depth)
            count += 1
        } while try self.text.another(before: UInt8(ascii: "]"))
        self.close(container, count: count)
    }

    private mutating func object(depth: Int) throws(JSONError) {
        let container = try self.open(.object, depth: depth)
        var names: [Int] = []
        if self.text.take(UInt8(ascii: "}")) { return self.close(container, count: 0) }
        repeat {
            self.text.skipWhitespace()
            names.append(self.nodes.count)
            guard try self.text.peek() == UInt8(ascii: "\"") else {
                throw .unexpectedByte(offset: self.text.position)
            }
            try self.string()
            self.text.skipWhitespace()
            try self.text.expect(":")
            self.text.skipWhitespace()
            try self.value(depth: depth)
        } while try self.text.another(before: UInt8(ascii: "}"))
        self.close(container, count: names.count)
        try self.refuseRepeatedNames(&names)
    }

    private mutating func open(_ kind: JSONNode.Kind, depth: Int) throws(JSONError) -> Int {
        guard depth <= self.limits.depth else { throw .tooDeep(offset: self.text.position) }
        self.add(kind, start: self.text.position, length: 0)
        self.text.advance()
        self.text.skipWhitespace()
        return self.nodes.count - 1
    }

    private mutating func close(_ container: Int, count: Int) {
        self.nodes[container].length = UInt32(count)
        self.nodes[container].next = UInt32(self.nodes.count)
    }

    private mutating func add(_ kind: JSONNode.Kind, start: Int, length: Int) {
        let next = UInt32(self.nodes.count + 1)
        self.nodes.append(JSONNode(kind: kind, start: UInt32(start), length: UInt32(length), next: next))
    }

    /// Sorts an object's names, by length and then by bytes, and compares neighbours.
    ///
    /// n names of together m bytes cost n log n comparisons and m log n bytes read, 16 times the message at most. No
    /// hashing, so there is nothing for a peer to collide.
    private func refuseRepeatedNames(_ names: inout [Int]) throws(JSONError) {
        guard names.count > 1 else { return }
        let nodes = self.nodes
        let text = self.text
        func bytes(_ name: Int) -> UnsafeRawBufferPointer {
            let start = Int(nodes[name].start)
            return text.bytes(from: start, to: start + Int(nodes[name].length))
        }
        names.sort { left, right in
            let (left, right) = (bytes(left), bytes(right))
            return left.count == right.count ? left.lexicographicallyPrecedes(right) : left.count < right.count
        }
        for (left, right) in zip(names, names.dropFirst()) where bytes(left).elementsEqual(bytes(right)) {
            throw .repeatedName(offset: Int(max(nodes[left].start, nodes[right].start)))
        }
    }
}

extension Int64 {
    /// Reads an optional minus and digits, as `JSONText.skipNumber` let them through; nothing if they do not fit.
    init?(decimal bytes: UnsafeRawBufferPointer) {
        let isNegative = bytes.first == UInt8(ascii: "-")
        var value: Int64 = 0
        for byte in bytes.dropFirst(isNegative ? 1 : 0) {
            // Counting downwards, because the lowest value has no positive counterpart.
            let (shifted, tooWide) = value.multipliedReportingOverflow(by: 10)
            let (sum, tooLow) = shifted.subtractingReportingOverflow(Int64(byte - UInt8(ascii: "0")))
            guard !tooWide, !tooLow else { return nil }
            value = sum
        }
        if isNegative {
            self = value
        } else {
            guard value != .min else { return nil }
            self = -value
        }
    }
}
