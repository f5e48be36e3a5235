import Testing
import TwinlockOTP
import TwinlockSealing

@Suite("Sealing keys and their file")
struct SealingKeyTests {
    static let digits = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
    static let line = "twinlock-sealing-key-v1 \(digits)\n"

    static func parse(_ text: String) throws(SealingError) -> SealingKey {
        try SecretBytes(text).withUnsafeBytes { (text) throws(SealingError) in try SealingKey.parse(fileText: text) }
    }

    @Test("a key has 32 bytes, not fewer and not more", arguments: [0, 1, 16, 31, 33, 64])
    func length(count: Int) {
        #expect(throws: SealingError.badKeyLength(byteCount: count)) {
            try SealingKey(material: SecretBytes(count: count) { _ in })
        }
    }

    @Test("an id is 16 lower-case hex digits, the same for the same key and another for another")
    func identifiers() throws {
        let ids = try (UInt8(0)...99).map { try SealingKey.numbered($0).id }
        #expect(Set(ids).count == 100)
        #expect(try SealingKey.numbered(7).id == ids[7])
        for id in ids {
            #expect(id.utf8.count == 16)
            #expect(id.allSatisfy { "0123456789abcdef".contains($0) })
        }
    }

    @Test("an id never changes: it is in what is stored")
    func knownIdentifier() throws {
        #expect(try Self.parse(Self.line).id == "a9e56ee04ace65be")
    }

    @Test("a key prints its id and no more")
    func printing() throws {
        let key = try Self.parse(Self.line)
        var dumped = ""
        dump(key, to: &dumped)
        #expect("\(key)" == "sealing key \(key.id)")
        #expect(!dumped.contains("000102"))
        #expect(dumped.contains("<redacted>"))
    }

    @Test("a key file is one line")
    func fileText() throws {
        let material = SecretBytes(bytes: Array(0..<32))
        #expect(SealingKey.fileText(material: material).text == Self.line)
    }

    @Test("what is written is read back, with and without the line's end")
    func roundTrip() throws {
        for number in [UInt8(0), 1, 0x9a, 0xa9, 0xff] {
            let material = SecretBytes(bytes: (0..<32).map { number &+ $0 })
            let text = SealingKey.fileText(material: material)
            let key = try text.withUnsafeBytes { try SealingKey.parse(fileText: $0) }
            #expect(try key.id == SealingKey(material: material).id)
            #expect(try Self.parse(String(text.text.dropLast())).id == key.id)
        }
    }

    @Test(
        "any other text is refused",
        arguments: [
            "", "\n", digits, "twinlock-sealing-key-v1", "twinlock-sealing-key-v1 ", "twinlock-sealing-key-v1 \n",
            "twinlock-sealing-key-v2 \(digits)\n", "Twinlock-sealing-key-v1 \(digits)\n", " \(line)", "\(line)\n",
            "\(line)\(line)", "# a key\n\(line)", "twinlock-sealing-key-v1  \(digits)\n",
            "twinlock-sealing-key-v1\t\(digits)\n", "twinlock-sealing-key-v1 \(digits) \n",
            "twinlock-sealing-key-v1 \(digits)\r\n", "twinlock-sealing-key-v1 \(digits)\0",
            "twinlock-sealing-key-v1 \(digits)00\n", "twinlock-sealing-key-v1 \(digits.dropLast())\n",
            "twinlock-sealing-key-v1 \(digits.dropLast(2))\n", "twinlock-sealing-key-v1 \(digits.uppercased())\n",
            "twinlock-sealing-key-v1 \(digits.dropLast())g\n", "twinlock-sealing-key-v1 \(digits.dropLast())\0\n",
            "twinlock-sealing-key-v1 \(digits.dropLast())=\n", "\0\(line.dropFirst())",
        ]
    )
    func malformed(text: String) {
        #expect(throws: SealingError.malformedKeyFile) { try Self.parse(text) }
    }

    @Test("a key file cut short anywhere is refused")
    func truncation() {
        // Without its line's end it is whole.
        for count in 0..<(Self.line.utf8.count - 1) {
            #expect(throws: SealingError.malformedKeyFile) { try Self.parse(String(Self.line.prefix(count))) }
        }
    }
}
