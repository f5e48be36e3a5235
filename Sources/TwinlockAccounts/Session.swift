/// A factor that was shown. The words are those of the interface.
public enum Factor: String, Hashable, Sendable, CaseIterable {
    /// The account's password, checked by the host's PAM.
    case password
    /// A public key, checked by the login program.
    case publickey
    /// A code from the authenticator app.
    case code
}

/// What a finished sign-in hands a program. Its value is random and known to the program alone; here is its digest.
public struct Session: Equatable, Sendable {
    /// An unused session ends after so many seconds. Ours; a day's work without a pause of more than this.
    public static let idleSeconds = 8 * 3600
    /// Every session ends after so many seconds, used or not. Ours.
    public static let absoluteSeconds = 24 * 3600
    /// Sensitive calls take a session with both factors that is at most so old, seconds.
    public static let freshSeconds = 600
    /// A use within so many seconds of the last one is not written again.
    public static let useResolutionSeconds = 60

    /// SHA-256 of the value, 32 bytes.
    public let digest: [UInt8]
    /// Whose it is.
    public let identity: Identity
    /// The uid that signed in.
    public let maker: UInt32
    /// Factors shown, sorted.
    public let factors: [Factor]
    /// The service that signed in.
    public let service: String
    /// Where from; empty if local.
    public let remoteHost: String
    /// When it was made.
    public let created: UnixSeconds
    /// Its last use.
    public var lastUsed: UnixSeconds

    /// A session as it is stored.
    public init(
        digest: [UInt8],
        identity: Identity,
        maker: UInt32,
        factors: [Factor],
        service: String,
        remoteHost: String,
        created: UnixSeconds,
        lastUsed: UnixSeconds
    ) {
        self.digest = digest
        self.identity = identity
        self.maker = maker
        self.factors = factors
        self.service = service
        self.remoteHost = remoteHost
        self.created = created
        self.lastUsed = lastUsed
    }

    /// When it ends unless it is used before.
    public var expires: UnixSeconds {
        min(self.lastUsed + Self.idleSeconds, self.created + Self.absoluteSeconds)
    }

    /// Whether it may be used at that moment. A clock set back before its making refuses it: its age is unknown then.
    public func isLive(at now: UnixSeconds) -> Bool {
        self.created <= now && now < self.expires
    }

    /// Whether both factors were shown, at most ten minutes ago.
    public func isFresh(at now: UnixSeconds) -> Bool {
        self.isLive(at: now) && self.factors.contains(.code) && self.factors.count > 1
            && now - self.created <= Int64(Self.freshSeconds)
    }

    /// Whether that uid may use it: its own, or the one that made it. Root is the caller's table's business.
    public func belongs(to uid: UInt32) -> Bool {
        uid == self.identity.uid || uid == self.maker
    }
}
