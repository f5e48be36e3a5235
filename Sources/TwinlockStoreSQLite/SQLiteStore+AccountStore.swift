public import TwinlockAccounts
public import TwinlockStore

extension SQLiteStore: AccountStore {
    /// All accounts that carry this name or this uid, oldest first.
    public func accounts(sharing identity: Identity) async throws(StoreError) -> [Account] {
        try await self.read { records throws(StoreError) in
            try records.accounts.sharing(identity)
        }
    }

    /// Accounts in the order of their names' bytes.
    public func accounts(after name: String?, limit: Int) async throws(StoreError) -> [Account] {
        precondition(limit > 0, "a page holds at least one account")
        return try await self.read { records throws(StoreError) in
            try records.accounts.page(after: name, limit: limit)
        }
    }

    /// Saves that moment where nothing depends on it.
    public func tryToSave(at now: UnixSeconds) async throws(StoreError) {
        try await self.perform { records throws(StoreError) in
            try records.tryToSave(at: now.value)
        }
    }

    /// Puts a set-up in place of the one before it; makes the account if it is not there.
    public func beginSetUp(
        _ setUp: SetUp,
        for identity: Identity,
        generation: Int64?
    ) async throws(StoreError) -> Account {
        try await self.perform { records throws(StoreError) in
            var own: Account?
            for account in try records.accounts.sharing(identity) {
                if account.identity == identity {
                    own = account
                } else if account.credential != nil {
                    throw .parted
                } else {
                    try records.accounts.remove(account)
                }
            }
            guard generation == nil || generation == own?.generation ?? 0 else {
                throw .conflict
            }
            let account: Account
            if let own {
                account = own
            } else {
                account = try records.accounts.make(for: identity)
            }
            var changed = account
            changed.setUp = setUp
            try records.accounts.save(changed, was: account)
            return changed
        }
    }

    /// Judges the first code of a set-up and saves what follows.
    public func confirmSetUp(
        account: Int64,
        secret: SealedSecret,
        match: CodeMatch,
        recoveryCodes: [[UInt8]],
        at now: UnixSeconds
    ) async throws(StoreError) -> SetUpVerdict {
        RecoverySet.requireShape(of: recoveryCodes)
        return try await self.perform { records throws(StoreError) in
            let found = try records.accounts.account(account)
            var changed = found
            let verdict = try changed.confirmSetUp(secret: secret, match: match, at: now)
            try records.accounts.save(changed, was: found)
            if case .confirmed = verdict {
                try records.sessions.endWithoutCode(of: changed.identity)
                try records.recovery.remove(of: account)
                try records.recovery.replaceOwn(of: account, with: recoveryCodes, at: now)
                try records.tokens.endWithoutCode(of: changed.identity)
            }
            return verdict
        }
    }

    /// Lets a code be compared, judges it and saves what follows.
    public func attemptCode<Reason>(
        of identity: Identity,
        source: FailureSource,
        at now: UnixSeconds,
        comparing: @escaping @Sendable ([Account]) -> CodeComparison<Reason>,
        recording: @escaping Recording<JudgedCode>
    ) async throws(StoreError) -> Recorded<CodeAttempt<Reason>> {
        try await self.perform { records throws(StoreError) in
            let accounts = try records.accounts.sharing(identity)
            let (attempt, changed) = try comparing(accounts).judged(from: source, at: now)
            guard case .judged(let judged) = attempt, let changed else {
                return Recorded(verdict: attempt, records: [])
            }
            try records.accounts.save(changed, was: judged.account)
            return Recorded(verdict: attempt, records: try records.record(recording(judged)))
        }
    }

    /// Saves how far the app's clock is off.
    public func resynchronise(
        account: Int64,
        generation: Int64,
        to found: Resynchronisation
    ) async throws(StoreError) -> ResynchronisationVerdict {
        try await self.perform { records throws(StoreError) in
            let read = try records.accounts.account(account)
            var changed = read
            let verdict = try changed.resynchronise(generation: generation, to: found)
            try records.accounts.save(changed, was: read)
            return verdict
        }
    }

    /// Removes the factor and any set-up, clears failures and moves the generation up.
    public func disable(account: Int64, generation: Int64) async throws(StoreError) {
        try await self.perform { records throws(StoreError) in
            let found = try records.accounts.account(account)
            var changed = found
            try changed.disable(generation: generation)
            try records.accounts.save(changed, was: found)
            try records.recovery.remove(of: account)
        }
    }

    /// Saves a new session.
    public func insert(
        _ session: Session,
        recording: @escaping @Sendable () -> [AuditRecord]
    ) async throws(StoreError) -> Recorded<Void> {
        session.requireShape()
        return try await self.perform { records throws(StoreError) in
            try records.sessions.add(session)
            return Recorded(verdict: (), records: try records.record(recording()))
        }
    }

    /// The session of that digest, live or not.
    public func session(digest: [UInt8]) async throws(StoreError) -> Session? {
        try await self.read { records throws(StoreError) in
            try records.sessions.session(digest)
        }
    }

    /// Moves a session's last use up to that moment; never down.
    public func useSession(digest: [UInt8], at now: UnixSeconds) async throws(StoreError) {
        try await self.perform { records throws(StoreError) in
            try records.sessions.use(digest, at: now)
        }
    }

    /// Ends a session.
    public func endSession(digest: [UInt8]) async throws(StoreError) {
        try await self.perform { records throws(StoreError) in
            try records.sessions.end(digest)
        }
    }

    /// Removes sessions that are over.
    public func removeSessions(endedAt now: UnixSeconds, _ lifetimes: SessionLifetimes) async throws(StoreError) {
        try await self.perform { records throws(StoreError) in
            try records.sessions.remove(endedAt: now, lifetimes)
        }
    }
}
