import TwinlockAccounts
import TwinlockInterface
import TwinlockOTP
import TwinlockSealing
import TwinlockStore
import TwinlockVarlink

/// What a right second factor brought with it.
struct SecondFactorShown: Sendable {
    /// Failed codes of other sources that still count.
    let failedCodes: Int
    /// Recovery codes that were not used; nil without any set of them.
    let recoveryCodesLeft: Int?
    /// Whether it was one of them.
    let isRecoveryCode: Bool

    init(failedCodes: Int, recoveryCodesLeft: Int?, isRecoveryCode: Bool) {
        self.failedCodes = failedCodes
        self.recoveryCodesLeft = recoveryCodesLeft
        self.isRecoveryCode = isRecoveryCode
    }

    /// By a code that was accepted.
    init(_ judged: JudgedCode) {
        var counted = 0
        if case .accepted(_, let failedCodes) = judged.verdict { counted = failedCodes }
        self.init(failedCodes: counted, recoveryCodesLeft: judged.account.recovery?.left, isRecoveryCode: false)
    }

    /// By a recovery code that was accepted.
    ///
    /// - Parameter hasOwn: Whether the account has any of its own.
    init(_ verdict: RecoveryCodeVerdict, hasOwn: Bool) {
        var count: Int?
        if case .accepted(let left) = verdict, hasOwn { count = left }
        self.init(failedCodes: 0, recoveryCodesLeft: count, isRecoveryCode: true)
    }

    /// For the log.
    var reason: DecisionLog.Reason { self.isRecoveryCode ? .recoveryCodeRight : .codeRight }

    /// For the log: how many are left, where one was spent.
    var detail: String? { self.isRecoveryCode ? "\(self.recoveryCodesLeft ?? 0) left" : nil }
}

// The one way in which a recovery code is judged for any method, and how codes are made and opened.
extension TwinlockService {
    /// Judges a recovery code; what follows from it is on the disk when this returns.
    ///
    /// - Parameters:
    ///   - typed: As typed and normalised.
    ///   - account: As it was read under the generation of the first factor.
    ///   - end: What a right one leads to; nil where whoever called decides later.
    ///   - telling: What a wrong one is told where that must not show what became of the password.
    func judgeRecoveryCode(
        _ typed: RecoveryCode,
        of account: Account,
        origin: SignInOrigin,
        method: StaticString,
        end: SignInEnd?,
        telling: Telling
    ) async throws(Refusal) -> SecondFactorShown {
        let known = try await self.recoveryCodes(of: account, origin: origin, method: method)
        let opened = try self.open(known.places, of: account.identity)
        let now = self.surroundings.now()
        let hasOwn = account.recovery != nil
        let decision = { @Sendable (verdict: RecoveryCodeVerdict) -> Decision? in
            switch Self.reason(of: verdict) {
            case (let reason, let detail)?:
                Decision(
                    method: method,
                    outcome: .refused,
                    reason: reason,
                    subject: .account(account.identity),
                    origin: origin,
                    detail: detail
                )
            case nil:
                end.flatMap { self.decisionWithCode(on: $0, SecondFactorShown(verdict, hasOwn: hasOwn)) }
            }
        }
        let verdict: RecoveryCodeVerdict
        do {
            verdict = try await self.trail.ride { ride throws(StoreError) in
                try await self.store.attemptRecoveryCode(
                    account: account.id,
                    generation: account.generation,
                    match: RecoveryCodeMatch(typed, among: opened),
                    use: RecoveryCodeUse(
                        at: now,
                        service: origin.service,
                        remoteHost: origin.remoteHost,
                        tty: origin.tty
                    ),
                    finishesLogin: end?.finishesLogin ?? false,
                    recording: { ride.records(with: decision($0)?.record(at: now)) }
                )
            }
        } catch {
            self.reopen(end)
            throw self.recoveryFailure(error, of: account, origin: origin, method: method)
        }
        if case .accepted = verdict { return SecondFactorShown(verdict, hasOwn: hasOwn) }
        if let decision = decision(verdict) { self.log.tell(decision) }
        throw await self.refusal(of: verdict, of: account, origin: origin, telling: telling)
    }

