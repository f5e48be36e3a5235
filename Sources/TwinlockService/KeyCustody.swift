public import TwinlockSealing

/// Where the sealing key is kept, as far as its rotation needs to know.
public protocol KeyCustody: Sendable {
    /// Puts a new key in place of the present one, which stays beside it. Both are there after any kill.
    func replaceKey() async throws(KeyCustodyError) -> SealingKey

    /// Removes the key that was replaced, for good: nothing is sealed with it any more.
    ///
    /// Does nothing where there is none.
    func removeReplacedKey() async throws(KeyCustodyError)
}

/// Why a key is not replaced.
public enum KeyCustodyError: Error, Hashable, Sendable {
    /// Somebody else keeps it: it came as a credential of the service manager.
    case isCredential
    /// It could not be written or removed, in words for the log.
    case failed(reason: String)
}
