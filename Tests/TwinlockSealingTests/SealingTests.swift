import Testing
import TwinlockOTP
import TwinlockSealing

private func bytes(_ text: String) -> SecretBytes {
    Array(text.utf8).withUnsafeBytes { SecretBytes(copying: $0) }
}

private func text(_ secret: SecretBytes) -> String {
    secret.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
}

private func key(_ byte: UInt8) throws -> SealingKey {
    try SealingKey(material: SecretBytes(count: 32) { $0.initializeMemory(as: UInt8.self, repeating: byte) })
}

private let alice = SealingContext(account: "alice/1000", kind: .totpSecret)

@Suite("sealing")
struct SealingTests {
    @Test(
        "what was sealed is opened, and never has the same bytes twice",
        arguments: ["", "x", "a secret of twenty b"]
    )
    func roundTrip(plain: String) throws {
        let sealer = Sealer(current: try key(1))
        let first = try sealer.seal(bytes(plain), for: alice)
        let second = try sealer.seal(bytes(plain), for: alice)
        #expect(first != second)
        #expect(try text(sealer.open(first, for: alice)) == plain)
        #expect(try text(sealer.open(Sealed(bytes: second.bytes), for: alice)) == plain)
        #expect(!String(decoding: first.bytes, as: UTF8.self).contains("secret"))
    }

    static let others: [SealingContext] =
        [
            SealingContext(account: "alice/1000", kind: .recoveryCode),
            SealingContext(account: "alice/1000", kind: .pendingSignIn),
        ]
        + ["alice/1001", "alic/1000", "", "alice/1000 "].map { SealingContext(account: $0, kind: .totpSecret) }

    @Test("it opens for its own account and kind alone", arguments: others)
    func context(other: SealingContext) throws {
        let sealer = Sealer(current: try key(1))
        let sealed = try sealer.seal(bytes("secret"), for: alice)
        #expect(throws: SealingError.notAuthentic) { try sealer.open(sealed, for: other) }
    }

    @Test("a bit changed anywhere is refused")
    func flipped() throws {
        let sealer = Sealer(current: try key(1), previous: [try key(2)])
        let sealed = try sealer.seal(bytes("secret"), for: alice)
        for index in sealed.bytes.indices {
            for bit in 0..<8 {
                var changed = sealed.bytes
                changed[index] ^= 1 << bit
                #expect(throws: SealingError.self) { try sealer.open(Sealed(bytes: changed), for: alice) }
            }
        }
    }

    @Test("cut off anywhere it is refused")
    func truncated() throws {
        let sealer = Sealer(current: try key(1))
        let sealed = try sealer.seal(bytes("secret"), for: alice)
        for count in 0..<sealed.bytes.count {
            #expect(throws: SealingError.self) {
                try sealer.open(Sealed(bytes: Array(sealed.bytes[..<count])), for: alice)
            }
        }
    }

    @Test("a previous key opens what it sealed, and a new one is asked for")
    func rotation() throws {
        let old = try key(1)
        let new = try key(2)
        let sealed = try Sealer(current: old).seal(bytes("secret"), for: alice)
        let rotated = Sealer(current: new, previous: [old])
        #expect(try text(rotated.open(sealed, for: alice)) == "secret")
        #expect(rotated.needsResealing(sealed))
        #expect(try !rotated.needsResealing(rotated.seal(bytes("secret"), for: alice)))
        #expect(throws: SealingError.unknownKey(id: old.id)) { try Sealer(current: new).open(sealed, for: alice) }
    }
}

@Suite("sealing keys")
struct SealingKeyTests {
    @Test("a key has 32 bytes", arguments: [0, 31, 33])
    func length(count: Int) {
        #expect(throws: SealingError.keyLength(count)) { try SealingKey(material: SecretBytes(count: count) { _ in }) }
    }

    @Test("its id is 16 hexadecimal digits that differ from key to key")
    func id() throws {
        let ids = try (0..<8).map { try key($0).id }
        #expect(Set(ids).count == 8)
        #expect(ids.allSatisfy { $0.count == 16 && $0.allSatisfy { $0.isHexDigit && !$0.isUppercase } })
    }

    private func parse(_ text: String) throws -> SealingKey {
        try Array(text.utf8).withUnsafeBytes { try SealingKey.parse(fileText: $0) }
    }

    @Test("a key file is read back, with or without its newline")
    func file() throws {
        let material = SecretBytes(count: 32) { for index in $0.indices { $0[index] = UInt8(index * 8) } }
        let file = text(SealingKey.fileText(material: material))
        #expect(file.hasPrefix("twinlock-sealing-key-v1 0008101820") && file.hasSuffix("f8\n"))
        #expect(try self.parse(file).id == SealingKey(material: material).id)
        #expect(try self.parse(String(file.dropLast())).id == SealingKey(material: material).id)
    }

    @Test("anything else is refused")
    func refused() {
        let digits = String(repeating: "0a", count: 32)
        let mark = "twinlock-sealing-key-v1 "
        for text in [
            "", "\n", mark, digits, mark + digits.dropLast(), mark + digits + "0", mark + digits + "\n\n",
            mark + digits.uppercased(), mark + digits.dropLast() + "g", "twinlock-sealing-key-v2 " + digits,
            " " + mark + digits,
        ] {
            #expect(throws: SealingError.keyFile) { try self.parse(text) }
        }
    }
}
