public import TwinlockAccounts

/// An account's sessions together, as part of what must outlive a kill.
///
/// The promise is that of `AccountStore`.
public protocol SessionListStore: Sendable {
    /// Sessions of an account in the order of their handles, live or not.
    ///
    /// - Parameters:
    ///   - handle: Those behind it; nil begins at the first.
    ///   - limit: How many at most, 1 or more.
    func sessions(of identity: Identity, after handle: [UInt8]?, limit: Int) async throws(StoreError) -> [Session]

    /// Ends the session of that handle.
    ///
    /// - Returns: Whether the account had it.
    func endSession(handle: [UInt8], of identity: Identity) async throws(StoreError) -> Bool

    /// Ends the sessions of an account.
    ///
    /// - Parameters:
    ///   - digest: Of one that stays.
    ///   - now: For which of them were over.
    ///   - lifetimes: Likewise.
    /// - Returns: How many were ended that were not over.
    func endSessions(
        of identity: Identity,
        except digest: [UInt8]?,
        at now: UnixSeconds,
        _ lifetimes: SessionLifetimes
    ) async throws(StoreError) -> Int

    /// Ends the sessions and the tokens of an account by one write: its password was locked.
    func endSessionsAndTokens(of identity: Identity) async throws(StoreError)
}
