public import TwinlockAccounts

extension InMemoryStore {
    /// Removes whatever the accounts of that name or uid have.
    public func reset(sharing identity: Identity, keepingSessions: Bool) throws(StoreError) -> [Account] {
        let found = try self.accounts(sharing: identity)
        for account in found {
            var changed = account
            changed.reset()
            self.recoveryCodes[account.id] = nil
            self.save(changed)
        }
        if !keepingSessions {
            try self.endSessionsAndTokens(of: [identity] + found.map(\.identity))
        }
        return found
    }

    /// Hands an account to the one who has its name and its uid now.
    public func adopt(
        account: Int64,
        generation: Int64,
        by identity: Identity,
        sealed: AdoptedSecrets
    ) throws(StoreError) {
        let found = try self.account(account)
        let codes = self.recoveryCodes[account] ?? RecoveryCodes()
        let adopted = try found.adopted(by: identity, generation: generation, sealed: sealed, codes: codes)
        let others = try self.accounts(sharing: identity).filter { $0.id != account }
        guard others.allSatisfy({ $0.credential == nil }) else {
            throw .parted
        }
        for other in others {
            self.accounts[other.id] = nil
        }
        self.recoveryCodes[account] = codes.sealed(anew: sealed.recoveryCodes)
        self.save(adopted)
        try self.endSessionsAndTokens(of: [identity, found.identity])
    }

    /// Makes safe what an older state of the store would make dangerous.
    public func markRestored(at now: UnixSeconds) throws(StoreError) {
        for account in self.accounts.values {
            var changed = account
            changed.markRestored(at: now)
            self.save(changed)
            if let codes = self.recoveryCodes[account.id] {
                self.keep(codes.restored(), of: account.id)
            }
        }
        self.sessions = [:]
        self.tokens = []
    }

    private func endSessionsAndTokens(of identities: [Identity]) throws(StoreError) {
        for identity in identities {
            try self.endSessionsAndTokens(of: identity)
        }
    }
}
