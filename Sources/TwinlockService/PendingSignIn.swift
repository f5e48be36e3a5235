import TwinlockAccounts
import TwinlockOTP
import TwinlockSealing

/// A sign-in between its two steps.
///
/// It is sealed into the session value that the caller holds: it costs no write, survives a restart, and has no cap that
/// a stranger could fill. It holds no secret. Every one has the same length, whatever it is about.
struct PendingSignIn: Equatable, Sendable {
    /// How long a code is waited for, seconds.
    static let lifetimeSeconds = 120
    /// Codes that are taken for one.
    static let maximumTries = 5
    /// Bytes before sealing. Every name and context fits; the rest is zero, so that the length tells nothing.
    static let encodedBytes = 1152

    /// What stands behind it.
    enum Ground: Equatable, Sendable {
        /// An account whose first factor was shown; good under that generation only. The mark is of then; nil where the
        /// password field could not be looked at.
        case genuine(Identity, generation: Int64, AccountCheck, PasswordMark?)
        /// One that sets its second factor up first: there was none under that generation.
        case settingUp(Identity, generation: Int64, AccountCheck, PasswordMark?)
        /// One that has set it up, and has yet to say that the recovery codes made then are saved.
        case saving(Identity, generation: Int64, AccountCheck, PasswordMark?, issuedAt: UnixSeconds)
        /// A failed first factor: no code is looked at. Whose it would have been is for the log alone.
        case pretended(Identity?)
    }

    /// Random; names it in the ledger.
    var id: UInt128
    var begun: UnixSeconds
    /// Byte for byte as the caller gave it.
    var givenName: String
    var origin: SignInOrigin
    /// Factors shown so far.
    var factors: [Factor]
    var ground: Ground

    /// Whom a decision about it concerns.
    var subject: DecisionSubject {
        switch self.ground {
        case .genuine(let identity, _, _, _), .settingUp(let identity, _, _, _), .saving(let identity, _, _, _, _),
            .pretended(.some(let identity)):
            .account(identity)
        case .pretended(.none): .name(self.givenName)
        }
    }

    /// Under which what its codes are told is kept.
    var target: Target {
        Target(self.givenName, from: self.origin.failureSource)
    }

    /// When its time runs out: a person who sets a factor up looks for the phone first.
    var ends: UnixSeconds {
        switch self.ground {
        case .genuine, .pretended: self.begun + Self.lifetimeSeconds
        case .settingUp, .saving: self.begun + SetUp.lifetimeSeconds
        }
    }

    /// Whether its time has not run out. A clock set back ends it: its age is unknown then.
    func isOpen(at now: UnixSeconds) -> Bool {
        self.begun <= now && now < self.ends
    }
}

// MARK: - Bytes

extension PendingSignIn {
    private static let version: UInt8 = 3

    /// The fixed-length encoding, before sealing.
    func encoded() -> SecretBytes {
        var writer = ByteWriter(count: Self.encodedBytes)
        writer.integer(Self.version)
        writer.integer(self.id)
        writer.integer(self.begun.value)
        writer.string(self.givenName)
        writer.integer(self.origin.peerUid)
        writer.string(self.origin.service)
        writer.string(self.origin.tty)
        writer.string(self.origin.remoteHost)
        writer.integer(self.origin.realUid == nil ? UInt8(0) : 1)
        writer.integer(self.origin.realUid ?? 0)
        writer.integer(self.origin.purpose.rawValue)
        writer.factors(self.origin.passed)
        writer.factors(self.factors)
        switch self.ground {
        case .pretended(.none):
            writer.integer(UInt8(0))
        case .pretended(.some(let identity)):
            writer.integer(UInt8(2))
            writer.string(identity.name)
            writer.integer(identity.uid)
        case .genuine(let identity, let generation, let check, let mark):
            writer.integer(UInt8(1))
            writer.shown(identity, generation, check, mark)
        case .settingUp(let identity, let generation, let check, let mark):
            writer.integer(UInt8(3))
            writer.shown(identity, generation, check, mark)
        case .saving(let identity, let generation, let check, let mark, let issuedAt):
            writer.integer(UInt8(4))
            writer.shown(identity, generation, check, mark)
            writer.integer(issuedAt.value)
        }
        return writer.finished()
    }

