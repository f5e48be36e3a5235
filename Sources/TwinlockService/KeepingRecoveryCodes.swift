import TwinlockAccounts
import TwinlockInterface
import TwinlockOTP
import TwinlockStore
import TwinlockVarlink

// How a person looks at the recovery codes again, renews them, and says that they are saved.
extension TwinlockService {
    func viewRecoveryCodes(
        _ call: AuthorizedCall<SensitiveParameters, AccountSubject>
    ) async throws(Refusal) -> ViewRecoveryCodesResult {
        let origin = SignInOrigin(own: call.peer)
        let enrolment = try await self.passSensitive(call, method: "ViewRecoveryCodes")
        guard case .active(let account, _) = enrolment else {
            throw self.notEnabled(call.subject.identity, origin, "ViewRecoveryCodes")
        }
        let own = try await self.recoveryCodes(of: account, origin: origin, method: "ViewRecoveryCodes").own
        var shown: [ShownRecoveryCode] = []
        for code in own?.codes ?? [] {
            shown.append(
                ShownRecoveryCode(
                    code: try self.open(code.sealed, of: account.identity).text().asText(),
                    usedAt: code.use?.at.value,
                    usedService: code.use?.service,
                    usedHost: code.use.flatMap { $0.remoteHost.isEmpty ? nil : $0.remoteHost }
                )
            )
        }
        self.log.decision(
            "ViewRecoveryCodes",
            .accepted,
            .recoveryCodesShown,
            of: account.identity,
            origin: origin
        )
        return ViewRecoveryCodesResult(
            recoveryCodes: shown,
            issuedAt: own?.issuedAt.value,
            acknowledged: own?.acknowledgedAt != nil
        )
    }

    func regenerateRecoveryCodes(
        _ call: AuthorizedCall<SensitiveParameters, AccountSubject>
    ) async throws(Refusal) -> NewRecoveryCodesResult {
        let origin = SignInOrigin(own: call.peer)
        let enrolment = try await self.passSensitive(call, method: "RegenerateRecoveryCodes")
        guard case .active(let account, _) = enrolment else {
            throw self.notEnabled(call.subject.identity, origin, "RegenerateRecoveryCodes")
        }
        let new = try self.newRecoveryCodes(for: account.identity)
        defer { new.lease.end() }
        let now = self.surroundings.now()
        do {
            try await self.store.replaceRecoveryCodes(
                account: account.id,
                generation: account.generation,
                sealed: new.sealed,
                at: now
            )
        } catch {
            throw self.recoveryFailure(error, of: account, origin: origin, method: "RegenerateRecoveryCodes")
        }
        self.log.decision(
            "RegenerateRecoveryCodes",
            .accepted,
            .recoveryCodesReplaced,
            of: account.identity,
            origin: origin
        )
        return NewRecoveryCodesResult(recoveryCodes: new.texts, issuedAt: now.value)
    }

    func acknowledgeRecoveryCodes(
        _ call: AuthorizedCall<AcknowledgeRecoveryCodesParameters, AccountSubject>
    ) async throws(Refusal) -> Empty {
        let method: StaticString = "AcknowledgeRecoveryCodes"
        let identity = call.subject.identity
        let origin = SignInOrigin(own: call.peer)
        let enrolment = try await self.carryingOut(method, for: .account(identity), origin: origin) {
            () async throws(Refusal) in
            try await self.enrolment(of: identity)
        }
        let account: Account
        switch enrolment {
        case .active(let found, _): account = found
        case .none: throw self.notEnabled(identity, origin, method)
        case .parted:
            self.log.decision(method, .refused, .parted, of: identity, origin: origin)
            throw .named(.unavailable)
        }
        // A sign-in that set the factor up speaks of that one and no later one.
        if let generation = call.subject.setUpGeneration, account.generation != generation + 1 {
            self.log.decision(method, .refused, .factorChanged, of: identity, origin: origin)
            throw .named(.signInAgain)
        }
        do {
            try await self.store.acknowledgeRecoveryCodes(
                account: account.id,
                issuedAt: UnixSeconds(call.parameters.issuedAt),
                at: self.surroundings.now()
            )
        } catch .conflict {
            self.log.decision(method, .refused, .recoveryCodesReplaced, of: identity, origin: origin)
            throw .named(.recoveryCodesReplaced)
        } catch {
            self.log.storeFailed(error, doing: "acknowledging recovery codes")
            self.log.decision(method, .refused, .notCarriedOut, of: identity, origin: origin)
            throw .named(.unavailable)
        }
        self.log.decision(method, .accepted, .recoveryCodesAcknowledged, of: identity, origin: origin)
        return Empty()
    }

    private func notEnabled(_ identity: Identity, _ origin: SignInOrigin, _ method: StaticString) -> Refusal {
        self.log.decision(method, .refused, .notEnabled, of: identity, origin: origin)
        return .named(.notEnabled)
    }
}
