import Logging
import Testing
import TwinlockAccounts
import TwinlockInterface
import TwinlockSealing
import TwinlockStore
import TwinlockVarlink

@testable import TwinlockOTP
@testable import TwinlockService

/// The host as the service's checker tells it: users, passwords and account rules that a test writes down.
final class FakeHost: PasswordChecker {
    struct User: Sendable {
        var uid: UInt32
        var password: String
        var account: AccountCheck = .usable
        var field = Field.hash
        /// Beside its own.
        var groups: [UInt32] = []

        /// What stands where the hash of the password is.
        enum Field: Sendable {
            /// A hash; after `passwd` another one, even of the same password.
            case hash, otherHash
            /// After `usermod -L`: the hash behind an exclamation mark.
            case locked
            /// Never any password: `*`, or no entry at all.
            case star, absent
            /// The checker may not read it, or could not this time.
            case unreadable, unknown
        }

        /// Whether there is a password that could be right; nil where the checker cannot tell.
        var hasUsablePassword: Bool? {
            get {
                switch self.field {
                case .hash, .otherHash: true
                case .locked, .star, .absent: false
                case .unreadable, .unknown: nil
                }
            }
            set {
                switch newValue {
                case true?: self.field = .hash
                case false?: self.field = .star
                case nil: self.field = .unreadable
                }
            }
        }
    }

    struct State: Sendable {
        var users: [String: User] = [:]
        var failure: CheckFailure?
        /// Of questions about whose a uid is.
        var identityFailure: CheckFailure?
        var checks = 0
        /// Questions about accounts alone.
        var lookUps = 0
        /// Since the host was made; a check spends some of it.
        var uptime = Duration.zero
        var costOfUnknown = Duration.milliseconds(20)
        var costOfKnown = Duration.milliseconds(40)
    }

    let state = Locked(State())

    func check(
        user: String,
        password: SecretText,
        remoteHost: String,
        tty: String,
        fieldKey: SecretBytes,
        within time: Duration
    ) async throws(CheckFailure) -> CheckReport {
        let given = password.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
        self.state.withLock { state in
            state.checks += 1
            state.uptime += state.users[user] == nil ? state.costOfUnknown : state.costOfKnown
        }
        var report = try self.report(user, fieldKey)
        let known = self.state.withLock { $0.users[user]?.password }
        report.password = known.map { $0 == given ? .right : .wrong } ?? .unknownUser
        return report
    }

    func account(user: String, fieldKey: SecretBytes) async throws(CheckFailure) -> CheckReport {
        self.state.withLock { $0.lookUps += 1 }
        return try self.report(user, fieldKey)
    }

    func identity(uid: UInt32) async throws(CheckFailure) -> Identity? {
        let (found, failure) = self.state.withLock { state in
            (state.users.first { $0.value.uid == uid }.map { Identity(name: $0.key, uid: uid) }, state.identityFailure)
        }
        if let failure { throw failure }
        return found
    }

    private func report(_ user: String, _ fieldKey: SecretBytes) throws(CheckFailure) -> CheckReport {
        let (known, failure) = self.state.withLock { ($0.users[user], $0.failure) }
        if let failure { throw failure }
        return CheckReport(
            password: .notChecked,
            account: known?.account ?? .unknown,
            identity: known.map { Identity(name: user, uid: $0.uid) },
            hasUsablePassword: known.map(\.hasUsablePassword) ?? false,
            fieldDigest: known.map { Self.digest($0, fieldKey) } ?? .unknown,
            groups: known.map { [$0.uid] + $0.groups } ?? []
        )
    }

    private static func digest(_ user: User, _ fieldKey: SecretBytes) -> CheckReport.FieldDigest {
        let key = fieldKey.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
        let field: String
        switch user.field {
        case .unreadable: return .unreadable
        case .unknown: return .unknown
        case .hash: field = "hash of \(user.password)"
        case .otherHash: field = "other hash of \(user.password)"
        case .locked: field = "!hash of \(user.password)"
        case .star: field = "*"
        case .absent: field = ""
        }
        return .of(Array("\(key) \(field)".utf8))
    }
}

/// A service over a store in memory, a host of the test's making and a clock that the test moves.
final class Scene: Sendable {
    static let start: Int64 = 1_700_000_010
    static let root = Peer(uid: 0, gid: 0, groups: [], pid: 1)
    static let alice = Peer(uid: 1000, gid: 1000, groups: [], pid: 2)
    static let bob = Peer(uid: 1001, gid: 1001, groups: [], pid: 3)
    /// A web panel that the settings list.
    static let panel = Peer(uid: 990, gid: 990, groups: [], pid: 4)
    /// Bob after he was put into the group of administrators.
    static let administrator = Peer(uid: 1001, gid: 1001, groups: [100, 60], pid: 5)

    let host = FakeHost()
    let store = InMemoryStore()
    let custody = KeysInMemory()
    let service: TwinlockService
    private let clock: Clock

    private final class Clock: Sendable {
        let now = Locked(Scene.start)
        let random = Locked(SystemRandomNumberGenerator())
        let pauses = Locked<[Duration]>([])
    }