    /// Reads what `encoded` wrote; nil for anything else.
    init?(encoded: SecretBytes) {
        let bytes = encoded.withUnsafeBytes { Array($0) }
        var reader = ByteReader(bytes)
        guard reader.integer(UInt8.self) == Self.version,
            let id = reader.integer(UInt128.self),
            let begun = reader.integer(Int64.self),
            let givenName = reader.string(),
            let peerUid = reader.integer(UInt32.self),
            let service = reader.string(),
            let tty = reader.string(),
            let remoteHost = reader.string(),
            let hasRealUid = reader.integer(UInt8.self),
            let realUid = reader.integer(UInt32.self),
            let purpose = reader.integer(UInt8.self).flatMap(Purpose.init(rawValue:)),
            let passed = reader.factors(),
            let factors = reader.factors(),
            let ground = reader.integer(UInt8.self)
        else { return nil }
        switch ground {
        case 1:
            guard let shown = reader.shown() else { return nil }
            self.ground = .genuine(shown.identity, generation: shown.generation, shown.check, shown.mark)
        case 3:
            guard let shown = reader.shown() else { return nil }
            self.ground = .settingUp(shown.identity, generation: shown.generation, shown.check, shown.mark)
        case 4:
            guard let shown = reader.shown(), let issuedAt = reader.integer(Int64.self) else { return nil }
            self.ground = .saving(
                shown.identity,
                generation: shown.generation,
                shown.check,
                shown.mark,
                issuedAt: UnixSeconds(issuedAt)
            )
        case 2:
            guard let name = reader.string(), let uid = reader.integer(UInt32.self) else { return nil }
            self.ground = .pretended(Identity(name: name, uid: uid))
        default:
            self.ground = .pretended(nil)
        }
        self.id = id
        self.begun = UnixSeconds(begun)
        self.givenName = givenName
        self.origin = SignInOrigin(
            peerUid: peerUid,
            service: service,
            tty: tty,
            remoteHost: remoteHost,
            realUid: hasRealUid == 1 ? realUid : nil,
            purpose: purpose,
            passed: passed
        )
        self.factors = factors
    }
}

/// Writes integers (big-endian) and length-prefixed bytes into a block of fixed size.
private struct ByteWriter {
    private var block: [UInt8]
    private var end = 0

    init(count: Int) {
        self.block = [UInt8](repeating: 0, count: count)
    }

    mutating func integer(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.bigEndian) { self.append($0) }
    }

    mutating func bytes(_ value: [UInt8]) {
        self.integer(UInt16(value.count))
        value.withUnsafeBytes { self.append($0) }
    }

    mutating func string(_ value: String) {
        self.bytes(Array(value.utf8))
    }

    mutating func factors(_ value: [Factor]) {
        self.string(value.map(\.rawValue).joined(separator: ","))
    }

    mutating func mark(_ value: PasswordMark?) {
        switch value {
        case nil: self.integer(UInt8(0))
        case .unreadable: self.integer(UInt8(1))
        case .field(let digest, let isUsable):
            self.integer(UInt8(isUsable ? 3 : 2))
            self.bytes(digest)
        }
    }

    mutating func shown(
        _ identity: Identity,
        _ generation: Int64,
        _ check: AccountCheck,
        _ mark: PasswordMark?
    ) {
        self.string(identity.name)
        self.integer(identity.uid)
        self.integer(generation)
        self.integer(check.rawValue)
        self.mark(mark)
    }

    private mutating func append(_ bytes: UnsafeRawBufferPointer) {
        precondition(
            self.end + bytes.count <= self.block.count,
            "the fields' limits leave room for every pending sign-in"
        )
        for byte in bytes {
            self.block[self.end] = byte
            self.end += 1
        }
    }

    func finished() -> SecretBytes {
        self.block.withUnsafeBytes { SecretBytes(copying: $0) }
    }
}

/// Reads what `ByteWriter` wrote; nil at the first thing that does not fit.
private struct ByteReader {
    private let block: [UInt8]
    private var next = 0

    init(_ block: [UInt8]) {
        self.block = block
    }

    mutating func integer<Value: FixedWidthInteger>(_ type: Value.Type) -> Value? {
        let width = Value.bitWidth / 8
        guard self.block.count - self.next >= width else { return nil }
        defer { self.next += width }
        return self.block[self.next..<self.next + width].reduce(0) { $0 << 8 | Value(truncatingIfNeeded: $1) }
    }

    mutating func bytes() -> [UInt8]? {
        guard let count = self.integer(UInt16.self), self.block.count - self.next >= Int(count) else { return nil }
        defer { self.next += Int(count) }
        return Array(self.block[self.next..<self.next + Int(count)])
    }

    mutating func string() -> String? {
        self.bytes().flatMap { String(validating: $0, as: UTF8.self) }
    }

    /// The mark, or that there is none; nil for what is neither.
    mutating func mark() -> PasswordMark?? {
        switch self.integer(UInt8.self) {
        case 0: .some(nil)
        case 1: .some(.unreadable)
        case 2: self.bytes().map { .some(.field(digest: $0, isUsable: false)) }
        case 3: self.bytes().map { .some(.field(digest: $0, isUsable: true)) }
        default: nil
        }
    }

    /// What was shown of whom; nil for anything else.
    mutating func shown() -> (identity: Identity, generation: Int64, check: AccountCheck, mark: PasswordMark?)? {
        guard let name = self.string(),
            let uid = self.integer(UInt32.self),
            let generation = self.integer(Int64.self),
            let check = self.integer(UInt8.self).flatMap(AccountCheck.init(rawValue:)),
            let mark = self.mark()
        else { return nil }
        return (Identity(name: name, uid: uid), generation, check, mark)
    }

    mutating func factors() -> [Factor]? {
        guard let text = self.string() else { return nil }
        let words = text.isEmpty ? [] : text.split(separator: ",").map(String.init)
        let factors = words.compactMap(Factor.init(rawValue:))
        return factors.count == words.count ? factors : nil
    }
}
