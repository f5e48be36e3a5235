import Synchronization
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
        let now = self.surroundings.now()
        let isToken = call.parameters.code.hasPrefix(Self.tokenPrefix)
        guard let attempt = self.pendingLedger.withLock({ $0.takeCode(for: pending, at: now) }) else {
            self.log.decision(
                "Verify2FACode",
                .refused,
                .pendingSpent,
                user: pending.givenName,
                origin: pending.origin
            )
            throw .named(.signInAgain)
        }
        if isToken {
            self.log.decision("Verify2FACode", .refused, .isToken, user: pending.givenName, origin: pending.origin)
            throw await self.delayed(.named(.authenticationFailed))
        }
        switch pending.ground {
        case .pretended:
            throw await self.pretendedRefusal(pending, attempt: attempt)
        case .genuine(let identity, let generation, let check, let mark):
            let failedCodes = try await self.judgeCode(
                call.parameters.code,
                of: identity,
                generation: generation,
                origin: pending.origin,
                method: "Verify2FACode"
            )
            return try await self.finish(
                pending,
                identity: identity,
                check: check,
                mark: mark,
                failedCodes: failedCodes
            )
        }
    }

    /// After a right code: ends the pending sign-in, and lets in whom the host's account rules let in.
    private func finish(
        _ pending: PendingSignIn,
        identity: Identity,
        check: AccountCheck,
        mark: PasswordMark?,
        failedCodes: Int
    ) async throws(Refusal) -> SignInResult {
        let now = self.surroundings.now()
        guard self.pendingLedger.withLock({ $0.end(pending, at: now) }) else {
            throw .named(.signInAgain)
        }
        guard check.admits else {
            self.log.decision(
                "Verify2FACode",
                .refused,
                .accountRefused,
                user: identity.name,
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
                user: identity.name,
                origin: pending.origin
            )
            throw .named(.passwordExpired)
        }
        self.log.decision("Verify2FACode", .accepted, .codeRight, user: identity.name, origin: pending.origin)
        return try await self.signedIn(
            identity,
            mark: mark,
            origin: pending.origin,
            factors: pending.factors + [.code],
            secondFactor: .verified,
            failedCodes: failedCodes
        )
    }

    /// Judges a code against an account's active factor; what follows from it is on the disk when this returns.
    ///
    /// - Parameters:
    ///   - code: As typed.
    ///   - generation: Under which the first factor was shown; nil for the present one.
    /// - Returns: Failed codes of other sources that still count.
    func judgeCode(
        _ code: SecretText,
        of identity: Identity,
        generation: Int64?,
        origin: SignInOrigin,
        method: StaticString
    ) async throws(Refusal) -> Int {
        guard case .active(let account, let credential) = try await self.enrolment(of: identity),
            generation == nil || generation == account.generation
        else {
            self.log.decision(method, .refused, .factorChanged, user: identity.name, origin: origin)
            throw .named(.signInAgain)
        }
        let now = self.surroundings.now()
        let match = try self.match(code, with: credential.secret, of: identity, at: now)
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
            self.log.decision(method, .refused, .factorChanged, user: identity.name, origin: origin)
            throw .named(.signInAgain)
        } catch {
            self.log.storeFailed(error, doing: "judging a code")
            throw .named(.unavailable)
        }
        return try await self.answer(verdict, match: match, user: identity.name, origin: origin, method: method)
    }

    private func answer(
        _ verdict: CodeVerdict,
        match: CodeMatch,
        user: String,
        origin: SignInOrigin,
        method: StaticString
    ) async throws(Refusal) -> Int {
        switch verdict {
        case .accepted(_, let failedCodes):
            return failedCodes
        case .alreadyUsed:
            self.log.decision(method, .refused, .codeUsed, user: user, origin: origin)
            throw await self.delayed(.named(origin.peerUid == 0 ? .codeAlreadyUsed : .authenticationFailed))
        case .wrong(let action):
            self.log.decision(method, .refused, .codeWrong, user: user, origin: origin, detail: match.hint)
            throw await self.delayed(Self.refusal(action))
        case .refusedForNow(let seconds):
            self.log.decision(
                method,
                .refused,
                .codeThrottled,
                user: user,
                origin: origin,
                detail: "\(seconds) seconds left"
            )
            throw await self.delayed(.named(.tooManyFailures(seconds: seconds)))
        case .refusedUntilCleared:
            self.log.decision(
                method,
                .refused,
                .codeThrottled,
                user: user,
                origin: origin,
                detail: "until they are cleared"
            )
            throw await self.delayed(.named(.tooManyFailures(seconds: nil)))
        }
    }

    /// Compares a code with a sealed secret.
    func match(
        _ code: SecretText,
        with secret: SealedSecret,
        of identity: Identity,
        at now: UnixSeconds
    ) throws(Refusal) -> CodeMatch {
        do {
            let opened = try self.sealer.open(Sealed(bytes: secret.sealed), for: Self.secretContext(identity))
            let totp = try TOTP(
                secret: opened,
                algorithm: secret.algorithm,
                digits: secret.digits,
                timeStep: secret.timeStep
            )
            let code = code.withUnsafeBytes { Code(normalizing: $0, digits: secret.digits) }
            return CodeMatch(code: code, totp: totp, at: now)
        } catch {
            self.log.failure("cannot open the secret of an account: \(error)")
            throw .named(.unavailable)
        }
    }

    /// A secret opens for the account that it was sealed for.
    static func secretContext(_ identity: Identity) -> SealingContext {
        SealingContext(account: "\(identity.name)/\(identity.uid)", kind: .totpSecret)
    }

    /// The answer to a code whose first factor had failed: nothing is compared or spent. The failure itself was counted
    /// at `SignIn`, so that the first code adds nothing; each further one adds one.
    private func pretendedRefusal(_ pending: PendingSignIn, attempt: Int) async -> Refusal {
        self.log.decision(
            "Verify2FACode",
            .refused,
            .codeNotLookedAt,
            user: pending.givenName,
            origin: pending.origin
        )
        let now = self.surroundings.now()
        let user = Self.throttleKey(pending.givenName)
        let source = pending.origin.failureSource
        let action = self.passwordThrottle.withLock { throttle in
            attempt == 1
                ? throttle.answer(user: user, source: source, begun: pending.begun, at: now)
                : throttle.reject(user: user, source: source, at: now)
        }
        return await self.delayed(Self.refusal(action))
    }

    /// A refusal, after the delay that every "no" has.
    func delayed(_ refusal: Refusal) async -> Refusal {
        await self.surroundings.pause(.seconds(self.policy.failureDelaySeconds))
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
