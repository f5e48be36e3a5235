public import TwinlockAccounts

extension InMemoryStore {
    /// Saves a new token, unless its account has too many.
    public func createToken(
        _ token: Token,
        under generation: Int64?,
        at now: UnixSeconds
    ) throws(StoreError) -> TokenVerdict {
        token.requireShape()
        try self.enrolment(of: token.identity).require(generation: generation)
        guard !self.tokens.contains(where: { $0.id == token.id || $0.digest == token.digest }) else {
            throw .conflict
        }
        let others = self.tokens.count { $0.identity == token.identity && !$0.isOver(at: now) }
        guard others < Token.maximumPerAccount else { return .tooMany }
        self.tokens.append(token)
        return .saved(token)
    }

    /// Changes a token that has not ended.
    public func changeToken(
        id: String,
        of identity: Identity,
        by change: TokenChange,
        under generation: Int64?,
        at now: UnixSeconds
    ) throws(StoreError) -> TokenVerdict {
        try self.enrolment(of: identity).require(generation: generation)
        guard let index = self.tokens.firstIndex(where: { $0.id == id && $0.identity == identity }),
            !self.tokens[index].isOver(at: now)
        else { return .notThere }
        if let digest = change.digest, self.tokens.contains(where: { $0.digest == digest }) {
            throw .conflict
        }
        let changed = self.tokens[index].changed(by: change)
        changed.requireShape()
        self.tokens[index] = changed
        return .saved(changed)
    }

    /// Ends a token.
    public func endToken(id: String, of identity: Identity) throws(StoreError) -> Bool {
        guard let index = self.tokens.firstIndex(where: { $0.id == id && $0.identity == identity }) else {
            return false
        }
        self.tokens.remove(at: index)
        return true
    }

    /// The token of that digest, live or not.
    public func token(digest: [UInt8]) throws(StoreError) -> Token? {
        self.tokens.first { $0.digest == digest }
    }

    /// Tokens of an account in the order of their ids.
    public func tokens(of identity: Identity, after id: String?, limit: Int) throws(StoreError) -> [Token] {
        precondition(limit > 0, "a page holds at least one token")
        let behind = self.tokens.filter { $0.identity == identity && $0.id > id ?? "" }
        return Array(behind.sorted { $0.id < $1.id }.prefix(limit))
    }

    /// Writes a token's use down if it is worth it.
    public func useToken(digest: [UInt8], at now: UnixSeconds) throws(StoreError) {
        guard let index = self.tokens.firstIndex(where: { $0.digest == digest }),
            self.tokens[index].isUseWorthWriting(at: now)
        else { return }
        self.tokens[index].lastUsed = now
    }

    /// Removes tokens that have ended.
    public func removeTokens(endedAt now: UnixSeconds) throws(StoreError) {
        self.tokens.removeAll { $0.isOver(at: now) }
    }

    private func enrolment(of identity: Identity) throws(StoreError) -> Enrolment {
        Enrolment(of: identity, among: try self.accounts(sharing: identity))
    }
}

extension InMemoryStore {
    /// Sessions of an account in the order of their handles.
    public func sessions(
        of identity: Identity,
        after handle: [UInt8]?,
        limit: Int
    ) throws(StoreError) -> [Session] {
        precondition(limit > 0, "a page holds at least one session")
        let behind = self.sessions.values.filter { session in
            session.identity == identity && (handle.map { $0.lexicographicallyPrecedes(session.handle) } ?? true)
        }
        return Array(behind.sorted { $0.handle.lexicographicallyPrecedes($1.handle) }.prefix(limit))
    }

    /// Ends the session of that handle.
    public func endSession(handle: [UInt8], of identity: Identity) throws(StoreError) -> Bool {
        guard let session = self.sessions.values.first(where: { $0.handle == handle && $0.identity == identity }) else {
            return false
        }
        self.sessions[session.digest] = nil
        return true
    }

    /// Ends the sessions of an account but one.
    public func endSessions(
        of identity: Identity,
        except digest: [UInt8]?,
        at now: UnixSeconds,
        _ lifetimes: SessionLifetimes
    ) throws(StoreError) -> Int {
        let ended = self.sessions.filter { $1.identity == identity && $0 != digest }
        for key in ended.keys {
            self.sessions[key] = nil
        }
        return ended.values.count { !$0.isOver(at: now, lifetimes) }
    }

    /// Ends the sessions and the tokens of an account.
    public func endSessionsAndTokens(of identity: Identity) throws(StoreError) {
        self.sessions = self.sessions.filter { $1.identity != identity }
        self.tokens.removeAll { $0.identity == identity }
    }
}

extension InMemoryStore {
    /// The sealed key of that purpose; the one that is given if there was none.
    public func sealedKey(for purpose: String, orElse made: [UInt8]) throws(StoreError) -> [UInt8] {
        let key = self.sealedKeys[purpose] ?? made
        self.sealedKeys[purpose] = key
        return key
    }
}
