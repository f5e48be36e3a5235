/// The daemon's own sealed keys, as part of what must outlive a kill.
///
/// The promise is that of `AccountStore`.
public protocol SealedKeyStore: Sendable {
    /// The sealed key of that purpose; if there is none, the one that is given is saved and is it from now on.
    func sealedKey(for purpose: String, orElse made: [UInt8]) async throws(StoreError) -> [UInt8]
}
