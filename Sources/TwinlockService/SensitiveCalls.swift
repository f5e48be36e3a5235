import TwinlockAccounts
import TwinlockInterface
import TwinlockOTP
import TwinlockStore
import TwinlockVarlink

// What every sensitive call asks for before it does anything.
extension TwinlockService {
    /// Passes a caller who shows the password and, where there is a second factor, that as well: by a code, by a
    /// recovery code, or by a session with both factors that is at most ten minutes old.
    ///
    /// The password comes first: a code counts, and is spent, only after a right one. Where the account has none that
    /// could be right, a code of either kind stands alone, from the account's own uid.
    ///
    /// - Parameter takesMark: Whether the call is one of those that a login by recovery code gives leave for: then the
    ///   mark of it stands for the second factor, from the account's own uid, and a code is not looked at.
    /// - Returns: What the account was when it passed.
    func passSensitive(
        _ call: AuthorizedCall<SensitiveParameters, AccountSubject>,
        method: StaticString,
        takesMark: Bool = false
    ) async throws(Refusal) -> Enrolment {
        let origin = SignInOrigin(own: call.peer)
        if let password = call.parameters.password {
            let identity = call.subject.identity
            let enrolment = try await self.passPassword(password, of: identity, origin: origin, method: method)
            if case .active(let account, _) = enrolment, !self.isFresh(call.subject.session) {
                try await self.passSecondFactor(call, of: account, origin, method, takesMark: takesMark)
            }
            guard enrolment != .parted else {
                self.log.decision(method, .refused, .parted, of: identity, origin: origin)
                throw .named(.unavailable)
            }
            return enrolment
        }
        let enrolment = try await self.passOwnUid(call, origin, method)
        switch enrolment {
        case .active(let account, _):
            try await self.passSecondFactor(call, of: account, origin, method, takesMark: takesMark)
            return enrolment
        case .parted:
            self.log.decision(method, .refused, .parted, of: call.subject.identity, origin: origin)
            throw .named(.unavailable)
        case .none:
            // Its first set-up is root's to begin: nothing was shown.
            throw await self.passwordMissing(call.subject.identity, origin, method)
        }
    }

    private func passSecondFactor(
        _ call: AuthorizedCall<SensitiveParameters, AccountSubject>,
        of account: Account,
        _ origin: SignInOrigin,
        _ method: StaticString,
        takesMark: Bool
    ) async throws(Refusal) {
        let isMarked = account.recoveryMark?.isOpen(at: self.surroundings.now()) ?? false
        if takesMark, isMarked, call.peer.uid == account.identity.uid {
            self.log.decision(method, .continued, .loginByRecoveryCode, of: account.identity, origin: origin)
            return
        }
        guard let code = call.parameters.code, !code.hasPrefix(Self.tokenPrefix) else {
            self.log.decision(method, .refused, .codeMissing, of: account.identity, origin: origin)
            throw await self.delayed(.named(.authenticationFailed))
        }
        let shown = try await self.judgeCode(
            code,
            of: account.identity,
            generation: account.generation,
            origin: origin,
            method: method
        )
        if shown.isRecoveryCode {
            self.log.decision(
                method,
                .continued,
                shown.reason,
                of: account.identity,
                origin: origin,
                detail: shown.detail
            )
        }
    }

    private func isFresh(_ session: Session?) -> Bool {
        session?.isFresh(at: self.surroundings.now()) ?? false
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
        guard let password else { throw await self.passwordMissing(identity, origin, method) }
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
                $0.answer(Target(identity.name, from: origin.failureSource), begun: begun, at: now)
            }
            throw Self.refusal(action)
        }
        try self.requireUsable(check, identity, origin, method)
        return enrolment
    }

    /// Lets a caller's own uid stand for the password that its account has not. Denies where that cannot be known.
    private func passOwnUid(
        _ call: AuthorizedCall<SensitiveParameters, AccountSubject>,
        _ origin: SignInOrigin,
        _ method: StaticString
    ) async throws(Refusal) -> Enrolment {
        let identity = call.subject.identity
        guard self.policy.allowsCodeWithoutPassword, call.peer.uid == identity.uid else {
            throw await self.passwordMissing(identity, origin, method)
        }
        let report = try await self.carryingOut(method, for: .account(identity), origin: origin) {
            () async throws(Refusal) in
            // Asked anew: a password may just have been locked, or given.
            try await self.report(of: identity.name, try await self.passwordFieldKey(), anew: true).report
        }
        guard report.identity == identity, report.hasUsablePassword == false else {
            throw await self.passwordMissing(identity, origin, method)
        }
        try self.requireUsable(report.account, identity, origin, method)
        return try await self.carryingOut(method, for: .account(identity), origin: origin) {
            () async throws(Refusal) in
            try await self.enrolment(of: identity)
        }
    }

    private func requireUsable(
        _ check: AccountCheck,
        _ identity: Identity,
        _ origin: SignInOrigin,
        _ method: StaticString
    ) throws(Refusal) {
        guard check != .usable else { return }
        self.log.decision(method, .refused, .accountRefused, of: identity, origin: origin, detail: "\(check)")
        throw .named(.unavailable)
    }

    private func passwordMissing(
        _ identity: Identity,
        _ origin: SignInOrigin,
        _ method: StaticString
    ) async -> Refusal {
        self.log.decision(method, .refused, .passwordEmpty, of: identity, origin: origin)
        return await self.delayed(.named(.authenticationFailed))
    }
}
