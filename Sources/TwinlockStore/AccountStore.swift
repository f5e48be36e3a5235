public import TwinlockAccounts

/// Why a store could not do what it was asked. Nothing was changed.
public enum StoreError: Error, Hashable, Sendable {
    /// The account is not there, or its factor has changed since it was read.
    case conflict
    /// The name or the uid belongs to another account that has a second factor.
    case parted
    /// It could not be read or saved: the disk, its room, its permissions, a lock. The reason is the store's own words.
    case unavailable(reason: String)
    /// What was read breaks a rule of the schema: somebody else wrote it, or the disk lost it.
    case damaged(reason: String)
}

/// What must outlive a kill, as operations that mean something.
///
/// **Promise.** An operation that changes something returns when the change is on the disk, and takes effect wholly or
/// not at all. Operations on one account happen one after another. Operations that wait at the same time may share one
/// transaction, each in a savepoint of its own: one that fails leaves its neighbours as if it had never been asked.
/// Every operation may throw `unavailable` or `damaged`.
public protocol AccountStore: RecoveryCodeStore, AuditStore, FailureStore, SessionListStore, TokenStore,
    SealedKeyStore, AdministrationStore, ResealingStore
{
    /// All accounts that carry this name or this uid: none, one, or two that have parted.
    func accounts(sharing identity: Identity) async throws(StoreError) -> [Account]

    /// Accounts in the order of their names' bytes.
    ///
    /// - Parameters:
    ///   - name: Those behind it; nil begins at the first.
    ///   - limit: How many at most, 1 or more.
    func accounts(after name: String?, limit: Int) async throws(StoreError) -> [Account]

    /// Saves that moment, durably, where nothing depends on it: whether the store can still save anything.
    func tryToSave(at now: UnixSeconds) async throws(StoreError)

    /// Puts a set-up in place of the one before it; makes the account if it is not there.
    ///
    /// Accounts without a second factor that share only the name or only the uid give way.
    ///
    /// - Parameters:
    ///   - setUp: The set-up.
    ///   - identity: Whose it is.
    ///   - generation: Under which the caller was let begin it, 0 where there was no account; nil if that is all one.
    /// - Throws: `parted` if one with a second factor does; `conflict` if the generation has moved on: who showed the
    ///   password alone, when that was enough, must not replace the factor that has come since.
    /// - Returns: The account as it is now.
    func beginSetUp(
        _ setUp: SetUp,
        for identity: Identity,
        generation: Int64?
    ) async throws(StoreError) -> Account

    /// Judges the first code of a set-up. If it is right the secret becomes the active factor with that step used, the
    /// generation moves up, failures are cleared, sessions and tokens of this identity that
    /// showed no code end, all recovery codes
    /// there were are dead, the new ones are there, and the mark of a login by recovery code is used up.
    ///
    /// - Parameters:
    ///   - account: The account's number.
    ///   - secret: The secret against which the code was compared; if the set-up holds another by now: `conflict`.
    ///   - match: What comparing said.
    ///   - recoveryCodes: New ones, sealed; as many as a set has. Saved if the code is right.
    ///   - now: For the set-up's age.
    func confirmSetUp(
        account: Int64,
        secret: SealedSecret,
        match: CodeMatch,
        recoveryCodes: [[UInt8]],
        at now: UnixSeconds
    ) async throws(StoreError) -> SetUpVerdict

    /// Lets a code be compared, judges it by `CodeRule` and saves what follows: the step, or the failure, or a wait that
    /// began anew. All of it at once: nothing changes between reading, comparing and saving.
    ///
    /// - Parameters:
    ///   - identity: Who sent the code.
    ///   - source: Where it came from.
    ///   - now: For waits.
    ///   - comparing: Compares it with the active factor of one of all accounts that share the name or the uid, or leaves it.
    ///     Asked at most twice; it must not wait.
    ///   - recording: Makes the verdict's records, which are saved with it.
    func attemptCode<Reason>(
        of identity: Identity,
        source: FailureSource,
        at now: UnixSeconds,
        comparing: @escaping @Sendable ([Account]) -> CodeComparison<Reason>,
        recording: @escaping Recording<JudgedCode>
    ) async throws(StoreError) -> Recorded<CodeAttempt<Reason>>

    /// Saves how far the app's clock is off, and uses the step by which that was found.
    ///
    /// - Throws: `conflict` if the generation has moved on or there is no active factor.
    func resynchronise(
        account: Int64,
        generation: Int64,
        to found: Resynchronisation
    ) async throws(StoreError) -> ResynchronisationVerdict

    /// Removes the factor, any set-up, all recovery codes and the mark of a login by recovery code, clears failures and
    /// moves the generation up.
    ///
    /// - Throws: `conflict` if the generation has moved on or there is no active factor.
    func disable(account: Int64, generation: Int64) async throws(StoreError)

    /// Saves a new session. Its digest must be new: `conflict` otherwise.
    ///
    /// - Parameter recording: Makes the records of the sign-in that made it, which are saved with it.
    func insert(
        _ session: Session,
        recording: @escaping @Sendable () -> [AuditRecord]
    ) async throws(StoreError) -> Recorded<Void>

    /// The session of that digest, live or not.
    func session(digest: [UInt8]) async throws(StoreError) -> Session?

    /// Moves a session's last use up to that moment; never down. Does nothing for one that is gone.
    func useSession(digest: [UInt8], at now: UnixSeconds) async throws(StoreError)

    /// Ends a session. Does nothing for one that is gone.
    func endSession(digest: [UInt8]) async throws(StoreError)

    /// Removes sessions that are over by those lifetimes.
    func removeSessions(endedAt now: UnixSeconds, _ lifetimes: SessionLifetimes) async throws(StoreError)
}
