public import TwinlockStore

extension SQLiteStore {
    /// How many accounts there are.
    public func countAccounts() async throws(StoreError) -> Int {
        try await self.perform { records throws(StoreError) in try records.resealing.countAccounts() }
    }

    /// What is sealed for the next accounts in the order of their numbers.
    public func sealedValues(ofAccountsAfter number: Int64, limit: Int) async throws(StoreError) -> SealedPage {
        precondition(limit > 0, "a page holds at least one account")
        return try await self.perform { records throws(StoreError) in
            try records.resealing.values(ofAccountsAfter: number, limit: limit)
        }
    }

    /// The daemon's own keys.
    public func ownSealedValues() async throws(StoreError) -> [SealedValue] {
        try await self.perform { records throws(StoreError) in try records.resealing.keys() }
    }

    /// Puts other bytes in place of a value's, if the value is still what it was.
    public func reseal(_ value: SealedValue, as sealed: [UInt8]) async throws(StoreError) -> Bool {
        try await self.perform { records throws(StoreError) in try records.resealing.reseal(value, as: sealed) }
    }
}
