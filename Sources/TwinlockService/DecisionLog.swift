import Logging
import TwinlockAccounts
import TwinlockStore

/// Says in the log what was decided, and why, and keeps a record of it. It is given no secret, and so can tell none.
///
/// Every call that decides is one decision here: exactly one line of the journal and one record, see `AuditTrail`. A
/// recovery code that is spent on the way is a decision of its own, and so is a login by one that stands for it. What only
/// reads decides nothing; neither does a session's value that belongs to no account, never given out or over and
/// gone. Something that could not be carried out is a refusal, and besides it `failure` says what was at fault.
struct DecisionLog: Sendable {
    /// Why something was decided.
    typealias Reason = AuditReason
    /// What became of a call.
    typealias Outcome = AuditOutcome

    private let logger: Logger
    private let trail: AuditTrail
    private let now: @Sendable () -> UnixSeconds

    init(logger: Logger, trail: AuditTrail, now: @escaping @Sendable () -> UnixSeconds) {
        self.logger = logger
        self.trail = trail
        self.now = now
    }

    /// One decision.
    ///
    /// - Parameter detail: Words of ours, or numbers; for the journal alone.
    func decision(
        _ method: StaticString,
        _ outcome: Outcome,
        _ reason: Reason,
        about subject: DecisionSubject,
        origin: SignInOrigin,
        detail: String? = nil
    ) {
        self.decision(
            Decision(
                method: method,
                outcome: outcome,
                reason: reason,
                subject: subject,
                origin: origin,
                detail: detail
            )
        )
    }

    /// One decision.
    func decision(_ decision: Decision) {
        self.tell(decision)
        self.trail.add(decision.record(at: self.now()))
    }

    /// A decision whose record is saved already, together with what follows from it.
    func tell(_ decision: Decision) {
        let (method, subject, origin) = (decision.method, decision.subject, decision.origin)
        let sentence = decision.reason.sentence
        let words = decision.detail.map { "\(sentence) (\($0))" } ?? sentence
        // The handler of the log escapes what a stranger may have put into a name.
        self.logger.log(
            level: decision.outcome == .continued ? .info : .notice,
            "\(method) \(decision.outcome.rawValue): \(words)",
            metadata: [
                "user": "\(subject.name)", "user-uid": "\(subject.uid.map { "\($0)" } ?? "")", "method": "\(method)",
                "outcome": "\(decision.outcome.rawValue)", "reason": "\(decision.reason.rawValue)",
                "service": "\(origin.service)", "rhost": "\(origin.remoteHost)", "tty": "\(origin.tty)",
                "uid": "\(origin.peerUid)",
            ]
        )
    }

    /// One decision about somebody whom the host knows.
    func decision(
        _ method: StaticString,
        _ outcome: Outcome,
        _ reason: Reason,
        of identity: Identity,
        origin: SignInOrigin,
        detail: String? = nil
    ) {
        self.decision(method, outcome, reason, about: .account(identity), origin: origin, detail: detail)
    }

    /// One decision about a name that the host was not asked about, or does not know.
    ///
    /// - Parameter user: As given; from a stranger, unchecked.
    func decision(
        _ method: StaticString,
        _ outcome: Outcome,
        _ reason: Reason,
        user: String,
        origin: SignInOrigin,
        detail: String? = nil
    ) {
        self.decision(method, outcome, reason, about: .name(user), origin: origin, detail: detail)
    }

    /// Something that could not be carried out, in words of ours.
    func failure(_ words: String) {
        self.logger.error("\(words)")
    }

    /// What a store's error means for an administrator.
    func storeFailed(_ error: StoreError, doing what: StaticString) {
        self.failure("\(what): \(error.words)")
    }
}
