/// When and where a recovery code was used.
public struct RecoveryCodeUse: Equatable, Sendable {
    /// The moment.
    public let at: UnixSeconds
    /// PAM service, or what stands for it.
    public let service: String
    /// Empty if local.
    public let remoteHost: String
    /// Empty where there is none.
    public let tty: String

    /// A use, about to be judged or read back from a store.
    public init(at: UnixSeconds, service: String, remoteHost: String, tty: String) {
        self.at = at
        self.service = service
        self.remoteHost = remoteHost
        self.tty = tty
    }
}

/// A recovery code at rest.
public struct SealedRecoveryCode: Equatable, Sendable {
    /// The code, sealed; opens for its account only.
    public let sealed: [UInt8]
    /// Its one use; nil while it has none.
    public internal(set) var use: RecoveryCodeUse?

    /// A code just made, or read back from a store.
    public init(sealed: [UInt8], use: RecoveryCodeUse? = nil) {
        self.sealed = sealed
        self.use = use
    }
}

/// The recovery codes that an account was given with its second factor, or that replaced those.
public struct RecoverySet: Equatable, Sendable {
    /// Codes of a set.
    public static let size = 10

    /// The store's own number for it, never used again for another.
    public let id: Int64
    /// When it was made.
    public let issuedAt: UnixSeconds
    /// When the person said that it is saved.
    public let acknowledgedAt: UnixSeconds?
    /// Whether a store that was restored has lost what was used of it since.
    public let isInDoubt: Bool
    /// By number, 0..<10.
    public internal(set) var codes: [SealedRecoveryCode]

    /// A set as a store holds it.
    public init(
        id: Int64,
        issuedAt: UnixSeconds,
        acknowledgedAt: UnixSeconds?,
        isInDoubt: Bool = false,
        codes: [SealedRecoveryCode]
    ) {
        self.id = id
        self.issuedAt = issuedAt
        self.acknowledgedAt = acknowledgedAt
        self.isInDoubt = isInDoubt
        self.codes = codes
    }

    /// What an account carries of it.
    public var summary: RecoverySummary {
        RecoverySummary(
            issuedAt: self.issuedAt,
            acknowledgedAt: self.acknowledgedAt,
            isInDoubt: self.isInDoubt,
            left: self.codes.count { $0.use == nil }
        )
    }
}

/// One recovery code that an administrator has issued, good for a while.
public struct IssuedRecoveryCode: Equatable, Sendable {
    /// How long one is good unless it is said otherwise, seconds. Ours: a call to the help desk and the way back.
    public static let lifetimeSeconds = 3600

    /// The store's own number for it, of the same row as those of sets.
    public let id: Int64
    /// When it was issued.
    public let issuedAt: UnixSeconds
    /// From this moment on it is not good any more.
    public let expiresAt: UnixSeconds
    /// The code.
    public internal(set) var code: SealedRecoveryCode

    /// A code as a store holds it.
    public init(id: Int64, issuedAt: UnixSeconds, expiresAt: UnixSeconds, code: SealedRecoveryCode) {
        self.id = id
        self.issuedAt = issuedAt
        self.expiresAt = expiresAt
        self.code = code
    }

    /// Whether it is good at that moment. A clock set back before its making makes it void: its age is unknown then.
    public func isOpen(at now: UnixSeconds) -> Bool {
        self.issuedAt <= now && now < self.expiresAt
    }
}

/// All recovery codes of an account.
public struct RecoveryCodes: Equatable, Sendable {
    /// The person's own; nil for an account from before there were any.
    public var own: RecoverySet?
    /// An administrator's, the newest one.
    public var issued: IssuedRecoveryCode?

    /// All codes, or none.
    public init(own: RecoverySet? = nil, issued: IssuedRecoveryCode? = nil) {
        self.own = own
        self.issued = issued
    }

    /// Each code with what a match calls it, used ones too: one that is typed again must be known.
    public var places: [(place: RecoveryCodePlace, sealed: [UInt8])] {
        let own = self.own.map { set in
            set.codes.enumerated().map {
                (RecoveryCodePlace(set: set.id, number: $0.offset), $0.element.sealed)
            }
        }
        let issued = self.issued.map { (RecoveryCodePlace(set: $0.id, number: 0), $0.code.sealed) }
        return (own ?? []) + (issued.map { [$0] } ?? [])
    }

    /// Whether there is a code at that place.
    public func holds(_ place: RecoveryCodePlace) -> Bool {
        self.places.contains { $0.place == place }
    }
}

/// Where a code is found: no secret, and good for one set only, so that a set's number never reaches into another.
public struct RecoveryCodePlace: Hashable, Sendable {
    /// The set's number.
    public let set: Int64
    /// The code's number in it.
    public let number: Int

    /// A place in a set.
    public init(set: Int64, number: Int) {
        self.set = set
        self.number = number
    }
}

/// What an account carries of its recovery codes wherever it is read: enough to tell how they stand.
public struct RecoverySummary: Equatable, Sendable {
    /// When they were made.
    public let issuedAt: UnixSeconds
    /// When the person said that they are saved.
    public let acknowledgedAt: UnixSeconds?
    /// Whether a store that was restored has lost what was used of them since.
    public let isInDoubt: Bool
    /// Those that were not used.
    public let left: Int

    /// A summary as a store made it.
    public init(issuedAt: UnixSeconds, acknowledgedAt: UnixSeconds?, isInDoubt: Bool = false, left: Int) {
        self.issuedAt = issuedAt
        self.acknowledgedAt = acknowledgedAt
        self.isInDoubt = isInDoubt
        self.left = left
    }
}
