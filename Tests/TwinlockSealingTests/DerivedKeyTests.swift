import Testing
import TwinlockOTP

@testable import TwinlockSealing

@Suite("Derived keys")
struct DerivedKeyTests {
    static let message = Array("a message".utf8)

    static func code(_ key: DerivedKey, _ message: [UInt8] = message) -> [UInt8] {
        message.withUnsafeBytes { key.authenticationCode(for: $0) }
    }

    static func isValid(_ code: [UInt8], _ key: DerivedKey, _ message: [UInt8] = message) -> Bool {
        code.withUnsafeBytes { code in message.withUnsafeBytes { key.isValid(code, for: $0) } }
    }

    /// RFC 5869 appendix A.1 and A.3: the first 32 of the 42 bytes, which do not depend on how many are asked for.
    @Test(
        "HKDF-SHA256, RFC 5869",
        arguments: [
            (
                "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
                "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
            ),
            ("", "", "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"),
        ]
    )
    func derivation(salt: String, info: String, output: String) throws {
        let key = SecretBytes(bytes: Array(repeating: 0x0b, count: 22))
        // The vector's info is no text, so it goes in byte by byte.
        let derived = key.withUnsafeBytes {
            KeyDerivation.derive(from: $0, salt: bytes(hex: salt), info: bytes(hex: info))
        }
        #expect(hex(derived.array) == output)
    }

    @Test("one key for each purpose and for each sealing key, none of them the sealing key")
    func separation() throws {
        let infos = ["", "a", "b", "ab", "password-field", "twinlock sealed value v1"]
        var seen: Set<[UInt8]> = []
        for number in [UInt8(1), 2] {
            let key = try SealingKey.numbered(number)
            let sealer = Sealer(current: key)
            seen.insert(key.material.array)
            for info in infos { seen.insert(sealer.derivedKey(info: info).material.array) }
        }
        #expect(seen.count == 2 + 2 * infos.count)
    }

    @Test("a code is valid for its message and its key only")
    func validity() throws {
        let sealer = Sealer(current: try .numbered(1))
        let key = sealer.derivedKey(info: "test")
        let code = Self.code(key)
        #expect(code.count == 32)
        #expect(Self.isValid(code, key))
        #expect(!Self.isValid(code, key, Array("a messagf".utf8)))
        #expect(!Self.isValid(code, key, []))
        #expect(!Self.isValid(code, sealer.derivedKey(info: "tess")))
        #expect(!Self.isValid(code, Sealer(current: try .numbered(2)).derivedKey(info: "test")))
        for count in 0..<32 { #expect(!Self.isValid(Array(code.prefix(count)), key)) }
        #expect(!Self.isValid(code + [0], key))
        for index in code.indices {
            var altered = code
            altered[index] ^= 1
            #expect(!Self.isValid(altered, key))
        }
    }

    @Test("a code from before a rotation can still be checked, by the id beside it")
    func rotation() throws {
        let before = Sealer(current: try .numbered(1)).derivedKey(info: "test")
        let rotated = Sealer(current: try .numbered(2), previous: [try .numbered(1)])
        let code = Self.code(before)
        #expect(!Self.isValid(code, rotated.derivedKey(info: "test")))
        #expect(Self.isValid(code, try rotated.derivedKey(info: "test", sealingKeyID: before.sealingKeyID)))
        #expect(throws: SealingError.unknownKey(id: "0123456789abcdef")) {
            try rotated.derivedKey(info: "test", sealingKeyID: "0123456789abcdef")
        }
    }

    @Test("a derived key does not print itself")
    func printing() throws {
        let key = Sealer(current: try .numbered(1)).derivedKey(info: "test")
        var dumped = ""
        dump(key, to: &dumped)
        #expect(dumped.contains("<redacted>"))
        #expect(!"\(key)".contains(hex(key.material.array)))
    }
}
