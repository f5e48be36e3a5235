public import Logging
public import TwinlockAccounts
import TwinlockInterface
import TwinlockOTP
public import TwinlockSealing
public import TwinlockStore
public import TwinlockVarlink

/// Carries out the methods of our interfaces: from a call and its caller to a decision that is on the disk, to a reply.
///
/// What must outlive a kill is in the store; what is here may be forgotten at any moment without letting anybody in.
public final class TwinlockService: Sendable {
    let store: any AccountStore
    let sealers: Sealers
    let rotation: KeyRotation
    let checker: any PasswordChecker
    private let currentPolicy: Locked<ServicePolicy>
    let surroundings: Surroundings
    let log: DecisionLog
    let trail: AuditTrail
    let directory: Directory
    let version: String
    /// Since when it serves.
    let started: UnixSeconds
    let fieldKeyring: PasswordFieldKeyring
    let background = Background()
    let gate = CheckGate()
    let pendingLedger = Locked(PendingLedger())
    let passwordThrottle = Locked(PasswordThrottle())
    let toldThrottle = Locked(ToldThrottle())
    let checkPace = Locked(CheckPace())
    let codesAlone = Locked(CodesAlone())

    /// Password checks that run at once.
    public static let checksAtOnce = CheckGate.places

    /// A service over a store, a key and a checker.
    ///
    /// - Parameters:
    ///   - sealer: Where it opens for older keys, a rotation of the key is not finished: see `resumeKeyRotation`.
    ///   - custody: Who keeps its key.
    public init(
        store: any AccountStore,
        sealer: Sealer,
        custody: any KeyCustody,
        checker: any PasswordChecker,
        policy: ServicePolicy,
        surroundings: Surroundings,
        version: String,
        logger: Logger,
        retention: AuditRetention = AuditRetention()
    ) {
        self.store = store
        let sealers = Sealers(sealer, since: surroundings.now())
        self.sealers = sealers
        self.checker = checker
        self.currentPolicy = Locked(policy)
        self.surroundings = surroundings
        self.version = version
        self.started = surroundings.now()
        self.trail = AuditTrail(store: store, retention: retention, now: surroundings.now, logger: logger)
        self.log = DecisionLog(logger: logger, trail: self.trail, now: surroundings.now)
        self.directory = Directory(checker: checker)
        self.fieldKeyring = PasswordFieldKeyring(store: store, sealers: sealers, random: surroundings.random)
        self.rotation = KeyRotation(
            store: store,
            sealers: sealers,
            custody: custody,
            surroundings: surroundings,
            log: self.log
        )
    }

    /// For opening, and for what is not stored: see `Sealers`.
    var sealer: Sealer { self.sealers.current }

    /// What holds now.
    var policy: ServicePolicy { self.currentPolicy.withLock { $0 } }

    /// Lets another policy hold from now on; a call that is at work may still follow the one before.
    public func adopt(_ policy: ServicePolicy) {
        self.currentPolicy.withLock { $0 = policy }
    }

    /// Answers one call. The caller is known from the socket; everything else is the table's business.
    ///
    /// - Parameter replies: Takes what comes ahead of the final reply, where the call asks for more than one.
    public func answer(_ call: Call, from peer: Peer, replies: ReplySink) async -> Reply {
        guard let entry = Self.methods.first(where: { $0.name == call.method }) else {
            return .methodNotFound(call.method)
        }
        return await entry.handle(self, call, peer, replies)
    }

    /// The Varlink service that this is: the interface texts, and `answer`.
    public func varlinkService() -> VarlinkService {
        VarlinkService(
            vendor: "Twinlock",
            product: "twinlockd",
            version: self.version,
            url: "",
            interfaces: InterfaceText.all
        ) { call, peer, replies in
            await self.answer(call, from: peer, replies: replies)
        }
    }
}
