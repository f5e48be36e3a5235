public import TwinlockAccounts

/// What must outlive a kill about recovery codes. The promise is that of `AccountStore`, of which this is a part.
public protocol RecoveryCodeStore: Sendable {
    /// All recovery codes of an account, to be shown or compared.
    ///
    /// - Throws: `conflict` if the generation has moved on or there is no active factor: who was let see the codes of
    ///   one factor was not let see those of the next.
    func recoveryCodes(account: Int64, generation: Int64) async throws(StoreError) -> RecoveryCodes

    /// Judges a recovery code by `RecoveryCodeRule` and saves what follows: the use, or the failure, or a wait that
    /// began anew. One that is accepted clears all failures of the account.
    ///
    /// - Parameters:
    ///   - account: The account's number.
    ///   - generation: Under which the code was compared; if it has moved on, or there is no active factor: `conflict`.
    ///   - match: What comparing said; if the codes that were compared have been replaced: `conflict`.
    ///   - use: When and where this is.
    ///   - finishesLogin: Whether this finishes a sign-in of a login program; then the account is marked, with the use.
    ///   - recording: Makes the verdict's records, which are saved with it.
    func attemptRecoveryCode(
        account: Int64,
        generation: Int64,
        match: RecoveryCodeMatch,
        use: RecoveryCodeUse,
        finishesLogin: Bool,
        recording: @escaping Recording<RecoveryCodeVerdict>
    ) async throws(StoreError) -> Recorded<RecoveryCodeVerdict>

    /// Puts new codes in place of the account's own. The old ones are dead from that moment.
    ///
    /// - Parameters:
    ///   - account: The account's number.
    ///   - generation: If it has moved on, or there is no active factor: `conflict`.
    ///   - sealed: As many as a set has.
    ///   - now: When they were made.
    func replaceRecoveryCodes(
        account: Int64,
        generation: Int64,
        sealed: [[UInt8]],
        at now: UnixSeconds
    ) async throws(StoreError)

    /// Notes that the codes made at that moment are saved. Said twice, the first time stands.
    ///
    /// - Throws: `conflict` if the present ones were made at another, or there are none.
    func acknowledgeRecoveryCodes(account: Int64, issuedAt: UnixSeconds, at now: UnixSeconds) async throws(StoreError)

    /// Puts one code of an administrator's in place of the one before it. The account's own stay as they are.
    ///
    /// - Parameters:
    ///   - account: The account's number.
    ///   - generation: If it has moved on, or there is no active factor: `conflict`.
    ///   - sealed: The code.
    ///   - now: When it was issued.
    ///   - expires: From when on it is not good any more; later than `now`.
    func issueRecoveryCode(
        account: Int64,
        generation: Int64,
        sealed: [UInt8],
        at now: UnixSeconds,
        expires: UnixSeconds
    ) async throws(StoreError)
}
