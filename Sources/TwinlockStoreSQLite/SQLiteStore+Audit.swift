public import TwinlockAccounts
public import TwinlockStore

extension SQLiteStore {
    /// Saves records in their order; repeats join.
    ///
    /// In a transaction of its own: a disk that has no room for records must not take the sign-ins with it that happen
    /// to be saved at that moment.
    public func append(_ records: [AuditRecord]) async throws(StoreError) -> [AuditRecord] {
        try await self.perform(apart: true) { store throws(StoreError) in
            try store.audit.append(records)
        }
    }

    /// Records with a lower number, the highest first.
    public func records(
        of filter: AuditFilter,
        before number: Int64?,
        limit: Int
    ) async throws(StoreError) -> [AuditRecord] {
        precondition(limit > 0, "a page holds at least one record")
        return try await self.read { records throws(StoreError) in
            try records.audit.page(of: filter, before: number, limit: limit)
        }
    }

    /// Records with a higher number, the lowest first.
    public func records(
        of filter: AuditFilter,
        after number: Int64,
        limit: Int
    ) async throws(StoreError) -> [AuditRecord] {
        precondition(limit > 0, "a page holds at least one record")
        return try await self.read { records throws(StoreError) in
            try records.audit.page(of: filter, after: number, limit: limit)
        }
    }

    /// Removes records that are too old or too many.
    public func trimRecords(
        by retention: AuditRetention,
        at now: UnixSeconds,
        atMost limit: Int
    ) async throws(StoreError) -> Int {
        precondition(limit > 0, "a step removes at least one record")
        return try await self.perform(apart: true) { records throws(StoreError) in
            try records.audit.trim(by: retention, at: now, atMost: limit)
        }
    }

    /// How much of the disk audit records leave free.
    ///
    /// For tests.
    package func reserve(bytes: UInt64) async throws(StoreError) {
        try await self.perform { records throws(StoreError) in
            records.audit.reservedBytes = bytes
        }
    }
}

extension SQLiteStore {
    /// Clears an account's failed codes.
    public func clearFailures(account: Int64, generation: Int64) async throws(StoreError) {
        try await self.perform { records throws(StoreError) in
            let found = try records.accounts.account(account)
            var changed = found
            try changed.clearFailures(generation: generation)
            try records.accounts.save(changed, was: found)
        }
    }
}
