import TwinlockAccounts
import TwinlockInterface
import TwinlockOTP
import TwinlockSealing
import TwinlockStore
import TwinlockVarlink

/// What a right second factor brought with it.
struct SecondFactorShown: Sendable {
    /// Failed codes of other sources that still count.
    let failedCodes: Int
    /// Recovery codes that were not used; nil without any set of them.
    let recoveryCodesLeft: Int?
    /// Whether it was one of them.
    let isRecoveryCode: Bool

    /// For the log.
    var reason: DecisionLog.Reason { self.isRecoveryCode ? .recoveryCodeRight : .codeRight }

    /// For the log: how many are left, where one was spent.
    var detail: String? { self.isRecoveryCode ? "\(self.recoveryCodesLeft ?? 0) left" : nil }
}

// The one way in which a recovery code is judged for any method, and how codes are made and opened.
extension TwinlockService {
    /// Judges a recovery code; what follows from it is on the disk when this returns.
    ///
    /// - Parameters:
    ///   - typed: As typed and normalised.
    ///   - account: As it was read under the generation of the first factor.
    ///   - finishesLogin: Whether a right one finishes a sign-in of a login program.
    ///   - telling: What a wrong one is told where that must not show what became of the password.
    func judgeRecoveryCode(
        _ typed: RecoveryCode,
        of account: Account,
        origin: SignInOrigin,
        method: StaticString,
        finishesLogin: Bool,
        telling: Telling
    ) async throws(Refusal) -> SecondFactorShown {
        let known = try await self.recoveryCodes(of: account, origin: origin, method: method)
        let opened = try self.open(known.places, of: account.identity)
        let verdict: RecoveryCodeVerdict
        do {
            verdict = try await self.store.attemptRecoveryCode(
                account: account.id,
                generation: account.generation,
                match: RecoveryCodeMatch(typed, among: opened),
                use: RecoveryCodeUse(
                    at: self.surroundings.now(),
                    service: origin.service,
                    remoteHost: origin.remoteHost,
                    tty: origin.tty
                ),
                finishesLogin: finishesLogin
            )
        } catch {
            throw self.recoveryFailure(error, of: account, origin: origin, method: method)
        }
        return try await self.answer(verdict, of: account, origin: origin, method: method, telling: telling)
    }

    /// All recovery codes of an account, as long as its factor is the one under which it was read.
    func recoveryCodes(
        of account: Account,
        origin: SignInOrigin,
        method: StaticString
    ) async throws(Refusal) -> RecoveryCodes {
        do {
            return try await self.store.recoveryCodes(account: account.id, generation: account.generation)
        } catch {
            throw self.recoveryFailure(error, of: account, origin: origin, method: method)
        }
    }

    /// What is told where the store did not do what it was asked.
    func recoveryFailure(
        _ error: StoreError,
        of account: Account,
        origin: SignInOrigin,
        method: StaticString
    ) -> Refusal {
        guard error == .conflict else {
            self.log.storeFailed(error, doing: "working with recovery codes")
            self.log.decision(method, .refused, .notCarriedOut, of: account.identity, origin: origin)
            return .named(.unavailable)
        }
        self.log.decision(method, .refused, .factorChanged, of: account.identity, origin: origin)
        return .named(.signInAgain)
    }

    /// Opens recovery codes of an account.
    func open(
        _ places: [(place: RecoveryCodePlace, sealed: [UInt8])],
        of identity: Identity
    ) throws(Refusal) -> [(place: RecoveryCodePlace, code: RecoveryCode)] {
        var opened: [(place: RecoveryCodePlace, code: RecoveryCode)] = []
        for (place, sealed) in places {
            opened.append((place, try self.open(sealed, of: identity)))
        }
        return opened
    }

    /// Opens a recovery code of an account.
    func open(_ sealed: [UInt8], of identity: Identity) throws(Refusal) -> RecoveryCode {
        do {
            let stored = try self.sealer.open(Sealed(bytes: sealed), for: Self.recoveryContext(identity))
            if let code = RecoveryCode(stored: stored) {
                return code
            }
            self.log.failure("cannot open a recovery code: it is none")
        } catch {
            self.log.failure("cannot open a recovery code: \(error)")
        }
        throw .named(.unavailable)
    }

    /// New recovery codes for an account.
    func newRecoveryCodes(
        _ count: Int = RecoverySet.size,
        for identity: Identity
    ) throws(Refusal) -> NewRecoveryCodes {
        let codes = RecoveryCode.distinct(count, random: self.surroundings.random)
        let lease = self.sealers.lease()
        do throws(SealingError) {
            var sealed: [[UInt8]] = []
            for code in codes {
                sealed.append(try lease.sealer.seal(code.stored, for: Self.recoveryContext(identity)).bytes)
            }
            return NewRecoveryCodes(texts: codes.map { $0.text().asText() }, sealed: sealed, lease: lease)
        } catch {
            self.log.failure("cannot seal recovery codes: \(error)")
            throw .named(.unavailable)
        }
    }

    /// A recovery code opens for the account that it was sealed for.
    static func recoveryContext(_ identity: Identity) -> SealingContext {
        SealingContext(account: "\(identity.name)/\(identity.uid)", kind: .recoveryCode)
    }

    private func answer(
        _ verdict: RecoveryCodeVerdict,
        of account: Account,
        origin: SignInOrigin,
        method: StaticString,
        telling: Telling
    ) async throws(Refusal) -> SecondFactorShown {
        let identity = account.identity
        let failures = account.recoveryThrottle.failures
        func refusal(_ own: Throttle.FailureAction) async -> Refusal {
            await self.delayed(Self.refusal(telling.action(own: own, failures: failures)), since: telling.came)
        }
        switch verdict {
        case .accepted(let left):
            return SecondFactorShown(
                failedCodes: 0,
                recoveryCodesLeft: account.recovery == nil ? nil : left,
                isRecoveryCode: true
            )
        case .used:
            self.log.decision(method, .refused, .recoveryCodeUsed, of: identity, origin: origin)
            guard origin.peerUid == 0 else { throw await refusal(.allowRetry) }
            throw await self.delayed(.named(.codeAlreadyUsed), since: telling.came)
        case .wrong(.allowRetry):
            self.log.decision(method, .refused, .recoveryCodeWrong, of: identity, origin: origin)
            throw await refusal(.allowRetry)
        case .wrong(.wait(let seconds)):
            self.log.decision(method, .refused, .recoveryCodeWrong, of: identity, origin: origin)
            throw await refusal(.wait(seconds: seconds))
        case .refusedForNow(let seconds):
            self.log.decision(
                method,
                .refused,
                .recoveryCodeThrottled,
                of: identity,
                origin: origin,
                detail: "\(seconds) seconds left"
            )
            throw await refusal(.wait(seconds: seconds))
        }
    }
}

/// Recovery codes that are about to be stored.
struct NewRecoveryCodes: Sendable {
    /// As they are shown.
    let texts: [SecretText]
    /// As they are stored.
    let sealed: [[UInt8]]
    /// To be ended when they are.
    let lease: SealingLease
}
