import Testing

@testable import TwinlockOTP

@Suite("Codes, as people type them")
struct CodeTests {
    static func code(_ text: String, digits: Int = 6) -> Code? {
        withBytes(of: text) { Code(normalizing: $0, digits: digits) }
    }

    @Test(
        "every spelling of a code is that code",
        arguments: [
            "012345", "012 345", "012-345", " 012345", "012345 ", "0 1 2 3 4 5", "--012345--", "01-23 45",
            "  012  345  ",
        ]
    )
    func spellings(text: String) throws {
        let code = try #require(Self.code(text))
        #expect(code.asciiText() == "012345")
        #expect(code.matches(Code(value: 12345, digits: 6)))
    }

    @Test("short codes are refused", arguments: ["", "1", "12", "123", "1234", "12345", "1 2 3", "     ", "------"])
    func tooShort(text: String) {
        for digits in 6...8 {
            #expect(Self.code(text, digits: digits) == nil)
        }
    }

    @Test("long codes are refused", arguments: ["1234567", "123456789", "0123456", "4294967296123456", "123456 0"])
    func tooLong(text: String) {
        #expect(Self.code(text) == nil)
    }

    @Test("a code of another length is not a prefix or a suffix of it")
    func exactLength() {
        #expect(Self.code("12345678", digits: 8) != nil)
        #expect(Self.code("12345678", digits: 7) == nil)
        #expect(Self.code("12345678", digits: 6) == nil)
        #expect(Self.code("123456789", digits: 8) == nil)
    }

    @Test("a length that no code has is refused", arguments: [Int.min, -1, 0, 1, 2, 3, 4, 5, 9, 10, Int.max])
    func impossibleDigits(digits: Int) {
        let text = String(repeating: "1", count: (0...10).contains(digits) ? digits : 6)
        #expect(Self.code(text, digits: digits) == nil)
    }

    @Test(
        "anything but ASCII digits, spaces and dashes is refused",
        arguments: [
            "12345a", "a12345", "12345\n", "123456\n", "123456\0", "\0", "123.456", "+12345", "123456\t", "1e5000",
            "١٢٣٤٥٦", "１２３４５６", "12345٦", "123\u{a0}456", "123\u{2013}456", "0x1234", "twl_12", "123456\u{feff}",
        ]
    )
    func otherCharacters(text: String) {
        for digits in 6...8 {
            #expect(Self.code(text, digits: digits) == nil)
        }
    }

    @Test("codes match only digit for digit and at the same length")
    func matching() {
        let code = Code(value: 123_456, digits: 6)
        #expect(code.matches(Code(value: 123_456, digits: 6)))
        #expect(!code.matches(Code(value: 123_457, digits: 6)))
        #expect(!code.matches(Code(value: 123_456, digits: 7)))
        #expect(!code.matches(Code(value: 0, digits: 6)))
        for bit in 0..<17 {
            #expect(!code.matches(Code(value: 123_456 ^ (1 << UInt32(bit)), digits: 6)))
        }
    }

    @Test("a code does not print itself")
    func printing() {
        let code = Code(value: 654_321, digits: 6)
        var dumped = ""
        dump([code], to: &dumped)
        for text in ["\(code)", String(reflecting: code), "\([code])", "\(Optional(code) as Any)", dumped] {
            #expect(text.contains("<redacted>"))
            #expect(!text.contains("654321"))
        }
        #expect(Mirror(reflecting: code).children.isEmpty)
    }
}
