import TwinlockAccounts
import TwinlockInterface
import TwinlockOTP
import TwinlockSealing
import TwinlockStore
import TwinlockVarlink

// `org.twinlock.Account`: how a person sets the second factor up, looks at it and removes it.
extension TwinlockService {
    func getStatus(
        _ call: AuthorizedCall<GetStatusParameters, AccountSubject>
    ) async throws(Refusal) -> GetStatusResult {
        let identity = call.subject.identity
        let now = self.surroundings.now()
        let account: Account?
        let credential: Credential?
        switch try await self.enrolment(of: identity) {
        case .none(let found): (account, credential) = (found, nil)
        case .active(let found, let active): (account, credential) = (found, active)
        case .parted:
            self.log.failure("the account of uid \(identity.uid) has parted from its name")
            throw .named(.unavailable)
        }
        var throttle = account?.throttle ?? Throttle()
        let admission = throttle.admit(at: now)
        let waitSeconds: Int64? = if case .wait(let seconds) = admission { Int64(seconds) } else { nil }
        return GetStatusResult(
            user: identity.name,
            uid: Int64(identity.uid),
            enabled: credential != nil,
            enabledAt: credential?.confirmedAt.value,
            setUpBegun: account?.setUp?.isOpen(at: now) ?? false,
            failedCodes: Int64(throttle.failures.total),
            waitSeconds: waitSeconds,
            exhausted: admission == .exhausted
        )
    }

    func beginSetUp(
        _ call: AuthorizedCall<SensitiveParameters, AccountSubject>
    ) async throws(Refusal) -> BeginSetUpResult {
        let identity = call.subject.identity
        let origin = SignInOrigin(own: call.peer)
        _ = try await self.passSensitive(call, method: "BeginSetUp")
        let secret = self.surroundings.random(NewFactor.secretBytes)
        let begun = self.surroundings.now()
        let uri: OTPAuthURI
        do {
            uri = try NewFactor.uri(secret, issuer: self.policy.issuer, account: identity.name)
            let sealed = try self.sealer.seal(secret, for: Self.secretContext(identity))
            _ = try await self.store.beginSetUp(NewFactor.setUp(sealed, begun: begun), for: identity)
        } catch let error as StoreError {
            self.log.storeFailed(error, doing: "beginning a set-up")
            self.log.decision("BeginSetUp", .refused, .notCarriedOut, of: identity, origin: origin)
            throw .named(.unavailable)
        } catch {
            self.log.failure("cannot make a secret: \(error)")
            self.log.decision("BeginSetUp", .refused, .notCarriedOut, of: identity, origin: origin)
            throw .named(.unavailable)
        }
        self.log.decision("BeginSetUp", .continued, .setUpBegun, of: identity, origin: origin)
        return BeginSetUpResult(
            account: uri.account,
            issuer: uri.issuer,
            secret: secret.withUnsafeBytes { Base32.encode($0) }.asText(),
            uri: uri.text().asText(),
            algorithm: uri.algorithm.rawValue,
            digits: Int64(uri.digits),
            period: Int64(NewFactor.timeStep),
            expires: begun.value + Int64(SetUp.lifetimeSeconds)
        )
    }

