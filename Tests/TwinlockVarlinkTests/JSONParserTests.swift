import Testing

@testable import TwinlockVarlink

@Suite("JSON parser, RFC 8259 and stricter")
struct JSONParserTests {
    static func error(_ bytes: some Sequence<UInt8>) -> JSONError? {
        do throws(JSONError) {
            _ = try JSONValue.parse(Frame(bytes))
            return nil
        } catch {
            return error
        }
    }

    @Test("values and white space of every kind")
    func values() throws {
        let value = try JSONValue.parse(
            " {\t\"a\" :\r\n[ null , true,false, -1,2.5 ,\"x\", [], {} ] , \"\" : {\"b\":[[1]]} } "
        )
        let elements = try #require(value["a"]?.elements)
        #expect(elements.map(\.kind) == [.null, .bool, .bool, .integer, .number, .string, .array, .object])
        #expect(elements[0].isNull)
        #expect(elements[1].bool == true)
        #expect(elements[2].bool == false)
        #expect(elements[3].integer == -1)
        #expect(elements[5].string == "x")
        #expect(elements[6].elements?.isEmpty == true)
        #expect(elements[7].members?.isEmpty == true)
        #expect(value[""]?["b"]?.elements?.first?.elements?.first?.integer == 1)
        #expect(value.members?.map(\.name) == ["a", ""])
        #expect(value["c"] == nil)
    }

