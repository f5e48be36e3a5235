/// A position in JSON text, and the tokens that can stand there (RFC 8259 §2, §6, §7).
struct JSONText {
    private let bytes: UnsafeMutableRawBufferPointer
    private(set) var position = 0

    init(_ bytes: UnsafeMutableRawBufferPointer) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { self.position == self.bytes.count }

    func bytes(from start: Int, to end: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: self.bytes[start..<end])
    }

    /// The byte that comes next.
    func peek() throws(JSONError) -> UInt8 {
        guard !self.isAtEnd else { throw .unexpectedEnd }
        return self.bytes[self.position]
    }

    mutating func advance() {
        self.position += 1
    }

    mutating func skipWhitespace() {
        while !self.isAtEnd {
            switch self.bytes[self.position] {
            case 0x20, 0x09, 0x0a, 0x0d: self.position += 1
            default: return
            }
        }
    }

    /// Steps over one byte if it comes next.
    mutating func take(_ byte: UInt8) -> Bool {
        guard !self.isAtEnd, self.bytes[self.position] == byte else { return false }
        self.position += 1
        return true
    }

    mutating func expect(_ word: StaticString) throws(JSONError) {
        for byte in UnsafeRawBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount) {
            guard try self.peek() == byte else { throw .unexpectedByte(offset: self.position) }
            self.position += 1
        }
    }

    /// Whether a comma follows (more is to come) or the container's end.
    mutating func another(before end: UInt8) throws(JSONError) -> Bool {
        self.skipWhitespace()
        switch try self.peek() {
        case UInt8(ascii: ","):
            self.position += 1
            return true
        case end:
            self.position += 1
            return false
        default:
            throw .unexpectedByte(offset: self.position)
        }
    }

    /// Steps over a number.
    ///
    /// - Returns: Whether it has neither fraction nor exponent.
    mutating func skipNumber() throws(JSONError) -> Bool {
        let start = self.position
        _ = self.take(UInt8(ascii: "-"))
        if !self.take(UInt8(ascii: "0")), !self.skipDigits() { throw .invalidNumber(offset: start) }
        if !self.isAtEnd, self.isDigit(self.bytes[self.position]) { throw .invalidNumber(offset: start) }
        var isIntegral = true
        if self.take(UInt8(ascii: ".")) {
            isIntegral = false
            guard self.skipDigits() else { throw .invalidNumber(offset: start) }
        }
        if self.take(UInt8(ascii: "e")) || self.take(UInt8(ascii: "E")) {
            isIntegral = false
            _ = self.take(UInt8(ascii: "+")) || self.take(UInt8(ascii: "-"))
            guard self.skipDigits() else { throw .invalidNumber(offset: start) }
        }
        return isIntegral
    }

    /// Decodes a string in place: what its escapes stand for is never longer than they are.
    ///
    /// - Returns: Where the decoded bytes are. Behind them, up to the closing quote, leftovers of the escaped form stay;
    ///   they are wiped with the frame.
    mutating func decodeString(maximumBytes: Int) throws(JSONError) -> Range<Int> {
        self.position += 1
        let start = self.position
        var end = start
        while !self.isAtEnd {
            switch self.bytes[self.position] {
            case UInt8(ascii: "\""):
                self.position += 1
                return start..<end
            case UInt8(ascii: "\\"):
                try self.decodeEscape(to: &end)
            case 0x00..<0x20:
                throw .controlCharacter(offset: self.position)
            default:
                guard let length = WellFormedUTF8.sequenceLength(in: .init(self.bytes), at: self.position) else {
                    throw .invalidUTF8(offset: self.position)
                }
                for _ in 0..<length {
                    self.bytes[end] = self.bytes[self.position]
                    self.position += 1
                    end += 1
                }
            }
            guard end - start <= maximumBytes else { throw .stringTooLong(offset: start - 1) }
        }
        throw .unexpectedEnd
    }

    private mutating func decodeEscape(to end: inout Int) throws(JSONError) {
        let start = self.position
        self.position += 1
        let decoded: UInt8
        switch try self.peek() {
        case UInt8(ascii: "\""): decoded = UInt8(ascii: "\"")
        case UInt8(ascii: "\\"): decoded = UInt8(ascii: "\\")
        case UInt8(ascii: "/"): decoded = UInt8(ascii: "/")
        case UInt8(ascii: "b"): decoded = 0x08
        case UInt8(ascii: "f"): decoded = 0x0c
        case UInt8(ascii: "n"): decoded = 0x0a
        case UInt8(ascii: "r"): decoded = 0x0d
        case UInt8(ascii: "t"): decoded = 0x09
        case UInt8(ascii: "u"):
            let scalar = try self.decodeScalar(start: start)
            for unit in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter {
                self.bytes[end] = unit
                end += 1
            }
            return
        default: throw .invalidEscape(offset: start)
        }
        self.position += 1
        self.bytes[end] = decoded
        end += 1
    }

    /// Reads `uXXXX`, and the `\uXXXX` after it where the first is a leading surrogate.
    private mutating func decodeScalar(start: Int) throws(JSONError) -> Unicode.Scalar {
        let first = try self.hexadecimal(start: start)
        if first == 0 { throw .nulCharacter(offset: start) }
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard 0xd800..<0xdc00 ~= first, self.take(UInt8(ascii: "\\")), try self.peek() == UInt8(ascii: "u") else {
            throw .loneSurrogate(offset: start)
        }
        let second = try self.hexadecimal(start: start)
        guard 0xdc00..<0xe000 ~= second,
            let scalar = Unicode.Scalar(0x10000 + (UInt32(first - 0xd800) << 10 | UInt32(second - 0xdc00)))
        else { throw .loneSurrogate(offset: start) }
        return scalar
    }

    private mutating func hexadecimal(start: Int) throws(JSONError) -> UInt16 {
        self.position += 1
        var value: UInt16 = 0
        for _ in 0..<4 {
            let digit: UInt8
            switch try self.peek() {
            case let byte where self.isDigit(byte): digit = byte - UInt8(ascii: "0")
            case let byte where UInt8(ascii: "a")...UInt8(ascii: "f") ~= byte: digit = byte - UInt8(ascii: "a") + 10
            case let byte where UInt8(ascii: "A")...UInt8(ascii: "F") ~= byte: digit = byte - UInt8(ascii: "A") + 10
            default: throw .invalidEscape(offset: start)
            }
            value = value << 4 | UInt16(digit)
            self.position += 1
        }
        return value
    }

    private mutating func skipDigits() -> Bool {
        let start = self.position
        while !self.isAtEnd, self.isDigit(self.bytes[self.position]) { self.position += 1 }
        return self.position > start
    }

    private func isDigit(_ byte: UInt8) -> Bool {
        UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
    }
}
