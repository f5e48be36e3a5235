public import TwinlockAccounts
public import TwinlockStore

extension SQLiteStore {
    /// All recovery codes of an account.
    public func recoveryCodes(account: Int64, generation: Int64) async throws(StoreError) -> RecoveryCodes {
        try await self.read { records throws(StoreError) in
            try records.accounts.account(account).requireFactor(of: generation)
            return try records.recovery.codes(of: account)
        }
    }

    /// Judges a recovery code by `RecoveryCodeRule` and saves what follows.
    public func attemptRecoveryCode(
        account: Int64,
        generation: Int64,
        match: RecoveryCodeMatch,
        use: RecoveryCodeUse,
        finishesLogin: Bool,
        recording: @escaping Recording<RecoveryCodeVerdict>
    ) async throws(StoreError) -> Recorded<RecoveryCodeVerdict> {
        try await self.perform { records throws(StoreError) in
            let found = try records.accounts.account(account)
            let known = try records.recovery.codes(of: account)
            var (changed, codes) = (found, known)
            let verdict = try changed.attemptRecoveryCode(
                generation: generation,
                match: match,
                use: use,
                finishesLogin: finishesLogin,
                codes: &codes
            )
            try records.recovery.save(codes, was: known)
            try records.accounts.save(changed, was: found)
            return Recorded(verdict: verdict, records: try records.record(recording(verdict)))
        }
    }

    /// Puts new codes in place of the account's own.
    public func replaceRecoveryCodes(
        account: Int64,
        generation: Int64,
        sealed: [[UInt8]],
        at now: UnixSeconds
    ) async throws(StoreError) {
        RecoverySet.requireShape(of: sealed)
        try await self.perform { records throws(StoreError) in
            try records.accounts.account(account).requireFactor(of: generation)
            try records.recovery.replaceOwn(of: account, with: sealed, at: now)
        }
    }

    /// Notes that the codes made at that moment are saved.
    public func acknowledgeRecoveryCodes(
        account: Int64,
        issuedAt: UnixSeconds,
        at now: UnixSeconds
    ) async throws(StoreError) {
        try await self.perform { records throws(StoreError) in
            try records.recovery.acknowledge(of: account, issuedAt: issuedAt, at: now)
        }
    }

    /// Puts one code of an administrator's in place of the one before it.
    public func issueRecoveryCode(
        account: Int64,
        generation: Int64,
        sealed: [UInt8],
        at now: UnixSeconds,
        expires: UnixSeconds
    ) async throws(StoreError) {
        IssuedRecoveryCode.requireShape(at: now, expires: expires)
        try await self.perform { records throws(StoreError) in
            try records.accounts.account(account).requireFactor(of: generation)
            try records.recovery.replaceIssued(of: account, with: sealed, at: now, expires: expires)
        }
    }
}
