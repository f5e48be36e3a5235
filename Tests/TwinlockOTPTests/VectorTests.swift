import Testing

@testable import TwinlockOTP

/// ASCII text as secret bytes.
func secret(_ text: String) -> SecretBytes {
    Array(text.utf8).withUnsafeBytes { SecretBytes(copying: $0) }
}

private func code(_ text: String) -> Code? {
    Array(text.utf8).withUnsafeBytes { Code(normalizing: $0, digits: text.utf8.count) }
}

@Suite("HOTP, RFC 4226 appendix D")
struct HOTPVectorTests {
    static let vectors: [(counter: UInt64, decimal: UInt32, code: String)] = [
        (0, 1_284_755_224, "755224"), (1, 1_094_287_082, "287082"), (2, 137_359_152, "359152"),
        (3, 1_726_969_429, "969429"), (4, 1_640_338_314, "338314"), (5, 868_254_676, "254676"),
        (6, 1_918_287_922, "287922"), (7, 82_162_583, "162583"), (8, 673_399_871, "399871"),
        (9, 645_520_489, "520489"),
    ]

    @Test("code at each counter, of every length", arguments: vectors)
    func code(counter: UInt64, decimal: UInt32, expected: String) throws {
        for (digits, modulus) in [(6, 1_000_000), (7, 10_000_000), (8, 100_000_000)] as [(Int, UInt32)] {
            let hotp = try HOTP(secret: secret("12345678901234567890"), digits: digits)
            #expect(hotp.code(at: counter).value == decimal % modulus)
        }
        #expect(try HOTP(secret: secret("12345678901234567890")).code(at: counter).asciiText() == expected)
    }

    static let hashes: [(mac: String, truncated: UInt32)] = [
        ("cc93cf18508d94934c64b65d8ba7667fb7cde4b0", 0x4c93_cf18),
        ("75a48a19d4cbe100644e8ac1397eea747a2d33ab", 0x4139_7eea),
        ("0bacb7fa082fef30782211938bc1c5e70416ff44", 0x082f_ef30),
        ("66c28227d03a2d5529262ff016a1e6ef76557ece", 0x66ef_7655),
        ("a904c900a64b35909874b33e61c5938a8e15ed1c", 0x61c5_938a),
        ("a37e783d7b7233c083d4f62926c7a25f238d0316", 0x33c0_83d4),
        ("bc9cd28561042c83f219324d3c607256c03272ae", 0x7256_c032),
        ("a4fb960c0bc06e1eabb804e5b397cdc4b45596fa", 0x04e5_b397),
        ("1b3c89f65e6c9e883012052823443f048b4332db", 0x2823_443f),
        ("1637409809a679dc698207310c8c7fc07290d9e5", 0x2679_dc69),
    ]

    @Test("dynamic truncation of each hash", arguments: hashes)
    func truncation(mac: String, expected: UInt32) {
        let digits = Array(mac)
        let bytes = stride(from: 0, to: digits.count, by: 2).compactMap {
            UInt8(String(digits[$0...$0 + 1]), radix: 16)
        }
        #expect(bytes.withUnsafeBytes { HOTP.truncated($0) } == expected)
    }

    static let further = [
        "403154", "481090", "868912", "736127", "229903", "436521", "186581", "447589", "903435", "578337",
    ]

    @Test("the counters after those of the appendix")
    func beyond() throws {
        let hotp = try HOTP(secret: secret("12345678901234567890"))
        #expect((10..<20).map { hotp.code(at: $0).asciiText() } == Self.further)
    }

    @Test("a length outside 6...8 and an empty secret are refused", arguments: [0, 1, 5, 9])
    func refused(digits: Int) {
        #expect(throws: OTPError.digits(digits)) { try HOTP(secret: secret("x"), digits: digits) }
        #expect(throws: OTPError.emptySecret) { try HOTP(secret: secret("")) }
    }
}

@Suite("TOTP, RFC 6238 appendix B")
struct TOTPVectorTests {
    static let vectors: [(time: Int64, step: Int64, sha1: String, sha256: String, sha512: String)] = [
        (59, 0x1, "94287082", "46119246", "90693936"),
        (1_111_111_109, 0x23523ec, "07081804", "68084774", "25091201"),
        (1_111_111_111, 0x23523ed, "14050471", "67062674", "99943326"),
        (1_234_567_890, 0x273ef07, "89005924", "91819424", "93441116"),
        (2_000_000_000, 0x3f940aa, "69279037", "90698825", "38618901"),
        (20_000_000_000, 0x27bc_86aa, "65353130", "77737706", "47863826"),
    ]

