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
        let enrolment = try await self.passPassword(call, origin: origin, method: method)
        switch enrolment {
        case .none:
            return enrolment
        case .parted:
            throw .named(.unavailable)
        case .active(let account, _):
            if let session = call.subject.session, session.isFresh(at: self.surroundings.now()) {
                return enrolment
            }
            guard let code = call.parameters.code, !code.hasPrefix(Self.tokenPrefix) else {
                self.log.decision(method, .refused, .codeMissing, user: identity.name, origin: origin)
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

    private func passPassword(
        _ call: AuthorizedCall<SensitiveParameters, AccountSubject>,
        origin: SignInOrigin,
        method: StaticString
    ) async throws(Refusal) -> Enrolment {
        let identity = call.subject.identity
        let begun = self.surroundings.now()
        guard let password = call.parameters.password else {
            self.log.decision(method, .refused, .passwordEmpty, user: identity.name, origin: origin)
            throw await self.delayed(.named(.authenticationFailed))
        }
        let first = try await self.firstFactor(name: identity.name, password: password, origin: origin)
        guard case .shown(let check, let enrolment) = first.outcome, first.identity == identity else {
            self.log.decision(method, .refused, first.reason, user: identity.name, origin: origin)
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
                user: identity.name,
                origin: origin,
                detail: "\(check)"
            )
            throw .named(.unavailable)
        }
        return enrolment
    }
}
