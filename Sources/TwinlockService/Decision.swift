import TwinlockAccounts

/// Whom a decision is about.
enum DecisionSubject: Equatable, Sendable {
    /// Somebody whom the host knows.
    case account(Identity)
    /// A name as it was given; from a stranger, unchecked.
    case name(String)
    /// All accounts there are.
    case everybody

    var name: String {
        switch self {
        case .account(let identity): identity.name
        case .name(let name): name
        case .everybody: ""
        }
    }

    var uid: UInt32? {
        switch self {
        case .account(let identity): identity.uid
        case .name, .everybody: nil
        }
    }
}

/// One decision, before it is told to anybody. It holds no secret.
struct Decision: Sendable {
    let method: StaticString
    let outcome: AuditOutcome
    let reason: AuditReason
    let subject: DecisionSubject
    let origin: SignInOrigin
    /// Words of ours, or numbers; for the journal alone.
    var detail: String?

    /// As it is kept.
    func record(at now: UnixSeconds) -> AuditRecord {
        AuditRecord(
            at: now,
            name: self.subject.name,
            uid: self.subject.uid,
            service: self.origin.service,
            remoteHost: self.origin.remoteHost,
            tty: self.origin.tty,
            caller: self.origin.peerUid,
            method: "\(self.method)",
            outcome: self.outcome,
            reason: self.reason
        )
    }
}
