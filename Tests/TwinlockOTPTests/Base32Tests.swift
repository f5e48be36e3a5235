import Testing
import TwinlockOTP

@Suite("Base32, RFC 4648")
struct Base32Tests {
    /// RFC 4648 §10.
    static let vectors: [(bytes: String, text: String)] = [
        ("", ""), ("f", "MY======"), ("fo", "MZXQ===="), ("foo", "MZXW6==="), ("foob", "MZXW6YQ="),
        ("fooba", "MZXW6YTB"), ("foobar", "MZXW6YTBOI======"),
    ]

    static func decode(_ text: String) throws(Base32Error) -> String {
        try withBytes(of: text) { (text) throws(Base32Error) in try Base32.decode(text).text }
    }

    static func decode(typedByHand text: String) throws(Base32Error) -> String {
        try withBytes(of: text) { (text) throws(Base32Error) in try Base32.decode(typedByHand: text).text }
    }

    @Test("the vectors of §10, both ways", arguments: vectors)
    func vector(bytes: String, text: String) throws {
        let unpadded = String(text.prefix { $0 != "=" })
        #expect(withBytes(of: bytes) { Base32.encode($0).text } == unpadded)
        #expect(try Self.decode(text) == bytes)
        #expect(try Self.decode(unpadded) == bytes)
    }

    @Test("every byte comes back from every place in a group")
    func roundTrips() throws {
        for length in 1...10 {
            for value in UInt8.min...UInt8.max {
                let bytes = SecretBytes(bytes: (0..<length).map { value &+ UInt8($0 * 27) })
                let text = bytes.withUnsafeBytes { Base32.encode($0) }
                #expect(text.array.allSatisfy { (0x41...0x5a).contains($0) || (0x32...0x37).contains($0) })
                #expect(try text.withUnsafeBytes { try Base32.decode($0) }.array == bytes.array)
            }
        }
    }

    @Test("no byte outside the alphabet is taken, wherever it stands")
    func alphabet() {
        let alphabet = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)
        for byte in UInt8.min...UInt8.max where !alphabet.contains(byte) {
            for offset in 0..<8 where !(byte == UInt8(ascii: "=") && offset == 7) {
                var text = Array("MZXW6YTB".utf8)
                text[offset] = byte
                #expect(throws: Base32Error.invalidCharacter(offset: offset)) {
                    try SecretBytes(bytes: text).withUnsafeBytes { try Base32.decode($0) }
                }
            }
        }
    }

    @Test("lengths that no bytes have are refused", arguments: [1, 3, 6, 9, 11, 14])
    func impossibleLength(symbols: Int) {
        let text = String(repeating: "A", count: symbols)
        #expect(throws: Base32Error.impossibleLength(symbols: symbols)) { try Self.decode(text) }
        let padded = text + String(repeating: "=", count: 8 - symbols % 8)
        #expect(throws: Base32Error.impossibleLength(symbols: symbols)) { try Self.decode(padded) }
    }

    @Test(
        "padding is there in full or not at all",
        arguments: [
            "MY=", "MY=====", "MY=======", "MZXQ=", "MZXQ===", "MZXW6=", "MZXW6====", "MZXW6YQ==", "MZXW6YTB=",
            "MZXW6YTB========", "=", "========", "MY==============",
        ]
    )
    func wrongPadding(text: String) {
        #expect(throws: Base32Error.wrongPadding) { try Self.decode(text) }
    }

    @Test(
        "padding in the middle is no padding",
        arguments: [("MY======MY======", 2), ("M=Y=====", 1), ("=MY=====", 0)]
    )
    func innerPadding(text: String, offset: Int) {
        #expect(throws: Base32Error.invalidCharacter(offset: offset)) { try Self.decode(text) }
    }

    @Test(
        "trailing bits that are not zero are refused",
        arguments: ["MZ", "MZ======", "M7", "MZXR", "MZXR====", "MZXW7", "MZXW7===", "MZXW6YR", "MZXW6YR="]
    )
    func trailingBits(text: String) {
        #expect(throws: Base32Error.nonZeroTrailingBits) { try Self.decode(text) }
    }

    @Test(
        "lower case, spaces, line breaks, NUL and look-alike digits are refused",
        arguments: [
            ("mzxw6ytb", 0), ("MZXW6YTb", 7), ("MZXW 6YTB", 4), ("MZXW6YTB\n", 8), ("MZXW\06YT", 4), ("\0", 0),
            ("MZXW0YTB", 4), ("MZXW1YTB", 4), ("MZXW8YTB", 4), ("MZXW9YTB", 4), ("MZXW-YTB", 4),
        ]
    )
    func strictness(text: String, offset: Int) {
        #expect(throws: Base32Error.invalidCharacter(offset: offset)) { try Self.decode(text) }
    }

    @Test(
        "a person may type lower case, spaces and dashes",
        arguments: [
            "mzxw6ytboi", "MZXW 6YTB OI", "mzxw-6ytb-oi", " MZXW6YTBOI ", "MzXw6yTbOi======", "mzxw 6ytb oi== ====",
        ]
    )
    func typedByHand(text: String) throws {
        #expect(try Self.decode(typedByHand: text) == "foobar")
    }

    @Test("a person may not type anything else", arguments: ["MZXW0", "MZXW6YTB\n", "MZXWßYTB", "MZXW6Y", "MZ", "M\0"])
    func typedByHandStrictness(text: String) {
        #expect(throws: Base32Error.self) { try Self.decode(typedByHand: text) }
    }
}
