public import TwinlockAccounts

/// Audit records in memory, by number.
struct AuditMemory {
    fileprivate var records: [AuditRecord] = []
    /// The last number given to a record.
    fileprivate var lastNumber: Int64 = 0
    /// By the key of repeats the number of the newest record, which may be gone.
    fileprivate var newest: [Int64: Int64] = [:]
}

extension InMemoryStore {
    /// Saves records in their order; repeats join.
    public func append(_ records: [AuditRecord]) throws(StoreError) -> [AuditRecord] {
        let before = self.audit.lastNumber
        for record in records {
            let key = record.repeatKey
            let candidate = key.flatMap { self.audit.newest[$0] }
            let index = candidate.flatMap { number in self.audit.records.lastIndex { $0.number == number } }
            let joined = index.flatMap { self.audit.records[$0].taking(in: record) }
            if let index, joined != nil {
                self.audit.records.remove(at: index)
            }
            self.audit.lastNumber += 1
            var new = joined ?? record
            new.number = self.audit.lastNumber
            self.audit.records.append(new)
            if let key {
                self.audit.newest[key] = new.number
            }
        }
        return self.audit.records.filter { $0.number > before }
    }

    /// Records with a lower number, the highest first.
    public func records(
        of filter: AuditFilter,
        before number: Int64?,
        limit: Int
    ) throws(StoreError) -> [AuditRecord] {
        precondition(limit > 0, "a page holds at least one record")
        return Array(
            self.audit.records.reversed().filter { $0.number < number ?? .max && filter.matches($0) }.prefix(limit)
        )
    }

    /// Records with a higher number, the lowest first.
    public func records(
        of filter: AuditFilter,
        after number: Int64,
        limit: Int
    ) throws(StoreError) -> [AuditRecord] {
        precondition(limit > 0, "a page holds at least one record")
        return Array(self.audit.records.filter { $0.number > number && filter.matches($0) }.prefix(limit))
    }

    /// Removes records that are too old or too many.
    public func trimRecords(
        by retention: AuditRetention,
        at now: UnixSeconds,
        atMost limit: Int
    ) throws(StoreError) -> Int {
        precondition(limit > 0, "a step removes at least one record")
        let beginning = retention.beginning(at: now)
        let old = self.audit.records.filter { $0.at < beginning }.sorted { ($0.at, $0.number) < ($1.at, $1.number) }
        self.removeRecords(old.prefix(limit))
        var removed = min(old.count, limit)
        while removed < limit {
            let counts = Dictionary(grouping: self.audit.records, by: \.worth).mapValues(\.count)
            guard let excess = retention.excess(of: counts) else { break }
            let candidates = self.audit.records.filter { excess.worth == nil || $0.worth == excess.worth }
            let count = min(excess.count, limit - removed)
            self.removeRecords(candidates.prefix(count))
            removed += count
        }
        return removed
    }

    private func removeRecords(_ gone: some Sequence<AuditRecord>) {
        let numbers = Set(gone.map(\.number))
        self.audit.records.removeAll { numbers.contains($0.number) }
    }
}

extension InMemoryStore {
    /// Clears an account's failed codes.
    public func clearFailures(account: Int64, generation: Int64) throws(StoreError) {
        var changed = try self.account(account)
        try changed.clearFailures(generation: generation)
        self.save(changed)
    }
}
