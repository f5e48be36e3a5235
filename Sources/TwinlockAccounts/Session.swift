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
public struct Session: Equatable, Held {
    /// Sensitive calls take a session with both factors that is at most so old, seconds.
    public static let freshSeconds = 600
    /// A use within so many seconds of the last one is not written again.
    public static let useResolutionSeconds = 60

    /// Bytes of a handle.
    public static let handleBytes = 16

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
    /// The terminal; empty where there is none.
    public let tty: String
    /// The password field at sign-in.
    public let mark: PasswordMark
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
        tty: String = "",
        mark: PasswordMark,
        created: UnixSeconds,
        lastUsed: UnixSeconds
    ) {
        self.digest = digest
        self.identity = identity
        self.maker = maker
        self.factors = factors
        self.service = service
        self.remoteHost = remoteHost
        self.tty = tty
        self.mark = mark
        self.created = created
        self.lastUsed = lastUsed
    }

    /// The name under which its owner ends it from elsewhere: half of its digest, of no use for anything else.
    public var handle: [UInt8] {
        Array(self.digest.prefix(Self.handleBytes))
    }

    /// When it ends unless it is used before.
    public func expires(_ lifetimes: SessionLifetimes) -> UnixSeconds {
        min(self.lastUsed + lifetimes.idleSeconds, self.created + lifetimes.absoluteSeconds)
    }

    /// Whether it may be used at that moment. A clock set back before its making refuses it: its age is unknown then.
    public func isLive(at now: UnixSeconds, _ lifetimes: SessionLifetimes) -> Bool {
        self.created <= now && now < self.expires(lifetimes)
    }

    /// Whether both factors were shown, at most ten minutes ago. Whether it is live is asked before.
    public func isFresh(at now: UnixSeconds) -> Bool {
        self.factors.contains(.code) && self.factors.count > 1
            && (0...Int64(Self.freshSeconds)).contains(now - self.created)
    }
}
