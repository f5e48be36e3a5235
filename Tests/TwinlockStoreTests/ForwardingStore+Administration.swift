import TwinlockAccounts
import TwinlockStore

extension ForwardingStore {
    func reset(sharing identity: Identity, keepingSessions: Bool) async throws(StoreError) -> [Account] {
        try await self.around.run { store throws(StoreError) in
            try await store.reset(sharing: identity, keepingSessions: keepingSessions)
        }
    }

    func adopt(
        account: Int64,
        generation: Int64,
        by identity: Identity,
        sealed: AdoptedSecrets
    ) async throws(StoreError) {
        try await self.around.run { store throws(StoreError) in
            try await store.adopt(account: account, generation: generation, by: identity, sealed: sealed)
        }
    }

    func markRestored(at now: UnixSeconds) async throws(StoreError) {
        try await self.around.run { store throws(StoreError) in try await store.markRestored(at: now) }
    }
}
