import Testing
import TwinlockOTP

@testable import TwinlockSealing

@Suite("Sealing")
struct SealerTests {
    static let context = SealingContext(account: "alice/1000", kind: .totpSecret)
    static let secret = "12345678901234567890"

    let sealer: Sealer
    let sealed: Sealed

    init() throws {
        self.sealer = Sealer(current: try .numbered(1))
        self.sealed = try self.sealer.seal(SecretBytes(Self.secret), for: Self.context)
    }

    @Test("what was sealed opens, whatever its length", arguments: [0, 1, 10, 14, 15, 20, 32, 64, 5000])
    func roundTrip(count: Int) throws {
        let secret = SecretBytes(bytes: (0..<count).map { UInt8(truncatingIfNeeded: $0) })
        for kind in SealingContext.Kind.allCases {
            let context = SealingContext(account: "alice/1000", kind: kind)
            let sealed = try self.sealer.seal(secret, for: context)
            #expect(sealed.bytes.count == count + Sealed.overheadByteCount)
            #expect(try self.sealer.open(sealed, for: context).array == secret.array)
            let stored = try Sealed(bytes: sealed.bytes)
            #expect(stored == sealed)
            #expect(try self.sealer.open(stored, for: context).array == secret.array)
        }
    }

    @Test("the secret is not in what is stored")
    func concealment() {
        let stored = String(decoding: self.sealed.bytes, as: Unicode.ASCII.self)
        #expect(!stored.contains("1234"))
    }

    @Test(
        "another account's value does not open",
        arguments: ["alice/1001", "alice/100", "alice", "", "Alice/1000", "bob/1000"]
    )
    func wrongAccount(account: String) {
        #expect(throws: SealingError.notAuthentic) {
            try self.sealer.open(self.sealed, for: SealingContext(account: account, kind: .totpSecret))
        }
    }

    @Test("another kind's value does not open", arguments: [.recoveryCode, .pendingSignIn] as [SealingContext.Kind])
    func wrongKind(kind: SealingContext.Kind) {
        #expect(throws: SealingError.notAuthentic) {
            try self.sealer.open(self.sealed, for: SealingContext(account: "alice/1000", kind: kind))
        }
    }

    @Test("no two contexts are authenticated as the same bytes")
    func unambiguousContexts() {
        let accounts = ["", "a", "totp-secret", "atotp-secret", "a\0\0\0\u{b}totp-secret", "alice/1000", "\0"]
        let contexts = accounts.flatMap { account in
            SealingContext.Kind.allCases.map { SealingContext(account: account, kind: $0) }
        }
        #expect(Set(contexts.map(\.authenticatedBytes)).count == contexts.count)
    }

    @Test("a flipped bit anywhere keeps it shut")
    func flippedBits() throws {
        for index in self.sealed.bytes.indices {
            for bit in 0..<8 {
                var bytes = self.sealed.bytes
                bytes[index] ^= 1 << UInt8(bit)
                let expected: SealingError
                switch index {
                case 0: expected = .malformed
                case 1...8: expected = .unknownKey(id: hex(bytes[1...8]))
                default: expected = .notAuthentic
                }
                #expect(throws: expected) { try self.sealer.open(Sealed(bytes: bytes), for: Self.context) }
            }
        }
    }

    @Test("a value cut short at any length keeps shut")
    func truncation() {
        for count in 0..<self.sealed.bytes.count {
            let bytes = Array(self.sealed.bytes.prefix(count))
            let expected: SealingError = count < Sealed.overheadByteCount ? .malformed : .notAuthentic
            #expect(throws: expected) { try self.sealer.open(Sealed(bytes: bytes), for: Self.context) }
        }
    }

    @Test("a value with bytes added keeps shut")
    func addedBytes() {
        for bytes in [self.sealed.bytes + [0], self.sealed.bytes + self.sealed.bytes] {
            #expect(throws: SealingError.notAuthentic) {
                try self.sealer.open(Sealed(bytes: bytes), for: Self.context)
            }
        }
    }

    @Test("an unknown key is named")
    func unknownKey() throws {
        let other = Sealer(current: try .numbered(2), previous: [try .numbered(3)])
        let id = try SealingKey.numbered(1).id
        #expect(self.sealed.keyID == id)
        #expect(throws: SealingError.unknownKey(id: id)) { try other.open(self.sealed, for: Self.context) }
    }

    @Test("another key under the same id does not open it")
    func otherKeySameID() throws {
        // What somebody could write who knows an id and has a key of his own.
        let foreign = try Sealer(current: .numbered(2)).seal(SecretBytes(Self.secret), for: Self.context)
        let relabelled = try Sealed(bytes: [Sealed.version] + self.sealed.keyIDBytes + foreign.bytes[9...])
        #expect(throws: SealingError.notAuthentic) { try self.sealer.open(relabelled, for: Self.context) }
    }

    @Test("the same secret sealed twice looks different everywhere")
    func freshness() throws {
        let values = try (0..<100).map { _ in try self.sealer.seal(SecretBytes(Self.secret), for: Self.context) }
        #expect(Set(values).count == 100)
        #expect(Set(values.map { Array($0.salt) }).count == 100)
        #expect(Set(values.map { Array($0.nonceCiphertextTag.prefix(12)) }).count == 100)
        #expect(Set(values.map { Array($0.nonceCiphertextTag.dropFirst(12).prefix(20)) }).count == 100)
    }

    @Test("after a rotation old values open, ask to be sealed anew, and then need the old key no more")
    func rotation() throws {
        let rotated = Sealer(current: try .numbered(2), previous: [try .numbered(9), try .numbered(1)])
        #expect(!self.sealer.needsResealing(self.sealed))
        #expect(rotated.needsResealing(self.sealed))
        let secret = try rotated.open(self.sealed, for: Self.context)
        #expect(secret.text == Self.secret)

        let resealed = try rotated.seal(secret, for: Self.context)
        #expect(!rotated.needsResealing(resealed))
        #expect(resealed.keyID == rotated.currentKeyID)
        let alone = Sealer(current: try .numbered(2))
        #expect(try alone.open(resealed, for: Self.context).text == Self.secret)
        #expect(throws: SealingError.self) { try self.sealer.open(resealed, for: Self.context) }
    }

    @Test("a stored value of version 1 opens for ever")
    func storedValue() throws {
        let stored = try Sealed(bytes: bytes(hex: Self.storedHex))
        #expect(try self.sealer.open(stored, for: Self.context).text == Self.secret)
    }

    /// Sealed with key 1 for `context` by another implementation, from the format's description alone.
    static let storedHex =
        "011f7c77e5f5067363101112131415161718191a1b1c1d1e1f202122232425262728292a2bc46fffe9"
        + "ad51722d30a2f889b60e9aac561a792ce734448db470311f2d70ddaa1dc0c10a"
}
