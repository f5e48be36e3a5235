import TwinlockAccounts
import TwinlockInterface
import TwinlockOTP
import TwinlockStore
import TwinlockVarlink

// A sign-in that must have a second factor and has none, and may set one up: a program is given a session for that, a
// login program the words to show and to ask with, step by step.
extension TwinlockService {
    /// What follows a right password.
    func beginSetUpAtSignIn(
        _ first: FirstFactorResult,
        under account: Account?,
        name: String,
        origin: SignInOrigin,
        factors: [Factor]
    ) async throws(Refusal) -> SignInResult {
        guard case .shown(let check, _) = first.outcome, let identity = first.identity else {
            throw .named(.unavailable)
        }
        let generation = account?.generation ?? 0
        let ground = PendingSignIn.Ground.settingUp(identity, generation: generation, check, first.mark)
        let pending = self.newPending(ground, name: name, origin: origin, factors: factors)
        guard origin.purpose == .login else {
            return SignInResult(
                state: .setUpRequired,
                session: try self.seal(pending),
                user: name,
                expires: pending.ends.value
            )
        }
        let setUp = try await self.beginSetUp(for: identity, under: .none(account), origin: origin)
        let words = SetUpWords.begun(setUp, withDrawing: origin.isAtConsole)
        return try self.ask(pending, words, prompt: SetUpWords.codePrompt)
    }

    /// Takes the first code of the app in a login's conversation, and hands out the recovery codes.
    func confirmAtSignIn(_ code: SecretText, _ pending: PendingSignIn) async throws(Refusal) -> SignInResult {
        guard case .settingUp(let identity, let generation, let check, let mark) = pending.ground,
            pending.origin.purpose == .login
        else { throw .named(.signInAgain) }
        try await self.requireNoFactor(of: identity, generation: generation, "Verify2FACode", pending.origin)
        let new: NewRecoveryCodesResult
        do throws(Refusal) {
            new = try await self.confirmSetUp(of: identity, code: code, origin: pending.origin)
        } catch {
            switch error {
            case .named(.authenticationFailed):
                return try self.ask(pending, SetUpWords.wrongCode, prompt: SetUpWords.codePrompt)
            case .named(.noSetUp):
                throw .named(.signInAgain)
            case .named, .permissionDenied, .invalidParameter:
                throw error
            }
        }
        _ = self.pendingLedger.withLock { $0.end(pending, at: self.surroundings.now()) }
        let ground = PendingSignIn.Ground.saving(
            identity,
            generation: generation + 1,
            check,
            mark,
            issuedAt: UnixSeconds(new.issuedAt)
        )
        let next = self.newPending(
            ground,
            name: pending.givenName,
            origin: pending.origin,
            factors: pending.factors
        )
        return try self.ask(next, SetUpWords.recoveryCodes(new.recoveryCodes), prompt: SetUpWords.savedPrompt)
    }

    /// Takes one of the recovery codes for a sign that they are saved, which does not spend it, and finishes the sign-in.
    func finishSaving(_ code: SecretText, _ pending: PendingSignIn) async throws(Refusal) -> SignInResult {
        let (method, origin): (StaticString, _) = ("Verify2FACode", pending.origin)
        guard case .saving(let identity, let generation, let check, let mark, let issuedAt) = pending.ground,
            case .active(let account, let credential) = try await self.enrolment(of: identity),
            account.generation == generation
        else {
            self.log.decision(method, .refused, .factorChanged, about: pending.subject, origin: origin)
            throw .named(.signInAgain)
        }
        let own = try await self.recoveryCodes(of: account, origin: origin, method: method).own
        let typed = code.withUnsafeBytes { TypedCode(normalizing: $0, digits: credential.secret.digits) }
        var isOne = false
        if case .recoveryCode(let typed) = typed, let own, own.issuedAt == issuedAt {
            for code in own.codes where try self.open(code.sealed, of: identity).matches(typed) {
                isOne = true
            }
        }
        guard isOne else { return try self.ask(pending, SetUpWords.noneOfThem, prompt: SetUpWords.savedPrompt) }
        do {
            try await self.store.acknowledgeRecoveryCodes(
                account: account.id,
                issuedAt: issuedAt,
                at: self.surroundings.now()
            )
        } catch {
            throw self.recoveryFailure(error, of: account, origin: origin, method: method)
        }
        self.log.decision(method, .continued, .recoveryCodesAcknowledged, of: identity, origin: origin)
        let shown = SecondFactorShown(
            failedCodes: 0,
            recoveryCodesLeft: account.recovery?.left,
            isRecoveryCode: false
        )
        let end = SignInEnd(pending: pending, identity: identity, check: check, mark: mark)
        return try await self.finish(end, shown: shown)
    }

    /// The account of a program that was given a session to set its second factor up; nil for any other text.
    func settingUp(_ text: SecretText, for peer: Peer) throws(Refusal) -> AccountSubject? {
        guard let pending = self.pendingSignIn(text),
            case .settingUp(let identity, let generation, _, _) = pending.ground, pending.origin.purpose == .session
        else { return nil }
        let now = self.surroundings.now()
        guard pending.origin.peerUid == peer.uid, pending.isOpen(at: now),
            self.pendingLedger.withLock({ !$0.isOver(pending) })
        else {
            let origin = SignInOrigin(own: peer)
            self.log.decision("Session", .refused, .pendingSpent, about: pending.subject, origin: origin)
            throw .named(.signInAgain)
        }
        return AccountSubject(identity: identity, session: nil, setUpGeneration: generation)
    }

    /// Makes sure that a sign-in that may set a second factor up still finds none.
    func requireNoFactor(
        of identity: Identity,
        generation: Int64,
        _ method: StaticString,
        _ origin: SignInOrigin
    ) async throws(Refusal) {
        guard case .none(let account) = try await self.enrolment(of: identity),
            account?.generation ?? 0 == generation
        else {
            self.log.decision(method, .refused, .factorChanged, of: identity, origin: origin)
            throw .named(.signInAgain)
        }
    }

    private func ask(_ pending: PendingSignIn, _ message: SecretText, prompt: String) throws(Refusal) -> SignInResult {
        SignInResult(
            state: .codeRequired,
            session: try self.seal(pending),
            user: pending.givenName,
            expires: pending.ends.value,
            message: message,
            prompt: prompt
        )
    }
}
