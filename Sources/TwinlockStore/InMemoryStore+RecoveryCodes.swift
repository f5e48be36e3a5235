public import TwinlockAccounts

extension InMemoryStore {
    /// All recovery codes of an account.
    public func recoveryCodes(account: Int64, generation: Int64) throws(StoreError) -> RecoveryCodes {
        try self.account(account).requireFactor(of: generation)
        return self.recoveryCodes[account] ?? RecoveryCodes()
    }

    /// Judges a recovery code by `RecoveryCodeRule` and saves what follows.
    public func attemptRecoveryCode(
        account: Int64,
        generation: Int64,
        match: RecoveryCodeMatch,
        use: RecoveryCodeUse,
        finishesLogin: Bool,
        recording: @escaping Recording<RecoveryCodeVerdict>
    ) throws(StoreError) -> Recorded<RecoveryCodeVerdict> {
        var changed = try self.account(account)
        var codes = self.recoveryCodes[account] ?? RecoveryCodes()
        let verdict = try changed.attemptRecoveryCode(
            generation: generation,
            match: match,
            use: use,
            finishesLogin: finishesLogin,
            codes: &codes
        )
        self.accounts[account] = changed
        self.recoveryCodes[account] = codes
        return Recorded(verdict: verdict, records: try self.append(recording(verdict)))
    }

    /// Puts new codes in place of the account's own.
    public func replaceRecoveryCodes(
        account: Int64,
        generation: Int64,
        sealed: [[UInt8]],
        at now: UnixSeconds
    ) throws(StoreError) {
        RecoverySet.requireShape(of: sealed)
        try self.account(account).requireFactor(of: generation)
        var codes = self.recoveryCodes[account] ?? RecoveryCodes()
        codes.own = self.newRecoverySet(sealed, at: now)
        self.keep(codes, of: account)
    }

    /// Notes that the codes made at that moment are saved.
    public func acknowledgeRecoveryCodes(
        account: Int64,
        issuedAt: UnixSeconds,
        at now: UnixSeconds
    ) throws(StoreError) {
        guard var codes = self.recoveryCodes[account], let own = codes.own, own.issuedAt == issuedAt else {
            throw .conflict
        }
        codes.own = RecoverySet(
            id: own.id,
            issuedAt: own.issuedAt,
            acknowledgedAt: own.acknowledgedAt ?? now,
            isInDoubt: own.isInDoubt,
            codes: own.codes
        )
        self.keep(codes, of: account)
    }

    /// Puts one code of an administrator's in place of the one before it.
    public func issueRecoveryCode(
        account: Int64,
        generation: Int64,
        sealed: [UInt8],
        at now: UnixSeconds,
        expires: UnixSeconds
    ) throws(StoreError) {
        IssuedRecoveryCode.requireShape(at: now, expires: expires)
        try self.account(account).requireFactor(of: generation)
        self.lastRecoverySet += 1
        self.recoveryCodes[account, default: RecoveryCodes()].issued = IssuedRecoveryCode(
            id: self.lastRecoverySet,
            issuedAt: now,
            expiresAt: expires,
            code: SealedRecoveryCode(sealed: sealed)
        )
    }

    func newRecoverySet(_ sealed: [[UInt8]], at now: UnixSeconds) -> RecoverySet {
        self.lastRecoverySet += 1
        return RecoverySet(
            id: self.lastRecoverySet,
            issuedAt: now,
            acknowledgedAt: nil,
            codes: sealed.map { SealedRecoveryCode(sealed: $0) }
        )
    }

    /// Saves an account's codes, and with it what the account carries of them.
    func keep(_ codes: RecoveryCodes, of account: Int64) {
        self.recoveryCodes[account] = codes
        self.accounts[account]?.recovery = codes.own?.summary
    }
}
