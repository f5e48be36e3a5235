package import TwinlockAccounts

/// Failed codes, as far as a person does something about them.
public protocol FailureStore: Sendable {
    /// Clears an account's failed codes, of every source, and with them a wait and the refusal of all codes. The factor,
    /// its last step and the generation stay.
    ///
    /// - Parameters:
    ///   - account: The account's number.
    ///   - generation: Under which it was decided; if it has moved on, or there is no active factor: `conflict`.
    func clearFailures(account: Int64, generation: Int64) async throws(StoreError)
}

extension Account {
    /// Clears failed codes; see `FailureStore.clearFailures`.
    package mutating func clearFailures(generation: Int64) throws(StoreError) {
        guard self.credential != nil, self.generation == generation else {
            throw .conflict
        }
        self.throttle = Throttle()
    }
}
