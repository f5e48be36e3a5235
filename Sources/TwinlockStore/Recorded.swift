public import TwinlockAccounts

/// Makes the records of a verdict. A store asks it inside the transaction that saves what follows from the verdict, at most
/// twice, before anybody is told; it must not wait.
public typealias Recording<Verdict> = @Sendable (Verdict) -> [AuditRecord]

/// A verdict that is on the disk, and its records, which are in the same transaction: after a kill both are there or
/// neither.
public struct Recorded<Verdict: Sendable>: Sendable {
    /// What was decided.
    public let verdict: Verdict
    /// The records that were made or joined, as they are now, by number. nil where they could not be saved, for want of
    /// room say: the verdict stands without them.
    public let records: [AuditRecord]?

    /// A verdict and what became of its records.
    public init(verdict: Verdict, records: [AuditRecord]?) {
        self.verdict = verdict
        self.records = records
    }
}

extension AccountStore {
    /// As the operation of that name, without a record.
    public func attemptRecoveryCode(
        account: Int64,
        generation: Int64,
        match: RecoveryCodeMatch,
        use: RecoveryCodeUse,
        finishesLogin: Bool
    ) async throws(StoreError) -> RecoveryCodeVerdict {
        try await self.attemptRecoveryCode(
            account: account,
            generation: generation,
            match: match,
            use: use,
            finishesLogin: finishesLogin,
            recording: { _ in [] }
        ).verdict
    }

    /// As the operation of that name, without a record.
    public func insert(_ session: Session) async throws(StoreError) {
        _ = try await self.insert(session, recording: { [] })
    }
}
