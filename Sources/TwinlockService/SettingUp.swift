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
        switch try await self.enrolment(of: identity) {
        case .none(let account):
            return GetStatusResult(account, of: identity, at: self.surroundings.now())
        case .active(let account, _):
            return GetStatusResult(account, of: identity, at: self.surroundings.now())
        case .parted:
            self.log.failure("the account of uid \(identity.uid) has parted from its name")
            throw .named(.unavailable)
        }
    }

    func beginSetUp(
        _ call: AuthorizedCall<SensitiveParameters, AccountSubject>
    ) async throws(Refusal) -> BeginSetUpResult {
        let origin = SignInOrigin(own: call.peer)
        let enrolment: Enrolment
        if let generation = call.subject.setUpGeneration {
            // The password was shown to the sign-in.
            try await self.requireNoFactor(of: call.subject.identity, generation: generation, "BeginSetUp", origin)
            enrolment = try await self.enrolment(of: call.subject.identity)
        } else {
            enrolment = try await self.passSensitive(call, method: "BeginSetUp", takesMark: true)
        }
        return try await self.beginSetUp(
            for: call.subject.identity,
            under: enrolment,
            origin: origin
        )
    }

    /// Begins a set-up for somebody who was let do so when the account was that, and only if it still is.
    func beginSetUp(
        for identity: Identity,
        under enrolment: Enrolment,
        origin: SignInOrigin
    ) async throws(Refusal) -> BeginSetUpResult {
        guard let generation = enrolment.generation else { throw .named(.unavailable) }
        let secret = self.surroundings.random(NewFactor.secretBytes)
        let begun = self.surroundings.now()
        let uri: OTPAuthURI
        do {
            uri = try NewFactor.uri(secret, issuer: self.policy.issuer, account: identity.name)
            let lease = self.sealers.lease()
            defer { lease.end() }
            let sealed = try lease.sealer.seal(secret, for: Self.secretContext(identity))
            _ = try await self.store.beginSetUp(
                NewFactor.setUp(sealed, begun: begun),
                for: identity,
                generation: generation
            )
        } catch StoreError.conflict {
            self.log.decision("BeginSetUp", .refused, .factorChanged, of: identity, origin: origin)
            throw .named(.signInAgain)
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
    ) async throws(Refusal) -> NewRecoveryCodesResult {
        let (identity, origin) = (call.subject.identity, SignInOrigin(own: call.peer))
        if let generation = call.subject.setUpGeneration {
            try await self.requireNoFactor(of: identity, generation: generation, "ConfirmSetUp", origin)
        }
        return try await self.confirmSetUp(of: identity, code: call.parameters.code, origin: origin)
    }

    /// Confirms a set-up for somebody, with the code as typed.
    func confirmSetUp(
        of identity: Identity,
        code typed: SecretText,
        origin: SignInOrigin
    ) async throws(Refusal) -> NewRecoveryCodesResult {
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
        let code = typed.withUnsafeBytes { Code(normalizing: $0, digits: setUp.secret.digits) }
        let (match, recovery) = try await self.carryingOut("ConfirmSetUp", for: .account(identity), origin: origin) {
            () async throws(Refusal) in
            (
                try self.match(code, with: setUp.secret, drift: 0, of: identity, at: now),
                try self.newRecoveryCodes(for: identity)
            )
        }
        defer { recovery.lease.end() }
        let verdict: SetUpVerdict
        do {
            verdict = try await self.store.confirmSetUp(
                account: account.id,
                secret: setUp.secret,
                match: match,
                recoveryCodes: recovery.sealed,
                at: now
            )
        } catch .conflict {
            if await self.isSealedAnew(setUp, of: identity) {
                return try await self.confirmSetUp(of: identity, code: typed, origin: origin)
            }
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
            return NewRecoveryCodesResult(recoveryCodes: recovery.texts, issuedAt: now.value)
        case .wrong:
            self.log.decision("ConfirmSetUp", .refused, .codeWrong, of: identity, origin: origin)
            throw await self.delayed(.named(.authenticationFailed))
        case .noSetUp:
            self.log.decision("ConfirmSetUp", .refused, .setUpMissing, of: identity, origin: origin)
            throw .named(.noSetUp)
        }
    }

    /// Whether a set-up is still the one that was read, and the key's rotation has sealed it anew meanwhile.
    func isSealedAnew(_ setUp: SetUp, of identity: Identity) async -> Bool {
        let now: SetUp?
        switch try? await self.enrolment(of: identity) {
        case .none(let account)?: now = account?.setUp
        case .active(let account, _)?: now = account.setUp
        case .parted?, nil: now = nil
        }
        let context = Self.secretContext(identity)
        guard let now, now.begunAt == setUp.begunAt, now.secret != setUp.secret,
            let was = try? self.sealer.open(Sealed(bytes: setUp.secret.sealed), for: context),
            let found = try? self.sealer.open(Sealed(bytes: now.secret.sealed), for: context)
        else { return false }
        return was.withUnsafeBytes { was in found.withUnsafeBytes { was.elementsEqual($0) } }
    }

    func disable(_ call: AuthorizedCall<SensitiveParameters, AccountSubject>) async throws(Refusal) -> Empty {
        let identity = call.subject.identity
        let origin = SignInOrigin(own: call.peer)
        let enrolment = try await self.passSensitive(call, method: "Disable", takesMark: true)
        guard case .active(let account, _) = enrolment else {
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

extension GetStatusResult {
    /// How an account stands; one that the store does not know has no second factor and no failures.
    init(_ account: Account?, of identity: Identity, at now: UnixSeconds) {
        var throttle = account?.throttle ?? Throttle()
        let admission = throttle.admit(at: now)
        let waitSeconds: Int64? = if case .wait(let seconds) = admission { Int64(seconds) } else { nil }
        self.init(
            user: identity.name,
            uid: Int64(identity.uid),
            enabled: account?.credential != nil,
            enabledAt: account?.credential?.confirmedAt.value,
            setUpBegun: account?.setUp?.isOpen(at: now) ?? false,
            failedCodes: Int64(throttle.failures.total),
            waitSeconds: waitSeconds,
            exhausted: admission == .exhausted,
            recoveryCodesLeft: account?.recovery.map { Int64($0.left) },
            recoveryCodesAcknowledged: account?.recovery.map { $0.acknowledgedAt != nil },
            recoveryCodesInDoubt: account?.recovery?.isInDoubt,
            recoverySetUpUntil: account?.recoveryMark.flatMap { $0.isOpen(at: now) ? $0.ends.value : nil }
        )
    }
}

extension Enrolment {
    /// The generation under which this was found, 0 where there is no account; nil where nothing may be begun.
    fileprivate var generation: Int64? {
        switch self {
        case .none(let account): account?.generation ?? 0
        case .active(let account, _): account.generation
        case .parted: nil
        }
    }
}

extension SignInOrigin {
    /// The origin of a call that a program makes for the account itself.
    init(own peer: Peer) {
        self.init(Context(), peer: peer, standing: .user, hasPassword: false)
    }
}

extension SecretBytes {
    /// The same bytes as a text of a message. They must be UTF-8.
    func asText() -> SecretText {
        self.withUnsafeBytes { SecretText(copying: $0) }
    }
}
