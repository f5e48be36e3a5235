import Synchronization
import TwinlockAccounts
import TwinlockInterface
import TwinlockStore
import TwinlockVarlink

// What every sensitive call asks for before it does anything.
extension TwinlockService {
    /// Passes a caller who shows the password and, where there is a second factor, that as well: by a code, or by a
    /// session with both factors that is at most ten minutes old.
    ///
    /// The password comes first: a code counts, and is spent, only after a right one.
    ///
    /// - Returns: What the account was when it passed.
    func passSensitive(
        _ call: AuthorizedCall<SensitiveParameters, AccountSubject>,
        method: StaticString
    ) async throws(Refusal) -> Enrolment {
        let identity = call.subject.identity
        let origin = SignInOrigin(own: call.peer)
        let enrolment = try await self.passPassword(
            call.parameters.password,
            of: identity,
            origin: origin,
            method: method
        )
        switch enrolment {
        case .none:
            return enrolment
        case .parted:
            self.log.decision(method, .refused, .parted, of: identity, origin: origin)
            throw .named(.unavailable)
        case .active(let account, _):
            if let session = call.subject.session, session.isFresh(at: self.surroundings.now()) {
                return enrolment
            }
            guard let code = call.parameters.code, !code.hasPrefix(Self.tokenPrefix) else {
                self.log.decision(method, .refused, .codeMissing, of: identity, origin: origin)
                throw await self.delayed(.named(.authenticationFailed))
            }
            _ = try await self.judgeCode(
                code,
                of: identity,
                generation: account.generation,
                origin: origin,
                method: method
            )
            return enrolment
        }
    }

    /// Passes a caller who shows the password, where the host lets the account be used.
    ///
    /// - Returns: What the account was then.
    func passPassword(
        _ password: SecretText?,
        of identity: Identity,
        origin: SignInOrigin,
        method: StaticString
    ) async throws(Refusal) -> Enrolment {
        let begun = self.surroundings.now()
        guard let password else {
            self.log.decision(method, .refused, .passwordEmpty, of: identity, origin: origin)
            throw await self.delayed(.named(.authenticationFailed))
        }
        let first = try await self.carryingOut(method, for: .account(identity), origin: origin) {
            () async throws(Refusal) in
            try await self.firstFactor(name: identity.name, password: password, origin: origin)
        }
        guard case .shown(let check, let enrolment) = first.outcome, first.identity == identity else {
            // A right password of somebody else's: the name has another uid by now.
            let reason = if case .shown = first.outcome { DecisionLog.Reason.parted } else { first.reason }
            self.log.decision(method, .refused, reason, of: identity, origin: origin)
            await self.surroundings.pause(.seconds(self.policy.failureDelaySeconds))
            let now = self.surroundings.now()
            let action = self.passwordThrottle.withLock {
                $0.answer(user: Self.throttleKey(identity.name), source: origin.failureSource, begun: begun, at: now)
            }
            throw Self.refusal(action)
        }
        guard check == .usable else {
            self.log.decision(
                method,
                .refused,
                .accountRefused,
                of: identity,
                origin: origin,
                detail: "\(check)"
            )
            throw .named(.unavailable)
        }
        return enrolment
    }
}