    /// Why a recovery code is refused, and what the log says besides; nil if it is not.
    private static func reason(of verdict: RecoveryCodeVerdict) -> (AuditReason, String?)? {
        switch verdict {
        case .accepted: nil
        case .used: (.recoveryCodeUsed, nil)
        case .wrong: (.recoveryCodeWrong, nil)
        case .refusedForNow(let seconds): (.recoveryCodeThrottled, "\(seconds) seconds left")
        }
    }

    /// What a recovery code that is not accepted is told, after the delay.
    private func refusal(
        of verdict: RecoveryCodeVerdict,
        of account: Account,
        origin: SignInOrigin,
        telling: Telling
    ) async -> Refusal {
        let action: Throttle.FailureAction
        switch verdict {
        case .used where origin.peerUid == 0:
            return await self.delayed(.named(.codeAlreadyUsed), since: telling.came)
        case .wrong(.wait(let seconds)), .refusedForNow(let seconds): action = .wait(seconds: seconds)
        case .accepted, .used, .wrong(.allowRetry): action = .allowRetry
        }
        let told = telling.action(own: action, failures: account.recoveryThrottle.failures)
        return await self.delayed(Self.refusal(told), since: telling.came)
    }

    /// All recovery codes of an account, as long as its factor is the one under which it was read.
    func recoveryCodes(
        of account: Account,
        origin: SignInOrigin,
        method: StaticString
    ) async throws(Refusal) -> RecoveryCodes {
        do {
            return try await self.store.recoveryCodes(account: account.id, generation: account.generation)
        } catch {
            throw self.recoveryFailure(error, of: account, origin: origin, method: method)
        }
    }

    /// What is told where the store did not do what it was asked.
    func recoveryFailure(
        _ error: StoreError,
        of account: Account,
        origin: SignInOrigin,
        method: StaticString
    ) -> Refusal {
        guard error == .conflict else {
            self.log.storeFailed(error, doing: "working with recovery codes")
            self.log.decision(method, .refused, .notCarriedOut, of: account.identity, origin: origin)
            return .named(.unavailable)
        }
        self.log.decision(method, .refused, .factorChanged, of: account.identity, origin: origin)
        return .named(.signInAgain)
    }

    /// Opens recovery codes of an account.
    func open(
        _ places: [(place: RecoveryCodePlace, sealed: [UInt8])],
        of identity: Identity
    ) throws(Refusal) -> [(place: RecoveryCodePlace, code: RecoveryCode)] {
        var opened: [(place: RecoveryCodePlace, code: RecoveryCode)] = []
        for (place, sealed) in places {
            opened.append((place, try self.open(sealed, of: identity)))
        }
        return opened
    }

    /// Opens a recovery code of an account.
    func open(_ sealed: [UInt8], of identity: Identity) throws(Refusal) -> RecoveryCode {
        do {
            let stored = try self.sealer.open(Sealed(bytes: sealed), for: Self.recoveryContext(identity))
            if let code = RecoveryCode(stored: stored) {
                return code
            }
            self.log.failure("cannot open a recovery code: it is none")
        } catch {
            self.log.failure("cannot open a recovery code: \(error)")
        }
        throw .named(.unavailable)
    }

    /// New recovery codes for an account.
    func newRecoveryCodes(
        _ count: Int = RecoverySet.size,
        for identity: Identity
    ) throws(Refusal) -> NewRecoveryCodes {
        let codes = RecoveryCode.distinct(count, random: self.surroundings.random)
        let lease = self.sealers.lease()
        do throws(SealingError) {
            var sealed: [[UInt8]] = []
            for code in codes {
                sealed.append(try lease.sealer.seal(code.stored, for: Self.recoveryContext(identity)).bytes)
            }
            return NewRecoveryCodes(texts: codes.map { $0.text().asText() }, sealed: sealed, lease: lease)
        } catch {
            self.log.failure("cannot seal recovery codes: \(error)")
            throw .named(.unavailable)
        }
    }

    /// A recovery code opens for the account that it was sealed for.
    static func recoveryContext(_ identity: Identity) -> SealingContext {
        SealingContext(account: "\(identity.name)/\(identity.uid)", kind: .recoveryCode)
    }
}

/// Recovery codes that are about to be stored.
struct NewRecoveryCodes: Sendable {
    /// As they are shown.
    let texts: [SecretText]
    /// As they are stored.
    let sealed: [[UInt8]]
    /// To be ended when they are.
    let lease: SealingLease
}
