import TwinlockAccounts
import TwinlockInterface
import TwinlockOTP
import TwinlockSealing
import TwinlockStore
import TwinlockVarlink

// `SignIn`, and what a finished sign-in hands out.
extension TwinlockService {
    /// `SignIn` with a password that is one and nothing else.
    func signInPlainly(
        _ call: AuthorizedCall<SignInParameters, SignInSubject>
    ) async throws(Refusal) -> SignInResult {
        let origin = call.subject.origin
        let name = call.subject.givenName
        let begun = self.surroundings.now()
        guard call.parameters.password != nil || !origin.passed.isEmpty else {
            return SignInResult(state: .passwordRequired, user: name)
        }
        var first = try await self.carryingOut("SignIn", for: .name(name), origin: origin) {
            () async throws(Refusal) in
            try await self.firstFactor(name: name, password: call.parameters.password, origin: origin)
        }
        let subject = first.subject(named: name)
        var demands = self.demands(of: first, named: name, origin: origin)
        // No password was shown to us: whatever runs as that user could give him a second factor that he has not.
        if origin.isCodeAlone { demands.allowsSetUp = false }
        let hasPassword = call.parameters.password != nil
        let passed = origin.passed.filter(demands.firstFactors.contains)
        let factors = Self.factors(origin.isCodeAlone ? [] : passed, hasPassword: hasPassword)
        if origin.isCodeAlone, case .shown = first.outcome { first.reason = .codeAlone }
        if hasPassword, passed.isEmpty, !demands.firstFactors.contains(.password) {
            first.reject(.firstFactorNotAccepted)
        }
        let step: SignInStep =
            hasPassword || !passed.isEmpty
            ? SignInRule.next(after: first.outcome, purpose: origin.purpose, demands: demands) : .askPassword
        first.explain(step, demands)
        switch (step, first.identity) {
        case (.askPassword, _):
            return SignInResult(state: .passwordRequired, user: name)
        case (.askCode(let account), .some(let identity)):
            let result = try await self.carryingOut("SignIn", for: subject, origin: origin) {
                () async throws(Refusal) in
                guard case .shown(let check, _) = first.outcome else { throw .named(.unavailable) }
                let ground = PendingSignIn.Ground.genuine(
                    identity,
                    generation: account.generation,
                    check,
                    first.mark
                )
                return try self.pending(ground, first, name: name, origin: origin, factors: factors)
            }
            self.log.decision("SignIn", .continued, first.reason, about: subject, origin: origin)
            return result
        case (.pretend, _):
            self.log.decision("SignIn", .refused, first.reason, about: subject, origin: origin)
            let ground = PendingSignIn.Ground.pretended(first.identity)
            return try self.pending(ground, first, name: name, origin: origin, factors: factors)
        case (.admit, .some(let identity)), (.admitExempt, .some(let identity)):
            let result = try await self.carryingOut("SignIn", for: subject, origin: origin) {
                () async throws(Refusal) in
                try await self.signedIn(
                    identity,
                    mark: first.mark,
                    origin: origin,
                    factors: factors,
                    secondFactor: step == .admitExempt ? .exempt : .notEnrolled
                )
            }
            self.toldThrottle.withLock { $0.finished(Target(name, from: origin.failureSource)) }
            self.log.decision("SignIn", .accepted, first.reason, about: subject, origin: origin)
            return result
        case (.passwordExpired, _):
            self.log.decision("SignIn", .refused, .passwordMustBeChanged, about: subject, origin: origin)
            throw .named(.passwordExpired)
        case (.setUp(let account), .some):
            let result = try await self.carryingOut("SignIn", for: subject, origin: origin) {
                () async throws(Refusal) in
                try await self.beginSetUpAtSignIn(first, under: account, name: name, origin: origin, factors: factors)
            }
            self.log.decision("SignIn", .continued, .secondFactorMissing, about: subject, origin: origin)
            return result
        case (.setUp, .none), (.refuse, _), (.askCode, .none), (.admit, .none), (.admitExempt, .none):
            self.log.decision("SignIn", .refused, first.reason, about: subject, origin: origin)
            throw await self.refusalOfFirstFactor(name: name, origin: origin, begun: begun)
        }
    }

