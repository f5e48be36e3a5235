public import TwinlockAccounts
public import TwinlockStore

extension SQLiteStore {
    /// Removes whatever the accounts of that name or uid have.
    public func reset(sharing identity: Identity, keepingSessions: Bool) async throws(StoreError) -> [Account] {
        try await self.perform { records throws(StoreError) in
            let found = try records.accounts.sharing(identity)
            for account in found {
                var changed = account
                changed.reset()
                try records.accounts.save(changed, was: account)
                try records.recovery.remove(of: account.id)
            }
            if !keepingSessions {
                try records.endSessionsAndTokens(of: [identity] + found.map(\.identity))
            }
            return found
        }
    }

    /// Hands an account to the one who has its name and its uid now.
    public func adopt(
        account: Int64,
        generation: Int64,
        by identity: Identity,
        sealed: AdoptedSecrets
    ) async throws(StoreError) {
        try await self.perform { records throws(StoreError) in
            let found = try records.accounts.account(account)
            let codes = try records.recovery.codes(of: account)
            let adopted = try found.adopted(by: identity, generation: generation, sealed: sealed, codes: codes)
            for other in try records.accounts.sharing(identity) where other.id != account {
                guard other.credential == nil else { throw .parted }
                try records.accounts.remove(other)
            }
            try records.accounts.save(adopted, was: found)
            try records.accounts.rename(account, to: identity)
            try records.recovery.reseal(sealed.recoveryCodes)
            try records.endSessionsAndTokens(of: [identity, found.identity])
        }
    }

    /// Makes safe what an older state of the store would make dangerous.
    public func markRestored(at now: UnixSeconds) async throws(StoreError) {
        try await self.perform { records throws(StoreError) in
            try records.accounts.markRestored(at: now)
            try records.recovery.markRestored()
            try records.sessions.endAll()
            try records.tokens.endAll()
        }
    }
}

extension Records {
    fileprivate func endSessionsAndTokens(of identities: [Identity]) throws(StoreError) {
        for identity in identities {
            try self.sessions.endAll(of: identity)
            try self.tokens.endAll(of: identity)
        }
    }
}