    /// - Parameters:
    ///   - store: In place of the one in memory.
    ///   - logger: Where the log goes; nowhere by default.
    ///   - change: Of the policy.
    init(
        hidesPasswordResult: Bool = true,
        servedUid: UInt32? = nil,
        allowsCodeWithoutPassword: Bool = true,
        store: (any AccountStore)? = nil,
        logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
        _ change: (inout ServicePolicy) -> Void = { _ in }
    ) throws {
        let clock = Clock()
        self.clock = clock
        let material = SecretBytes(count: 32) { $0.initializeMemory(as: UInt8.self, repeating: 7) }
        var signIn = SignInPolicy()
        signIn.hidesPasswordResult = hidesPasswordResult
        var policy = ServicePolicy(
            signIn: signIn,
            issuer: "host",
            failureDelaySeconds: 2,
            checkDeadlineSeconds: 15,
            servedUid: servedUid,
            services: ListedCallers(uids: [990], gids: [70]),
            administrators: ListedCallers(gids: [60]),
            allowsCodeWithoutPassword: allowsCodeWithoutPassword
        )
        change(&policy)
        self.service = TwinlockService(
            store: store ?? self.store,
            sealer: Sealer(current: try SealingKey(material: material)),
            custody: self.custody,
            checker: self.host,
            policy: policy,
            surroundings: Surroundings(
                now: { UnixSeconds(clock.now.withLock { $0 }) },
                uptime: { [host] in host.state.withLock { $0.uptime } },
                random: { count in
                    SecretBytes(count: count) { bytes in
                        for index in bytes.indices { bytes[index] = clock.random.withLock { $0.next() } }
                    }
                },
                pause: { time in
                    clock.pauses.withLock { $0.append(time) }
                    // Whoever waits for something again and again lets that happen.
                    await Task.yield()
                }
            ),
            version: "1.2.3",
            logger: logger
        )
        self.host.state.withLock {
            $0.users = [
                "alice": .init(uid: 1000, password: "correct horse"),
                "bob": .init(uid: 1001, password: "battery staple"),
                "root": .init(uid: 0, password: "toor toor"),
                "panel": .init(uid: 990, password: "panel panel"),
            ]
        }
    }

    /// Moves the clock.
    func pass(_ seconds: Int64) {
        self.clock.now.withLock { $0 += seconds }
    }

    /// For how long answers were held back, one after another.
    var pauses: [Duration] { self.clock.pauses.withLock { $0 } }

    var now: Int64 { self.clock.now.withLock { $0 } }

    /// Calls a method as it comes over the socket: bytes in, bytes out.
    func call<M: Method>(_ method: M.Type, _ parameters: M.Parameters, from peer: Peer) async throws -> M.Result {
        let reply = try await self.raw(M.name, from: peer) { parameters.write(to: &$0) }
        if let name = reply["error"]?.string {
            throw NamedError(name: name, parameters: reply["parameters"]) ?? Foreign(name: name)
        }
        return try M.Result(reply: reply["parameters"])
    }

    /// An error of `org.varlink.service`.
    struct Foreign: Error, Equatable {
        let name: String
        static let permissionDenied = Foreign(name: "org.varlink.service.PermissionDenied")
    }

    func raw(
        _ method: String,
        from peer: Peer,
        _ parameters: @escaping @Sendable (inout JSONWriter) -> Void
    ) async throws -> JSONValue {
        let frame = Frame()
        Call.encode(method: method, oneway: false, more: false, into: frame, parameters: parameters)
        let reply = await self.service.answer(try Call.decode(frame), from: peer, replies: .none)
        let answer = Frame()
        reply.encode(continues: false, into: answer)
        return try JSONValue.parse(answer)
    }

    /// The code of a base32 secret, so many steps from now, as an app would show it.
    func code(_ secret: SecretText, step: Int64 = 0) throws -> SecretText {
        let secret = try secret.withUnsafeBytes { try Base32.decode($0) }
        let totp = try TOTP(secret: secret, algorithm: .sha1, digits: 6, timeStep: 30)
        return .init(totp.code(atStep: totp.step(at: self.now) + step).asciiText())
    }

    /// Sets a second factor up; the code of the step before now is used by it. The secret.
    func enrol(_ peer: Peer = Scene.alice, password: String = "correct horse") async throws -> SecretText {
        let begun = try await self.call(
            OwnAccount.BeginSetUp.self,
            SensitiveParameters(password: .init(password)),
            from: peer
        )
        _ = try await self.call(
            OwnAccount.ConfirmSetUp.self,
            ConfirmSetUpParameters(code: try self.code(begun.secret, step: -1)),
            from: peer
        )
        return begun.secret
    }

    func signIn(
        _ user: String?,
        _ password: String?,
        from peer: Peer,
        _ change: (inout Context) -> Void = { _ in }
    ) async throws -> SignInResult {
        var context = Context()
        change(&context)
        return try await self.call(
            Authentication.SignIn.self,
            SignInParameters(user: user, password: password.map { .init($0) }, context: context),
            from: peer
        )
    }

    func verify(_ session: SecretText?, _ code: SecretText, from peer: Peer) async throws -> SignInResult {
        try await self.call(
            Authentication.Verify2FACode.self,
            Verify2FACodeParameters(session: try #require(session), code: code),
            from: peer
        )
    }
}

extension SecretText {
    init(_ text: String) {
        self = Array(text.utf8).withUnsafeBytes { SecretText(copying: $0) }
    }

    var text: String {
        self.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }
}

extension Context {
    /// sshd has checked a key, and wants a session.
    mutating func byKey() {
        self.service = "sshd"
        self.passed = [.publickey]
    }

    static func ssh(_ context: inout Context) {
        context.service = "sshd"
        context.remoteHost = "192.0.2.7"
        context.realUid = 0
        context.purpose = .login
    }
}
