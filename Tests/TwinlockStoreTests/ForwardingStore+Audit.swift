import TwinlockAccounts
import TwinlockStore

extension ForwardingStore {
    func append(_ records: [AuditRecord]) async throws(StoreError) -> [AuditRecord] {
        try await self.around.run { store throws(StoreError) in try await store.append(records) }
    }

    func records(
        of filter: AuditFilter,
        before number: Int64?,
        limit: Int
    ) async throws(StoreError) -> [AuditRecord] {
        try await self.around.run { store throws(StoreError) in
            try await store.records(of: filter, before: number, limit: limit)
        }
    }

    func records(
        of filter: AuditFilter,
        after number: Int64,
        limit: Int
    ) async throws(StoreError) -> [AuditRecord] {
        try await self.around.run { store throws(StoreError) in
            try await store.records(of: filter, after: number, limit: limit)
        }
    }

    func trimRecords(
        by retention: AuditRetention,
        at now: UnixSeconds,
        atMost limit: Int
    ) async throws(StoreError) -> Int {
        try await self.around.run { store throws(StoreError) in
            try await store.trimRecords(by: retention, at: now, atMost: limit)
        }
    }

    func clearFailures(account: Int64, generation: Int64) async throws(StoreError) {
        try await self.around.run { store throws(StoreError) in
            try await store.clearFailures(account: account, generation: generation)
        }
    }
}
