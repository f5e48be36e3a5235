public import TwinlockAccounts

/// Something sealed that a store keeps.
///
/// The store knows nothing of keys: which one sealed it stands in the bytes, for whoever has keys.
public struct SealedValue: Hashable, Sendable {
    /// Where it is kept.
    public enum Place: Hashable, Sendable {
        /// The secret of an account's second factor.
        case secondFactor(account: Int64)
        /// The secret of an account's set-up.
        case setUp(account: Int64)
        /// A recovery code, an account's own or an issued one.
        case recoveryCode(RecoveryCodePlace)
        /// A key of the daemon's own.
        case key(purpose: String)
    }

    /// Where it is kept.
    public let place: Place
    /// For whom it was sealed; nil for a key of the daemon's own.
    public let identity: Identity?
    /// The bytes.
    public let sealed: [UInt8]

    /// A value as a store has it.
    public init(place: Place, identity: Identity?, sealed: [UInt8]) {
        self.place = place
        self.identity = identity
        self.sealed = sealed
    }
}

/// All that is sealed for some accounts.
public struct SealedPage: Equatable, Sendable {
    /// Account by account, of each as it was at one moment.
    public let values: [SealedValue]
    /// The accounts' numbers, in their order; none behind the last account.
    public let accounts: [Int64]

    /// A page.
    public init(values: [SealedValue], accounts: [Int64]) {
        self.values = values
        self.accounts = accounts
    }
}

/// What a store does for a rotation of the key that seals, as part of what must outlive a kill.
///
/// The promise is that of `AccountStore`. Nothing here takes longer the more accounts there are, but for counting them:
/// logins wait for each operation.
public protocol ResealingStore: Sendable {
    /// How many accounts there are, with a second factor and without.
    func countAccounts() async throws(StoreError) -> Int

    /// What is sealed for the next accounts in the order of their numbers.
    ///
    /// - Parameters:
    ///   - number: Those behind it; 0 begins at the first.
    ///   - limit: How many accounts at most, 1 or more.
    func sealedValues(ofAccountsAfter number: Int64, limit: Int) async throws(StoreError) -> SealedPage

    /// The daemon's own keys.
    func ownSealedValues() async throws(StoreError) -> [SealedValue]

    /// Puts other bytes in place of a value's, if the value is still what it was; changes nothing else.
    ///
    /// - Returns: Whether it was.
    func reseal(_ value: SealedValue, as sealed: [UInt8]) async throws(StoreError) -> Bool
}
