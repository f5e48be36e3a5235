import TwinlockAccounts
import TwinlockOTP
import TwinlockSealing
import TwinlockStore

/// The daemon's key for digests of password fields.
///
/// One part goes to the checker, which digests the field; the other stays here and digests that once more together with
/// whose it is. So neither a stolen database nor a checker's answer tells whether two accounts have one password, or lets
/// anybody try passwords.
struct PasswordFieldKey: Sendable {
    /// Bytes of the whole.
    static let byteCount = checkerCharacters + 32
    /// Characters of the checker's part: as many as sha256crypt takes for a salt.
    static let checkerCharacters = 16
    private static let alphabet = Array("./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    /// The checker's part: 16 characters, 96 bits.
    let checkerKey: SecretBytes
    private let markKey: SecretBytes

    /// - Parameter material: `byteCount` random bytes.
    init(material: SecretBytes) {
        precondition(material.count == Self.byteCount, "the key for password fields is 48 bytes")
        self.checkerKey = SecretBytes(count: Self.checkerCharacters) { characters in
            material.withUnsafeBytes { bytes in
                for index in characters.indices {
                    characters[index] = Self.alphabet[Int(bytes[index] & 0x3f)]
                }
            }
        }
        self.markKey = material.withUnsafeBytes {
            SecretBytes(copying: UnsafeRawBufferPointer(rebasing: $0[Self.checkerCharacters...]))
        }
    }

    /// What is stored of a password field; nil where it could not be looked at.
    func mark(_ report: CheckReport, of identity: Identity) -> PasswordMark? {
        switch report.fieldDigest {
        case .of(let digest):
            return .field(digest: self.digest(digest, of: identity), isUsable: report.hasUsablePassword == true)
        case .unreadable:
            return .unreadable
        case .unknown:
            return nil
        }
    }

    private func digest(_ fieldDigest: [UInt8], of identity: Identity) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: PasswordMark.digestBytes)
        // The uid's four bytes and the name's length stand first, so that no two messages are the same bytes.
        let owner = withUnsafeBytes(of: (identity.uid.bigEndian, UInt32(identity.name.utf8.count).bigEndian)) {
            Array($0) + Array(identity.name.utf8)
        }
        (owner + fieldDigest).withUnsafeBytes { message in
            digest.withUnsafeMutableBytes { output in
                self.markKey.withUnsafeBytes {
                    KeyedHash.authenticate(message, key: $0, algorithm: .sha256, into: output)
                }
            }
        }
        return digest
    }
}

/// Finds the key in the store, or makes it there, once.
///
/// It is a key of its own and not derived from the sealing key, so that a rotation of that one ends no session.
actor PasswordFieldKeyring {
    private static let context = SealingContext(account: "", kind: .passwordFieldKey)

    private let store: any AccountStore
    private let sealers: Sealers
    private let random: @Sendable (Int) -> SecretBytes
    private var found: PasswordFieldKey?

    init(store: any AccountStore, sealers: Sealers, random: @escaping @Sendable (Int) -> SecretBytes) {
        self.store = store
        self.sealers = sealers
        self.random = random
    }

    /// The key.
    ///
    /// - Throws: What the store or the sealer throws; the next call tries again.
    func key() async throws -> PasswordFieldKey {
        if let found = self.found {
            return found
        }
        let lease = self.sealers.lease()
        defer { lease.end() }
        let made = try lease.sealer.seal(self.random(PasswordFieldKey.byteCount), for: Self.context)
        let kept = try await self.store.sealedKey(for: Self.context.kind.rawValue, orElse: made.bytes)
        let key = PasswordFieldKey(material: try self.sealers.current.open(Sealed(bytes: kept), for: Self.context))
        self.found = key
        return key
    }
}