    @Test("code at each time with each hash", arguments: vectors)
    func code(time: Int64, step: Int64, sha1: String, sha256: String, sha512: String) throws {
        for (algorithm, length, expected) in [
            (HashAlgorithm.sha1, 20, sha1), (.sha256, 32, sha256), (.sha512, 64, sha512),
        ] {
            let seed = String(String(repeating: "1234567890", count: 7).prefix(length))
            let totp = try TOTP(secret: secret(seed), algorithm: algorithm, digits: 8)
            #expect(totp.step(at: time) == step)
            #expect(totp.code(atStep: step).asciiText() == expected)
        }
    }

    @Test("the year 2603 does not wrap round to a 32-bit clock")
    func wideClock() throws {
        let totp = try TOTP(secret: secret("12345678901234567890"), digits: 8)
        #expect(totp.code(atStep: totp.step(at: 20_000_000_000)).asciiText() != "82762030")
    }

    @Test(
        "steps are rounded down, before the epoch too",
        arguments: [(0, 0), (29, 0), (30, 1), (-1, -1), (-30, -1), (-31, -2)]
    )
    func steps(time: Int64, step: Int64) throws {
        #expect(try TOTP(secret: secret("x")).step(at: time) == step)
    }

    @Test("a time step outside a second to a day is refused", arguments: [0, -1, 86_401])
    func timeStep(seconds: Int) {
        #expect(throws: OTPError.timeStep(seconds)) { try TOTP(secret: secret("x"), timeStep: seconds) }
    }
}

@Suite("codes as people type them")
struct CodeTests {
    @Test(
        "variants in space and dash are one code",
        arguments: ["123456", "123 456", " 123456 ", "12-34-56", "1 2 3 4 5 6"]
    )
    func variants(text: String) throws {
        let typed = Array(text.utf8).withUnsafeBytes { Code(normalizing: $0, digits: 6) }
        #expect(try #require(typed).matches(#require(code("123456"))))
    }

    @Test(
        "everything else is no code, short ones above all",
        arguments: [
            "", " ", "1", "12345", "1234567", "123456789", "12345a", "+12345", "0x1234", "123456\n", "12.456",
            "\u{0661}\u{0662}\u{0663}\u{0664}\u{0665}\u{0666}", "１２３４５６", "-", "99999999999999999999",
        ]
    )
    func refused(text: String) {
        #expect(Array(text.utf8).withUnsafeBytes { Code(normalizing: $0, digits: 6) } == nil)
    }

    @Test("no length outside 6...8 is ever a code", arguments: [0, 1, 5, 9, 10])
    func lengths(digits: Int) {
        #expect(
            Array(repeating: UInt8(ascii: "1"), count: digits).withUnsafeBytes { Code(normalizing: $0, digits: digits) }
                == nil
        )
    }

    @Test("a leading zero counts")
    func leadingZero() throws {
        let short = try #require(code("000042"))
        let long = try #require(code("0000042"))
        let other = try #require(code("000043"))
        #expect(short.asciiText() == "000042")
        #expect(!short.matches(long) && !short.matches(other))
    }

    @Test("it is never printed")
    func redacted() throws {
        let secret = try #require(code("123456"))
        #expect("\(secret)" == "<redacted>" && String(reflecting: secret) == "<redacted>")
    }
}

@Suite("secret bytes")
struct SecretBytesTests {
    @Test("they are never printed, dumped or reflected")
    func redacted() {
        let bytes = secret("correct horse")
        var dumped = ""
        dump(bytes, to: &dumped)
        #expect("\(bytes)" == "<redacted>" && String(reflecting: bytes) == "<redacted>")
        #expect(!dumped.contains("correct") && Mirror(reflecting: bytes).children.isEmpty)
    }

    @Test("they compare by content and length")
    func equality() {
        for (other, isEqual) in [("abc", true), ("abd", false), ("ab", false), ("abcd", false), ("", false)] {
            #expect(Array(other.utf8).withUnsafeBytes { secret("abc").isEqual(to: $0) } == isEqual)
        }
    }

    @Test("they begin as zero and hold what is written, over a page's end too", arguments: [0, 1, 4096, 4097])
    func sizes(count: Int) {
        let bytes = SecretBytes(count: count) { memory in
            #expect(memory.allSatisfy { $0 == 0 } && memory.count == count)
            for index in memory.indices { memory[index] = UInt8(truncatingIfNeeded: index) }
        }
        #expect(bytes.withUnsafeBytes { $0.enumerated().allSatisfy { $1 == UInt8(truncatingIfNeeded: $0) } })
    }
}
