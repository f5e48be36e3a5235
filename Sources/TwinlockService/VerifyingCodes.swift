import TwinlockAccounts
import TwinlockInterface
import TwinlockOTP
import TwinlockSealing
import TwinlockStore
import TwinlockVarlink

// `Verify2FACode`, and the one way in which a code is judged for any method.
extension TwinlockService {
    func verify2FACode(
        _ call: AuthorizedCall<Verify2FACodeParameters, PendingSignIn>
    ) async throws(Refusal) -> SignInResult {
        let pending = call.subject
        let came = self.surroundings.uptime()
        let now = self.surroundings.now()
        let isToken = call.parameters.code.hasPrefix(Self.tokenPrefix)
        guard let attempt = self.pendingLedger.withLock({ $0.takeCode(for: pending, at: now) }) else {
            self.log.decision("Verify2FACode", .refused, .pendingSpent, about: pending.subject, origin: pending.origin)
            throw .named(.signInAgain)
        }
        if isToken {
            self.log.decision("Verify2FACode", .refused, .isToken, about: pending.subject, origin: pending.origin)
            throw await self.delayed(.named(.authenticationFailed))
        }
        let telling = { self.telling(of: call.parameters.code, for: pending, isFirst: attempt == 1, came: came) }
        switch pending.ground {
        case .settingUp:
            return try await self.confirmAtSignIn(call.parameters.code, pending)
        case .saving:
            return try await self.finishSaving(call.parameters.code, pending)
        case .pretended:
            let telling = telling()
            let subject = pending.subject
            self.log.decision("Verify2FACode", .refused, .codeNotLookedAt, about: subject, origin: pending.origin)
            throw await self.delayed(Self.refusal(telling.action), since: telling.came)
        case .genuine(let identity, let generation, let check, let mark):
            let isAlone = pending.origin.isCodeAlone
            let end = SignInEnd(
                pending: pending,
                identity: identity,
                check: check,
                mark: isAlone ? nil : mark,
                attempt: attempt
            )
            let shown =
                if isAlone {
                    try await self.judgeCodeAlone(call.parameters.code, generation: generation, end: end)
                } else {
                    try await self.judgeCode(
                        call.parameters.code,
                        of: identity,
                        generation: generation,
                        origin: pending.origin,
                        method: "Verify2FACode",
                        end: end,
                        telling: telling()
                    )
                }
            return try await self.finish(end, shown: shown)
        }
    }

    /// Judges a code, or a recovery code in its place, against an account's active factor; what follows from it is on
    /// the disk when this returns. What has neither's shape is a wrong code.
    ///
    /// - Parameters:
    ///   - code: As typed.
    ///   - generation: Under which the first factor was shown; nil for the present one.
    ///   - end: What a right one leads to; nil where whoever called decides later.
    ///   - telling: What a wrong one is told where that must not show what became of the password.
    func judgeCode(
        _ code: SecretText,
        of identity: Identity,
        generation: Int64?,
        origin: SignInOrigin,
        method: StaticString,
        end: SignInEnd? = nil,
        telling: Telling = .plain
    ) async throws(Refusal) -> SecondFactorShown {
        let now = self.surroundings.now()
        let decision = { @Sendable (judged: JudgedCode) -> Decision? in
            switch Self.reason(of: judged.verdict, judged.match) {
            case (let reason, let detail)?:
                Decision(
                    method: method,
                    outcome: .refused,
                    reason: reason,
                    subject: .account(identity),
                    origin: origin,
                    detail: detail
                )
            case nil:
                end.flatMap { self.decisionWithCode(on: $0, SecondFactorShown(judged)) }
            }
        }
        let attempt: CodeAttempt<CodeLeft>
        do {
            attempt = try await self.trail.ride { ride throws(StoreError) in
                try await self.store.attemptCode(
                    of: identity,
                    source: origin.failureSource,
                    at: now,
                    comparing: { self.compare(code, of: identity, generation: generation, among: $0, at: now) },
                    recording: { ride.records(with: decision($0)?.record(at: now)) }
                )
            }
        } catch {
            self.reopen(end)
            if error != .conflict { self.log.storeFailed(error, doing: "judging a code") }
            attempt = .left(error == .conflict ? .factorChanged : .unreadable)
        }
        switch attempt {
        case .judged(let judged):
            if case .accepted = judged.verdict { return SecondFactorShown(judged) }
            if let decision = decision(judged) { self.log.tell(decision) }
            throw await self.refusal(of: judged.verdict, of: judged.account, origin: origin, telling: telling)
        case .left(.recoveryCode(let typed, let account)):
            return try await self.judgeRecoveryCode(
                typed,
                of: account,
                origin: origin,
                method: method,
                end: end,
                telling: telling
            )
        case .left(.factorChanged):
            self.log.decision(method, .refused, .factorChanged, of: identity, origin: origin)
            throw .named(.signInAgain)
        case .left(.unreadable):
            self.log.decision(method, .refused, .notCarriedOut, of: identity, origin: origin)
            throw .named(.unavailable)
        }
    }

