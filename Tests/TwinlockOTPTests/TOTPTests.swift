import Testing

@testable import TwinlockOTP

@Suite("TOTP, RFC 6238 appendix B")
struct TOTPTests {
    static let vectors: [(seconds: Int64, step: Int64, codes: [String])] = [
        (59, 0x1, ["94287082", "46119246", "90693936"]),
        (1_111_111_109, 0x23523EC, ["07081804", "68084774", "25091201"]),
        (1_111_111_111, 0x23523ED, ["14050471", "67062674", "99943326"]),
        (1_234_567_890, 0x273EF07, ["89005924", "91819424", "93441116"]),
        (2_000_000_000, 0x3F940AA, ["69279037", "90698825", "38618901"]),
        (20_000_000_000, 0x27BC_86AA, ["65353130", "77737706", "47863826"]),
    ]

    /// The appendix prints one seed, and its programme uses as many bytes as the hash is long.
    static func generator(_ algorithm: HashAlgorithm, timeStep: Int = 30) throws -> TOTP {
        let seed = String(repeating: "1234567890", count: 7).prefix(algorithm.digestByteCount)
        return try TOTP(secret: SecretBytes(String(seed)), algorithm: algorithm, digits: 8, timeStep: timeStep)
    }

    @Test("the code at each time with each hash", arguments: vectors, HashAlgorithm.allCases.indices)
    func code(vector: (seconds: Int64, step: Int64, codes: [String]), hash: Int) throws {
        let generator = try Self.generator(HashAlgorithm.allCases[hash])
        #expect(generator.step(at: vector.seconds) == vector.step)
        #expect(generator.code(atStep: vector.step).asciiText() == vector.codes[hash])
    }

    @Test("the year 2603 is not cut to 32 bits")
    func clockOf32Bits() throws {
        let generator = try Self.generator(.sha1)
        let code = generator.code(atStep: generator.step(at: 20_000_000_000)).asciiText()
        #expect(code == "65353130")
        #expect(code != "82762030")
    }

    @Test(
        "a step is rounded down, before the epoch as after it",
        arguments: [
            (-61, -3), (-60, -2), (-31, -2), (-30, -1), (-1, -1), (0, 0), (29, 0), (30, 1), (59, 1), (60, 2),
        ] as [(Int64, Int64)]
    )
    func step(seconds: Int64, step: Int64) throws {
        #expect(try Self.generator(.sha1).step(at: seconds) == step)
    }

    @Test("no moment stops the generator", arguments: [Int64.min, Int64.min + 1, -1, Int64.max])
    func extremes(seconds: Int64) throws {
        for timeStep in [1, 30, 86_400] {
            let generator = try Self.generator(.sha1, timeStep: timeStep)
            let code = generator.code(atStep: generator.step(at: seconds))
            #expect(code.asciiText().utf8.count == 8)
        }
    }

    @Test("the step before the epoch has a code of its own")
    func stepBeforeEpoch() throws {
        let generator = try Self.generator(.sha1)
        let hotp = try HOTP(secret: SecretBytes("12345678901234567890"), digits: 8)
        #expect(generator.code(atStep: -1).matches(hotp.code(at: .max)))
        #expect(!generator.code(atStep: -1).matches(generator.code(atStep: 1)))
    }

    @Test("a time step outside 1 to 86400 s is refused", arguments: [Int.min, -30, 0, 86_401, Int.max])
    func timeStepOutOfRange(seconds: Int) {
        #expect(throws: OTPError.timeStepOutOfRange(seconds: seconds)) {
            try Self.generator(.sha1, timeStep: seconds)
        }
    }

    @Test("a minute's time step counts minutes", arguments: [(1, 59), (30, 1), (60, 0), (86_400, 0)])
    func otherTimeSteps(timeStep: Int, step: Int64) throws {
        #expect(try Self.generator(.sha1, timeStep: timeStep).step(at: 59) == step)
    }
}
