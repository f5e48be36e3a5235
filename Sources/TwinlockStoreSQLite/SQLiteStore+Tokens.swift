public import TwinlockAccounts
public import TwinlockStore

extension SQLiteStore {
    /// Saves a new token, unless its account has too many.
    public func createToken(
        _ token: Token,
        under generation: Int64?,
        at now: UnixSeconds
    ) async throws(StoreError) -> TokenVerdict {
        token.requireShape()
        return try await self.perform { records throws(StoreError) in
            try records.enrolment(of: token.identity).require(generation: generation)
            guard try records.tokens.count(of: token.identity, at: now) < Token.maximumPerAccount else {
                return .tooMany
            }
            try records.tokens.add(token)
            return .saved(token)
        }
    }

    /// Changes a token that has not ended.
    public func changeToken(
        id: String,
        of identity: Identity,
        by change: TokenChange,
        under generation: Int64?,
        at now: UnixSeconds
    ) async throws(StoreError) -> TokenVerdict {
        try await self.perform { records throws(StoreError) in
            try records.enrolment(of: identity).require(generation: generation)
            guard let token = try records.tokens.token(id: id, of: identity), !token.isOver(at: now) else {
                return .notThere
            }
            if let digest = change.digest, try records.tokens.token(digest: digest) != nil {
                throw .conflict
            }
            let changed = token.changed(by: change)
            changed.requireShape()
            try records.tokens.save(changed)
            return .saved(changed)
        }
    }

    /// Ends a token.
    public func endToken(id: String, of identity: Identity) async throws(StoreError) -> Bool {
        try await self.perform { records throws(StoreError) in
            try records.tokens.end(id: id, of: identity)
        }
    }

    /// The token of that digest, live or not.
    public func token(digest: [UInt8]) async throws(StoreError) -> Token? {
        try await self.read { records throws(StoreError) in
            try records.tokens.token(digest: digest)
        }
    }

    /// Tokens of an account in the order of their ids.
    public func tokens(of identity: Identity, after id: String?, limit: Int) async throws(StoreError) -> [Token] {
        precondition(limit > 0, "a page holds at least one token")
        return try await self.read { records throws(StoreError) in
            try records.tokens.page(of: identity, after: id, limit: limit)
        }
    }

    /// Writes a token's use down if it is worth it.
    public func useToken(digest: [UInt8], at now: UnixSeconds) async throws(StoreError) {
        try await self.perform { records throws(StoreError) in
            try records.tokens.use(digest, at: now)
        }
    }

    /// Removes tokens that have ended.
    public func removeTokens(endedAt now: UnixSeconds) async throws(StoreError) {
        try await self.perform { records throws(StoreError) in
            try records.tokens.remove(endedAt: now)
        }
    }
}

extension SQLiteStore {
    /// Sessions of an account in the order of their handles.
    public func sessions(
        of identity: Identity,
        after handle: [UInt8]?,
        limit: Int
    ) async throws(StoreError) -> [Session] {
        precondition(limit > 0, "a page holds at least one session")
        return try await self.read { records throws(StoreError) in
            try records.sessions.page(of: identity, after: handle, limit: limit)
        }
    }

    /// Ends the session of that handle.
    public func endSession(handle: [UInt8], of identity: Identity) async throws(StoreError) -> Bool {
        try await self.perform { records throws(StoreError) in
            try records.sessions.end(handle: handle, of: identity)
        }
    }

    /// Ends the sessions of an account but one.
    public func endSessions(
        of identity: Identity,
        except digest: [UInt8]?,
        at now: UnixSeconds,
        _ lifetimes: SessionLifetimes
    ) async throws(StoreError) -> Int {
        try await self.perform { records throws(StoreError) in
            try records.sessions.endAll(of: identity, except: digest, at: now, lifetimes)
        }
    }

    /// Ends the sessions and the tokens of an account.
    public func endSessionsAndTokens(of identity: Identity) async throws(StoreError) {
        try await self.perform { records throws(StoreError) in
            try records.sessions.endAll(of: identity)
            try records.tokens.endAll(of: identity)
        }
    }
}

extension SQLiteStore {
    /// The sealed key of that purpose; the one that is given if there was none.
    public func sealedKey(for purpose: String, orElse made: [UInt8]) async throws(StoreError) -> [UInt8] {
        try await self.perform { records throws(StoreError) in
            try records.sealedKeys.key(for: purpose, orElse: made)
        }
    }
}

extension Records {
    /// Whether somebody has a second factor, inside the transaction that saves what rests on it.
    fileprivate func enrolment(of identity: Identity) throws(StoreError) -> Enrolment {
        Enrolment(of: identity, among: try self.accounts.sharing(identity))
    }
}
