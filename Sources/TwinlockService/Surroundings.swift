public import TwinlockAccounts
public import TwinlockOTP

/// What the service takes from the machine, handed down by the executable: the clock, randomness and the passing of time.
public struct Surroundings: Sendable {
    /// The system's clock.
    public let now: @Sendable () -> UnixSeconds
    /// Time since some moment in the past; never set back.
    public let uptime: @Sendable () -> Duration
    /// So many bytes from the system's generator.
    public let random: @Sendable (_ count: Int) -> SecretBytes
    /// Returns when that much time has passed. Nothing but an answer waits for it.
    public let pause: @Sendable (_ time: Duration) async -> Void

    /// The machine as the service sees it.
    public init(
        now: @escaping @Sendable () -> UnixSeconds,
        uptime: @escaping @Sendable () -> Duration,
        random: @escaping @Sendable (_ count: Int) -> SecretBytes,
        pause: @escaping @Sendable (_ time: Duration) async -> Void
    ) {
        self.now = now
        self.uptime = uptime
        self.random = random
        self.pause = pause
    }
}

/// What an administrator has decided about the service.
public struct ServicePolicy: Sendable {
    /// What is asked of sign-ins.
    public var signIn: SignInPolicy
    /// The label of the account in the authenticator app; 1 to 64 bytes.
    public var issuer: String
    /// Seconds before "no" is said. Ours; what `pam_unix` asks for.
    public var failureDelaySeconds: Int
    /// Seconds that a password check may take, waiting for its turn included.
    public var checkDeadlineSeconds: Int
    /// The one uid that is served besides root, where the daemon was started by an ordinary user; nil for all.
    public var servedUid: UInt32?
    /// Local services that sign others in and may use everybody's sessions, a web panel say.
    public var services: ListedCallers
    /// Who may read what `org.twinlock.Administration` tells, root apart.
    public var administrators: ListedCallers
    /// Whether a code stands alone in sensitive calls, from an account's own uid, where the account has no password
    /// that could be right.
    public var allowsCodeWithoutPassword: Bool
    /// How long sessions live.
    public var sessionLifetimes = SessionLifetimes.standard
    /// What tokens may be.
    public var tokens = TokenPolicy()

    /// The decisions.
    public init(
        signIn: SignInPolicy,
        issuer: String,
        failureDelaySeconds: Int,
        checkDeadlineSeconds: Int,
        servedUid: UInt32?,
        services: ListedCallers = ListedCallers(),
        administrators: ListedCallers = ListedCallers(),
        allowsCodeWithoutPassword: Bool = true
    ) {
        self.signIn = signIn
        self.issuer = issuer
        self.failureDelaySeconds = failureDelaySeconds
        self.checkDeadlineSeconds = checkDeadlineSeconds
        self.servedUid = servedUid
        self.services = services
        self.administrators = administrators
        self.allowsCodeWithoutPassword = allowsCodeWithoutPassword
    }
}