    /// Why a code was not judged as one of digits.
    private enum CodeLeft: Sendable {
        /// It has the shape of a recovery code of that account.
        case recoveryCode(RecoveryCode, Account)
        /// There is no active factor, or not the one of the sign-in any more.
        case factorChanged
        /// The store or the secret could not be read; the log has why.
        case unreadable
    }

    /// Compares a code with the active factor.
    private func compare(
        _ code: SecretText,
        of identity: Identity,
        generation: Int64?,
        among accounts: [Account],
        at now: UnixSeconds
    ) -> CodeComparison<CodeLeft> {
        guard case .active(let account, let credential) = Enrolment(of: identity, among: accounts),
            generation == nil || generation == account.generation
        else { return .left(.factorChanged) }
        let typed = code.withUnsafeBytes { TypedCode(normalizing: $0, digits: credential.secret.digits) }
        if case .recoveryCode(let typed) = typed { return .left(.recoveryCode(typed, account)) }
        do {
            let match = try self.match(
                typed.code,
                with: credential.secret,
                drift: credential.drift,
                of: identity,
                at: now
            )
            return .compared(account, match)
        } catch {
            return .left(.unreadable)
        }
    }

    /// Why a code is refused, and what the log says besides; nil if it is not.
    private static func reason(of verdict: CodeVerdict, _ match: CodeMatch) -> (AuditReason, String?)? {
        switch verdict {
        case .accepted: nil
        case .alreadyUsed: (.codeUsed, nil)
        case .wrong: (.codeWrong, match.hint)
        case .refusedForNow(let seconds): (.codeThrottled, "\(seconds) seconds left")
        case .refusedUntilCleared: (.codeThrottled, "until they are cleared")
        }
    }

    /// What a code that is not accepted is told, after the delay.
    private func refusal(
        of verdict: CodeVerdict,
        of account: Account,
        origin: SignInOrigin,
        telling: Telling
    ) async -> Refusal {
        let action: Throttle.FailureAction
        switch verdict {
        case .alreadyUsed where origin.peerUid == 0:
            return await self.delayed(.named(.codeAlreadyUsed), since: telling.came)
        case .wrong(let own): action = own
        case .refusedForNow(let seconds): action = .wait(seconds: seconds)
        case .refusedUntilCleared: action = .exhausted
        case .accepted, .alreadyUsed: action = .allowRetry
        }
        let told = telling.action(own: action, failures: account.throttle.failures.total)
        return await self.delayed(Self.refusal(told), since: telling.came)
    }

    /// Compares a code with a sealed secret; nil for input that has not the shape of one.
    func match(
        _ code: Code?,
        with secret: SealedSecret,
        drift: Int,
        of identity: Identity,
        at now: UnixSeconds
    ) throws(Refusal) -> CodeMatch {
        CodeMatch(code: code, totp: try self.totp(secret, of: identity), at: now, drift: drift)
    }

    /// Opens a sealed secret, to compute its codes.
    func totp(_ secret: SealedSecret, of identity: Identity) throws(Refusal) -> TOTP {
        do {
            let opened = try self.sealer.open(Sealed(bytes: secret.sealed), for: Self.secretContext(identity))
            return try TOTP(
                secret: opened,
                algorithm: secret.algorithm,
                digits: secret.digits,
                timeStep: secret.timeStep
            )
        } catch {
            self.log.failure("cannot open the secret of an account: \(error)")
            throw .named(.unavailable)
        }
    }

    /// A secret opens for the account that it was sealed for.
    static func secretContext(_ identity: Identity) -> SealingContext {
        SealingContext(account: "\(identity.name)/\(identity.uid)", kind: .totpSecret)
    }

    /// What a code is told unless it is accepted; the same for a pending sign-in whose first factor had failed, and for
    /// one that goes on.
    private func telling(
        of code: SecretText,
        for pending: PendingSignIn,
        isFirst: Bool,
        came: Duration
    ) -> Telling {
        guard self.hidesPasswordResult(pending.origin) else { return .plain }
        let now = self.surroundings.now()
        // No code of digits has this shape, however many an account's have.
        let isRecoveryCode = code.withUnsafeBytes { RecoveryCode(normalizing: $0) } != nil
        var telling = self.toldThrottle.withLock {
            $0.came(isRecoveryCode: isRecoveryCode, isFirst: isFirst, pending.id, pending.target, at: now)
        }
        telling.came = came
        return telling
    }

    /// A refusal, after the delay that every "no" has.
    ///
    /// - Parameter came: The uptime at which the delay began; nil for now.
    func delayed(_ refusal: Refusal, since came: Duration? = nil) async -> Refusal {
        let passed = came.map { self.surroundings.uptime() - $0 } ?? .zero
        await self.surroundings.pause(max(.seconds(self.policy.failureDelaySeconds) - passed, .zero))
        return refusal
    }
}

extension CodeMatch {
    /// What the log says about a code that was right at another time; nil for one that never was.
    fileprivate var hint: String? {
        switch self {
        case .outside(let offset) where offset < 0: "valid \(-offset) steps ago: check the clocks"
        case .outside(let offset): "valid in \(offset) steps: check the clocks"
        case .inWindow, .none: nil
        }
    }
}
