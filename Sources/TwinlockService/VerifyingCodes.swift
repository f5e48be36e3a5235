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
        case .genuine(let identity, let generation, let check, _) where pending.origin.isCodeAlone:
            let shown = try await self.judgeCodeAlone(
                call.parameters.code,
                of: identity,
                generation: generation,
                pending: pending
            )
            return try await self.finish(pending, identity: identity, check: check, mark: nil, shown: shown)
        case .genuine(let identity, let generation, let check, let mark):
            let shown = try await self.judgeCode(
                call.parameters.code,
                of: identity,
                generation: generation,
                origin: pending.origin,
                method: "Verify2FACode",
                finishesLogin: pending.origin.purpose == .login && check.admits,
                telling: telling()
            )
            return try await self.finish(pending, identity: identity, check: check, mark: mark, shown: shown)
        }
    }

    /// After a right code: ends the pending sign-in, and lets in whom the host's account rules let in.
    func finish(
        _ pending: PendingSignIn,
        identity: Identity,
        check: AccountCheck,
        mark: PasswordMark?,
        shown: SecondFactorShown
    ) async throws(Refusal) -> SignInResult {
        let now = self.surroundings.now()
        guard self.pendingLedger.withLock({ $0.end(pending, at: now) }) else {
            self.log.decision("Verify2FACode", .refused, .pendingSpent, of: identity, origin: pending.origin)
            throw .named(.signInAgain)
        }
        guard check.admits else {
            self.log.decision(
                "Verify2FACode",
                .refused,
                .accountRefused,
                of: identity,
                origin: pending.origin,
                detail: "\(check)"
            )
            throw await self.delayed(.named(.authenticationFailed))
        }
        if check == .passwordMustBeChanged, pending.origin.purpose == .session {
            self.log.decision(
                "Verify2FACode",
                .refused,
                .passwordMustBeChanged,
                of: identity,
                origin: pending.origin
            )
            throw .named(.passwordExpired)
        }
        var result = try await self.carryingOut("Verify2FACode", for: pending.subject, origin: pending.origin) {
            () async throws(Refusal) in
            try await self.signedIn(
                identity,
                mark: mark,
                origin: pending.origin,
                factors: pending.factors + [.code],
                secondFactor: .verified,
                failedCodes: shown.failedCodes
            )
        }
        self.log.decision(
            "Verify2FACode",
            .accepted,
            shown.reason,
            of: identity,
            origin: pending.origin,
            detail: shown.detail
        )
        self.toldThrottle.withLock { $0.finished(pending.target) }
        if pending.factors.contains(.password) { self.codesAlone.withLock { $0.reopen(identity) } }
        result.recoveryCodesLeft = shown.recoveryCodesLeft.map(Int64.init)
        result.recoveryCodeUsed = shown.isRecoveryCode
        return result
    }

    /// Judges a code, or a recovery code in its place, against an account's active factor; what follows from it is on
    /// the disk when this returns. What has neither's shape is a wrong code.
    ///
    /// - Parameters:
    ///   - code: As typed.
    ///   - generation: Under which the first factor was shown; nil for the present one.
    ///   - finishesLogin: Whether a right one finishes a sign-in of a login program.
    ///   - telling: What a wrong one is told where that must not show what became of the password.
    func judgeCode(
        _ code: SecretText,
        of identity: Identity,
        generation: Int64?,
        origin: SignInOrigin,
        method: StaticString,
        finishesLogin: Bool = false,
        telling: Telling = .plain
    ) async throws(Refusal) -> SecondFactorShown {
        let enrolment = try await self.carryingOut(method, for: .account(identity), origin: origin) {
            () async throws(Refusal) in
            try await self.enrolment(of: identity)
        }
        guard case .active(let account, let credential) = enrolment,
            generation == nil || generation == account.generation
        else {
            self.log.decision(method, .refused, .factorChanged, of: identity, origin: origin)
            throw .named(.signInAgain)
        }
        let typed = code.withUnsafeBytes { TypedCode(normalizing: $0, digits: credential.secret.digits) }
        if case .recoveryCode(let typed) = typed {
            return try await self.judgeRecoveryCode(
                typed,
                of: account,
                origin: origin,
                method: method,
                finishesLogin: finishesLogin,
                telling: telling
            )
        }
        let now = self.surroundings.now()
        let match = try await self.carryingOut(method, for: .account(identity), origin: origin) {
            () async throws(Refusal) in
            try self.match(typed.code, with: credential.secret, drift: credential.drift, of: identity, at: now)
        }
        let verdict: CodeVerdict
        do {
            verdict = try await self.store.attemptCode(
                account: account.id,
                generation: account.generation,
                match: match,
                source: origin.failureSource,
                at: now
            )
        } catch .conflict {
            self.log.decision(method, .refused, .factorChanged, of: identity, origin: origin)
            throw .named(.signInAgain)
        } catch {
            self.log.storeFailed(error, doing: "judging a code")
            self.log.decision(method, .refused, .notCarriedOut, of: identity, origin: origin)
            throw .named(.unavailable)
        }
        return SecondFactorShown(
            failedCodes: try await self.answer(
                verdict,
                match: match,
                of: account,
                origin: origin,
                method: method,
                telling: telling
            ),
            recoveryCodesLeft: account.recovery?.left,
            isRecoveryCode: false
        )
    }

    private func answer(
        _ verdict: CodeVerdict,
        match: CodeMatch,
        of account: Account,
        origin: SignInOrigin,
        method: StaticString,
        telling: Telling
    ) async throws(Refusal) -> Int {
        let identity = account.identity
        let failures = account.throttle.failures.total
        func refusal(_ own: Throttle.FailureAction) async -> Refusal {
            await self.delayed(Self.refusal(telling.action(own: own, failures: failures)), since: telling.came)
        }
        switch verdict {
        case .accepted(_, let failedCodes):
            return failedCodes
        case .alreadyUsed:
            self.log.decision(method, .refused, .codeUsed, of: identity, origin: origin)
            guard origin.peerUid == 0 else { throw await refusal(.allowRetry) }
            throw await self.delayed(.named(.codeAlreadyUsed), since: telling.came)
        case .wrong(let action):
            self.log.decision(method, .refused, .codeWrong, of: identity, origin: origin, detail: match.hint)
            throw await refusal(action)
        case .refusedForNow(let seconds):
            self.log.decision(
                method,
                .refused,
                .codeThrottled,
                of: identity,
                origin: origin,
                detail: "\(seconds) seconds left"
            )
            throw await refusal(.wait(seconds: seconds))
        case .refusedUntilCleared:
            self.log.decision(
                method,
                .refused,
                .codeThrottled,
                of: identity,
                origin: origin,
                detail: "until they are cleared"
            )
            throw await refusal(.exhausted)
        }
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
