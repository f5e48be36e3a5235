import Testing

@testable import TwinlockOTP

@Suite("HOTP, RFC 4226 appendix D")
struct HOTPVectorTests {
    struct Vector: Sendable {
        let counter: UInt64
        let mac: String
        let truncated: UInt32
        let sixDigits: String
        let eightDigits: String
    }

    static let vectors: [Vector] = [
        (0, "cc93cf18508d94934c64b65d8ba7667fb7cde4b0", 0x4c93_cf18, "755224", "84755224"),
        (1, "75a48a19d4cbe100644e8ac1397eea747a2d33ab", 0x4139_7eea, "287082", "94287082"),
        (2, "0bacb7fa082fef30782211938bc1c5e70416ff44", 0x082f_ef30, "359152", "37359152"),
        (3, "66c28227d03a2d5529262ff016a1e6ef76557ece", 0x66ef_7655, "969429", "26969429"),
        (4, "a904c900a64b35909874b33e61c5938a8e15ed1c", 0x61c5_938a, "338314", "40338314"),
        (5, "a37e783d7b7233c083d4f62926c7a25f238d0316", 0x33c0_83d4, "254676", "68254676"),
        (6, "bc9cd28561042c83f219324d3c607256c03272ae", 0x7256_c032, "287922", "18287922"),
        (7, "a4fb960c0bc06e1eabb804e5b397cdc4b45596fa", 0x04e5_b397, "162583", "82162583"),
        (8, "1b3c89f65e6c9e883012052823443f048b4332db", 0x2823_443f, "399871", "73399871"),
        (9, "1637409809a679dc698207310c8c7fc07290d9e5", 0x2679_dc69, "520489", "45520489"),
    ].map { Vector(counter: $0.0, mac: $0.1, truncated: $0.2, sixDigits: $0.3, eightDigits: $0.4) }

    static let secret = "12345678901234567890"

    @Test("the HMAC at each counter", arguments: vectors)
    func mac(vector: Vector) {
        let mac = SecretBytes(count: 20) { output in
            withUnsafeBytes(of: vector.counter.bigEndian) { message in
                withBytes(of: Self.secret) {
                    KeyedHash.authenticate(message, key: $0, algorithm: .sha1, into: output)
                }
            }
        }
        #expect(hex(mac.array) == vector.mac)
    }

    @Test("the truncated value and the codes of 6, 7 and 8 digits at each counter", arguments: vectors)
    func codes(vector: Vector) throws {
        let secret = SecretBytes(Self.secret)
        #expect(try HOTP(secret: secret).truncatedValue(at: vector.counter) == vector.truncated)
        #expect(try HOTP(secret: secret).code(at: vector.counter).asciiText() == vector.sixDigits)
        let sevenDigits = try HOTP(secret: secret, digits: 7).code(at: vector.counter)
        #expect(sevenDigits.asciiText() == String(vector.eightDigits.suffix(7)))
        #expect(try HOTP(secret: secret, digits: 8).code(at: vector.counter).asciiText() == vector.eightDigits)
    }

    /// Not in the RFC: computed with other implementations.
    @Test(
        "counters go on after 9",
        arguments: zip(
            UInt64(10)...19,
            [
                "403154", "481090", "868912", "736127", "229903", "436521", "186581", "447589", "903435", "578337",
            ]
        )
    )
    func furtherCounters(counter: UInt64, code: String) throws {
        #expect(try HOTP(secret: SecretBytes(Self.secret)).code(at: counter).asciiText() == code)
    }

    @Test("the last counter has a code")
    func lastCounter() throws {
        let code = try HOTP(secret: SecretBytes(Self.secret), digits: 8).code(at: .max)
        #expect(code.asciiText().utf8.count == 8)
    }

    @Test("a code keeps its leading zeros")
    func leadingZeros() throws {
        // RFC 6238 appendix B, 1111111109 s.
        let code = try HOTP(secret: SecretBytes(Self.secret), digits: 8).code(at: 0x23523EC)
        #expect(code.asciiText() == "07081804")
    }
}

@Suite("HOTP, what it refuses to be made of")
struct HOTPParameterTests {
    @Test("5 and 9 digits, and stranger numbers, are refused", arguments: [Int.min, -6, 0, 1, 5, 9, 10, Int.max])
    func digits(count: Int) {
        #expect(throws: OTPError.digitsOutOfRange(count)) {
            try HOTP(secret: SecretBytes("12345678901234567890"), digits: count)
        }
    }

    @Test("an empty or a guessable secret is refused, and so is an endless one", arguments: [0, 1, 9, 257])
    func secretLength(count: Int) {
        #expect(throws: OTPError.secretLengthOutOfRange(byteCount: count)) {
            try HOTP(secret: SecretBytes(count: count) { _ in })
        }
    }

    @Test("secrets of 10 to 256 bytes are taken", arguments: [10, 16, 20, 64, 65, 128, 129, 256])
    func secretLengthInRange(count: Int) throws {
        for algorithm in HashAlgorithm.allCases {
            let generator = try HOTP(secret: SecretBytes(count: count) { _ in }, algorithm: algorithm)
            #expect(generator.code(at: 0).asciiText().utf8.count == 6)
        }
    }

    @Test("a generator does not print its secret")
    func printing() throws {
        let generator = try TOTP(secret: SecretBytes("12345678901234567890"))
        var dumped = ""
        dump(generator, to: &dumped)
        for text in ["\(generator)", String(reflecting: generator), dumped] {
            #expect(text.contains("<redacted>"))
            #expect(!text.contains("1234567890"))
            #expect(!text.contains("0x"))
        }
    }
}
