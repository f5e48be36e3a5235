import TwinlockAccounts
import TwinlockInterface
import TwinlockOTP
import TwinlockStore
import TwinlockVarlink

/// What a right second factor leads to: the end of a sign-in.
struct SignInEnd: Sendable {
    let pending: PendingSignIn
    let identity: Identity
    let check: AccountCheck
    /// The password field when the first factor was shown.
    let mark: PasswordMark?
    /// Which try of the sign-in it is; 0 where its codes are not counted.
    var attempt: UInt8 = 0

    /// Whether it is a login program's, and lets the user in.
    var finishesLogin: Bool { self.pending.origin.purpose == .login && self.check.admits }
}

// How a sign-in ends after a right second factor.
extension TwinlockService {
    /// What becomes of a sign-in whose second factor is right.
    private func decision(on end: SignInEnd, _ shown: SecondFactorShown) -> Decision {
        let pending = end.pending
        func decided(_ outcome: AuditOutcome, _ reason: AuditReason, detail: String? = nil) -> Decision {
            Decision(
                method: "Verify2FACode",
                outcome: outcome,
                reason: reason,
                subject: .account(end.identity),
                origin: pending.origin,
                detail: detail
            )
        }
        let now = self.surroundings.now()
        // Of two right codes one ends it. The try that did may ask again.
        guard self.pendingLedger.withLock({ $0.end(pending, by: end.attempt, at: now) }) else {
            return decided(.refused, .pendingSpent)
        }
        guard end.check.admits else { return decided(.refused, .accountRefused, detail: "\(end.check)") }
        if end.check == .passwordMustBeChanged, pending.origin.purpose == .session {
            return decided(.refused, .passwordMustBeChanged)
        }
        return decided(.accepted, shown.reason, detail: shown.detail)
    }

    /// The decision that is saved together with the code. nil where it is only made with the session that is saved later.
    func decisionWithCode(on end: SignInEnd, _ shown: SecondFactorShown) -> Decision? {
        let decision = self.decision(on: end, shown)
        return decision.outcome == .accepted && end.pending.origin.purpose == .session ? nil : decision
    }

    /// Opens a sign-in again whose code could not be judged.
    func reopen(_ end: SignInEnd?) {
        guard let end else { return }
        self.pendingLedger.withLock { $0.reopen(end.pending, by: end.attempt) }
    }

    /// After a right code: ends the pending sign-in, and lets in whom the host's account rules let in.
    func finish(_ end: SignInEnd, shown: SecondFactorShown) async throws(Refusal) -> SignInResult {
        let pending = end.pending
        let isSession = pending.origin.purpose == .session
        let decision = self.decision(on: end, shown)
        guard decision.outcome == .accepted else {
            self.announce(decision, of: end)
            switch decision.reason {
            case .pendingSpent: throw .named(.signInAgain)
            case .passwordMustBeChanged: throw .named(.passwordExpired)
            default: throw await self.delayed(.named(.authenticationFailed))
            }
        }
        var result = try await self.carryingOut("Verify2FACode", for: pending.subject, origin: pending.origin) {
            () async throws(Refusal) in
            try await self.signedIn(
                end.identity,
                mark: end.mark,
                origin: pending.origin,
                factors: pending.factors + [.code],
                secondFactor: .verified,
                failedCodes: shown.failedCodes,
                decision: decision
            )
        }
        if isSession { self.log.tell(decision) } else { self.announce(decision, of: end) }
        self.toldThrottle.withLock { $0.finished(pending.target) }
        if pending.factors.contains(.password) { self.codesAlone.withLock { $0.reopen(end.identity) } }
        result.recoveryCodesLeft = shown.recoveryCodesLeft.map(Int64.init)
        result.recoveryCodeUsed = shown.isRecoveryCode
        return result
    }

    /// Tells a decision; keeps it, too, where there was no code that it was saved with.
    private func announce(_ decision: Decision, of end: SignInEnd) {
        if end.attempt > 0 { self.log.tell(decision) } else { self.log.decision(decision) }
    }
}
