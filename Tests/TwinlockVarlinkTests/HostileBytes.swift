import Testing

/// Bytes with a name, for a test that is run once for each.
struct HostileBytes: CustomTestStringConvertible {
    let name: String
    let bytes: [UInt8]

    var testDescription: String { self.name }

    init(_ name: String, _ bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }

    /// Each kind of byte sequence that is no UTF-8 (RFC 3629), wrong from its first byte on.
    static let malformedUTF8 = [
        HostileBytes("a continuation alone, lowest", [0x80]),
        HostileBytes("a continuation alone, highest", [0xbf]),
        HostileBytes("two bytes for U+0000", [0xc0, 0x80]),
        HostileBytes("two bytes for a slash", [0xc0, 0xaf]),
        HostileBytes("two bytes for U+007F", [0xc1, 0xbf]),
        HostileBytes("three bytes for U+0000", [0xe0, 0x80, 0x80]),
        HostileBytes("three bytes for a quote", [0xe0, 0x80, 0xa2]),
        HostileBytes("three bytes for U+07FF", [0xe0, 0x9f, 0xbf]),
        HostileBytes("four bytes for U+0000", [0xf0, 0x80, 0x80, 0x80]),
        HostileBytes("four bytes for U+FFFF", [0xf0, 0x8f, 0xbf, 0xbf]),
        HostileBytes("the lowest leading surrogate", [0xed, 0xa0, 0x80]),
        HostileBytes("the highest leading surrogate", [0xed, 0xaf, 0xbf]),
        HostileBytes("the lowest trailing surrogate", [0xed, 0xb0, 0x80]),
        HostileBytes("the highest trailing surrogate", [0xed, 0xbf, 0xbf]),
        HostileBytes("a pair of surrogates", [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80]),
        HostileBytes("U+110000", [0xf4, 0x90, 0x80, 0x80]),
        HostileBytes("U+140000", [0xf5, 0x80, 0x80, 0x80]),
        HostileBytes("U+1FFFFF", [0xf7, 0xbf, 0xbf, 0xbf]),
        HostileBytes("five bytes", [0xf8, 0x88, 0x80, 0x80, 0x80]),
        HostileBytes("six bytes", [0xfc, 0x84, 0x80, 0x80, 0x80, 0x80]),
        HostileBytes("0xFE", [0xfe]),
        HostileBytes("0xFF", [0xff]),
        HostileBytes("one of two bytes", [0xc3]),
        HostileBytes("one of three bytes", [0xe2]),
        HostileBytes("two of three bytes", [0xe2, 0x82]),
        HostileBytes("one of four bytes", [0xf0]),
        HostileBytes("two of four bytes", [0xf0, 0x9f]),
        HostileBytes("three of four bytes", [0xf0, 0x9f, 0x98]),
        HostileBytes("a letter for the second of two bytes", [0xc3, 0x28]),
        HostileBytes("a letter for the second of three bytes", [0xe2, 0x28, 0xa1]),
        HostileBytes("a letter for the third of three bytes", [0xe2, 0x82, 0x28]),
        HostileBytes("a letter for the second of four bytes", [0xf0, 0x28, 0x8c, 0xbc]),
        HostileBytes("a letter for the third of four bytes", [0xf0, 0x9f, 0x28, 0xbc]),
        HostileBytes("a letter for the fourth of four bytes", [0xf0, 0x9f, 0x98, 0x28]),
    ]

    /// Numbers as they are written, and the integer that each is; nil where it is none that fits 64 bits.
    static let numbers: [(text: String, integer: Int64?)] = [
        ("0", 0), ("-0", 0), ("1", 1), ("-1", -1),
        ("2147483647", 2_147_483_647), ("2147483648", 2_147_483_648), ("-2147483649", -2_147_483_649),
        ("4294967295", 4_294_967_295), ("4294967296", 4_294_967_296),
        ("9007199254740992", 9_007_199_254_740_992), ("9007199254740993", 9_007_199_254_740_993),
        ("9223372036854775806", .max - 1), ("9223372036854775807", .max), ("9223372036854775808", nil),
        ("-9223372036854775807", .min + 1), ("-9223372036854775808", .min), ("-9223372036854775809", nil),
        ("18446744073709551615", nil), ("18446744073709551616", nil), ("-18446744073709551616", nil),
        ("92233720368547758070", nil), ("-92233720368547758080", nil),
        (String(repeating: "9", count: 400), nil), ("-" + String(repeating: "1", count: 400), nil),
        ("1.0", nil), ("-0.0", nil), ("0e0", nil), ("1e2", nil), ("1E+2", nil), ("100e-2", nil), ("1e400", nil),
        ("0." + String(repeating: "0", count: 400), nil), ("1e" + String(repeating: "9", count: 400), nil),
    ]

    /// So many arrays, or objects, inside each other.
    static func nested(_ depth: Int, objects: Bool) -> String {
        if objects {
            return String(repeating: #"{"a":"#, count: depth - 1) + "{}" + String(repeating: "}", count: depth - 1)
        }
        return String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }

    /// An object with a name twice, inside of so many others.
    static func nameTwice(inside depth: Int, arrays: Bool) -> String {
        let (open, close) = arrays ? ("[", "]") : (#"{"x":"#, "}")
        return String(repeating: open, count: depth) + #"{"x":1,"y":"x","x":2}"#
            + String(repeating: close, count: depth)
    }
}
