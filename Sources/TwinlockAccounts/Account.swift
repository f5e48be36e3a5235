public import TwinlockOTP

/// A TOTP secret at rest with what is needed to compute its codes (RFC 6238 §4).
public struct SealedSecret: Equatable, Sendable {
    /// The secret K, sealed; opens for its account only.
    public let sealed: [UInt8]
    /// The HMAC's hash.
    public let algorithm: HashAlgorithm
    /// Length of a code, 6 through 8.
    public let digits: Int
    /// Time step X, seconds.
    public let timeStep: Int

    /// A sealed secret and its parameters.
    public init(sealed: [UInt8], algorithm: HashAlgorithm, digits: Int, timeStep: Int) {
        self.sealed = sealed
        self.algorithm = algorithm
        self.digits = digits
        self.timeStep = timeStep
    }

    /// The same secret, sealed anew.
    func sealed(anew sealed: [UInt8]) -> SealedSecret {
        SealedSecret(sealed: sealed, algorithm: self.algorithm, digits: self.digits, timeStep: self.timeStep)
    }
}

/// An active second factor.
public struct Credential: Equatable, Sendable {
    /// The secret.
    public let secret: SealedSecret
    /// The last accepted step; nil only for one that was imported and never used.
    public var lastStep: Int64?
    /// Steps by which the app's clock is ahead of this host's, as an administrator had it measured.
    ///
    /// -`Resynchronisation.reach` through `Resynchronisation.reach`.
    public var drift: Int
    /// When its first code was right.
    public let confirmedAt: UnixSeconds

    /// An active second factor.
    public init(secret: SealedSecret, lastStep: Int64?, drift: Int = 0, confirmedAt: UnixSeconds) {
        self.secret = secret
        self.lastStep = lastStep
        self.drift = drift
        self.confirmedAt = confirmedAt
    }
}

extension Credential {
    /// The newest step whose code could be accepted at that moment, 0 or more.
    public func newestStep(at now: UnixSeconds) -> Int64 {
        let present = max(now.value, 0) / Int64(self.secret.timeStep)
        return max(present + Int64(self.drift + CodeMatch.window), 0)
    }

    /// The same factor with its secret sealed anew.
    public func sealed(anew sealed: [UInt8]) -> Credential {
        Credential(
            secret: self.secret.sealed(anew: sealed),
            lastStep: self.lastStep,
            drift: self.drift,
            confirmedAt: self.confirmedAt
        )
    }
}

/// A set-up that waits for its first right code.
public struct SetUp: Equatable, Sendable {
    /// How long a set-up waits for its first code, seconds. Ours: long enough to find the phone.
    public static let lifetimeSeconds = 900
    /// Wrong codes after which it is void. Ours.
    public static let maximumFailures = 10

    /// The secret to be confirmed.
    public let secret: SealedSecret
    /// When it was begun.
    public let begunAt: UnixSeconds
    /// Wrong codes so far.
    public var failures: Int

    /// A set-up just begun, or read back from a store.
    public init(secret: SealedSecret, begunAt: UnixSeconds, failures: Int = 0) {
        self.secret = secret
        self.begunAt = begunAt
        self.failures = failures
    }

    /// The same set-up with its secret sealed anew.
    public func sealed(anew sealed: [UInt8]) -> SetUp {
        SetUp(secret: self.secret.sealed(anew: sealed), begunAt: self.begunAt, failures: self.failures)
    }

    /// Whether it can still be confirmed. A clock set back makes it void too: its age is unknown then.
    public func isOpen(at now: UnixSeconds) -> Bool {
        let age = now - self.begunAt
        return (0..<Int64(Self.lifetimeSeconds)).contains(age) && self.failures < Self.maximumFailures
    }
}

/// What became of the first code of a set-up.
public enum SetUpVerdict: Equatable, Sendable {
    /// Right: the factor is active, and the step is used.
    case confirmed(step: Int64)
    /// Wrong, and counted against the set-up.
    case wrong
    /// There is no set-up that could be confirmed.
    case noSetUp
}

/// What is known about one Linux account's second factor.
public struct Account: Equatable, Sendable {
    /// The store's own number for it, never used again for another.
    public let id: Int64
    /// Whose it is.
    public let identity: Identity
    /// Moves up with every change of factor; a sign-in that began under another one has ended.
    public var generation: Int64
    /// The active second factor.
    public var credential: Credential?
    /// A set-up under way.
    public var setUp: SetUp?
    /// Its failed codes.
    public var throttle: Throttle
    /// How its recovery codes stand; nil if it has none.
    public var recovery: RecoverySummary?
    /// Its wrong recovery codes.
    public var recoveryThrottle: RecoveryThrottle
    /// That a login was finished by a recovery code.
    public var recoveryMark: RecoveryMark?

    /// An account as a store holds it.
    public init(
        id: Int64,
        identity: Identity,
        generation: Int64,
        credential: Credential?,
        setUp: SetUp?,
        throttle: Throttle,
        recovery: RecoverySummary? = nil,
        recoveryThrottle: RecoveryThrottle = RecoveryThrottle(),
        recoveryMark: RecoveryMark? = nil
    ) {
        self.id = id
        self.identity = identity
        self.generation = generation
        self.credential = credential
        self.setUp = setUp
        self.throttle = throttle
        self.recovery = recovery
        self.recoveryThrottle = recoveryThrottle
        self.recoveryMark = recoveryMark
    }
}

/// Whether a Linux user has a second factor.
public enum Enrolment: Equatable, Sendable {
    /// No. The account, if there is one, holds at most a set-up under way.
    case none(Account?)
    /// Yes.
    case active(Account, Credential)
    /// A second factor is there for this name or this uid, but not for both together: refuse until an administrator
    /// has looked. Never to be taken for "not enrolled".
    case parted

    /// Reads the answer out of all accounts that share the name or the uid.
    public init(of identity: Identity, among accounts: [Account]) {
        let own = accounts.first { $0.identity == identity }
        if accounts.contains(where: { $0.identity != identity && $0.credential != nil }) {
            self = .parted
        } else if let own, let credential = own.credential {
            self = .active(own, credential)
        } else {
            self = .none(own)
        }
    }
}
