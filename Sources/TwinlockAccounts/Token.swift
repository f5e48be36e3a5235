/// A personal access token: what a script shows where a program shows a session.
///
/// It opens the methods of its groups and nothing else, and never a sensitive call. Its value is random and known to
/// whoever made it alone; here is its digest.
public struct Token: Equatable, Held {
    /// Tokens that one account may have at a time. Ours: more than anybody can keep apart.
    public static let maximumPerAccount = 64
    /// Characters of an id: hexadecimal digits.
    public static let idDigits = 16
    /// A use within so many seconds of the last one that was written is not written.
    public static let useResolutionSeconds = 3600

    /// The name under which its owner changes it; no secret. It stays when the value changes.
    public let id: String
    /// SHA-256 of the value, 32 bytes.
    public var digest: [UInt8]
    /// Whose it is.
    public let identity: Identity
    /// The uid that made it.
    public let maker: UInt32
    /// What it is for, in the owner's words.
    public var description: String
    /// What it opens: names of groups, sorted, one or more.
    public var groups: [String]
    /// Whether a second factor was shown when it was made or last changed.
    public var showsCode: Bool
    /// The password field when it was made or last changed.
    public var mark: PasswordMark
    /// When it was made.
    public let created: UnixSeconds
    /// When it ends.
    public var expires: UnixSeconds
    /// Its last use, within the hour; nil if it was never used.
    public var lastUsed: UnixSeconds?

    /// A token as it is stored.
    public init(
        id: String,
        digest: [UInt8],
        identity: Identity,
        maker: UInt32,
        description: String,
        groups: [String],
        showsCode: Bool,
        mark: PasswordMark,
        created: UnixSeconds,
        expires: UnixSeconds,
        lastUsed: UnixSeconds? = nil
    ) {
        self.id = id
        self.digest = digest
        self.identity = identity
        self.maker = maker
        self.description = description
        self.groups = groups
        self.showsCode = showsCode
        self.mark = mark
        self.created = created
        self.expires = expires
        self.lastUsed = lastUsed
    }

    /// Whether it may be used at that moment. A clock set back before its making refuses it: its age is unknown then.
    public func isLive(at now: UnixSeconds) -> Bool {
        self.created <= now && now < self.expires
    }

    /// Whether a use at that moment is to be written down.
    public func isUseWorthWriting(at now: UnixSeconds) -> Bool {
        self.lastUsed.map { now - $0 >= Int64(Self.useResolutionSeconds) } ?? true
    }
}

/// What becomes of a token that its owner changes; what is nil stays.
///
/// Every change founds the token anew on what its owner has just shown.
public struct TokenChange: Equatable, Sendable {
    /// What it is for.
    public var description: String?
    /// What it opens: sorted, one or more.
    public var groups: [String]?
    /// When it ends.
    public var expires: UnixSeconds?
    /// SHA-256 of a new value; the old one is dead at once.
    public var digest: [UInt8]?
    /// Whether a second factor was shown.
    public let showsCode: Bool
    /// The password field now.
    public let mark: PasswordMark

    /// A change of nothing but what the token is founded on.
    public init(showsCode: Bool, mark: PasswordMark) {
        self.showsCode = showsCode
        self.mark = mark
    }
}

/// What became of a token that was to be saved.
public enum TokenVerdict: Equatable, Sendable {
    /// It is saved, like this.
    case saved(Token)
    /// The account has as many as it may have.
    case tooMany
    /// The account has no token of that id that has not ended.
    case notThere
}
