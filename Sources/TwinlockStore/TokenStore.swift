public import TwinlockAccounts

/// Tokens, as part of what must outlive a kill.
///
/// The promise is that of `AccountStore`.
public protocol TokenStore: Sendable {
    /// Saves a new token, unless its account has `Token.maximumPerAccount` that have not ended.
    ///
    /// - Parameters:
    ///   - token: Its digest and its id must be new: `conflict` otherwise.
    ///   - generation: Of the second factor that was shown; nil if the account has none.
    ///   - now: For what has ended.
    /// - Throws: `conflict` if the account's factor is another one by now, or has come, gone or parted.
    func createToken(
        _ token: Token,
        under generation: Int64?,
        at now: UnixSeconds
    ) async throws(StoreError) -> TokenVerdict

    /// Changes a token that has not ended; a new value kills the old one by the same write.
    ///
    /// - Parameters:
    ///   - id: Which.
    ///   - identity: Whose it must be.
    ///   - change: What becomes of it. A new digest must be new: `conflict` otherwise.
    ///   - generation: Of the second factor that was shown; nil if the account has none.
    ///   - now: For what has ended.
    /// - Throws: `conflict` if the account's factor is another one by now, or has come, gone or parted.
    func changeToken(
        id: String,
        of identity: Identity,
        by change: TokenChange,
        under generation: Int64?,
        at now: UnixSeconds
    ) async throws(StoreError) -> TokenVerdict

    /// Ends a token.
    ///
    /// - Returns: Whether the account had one of that id.
    func endToken(id: String, of identity: Identity) async throws(StoreError) -> Bool

    /// The token of that digest, live or not.
    func token(digest: [UInt8]) async throws(StoreError) -> Token?

    /// Tokens of an account in the order of their ids.
    ///
    /// - Parameters:
    ///   - id: Those behind it; nil begins at the first.
    ///   - limit: How many at most, 1 or more.
    func tokens(of identity: Identity, after id: String?, limit: Int) async throws(StoreError) -> [Token]

    /// Writes a token's use down if it is worth it, see `Token.isUseWorthWriting`. Does nothing for one that is gone.
    func useToken(digest: [UInt8], at now: UnixSeconds) async throws(StoreError)

    /// Removes tokens that have ended.
    func removeTokens(endedAt now: UnixSeconds) async throws(StoreError)
}