    func confirmSetUp(
        _ call: AuthorizedCall<ConfirmSetUpParameters, AccountSubject>
    ) async throws(Refusal) -> Empty {
        let identity = call.subject.identity
        let origin = SignInOrigin(own: call.peer)
        let enrolment = try await self.carryingOut("ConfirmSetUp", for: .account(identity), origin: origin) {
            () async throws(Refusal) in
            try await self.enrolment(of: identity)
        }
        let account: Account?
        switch enrolment {
        case .none(let found): account = found
        case .active(let found, _): account = found
        case .parted:
            self.log.decision("ConfirmSetUp", .refused, .parted, of: identity, origin: origin)
            throw .named(.unavailable)
        }
        guard let account, let setUp = account.setUp else {
            self.log.decision("ConfirmSetUp", .refused, .setUpMissing, of: identity, origin: origin)
            throw .named(.noSetUp)
        }
        let now = self.surroundings.now()
        let match = try await self.carryingOut("ConfirmSetUp", for: .account(identity), origin: origin) {
            () async throws(Refusal) in
            try self.match(call.parameters.code, with: setUp.secret, of: identity, at: now)
        }
        let verdict: SetUpVerdict
        do {
            verdict = try await self.store.confirmSetUp(
                account: account.id,
                secret: setUp.secret,
                match: match,
                at: now
            )
        } catch .conflict {
            self.log.decision("ConfirmSetUp", .refused, .setUpMissing, of: identity, origin: origin)
            throw .named(.noSetUp)
        } catch {
            self.log.storeFailed(error, doing: "confirming a set-up")
            self.log.decision("ConfirmSetUp", .refused, .notCarriedOut, of: identity, origin: origin)
            throw .named(.unavailable)
        }
        switch verdict {
        case .confirmed:
            self.log.decision("ConfirmSetUp", .accepted, .setUpConfirmed, of: identity, origin: origin)
            return Empty()
        case .wrong:
            self.log.decision("ConfirmSetUp", .refused, .codeWrong, of: identity, origin: origin)
            throw await self.delayed(.named(.authenticationFailed))
        case .noSetUp:
            self.log.decision("ConfirmSetUp", .refused, .setUpMissing, of: identity, origin: origin)
            throw .named(.noSetUp)
        }
    }

    func disable(_ call: AuthorizedCall<SensitiveParameters, AccountSubject>) async throws(Refusal) -> Empty {
        let identity = call.subject.identity
        let origin = SignInOrigin(own: call.peer)
        guard case .active(let account, _) = try await self.passSensitive(call, method: "Disable") else {
            self.log.decision("Disable", .refused, .notEnabled, of: identity, origin: origin)
            throw .named(.notEnabled)
        }
        do {
            try await self.store.disable(account: account.id, generation: account.generation)
        } catch .conflict {
            self.log.decision("Disable", .refused, .factorChanged, of: identity, origin: origin)
            throw .named(.signInAgain)
        } catch {
            self.log.storeFailed(error, doing: "removing a second factor")
            self.log.decision("Disable", .refused, .notCarriedOut, of: identity, origin: origin)
            throw .named(.unavailable)
        }
        self.log.decision("Disable", .accepted, .disabled, of: identity, origin: origin)
        return Empty()
    }
}

/// What a new second factor is made of: what every authenticator app can do.
private enum NewFactor {
    /// 160 bits (RFC 4226 §4, R6).
    static let secretBytes = 20
    static let algorithm = HashAlgorithm.sha1
    static let digits = 6
    /// Seconds (RFC 6238 §5.2).
    static let timeStep = 30

    static func uri(_ secret: SecretBytes, issuer: String, account: String) throws(OTPAuthURIError) -> OTPAuthURI {
        try OTPAuthURI(
            kind: .totp(period: self.timeStep),
            issuer: issuer,
            account: account,
            secret: secret,
            algorithm: self.algorithm,
            digits: self.digits
        )
    }

    static func setUp(_ sealed: Sealed, begun: UnixSeconds) -> SetUp {
        let secret = SealedSecret(
            sealed: sealed.bytes,
            algorithm: self.algorithm,
            digits: self.digits,
            timeStep: self.timeStep
        )
        return SetUp(secret: secret, begunAt: begun)
    }
}

extension SignInOrigin {
    /// The origin of a call that a program makes for the account itself.
    init(own peer: Peer) {
        self.init(Context(), peer: peer)
    }
}

extension SecretBytes {
    /// The same bytes as a text of a message. They must be UTF-8.
    func asText() -> SecretText {
        self.withUnsafeBytes { SecretText(copying: $0) }
    }
}
