import TwinlockAccounts
import TwinlockInterface
import TwinlockOTP
import TwinlockSealing
import TwinlockStore
import TwinlockVarlink

// How an administrator gives another account a second factor, helps it, and takes it away.
extension TwinlockService {
    /// How long an issued recovery code may be good, seconds: a minute to a week.
    static let issuedCodeSeconds: ClosedRange<Int64> = 60...604_800

    func beginSetUpFor(
        _ call: AuthorizedCall<AdministrationParameters, Administrator>
    ) async throws(Refusal) -> BeginSetUpResult {
        let (account, identity) = try await self.hostAccount(call.parameters.user, call.subject, "BeginSetUp")
        return try await self.beginSetUp(for: identity, under: account.enrolment, origin: call.subject.origin)
    }

    func confirmSetUpFor(
        _ call: AuthorizedCall<ConfirmSetUpForParameters, Administrator>
    ) async throws(Refusal) -> NewRecoveryCodesResult {
        let (_, identity) = try await self.hostAccount(call.parameters.user, call.subject, "ConfirmSetUp")
        return try await self.confirmSetUp(of: identity, code: call.parameters.code, origin: call.subject.origin)
    }

    func issueRecoveryCode(
        _ call: AuthorizedCall<IssueRecoveryCodeParameters, Administrator>
    ) async throws(Refusal) -> IssueRecoveryCodeResult {
        let method: StaticString = "IssueRecoveryCode"
        let seconds = call.parameters.seconds ?? Int64(IssuedRecoveryCode.lifetimeSeconds)
        guard Self.issuedCodeSeconds.contains(seconds) else { throw .invalidParameter("seconds") }
        let account = try await self.enrolledAccount(call.parameters.user, call.subject, method).account
        let new = try await self.carryingOut(method, for: .account(account.identity), origin: call.subject.origin) {
            () async throws(Refusal) in
            try self.newRecoveryCodes(1, for: account.identity)
        }
        defer { new.lease.end() }
        let now = self.surroundings.now()
        let expires = now + Int(seconds)
        try await self.change(.account(account.identity), call.subject, method, .recoveryCodeIssued) {
            () async throws(StoreError) in
            try await self.store.issueRecoveryCode(
                account: account.id,
                generation: account.generation,
                sealed: new.sealed[0],
                at: now,
                expires: expires
            )
        }
        return IssueRecoveryCodeResult(recoveryCode: new.texts[0], expires: expires.value)
    }

    func reset(_ call: AuthorizedCall<ResetParameters, Administrator>) async throws(Refusal) -> ResetResult {
        let account = try await self.changeableAccount(named: call.parameters.user, for: call.subject, "Reset")
        guard let identity = account.identity else { throw .named(.unknownUser) }
        let were = try await self.change(account.subject, call.subject, "Reset", .accountReset) {
            () async throws(StoreError) in
            try await self.store.reset(
                sharing: identity,
                keepingSessions: call.parameters.keepSessions ?? false
            )
        }
        return ResetResult(wasEnabled: were.contains { $0.credential != nil })
    }

    func unlock(_ call: AuthorizedCall<AdministrationParameters, Administrator>) async throws(Refusal) -> Empty {
        let account = try await self.changeableAccount(named: call.parameters.user, for: call.subject, "Unlock")
        guard let identity = account.identity else { throw .named(.unknownUser) }
        guard account.enrolment != .parted else { throw self.parted(identity, call.subject, "Unlock") }
        try await self.change(account.subject, call.subject, "Unlock", .failuresCleared) {
            () async throws(StoreError) in
            if case .active(let active, _) = account.enrolment {
                try await self.store.clearFailures(account: active.id, generation: active.generation)
            }
        }
        for name in Set([identity.name, account.givenName]) {
            self.passwordThrottle.withLock { $0.forget(user: name) }
            self.toldThrottle.withLock { $0.forget(user: name) }
        }
        return Empty()
    }

    func resynchronise(
        _ call: AuthorizedCall<ResynchroniseParameters, Administrator>
    ) async throws(Refusal) -> ResynchroniseResult {
        let method: StaticString = "Resynchronise"
        let origin = call.subject.origin
        let (account, credential) = try await self.enrolledAccount(call.parameters.user, call.subject, method)
        let subject = DecisionSubject.account(account.identity)
        let now = self.surroundings.now()
        let found = try await self.carryingOut(method, for: subject, origin: origin) { () async throws(Refusal) in
            let digits = credential.secret.digits
            guard let first = call.parameters.first.code(digits: digits),
                let second = call.parameters.second.code(digits: digits)
            else { return Resynchronisation?.none }
            let totp = try self.totp(credential.secret, of: account.identity)
            return Resynchronisation(first: first, second: second, totp: totp, at: now)
        }
        guard let found else {
            self.log.decision(method, .refused, .codeWrong, about: subject, origin: origin)
            throw await self.delayed(.named(.authenticationFailed))
        }
        let verdict = try await self.change(subject, call.subject, method, nil) { () async throws(StoreError) in
            try await self.store.resynchronise(account: account.id, generation: account.generation, to: found)
        }
        guard verdict == .resynchronised else {
            self.log.decision(method, .refused, .codeUsed, about: subject, origin: origin)
            throw .named(.codeAlreadyUsed)
        }
        let seconds = found.drift * credential.secret.timeStep
        self.log.decision(
            method,
            .accepted,
            .resynchronised,
            about: subject,
            origin: origin,
            detail: "\(seconds) seconds ahead"
        )
        return ResynchroniseResult(clockSeconds: Int64(seconds))
    }