    @Test("an accessor of another kind gives nothing")
    func mismatches() throws {
        let value = try JSONValue.parse(#"{"a":"1"}"#)
        #expect(value.string == nil && value.elements == nil && value.bool == nil && value.secret == nil)
        let text = try #require(value["a"])
        #expect(text.integer == nil && text.members == nil && text["a"] == nil && !text.isNull)
    }

    @Test(
        "a number within Int64 without fraction and exponent is an integer",
        arguments: [
            ("0", 0), ("-0", 0), ("10", 10), ("9223372036854775807", .max), ("-9223372036854775808", .min),
        ] as [(String, Int64)]
    )
    func integers(text: String, expected: Int64) throws {
        let value = try JSONValue.parse(text)
        #expect(value.kind == .integer)
        #expect(value.integer == expected)
    }

    @Test(
        "any other number is a number and no integer",
        arguments: [
            "1.0", "-0.5", "1e2", "1E+2", "0e-0", "1e400", "9223372036854775808", "-9223372036854775809",
            "18446744073709551617", "100000000000000000000000000000000",
        ]
    )
    func numbers(text: String) throws {
        let value = try JSONValue.parse(text)
        #expect(value.kind == .number)
        #expect(value.integer == nil)
    }

    @Test(
        "numbers that RFC 8259 §6 does not allow",
        arguments: ["-", "01", "-01", "00", "1.", "1.e1", "1e", "1e+", "-a", "1.+1"]
    )
    func badNumbers(text: String) {
        #expect(Self.error(text.utf8) == .invalidNumber(offset: 0))
    }

    @Test(
        "escapes are decoded",
        arguments: [
            (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"), (#""\u0041\u00e9\u20AC""#, "Aé€"),
            (#""\ud83d\ude00\uDBFF\uDFFF""#, "😀\u{10ffff}"),
            (#""\ue000\ud7ff\uffff\u0001""#, "\u{e000}\u{d7ff}\u{ffff}\u{1}"),
            ("\"é€😀\u{7f}\"", "é€😀\u{7f}"), ("\"\"", ""),
        ]
    )
    func escapes(text: String, expected: String) throws {
        let value = try JSONValue.parse(text)
        #expect(value.string == expected)
        #expect(value.secret?.withUnsafeBytes { Array($0) } == Array(expected.utf8))
    }

    @Test("escapes are decoded in the frame itself")
    func inPlace() throws {
        let frame = Frame(#"["\u0041\u0042",7]"#)
        let value = try JSONValue.parse(frame)
        #expect(frame.bytes.starts(with: Array(#"["AB"#.utf8)))
        #expect(value.elements?[0].string == "AB")
        #expect(value.elements?[1].integer == 7)
    }

    @Test(
        "faults by name and place",
        arguments: [
            ("", .empty), (" ", .unexpectedEnd), ("{", .unexpectedEnd), ("[1,", .unexpectedEnd),
            ("\"a", .unexpectedEnd),
            ("{\"a\"", .unexpectedEnd), ("{\"a\":", .unexpectedEnd), ("tru", .unexpectedEnd), ("\"\\", .unexpectedEnd),
            ("\"\\u00", .unexpectedEnd), ("[1,]", .unexpectedByte(offset: 3)),
            ("{\"a\":1,}", .unexpectedByte(offset: 7)),
            ("[,1]", .unexpectedByte(offset: 1)), ("{,}", .unexpectedByte(offset: 1)),
            ("{a:1}", .unexpectedByte(offset: 1)),
            ("{'a':1}", .unexpectedByte(offset: 1)), ("{1:1}", .unexpectedByte(offset: 1)),
            ("{\"a\" 1}", .unexpectedByte(offset: 5)), ("[1 2]", .unexpectedByte(offset: 3)),
            ("[1}", .unexpectedByte(offset: 2)), ("{\"a\":1]", .unexpectedByte(offset: 6)),
            ("nul1", .unexpectedByte(offset: 3)), ("True", .unexpectedByte(offset: 0)),
            ("NaN", .unexpectedByte(offset: 0)),
            ("+1", .unexpectedByte(offset: 0)), (".5", .unexpectedByte(offset: 0)), ("//x", .unexpectedByte(offset: 0)),
            ("[1/**/]", .unexpectedByte(offset: 2)), ("\u{c}1", .unexpectedByte(offset: 0)),
            ("\u{a0}1", .unexpectedByte(offset: 0)), ("]", .unexpectedByte(offset: 0)),
            ("{}{}", .trailingText(offset: 2)), ("1 1", .trailingText(offset: 2)), ("{} x", .trailingText(offset: 3)),
            ("truex", .trailingText(offset: 4)), ("{}\0", .trailingText(offset: 2)),
            ("\u{feff}{}", .byteOrderMark), ("\"\n\"", .controlCharacter(offset: 1)),
            ("\"a\0\"", .controlCharacter(offset: 2)),
            ("\"\u{1f}\"", .controlCharacter(offset: 1)), ("\"\\x41\"", .invalidEscape(offset: 1)),
            ("\"\\u12g4\"", .invalidEscape(offset: 1)), ("\"\\u+123\"", .invalidEscape(offset: 1)),
            ("\"\\U0041\"", .invalidEscape(offset: 1)), ("\"\\\n\"", .invalidEscape(offset: 1)),
            ("\"\\u0000\"", .nulCharacter(offset: 1)), ("{\"\\u0000\":1}", .nulCharacter(offset: 2)),
            ("\"\\ud800\"", .loneSurrogate(offset: 1)), ("\"\\udc00\"", .loneSurrogate(offset: 1)),
            ("\"\\ud800x\"", .loneSurrogate(offset: 1)), ("\"\\ud800\\n\"", .loneSurrogate(offset: 1)),
            ("\"\\ud800\\ud800\"", .loneSurrogate(offset: 1)), ("\"\\ud800\\u0041\"", .loneSurrogate(offset: 1)),
            ("\"\\udc00\\ud800\"", .loneSurrogate(offset: 1)),
        ] as [(String, JSONError)]
    )
    func faults(text: String, expected: JSONError) {
        #expect(Self.error(text.utf8) == expected)
    }

    @Test(
        "strings that are not UTF-8",
        arguments: [
            [0x80], [0xbf], [0xc0, 0x80], [0xc1, 0xbf], [0xc2], [0xc2, 0x41], [0xe0, 0x80, 0x80], [0xe0, 0x9f, 0xbf],
            [0xe2, 0x82], [0xe2, 0x82, 0x41], [0xed, 0xa0, 0x80], [0xed, 0xbf, 0xbf], [0xf0, 0x80, 0x80, 0x80],
            [0xf0, 0x8f, 0xbf, 0xbf], [0xf4, 0x90, 0x80, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xf0, 0x9f, 0x98],
            [0xf8, 0x88, 0x80, 0x80, 0x80], [0xfe], [0xff],
        ] as [[UInt8]]
    )
    func invalidUTF8(bytes: [UInt8]) {
        #expect(Self.error([0x22] + bytes + [0x22]) == .invalidUTF8(offset: 1))
        #expect(Self.error([0x22] + bytes) == .invalidUTF8(offset: 1))
        #expect(!bytes.withUnsafeBytes { JSONWriter.canWrite(utf8: $0) })
    }

    @Test("the validator and Swift's agree on every sequence of up to two bytes, and on the edges of three and four")
    func againstTheStandardLibrary() {
        let edges: [UInt8] = [
            0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc2, 0xdf, 0xe0, 0xe1, 0xed, 0xef, 0xf0, 0xf4,
            0xf5,
        ]
        var sequences: [[UInt8]] = []
        for first in UInt8.min...UInt8.max {
            sequences.append([first])
            for second in UInt8.min...UInt8.max { sequences.append([first, second]) }
            for second in edges {
                for third in edges { sequences.append([first, second, third]) }
                sequences.append([first, second, 0x80, 0xbf])
                sequences.append([first, second, 0xbf, 0x41])
            }
        }
        let different = sequences.filter { sequence in
            sequence.withUnsafeBytes { WellFormedUTF8.isValid($0) }
                != (String(validating: sequence, as: UTF8.self) != nil)
        }
        #expect(different.isEmpty)
    }

    @Test(
        "a repeated name is refused at any depth, also where only the decoded names are equal",
        arguments: [
            (#"{"a":1,"a":2}"#, 8), (#"{"a":1,"b":2,"\u0061":3}"#, 14), (#"[{"x":{"":1,"":2}}]"#, 13),
            (#"{"b":{"a":1},"a":1,"b":2}"#, 20),
        ]
    )
    func repeatedNames(text: String, offset: Int) {
        #expect(Self.error(text.utf8) == .repeatedName(offset: offset))
    }

    @Test("names that differ are fine: by case, by length, in another object, by normalisation")
    func differentNames() throws {
        let value = try JSONValue.parse("{\"a\":1,\"A\":2,\"aa\":{\"a\":3},\"é\":4,\"e\u{301}\":5}")
        #expect(value.members?.count == 5)
        #expect(value["e\u{301}"]?.integer == 5)
        #expect(value["é"]?.integer == 4)
    }

    @Test("thousands of names in one object: all different pass, the last repeating the first does not")
    func manyNames() throws {
        let names = (0..<5000).map { "\"\(10_000 + $0)\":0" }
        #expect(try JSONValue.parse("{\(names.joined(separator: ","))}").members?.count == 5000)
        #expect(Self.error("{\(names.joined(separator: ",")),\"10000\":1}".utf8) == .repeatedName(offset: 50_002))
    }

    @Test("32 containers inside each other pass, 33 do not")
    func depth() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(try JSONValue.parse(nested(32)).kind == .array)
        #expect(Self.error(nested(33).utf8) == .tooDeep(offset: 32))
        #expect(Self.error(String(repeating: "[", count: 60_000).utf8) == .tooDeep(offset: 32))
        #expect(Self.error(String(repeating: "{\"a\":", count: 10_000).utf8) == .tooDeep(offset: 5 * 32))
    }

    @Test("a string of 8192 decoded bytes passes, one more does not")
    func stringLength() throws {
        let longest = String(repeating: "\\u0061", count: 8192)
        #expect(try JSONValue.parse("\"\(longest)\"").secret?.count == 8192)
        #expect(Self.error("[\"\(longest)b\"]".utf8) == .stringTooLong(offset: 1))
        #expect(Self.error("\"\(String(repeating: "é", count: 4097))\"".utf8) == .stringTooLong(offset: 0))
        #expect(Self.error("{\"\(String(repeating: "n", count: 8193))\":1}".utf8) == .stringTooLong(offset: 1))
    }

    @Test("more than 65536 bytes are not even read")
    func textLength() throws {
        #expect(try JSONValue.parse("1" + String(repeating: " ", count: 65_535)).integer == 1)
        #expect(Self.error(("1" + String(repeating: " ", count: 65_536)).utf8) == .tooLong)
    }
}
