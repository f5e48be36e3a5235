public import TwinlockAccounts

/// What administrators do to others' accounts, as part of what must outlive a kill.
///
/// The promise is that of `AccountStore`.
public protocol AdministrationStore: Sendable {
    /// Removes second factor, set-up, recovery codes and failures of every account that carries this name or this uid,
    /// also where they have parted, and moves their generations up.
    ///
    /// - Parameters:
    ///   - identity: Whose. Its own sessions and tokens end too, whether or not there is an account.
    ///   - keepingSessions: Whether sessions and tokens stay.
    /// - Returns: The accounts as they were.
    func reset(sharing identity: Identity, keepingSessions: Bool) async throws(StoreError) -> [Account]

    /// Hands an account whose name and uid have parted to the one who has both now, with all that was sealed for it
    /// sealed anew.
    ///
    /// A set-up under way is gone, sessions and tokens of both end, the generation moves up, and accounts without a second
    /// factor that share the name or the uid give way.
    ///
    /// - Parameters:
    ///   - account: The account's number.
    ///   - generation: If it has moved on, or there is no active factor: `conflict`.
    ///   - identity: Whose it is from now on.
    ///   - sealed: All that the account has; `conflict` if it has other recovery codes by now.
    /// - Throws: `parted` if another one with a second factor shares the name or the uid.
    func adopt(
        account: Int64,
        generation: Int64,
        by identity: Identity,
        sealed: AdoptedSecrets
    ) async throws(StoreError)

    /// Makes safe what an older state of the store would make dangerous, for all accounts: sessions and tokens end, so do
    /// set-ups, codes that an administrator issued, and the leave after a login by recovery code; no code of a step that
    /// could have been accepted up to now is; unused recovery codes are in doubt; generations move up.
    func markRestored(at now: UnixSeconds) async throws(StoreError)
}

/// What an account has sealed, sealed anew.
public struct AdoptedSecrets: Equatable, Sendable {
    /// The secret of the second factor.
    public let secret: [UInt8]
    /// Every recovery code, used ones too.
    public let recoveryCodes: [RecoveryCodePlace: [UInt8]]

    /// Secrets sealed for their new owner.
    public init(secret: [UInt8], recoveryCodes: [RecoveryCodePlace: [UInt8]]) {
        self.secret = secret
        self.recoveryCodes = recoveryCodes
    }
}

extension Account {
    /// Removes whatever there is; see `AdministrationStore.reset`.
    package mutating func reset() {
        self.generation += 1
        self.credential = nil
        self.setUp = nil
        self.throttle = Throttle()
        self.recovery = nil
        self.forgetRecovery()
    }

    /// The account as its new owner's; see `AdministrationStore.adopt`.
    package func adopted(
        by identity: Identity,
        generation: Int64,
        sealed: AdoptedSecrets,
        codes: RecoveryCodes
    ) throws(StoreError) -> Account {
        guard let credential, self.generation == generation,
            Set(codes.places.map(\.place)) == Set(sealed.recoveryCodes.keys)
        else {
            throw .conflict
        }
        return Account(
            id: self.id,
            identity: identity,
            generation: self.generation + 1,
            credential: credential.sealed(anew: sealed.secret),
            setUp: nil,
            throttle: self.throttle,
            recovery: self.recovery,
            recoveryThrottle: self.recoveryThrottle
        )
    }

    /// The account as it is made safe; see `AdministrationStore.markRestored`.
    mutating func markRestored(at now: UnixSeconds) {
        self.generation += 1
        self.setUp = nil
        self.recoveryMark = nil
        if let credential {
            self.credential?.lastStep = max(credential.lastStep ?? 0, credential.newestStep(at: now))
        }
    }
}

extension RecoveryCodes {
    /// The codes sealed anew, each at its place.
    func sealed(anew sealed: [RecoveryCodePlace: [UInt8]]) -> RecoveryCodes {
        RecoveryCodes(
            own: self.own.map { set in
                RecoverySet(
                    id: set.id,
                    issuedAt: set.issuedAt,
                    acknowledgedAt: set.acknowledgedAt,
                    isInDoubt: set.isInDoubt,
                    codes: set.codes.enumerated().map { number, code in
                        let place = RecoveryCodePlace(set: set.id, number: number)
                        return SealedRecoveryCode(sealed: sealed[place] ?? code.sealed, use: code.use)
                    }
                )
            },
            issued: self.issued.map { issued in
                let place = RecoveryCodePlace(set: issued.id, number: 0)
                return IssuedRecoveryCode(
                    id: issued.id,
                    issuedAt: issued.issuedAt,
                    expiresAt: issued.expiresAt,
                    code: SealedRecoveryCode(sealed: sealed[place] ?? issued.code.sealed, use: issued.code.use)
                )
            }
        )
    }

    /// The codes as they are made safe; see `AdministrationStore.markRestored`.
    func restored() -> RecoveryCodes {
        RecoveryCodes(
            own: self.own.map { set in
                RecoverySet(
                    id: set.id,
                    issuedAt: set.issuedAt,
                    acknowledgedAt: set.acknowledgedAt,
                    isInDoubt: set.isInDoubt || set.summary.left > 0,
                    codes: set.codes
                )
            }
        )
    }
}
