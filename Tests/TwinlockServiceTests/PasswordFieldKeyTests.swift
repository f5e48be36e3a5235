import Testing
import TwinlockAccounts
import TwinlockSealing
import TwinlockStore

@testable import TwinlockOTP
@testable import TwinlockService

@Suite("the key for password fields")
struct PasswordFieldKeyTests {
    private static func material(_ number: UInt8) -> SecretBytes {
        SecretBytes(count: PasswordFieldKey.byteCount) { bytes in
            for index in bytes.indices { bytes[index] = UInt8(truncatingIfNeeded: index * 7) &+ number }
        }
    }

    private static func report(_ digest: CheckReport.FieldDigest, usable isUsable: Bool? = true) -> CheckReport {
        CheckReport(
            password: .notChecked,
            account: .usable,
            identity: nil,
            hasUsablePassword: isUsable,
            fieldDigest: digest
        )
    }

    private let alice = Identity(name: "alice", uid: 1000)

    @Test("the checker's part has 16 characters of a salt")
    func checkerKey() {
        let key = PasswordFieldKey(material: Self.material(250)).checkerKey.withUnsafeBytes { Array($0) }
        #expect(key.count == 16)
        let salt = Set("./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
        #expect(key.allSatisfy(salt.contains))
        #expect(Set(key).count == 16)
    }

    @Test("one field of one person under one key has one mark; another person, field or key another one")
    func marks() {
        let key = PasswordFieldKey(material: Self.material(0))
        let field = Self.report(.of(Array("digest".utf8)))
        let mark = key.mark(field, of: self.alice)
        #expect(mark == key.mark(field, of: self.alice))
        let others = [
            key.mark(field, of: Identity(name: "alice", uid: 1001)),
            key.mark(field, of: Identity(name: "bob", uid: 1000)),
            key.mark(Self.report(.of(Array("digesu".utf8))), of: self.alice),
            PasswordFieldKey(material: Self.material(1)).mark(field, of: self.alice),
            // The end of a name is not the beginning of a digest.
            key.mark(Self.report(.of(Array("edigest".utf8))), of: Identity(name: "alic", uid: 1000)),
        ]
        for other in others { #expect(other != mark) }
        guard case .field(let digest, let isUsable) = mark else {
            Issue.record("\(String(describing: mark))")
            return
        }
        #expect(digest.count == 32 && isUsable)
    }

    @Test("a field that cannot be read is told, one that could not be looked at has no mark, and none of it is usable")
    func without() {
        let key = PasswordFieldKey(material: Self.material(0))
        #expect(key.mark(Self.report(.unreadable), of: self.alice) == .unreadable)
        #expect(key.mark(Self.report(.unknown), of: self.alice) == nil)
        for isUsable in [false, nil] {
            guard case .field(_, false) = key.mark(Self.report(.of([1]), usable: isUsable), of: self.alice) else {
                Issue.record("usable")
                return
            }
        }
    }

    @Test("it is made once, sealed, and the same after a restart; another sealing key does not open it")
    func kept() async throws {
        let store = InMemoryStore()
        func keyring(_ number: UInt8, random: UInt8) throws -> PasswordFieldKeyring {
            let material = SecretBytes(count: 32) { $0.initializeMemory(as: UInt8.self, repeating: number) }
            return PasswordFieldKeyring(
                store: store,
                sealers: Sealers(Sealer(current: try SealingKey(material: material)), since: UnixSeconds(0))
            ) {
                _ in
                Self.material(random)
            }
        }
        let first = try keyring(1, random: 1)
        let field = Self.report(.of([1]))
        let mark = try await first.key().mark(field, of: self.alice)
        let restarted = try await keyring(1, random: 2).key()
        #expect(restarted.mark(field, of: self.alice) == mark)
        #expect(PasswordFieldKey(material: Self.material(1)).mark(field, of: self.alice) == mark)
        let sealed = try await store.sealedKey(for: "password-field-key", orElse: [])
        let plain = Self.material(1).withUnsafeBytes { Array($0) }
        #expect(sealed.count > plain.count && !sealed.contains(plain))
        let other = try keyring(2, random: 1)
        await #expect(throws: SealingError.self) { try await other.key() }
    }
}