    func adopt(_ call: AuthorizedCall<AdministrationParameters, Administrator>) async throws(Refusal) -> AdoptResult {
        let method: StaticString = "Adopt"
        let origin = call.subject.origin
        let account = try await self.changeableAccount(named: call.parameters.user, for: call.subject, method)
        guard let identity = account.host else { throw .named(.unknownUser) }
        guard account.enrolment == .parted else {
            self.log.decision(method, .refused, .notParted, of: identity, origin: origin)
            throw .named(.notParted)
        }
        let candidates = account.stored.filter { $0.credential != nil }
        guard candidates.count == 1, let former = candidates.first, let credential = former.credential else {
            throw self.parted(identity, call.subject, method)
        }
        let lease = self.sealers.lease()
        defer { lease.end() }
        let sealed = try await self.carryingOut(method, for: .account(identity), origin: origin) {
            () async throws(Refusal) in
            try await self.sealedAnew(former, credential, for: identity, by: lease.sealer)
        }
        try await self.change(.account(identity), call.subject, method, .adopted) { () async throws(StoreError) in
            try await self.store.adopt(
                account: former.id,
                generation: former.generation,
                by: identity,
                sealed: sealed
            )
        }
        return AdoptResult(formerUser: former.identity.name, formerUid: Int64(former.identity.uid))
    }

    func markRestored(_ call: AuthorizedCall<Empty, Administrator>) async throws(Refusal) -> Empty {
        try await self.change(.everybody, call.subject, "MarkRestored", .storeRestored) { () async throws(StoreError) in
            try await self.store.markRestored(at: self.surroundings.now())
        }
        return Empty()
    }
}

// MARK: - What several of them do

extension TwinlockService {
    /// An account that the host knows, and whose name and uid have not parted.
    private func hostAccount(
        _ name: String,
        _ administrator: Administrator,
        _ method: StaticString
    ) async throws(Refusal) -> (AdministeredAccount, Identity) {
        let account = try await self.changeableAccount(named: name, for: administrator, method)
        guard let identity = account.host else { throw .named(.unknownUser) }
        guard account.enrolment != .parted else { throw self.parted(identity, administrator, method) }
        return (account, identity)
    }

    /// An account that has a second factor.
    private func enrolledAccount(
        _ name: String,
        _ administrator: Administrator,
        _ method: StaticString
    ) async throws(Refusal) -> (account: Account, credential: Credential) {
        let account = try await self.changeableAccount(named: name, for: administrator, method)
        switch account.enrolment {
        case .active(let found, let credential):
            return (found, credential)
        case .none:
            self.log.decision(method, .refused, .notEnabled, about: account.subject, origin: administrator.origin)
            throw .named(.notEnabled)
        case .parted:
            guard let identity = account.identity else { throw .named(.unknownUser) }
            throw self.parted(identity, administrator, method)
        }
    }

    private func parted(
        _ identity: Identity,
        _ administrator: Administrator,
        _ method: StaticString
    ) -> Refusal {
        self.log.decision(method, .refused, .parted, of: identity, origin: administrator.origin)
        return .named(.parted)
    }

    /// Lets the store change something, and records what became of it.
    ///
    /// - Parameter reason: With which it is accepted; nil if that is for the caller to say.
    private func change<Outcome>(
        _ subject: DecisionSubject,
        _ administrator: Administrator,
        _ method: StaticString,
        _ reason: DecisionLog.Reason?,
        by work: () async throws(StoreError) -> Outcome
    ) async throws(Refusal) -> Outcome {
        let origin = administrator.origin
        do {
            let outcome = try await work()
            if let reason {
                self.log.decision(method, .accepted, reason, about: subject, origin: origin)
            }
            return outcome
        } catch .conflict {
            self.log.decision(method, .refused, .factorChanged, about: subject, origin: origin)
            throw .named(.signInAgain)
        } catch .parted {
            self.log.decision(method, .refused, .parted, about: subject, origin: origin)
            throw .named(.parted)
        } catch {
            self.log.storeFailed(error, doing: "changing an account for an administrator")
            self.log.decision(method, .refused, .notCarriedOut, about: subject, origin: origin)
            throw .named(.unavailable)
        }
    }

    /// All that an account has sealed, sealed for somebody else.
    private func sealedAnew(
        _ account: Account,
        _ credential: Credential,
        for identity: Identity,
        by sealer: Sealer
    ) async throws(Refusal) -> AdoptedSecrets {
        do {
            let secret = try self.sealer.open(
                Sealed(bytes: credential.secret.sealed),
                for: Self.secretContext(account.identity)
            )
            let codes = try await self.store.recoveryCodes(account: account.id, generation: account.generation)
            var resealed: [RecoveryCodePlace: [UInt8]] = [:]
            for (place, code) in try self.open(codes.places, of: account.identity) {
                resealed[place] = try sealer.seal(code.stored, for: Self.recoveryContext(identity)).bytes
            }
            return AdoptedSecrets(
                secret: try sealer.seal(secret, for: Self.secretContext(identity)).bytes,
                recoveryCodes: resealed
            )
        } catch StoreError.conflict {
            throw .named(.signInAgain)
        } catch let refusal as Refusal {
            throw refusal
        } catch {
            self.log.failure("cannot seal an account's secrets anew: \(error)")
            throw .named(.unavailable)
        }
    }
}

extension SecretText {
    /// The code of the app that was typed; nil if it has not the shape of one.
    fileprivate func code(digits: Int) -> Code? {
        self.withUnsafeBytes { Code(normalizing: $0, digits: digits) }
    }
}
