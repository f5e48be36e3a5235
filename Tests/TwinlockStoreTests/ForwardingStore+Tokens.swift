import TwinlockAccounts
import TwinlockStore

extension ForwardingStore {
    func createToken(
        _ token: Token,
        under generation: Int64?,
        at now: UnixSeconds
    ) async throws(StoreError) -> TokenVerdict {
        try await self.around.run { store throws(StoreError) in
            try await store.createToken(token, under: generation, at: now)
        }
    }

    func changeToken(
        id: String,
        of identity: Identity,
        by change: TokenChange,
        under generation: Int64?,
        at now: UnixSeconds
    ) async throws(StoreError) -> TokenVerdict {
        try await self.around.run { store throws(StoreError) in
            try await store.changeToken(id: id, of: identity, by: change, under: generation, at: now)
        }
    }

    func endToken(id: String, of identity: Identity) async throws(StoreError) -> Bool {
        try await self.around.run { store throws(StoreError) in try await store.endToken(id: id, of: identity) }
    }

    func token(digest: [UInt8]) async throws(StoreError) -> Token? {
        try await self.around.run { store throws(StoreError) in try await store.token(digest: digest) }
    }

    func tokens(of identity: Identity, after id: String?, limit: Int) async throws(StoreError) -> [Token] {
        try await self.around.run { store throws(StoreError) in
            try await store.tokens(of: identity, after: id, limit: limit)
        }
    }

    func useToken(digest: [UInt8], at now: UnixSeconds) async throws(StoreError) {
        try await self.around.run { store throws(StoreError) in try await store.useToken(digest: digest, at: now) }
    }

    func removeTokens(endedAt now: UnixSeconds) async throws(StoreError) {
        try await self.around.run { store throws(StoreError) in try await store.removeTokens(endedAt: now) }
    }

    func sessions(of identity: Identity, after handle: [UInt8]?, limit: Int) async throws(StoreError) -> [Session] {
        try await self.around.run { store throws(StoreError) in
            try await store.sessions(of: identity, after: handle, limit: limit)
        }
    }

    func endSession(handle: [UInt8], of identity: Identity) async throws(StoreError) -> Bool {
        try await self.around.run { store throws(StoreError) in
            try await store.endSession(handle: handle, of: identity)
        }
    }

    func endSessions(
        of identity: Identity,
        except digest: [UInt8]?,
        at now: UnixSeconds,
        _ lifetimes: SessionLifetimes
    ) async throws(StoreError) -> Int {
        try await self.around.run { store throws(StoreError) in
            try await store.endSessions(of: identity, except: digest, at: now, lifetimes)
        }
    }

    func endSessionsAndTokens(of identity: Identity) async throws(StoreError) {
        try await self.around.run { store throws(StoreError) in try await store.endSessionsAndTokens(of: identity) }
    }

    func countAccounts() async throws(StoreError) -> Int {
        try await self.around.run { store throws(StoreError) in try await store.countAccounts() }
    }

    func sealedValues(ofAccountsAfter number: Int64, limit: Int) async throws(StoreError) -> SealedPage {
        try await self.around.run { store throws(StoreError) in
            try await store.sealedValues(ofAccountsAfter: number, limit: limit)
        }
    }

    func ownSealedValues() async throws(StoreError) -> [SealedValue] {
        try await self.around.run { store throws(StoreError) in try await store.ownSealedValues() }
    }

    func reseal(_ value: SealedValue, as sealed: [UInt8]) async throws(StoreError) -> Bool {
        try await self.around.run { store throws(StoreError) in try await store.reseal(value, as: sealed) }
    }

    func sealedKey(for purpose: String, orElse made: [UInt8]) async throws(StoreError) -> [UInt8] {
        try await self.around.run { store throws(StoreError) in
            try await store.sealedKey(for: purpose, orElse: made)
        }
    }
}