    /// The answer of a finished sign-in: a verdict for a login program, a session for a program.
    ///
    /// - Parameters:
    ///   - mark: The password field when the first factor was shown. A session needs one; a verdict does not.
    ///   - secondFactor: Told to login programs and to root: a login program needs it for its own verdict.
    ///   - decision: Is recorded together with the session, where there is one; nil: later.
    func signedIn(
        _ identity: Identity,
        mark: PasswordMark?,
        origin: SignInOrigin,
        factors: [Factor],
        secondFactor: Authentication.SecondFactor,
        failedCodes: Int = 0,
        decision: Decision? = nil
    ) async throws(Refusal) -> SignInResult {
        var result = SignInResult(state: .signedIn, user: identity.name)
        result.factors = factors.compactMap { Authentication.Factor(rawValue: $0.rawValue) }
        result.secondFactor = origin.peerUid == 0 || origin.purpose == .login ? secondFactor : nil
        result.failedCodes = failedCodes > 0 ? Int64(failedCodes) : nil
        guard origin.purpose == .session else { return result }
        guard let mark else {
            self.log.failure("cannot make a session: the password field could not be looked at")
            throw .named(.unavailable)
        }

        let value = self.surroundings.random(SessionValue.randomBytes)
        let now = self.surroundings.now()
        let session = Session(
            digest: SessionValue.digest(of: value),
            identity: identity,
            maker: origin.peerUid,
            factors: factors,
            service: origin.service,
            remoteHost: origin.remoteHost,
            tty: origin.tty,
            mark: mark,
            created: now,
            lastUsed: now
        )
        try await self.keep(session, isExempt: secondFactor == .exempt, record: decision?.record(at: now))
        result.session = SessionValue.finished(value)
        result.expires = session.expires(self.policy.sessionLifetimes).value
        return result
    }

    /// Stores a session. One without a code is looked at once more: set-up may have been confirmed since the sign-in
    /// began, and then it must not live.
    private func keep(_ session: Session, isExempt: Bool, record: AuditRecord?) async throws(Refusal) {
        do {
            try await self.trail.ride { ride throws(StoreError) in
                try await self.store.insert(session, recording: { ride.records(with: record) })
            }
            guard !isExempt, !session.factors.contains(.code) else { return }
            let accounts = try await self.store.accounts(sharing: session.identity)
            guard case .none = Enrolment(of: session.identity, among: accounts) else {
                try await self.store.endSession(digest: session.digest)
                throw Refusal.named(.signInAgain)
            }
        } catch let error as StoreError {
            self.log.storeFailed(error, doing: "saving a session")
            throw .named(.unavailable)
        } catch let refusal as Refusal {
            throw refusal
        } catch {
            throw .named(.unavailable)
        }
    }

    private func pending(
        _ ground: PendingSignIn.Ground,
        _ first: FirstFactorResult,
        name: String,
        origin: SignInOrigin,
        factors: [Factor]
    ) throws(Refusal) -> SignInResult {
        let pending = self.newPending(ground, name: name, origin: origin, factors: factors)
        let session = try self.seal(pending)
        if first.reason != .isToken {
            let now = self.surroundings.now()
            self.toldThrottle.withLock { $0.began(pending.id, pending.target, at: now) }
        }
        return SignInResult(state: .codeRequired, session: session, user: name, expires: pending.ends.value)
    }

    /// A sign-in that goes on to another step.
    func newPending(
        _ ground: PendingSignIn.Ground,
        name: String,
        origin: SignInOrigin,
        factors: [Factor]
    ) -> PendingSignIn {
        PendingSignIn(
            id: self.surroundings.random(16).withUnsafeBytes { $0.loadUnaligned(as: UInt128.self) },
            begun: self.surroundings.now(),
            givenName: name,
            origin: origin,
            factors: factors,
            ground: ground
        )
    }

    /// The session's text that stands for a pending sign-in.
    func seal(_ pending: PendingSignIn) throws(Refusal) -> SecretText {
        do {
            return SessionValue.pending(try self.sealer.seal(pending.encoded(), for: Self.pendingContext))
        } catch {
            self.log.failure("cannot seal a pending sign-in: \(error)")
            throw .named(.unavailable)
        }
    }

    /// Pending sign-ins belong to no account: a pretended one has none.
    static let pendingContext = SealingContext(account: "", kind: .pendingSignIn)

    /// The pending sign-in behind a session's text, whoever asks and however old; nil for anything else.
    func pendingSignIn(_ text: SecretText) -> PendingSignIn? {
        SessionValue.sealed(of: text).flatMap { self.sealers.pendingSignIn($0, in: Self.pendingContext) }
    }

    private static func factors(_ passed: [Factor], hasPassword: Bool) -> [Factor] {
        let shown = Set(passed + (hasPassword ? [.password] : []))
        return Factor.allCases.filter(shown.contains)
    }

    /// The error for a failed first factor where it is not hidden, after the delay.
    private func refusalOfFirstFactor(name: String, origin: SignInOrigin, begun: UnixSeconds) async -> Refusal {
        await self.surroundings.pause(.seconds(self.policy.failureDelaySeconds))
        let now = self.surroundings.now()
        let action = self.passwordThrottle.withLock {
            $0.answer(Target(name, from: origin.failureSource), begun: begun, at: now)
        }
        return Self.refusal(action)
    }

    /// The error that tells what a failure brought about.
    static func refusal(_ action: Throttle.FailureAction) -> Refusal {
        switch action {
        case .allowRetry: .named(.authenticationFailed)
        case .wait(let seconds): .named(.tooManyFailures(seconds: seconds))
        case .exhausted: .named(.tooManyFailures(seconds: nil))
        }
    }
}
