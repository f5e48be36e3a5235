public import TwinlockAccounts
public import TwinlockStore

extension AccountStore {
    /// Judges a code that was compared before, against an account of that generation.
    ///
    /// - Throws: `conflict` if the account has no active factor of that generation.
    public func attemptCode(
        of identity: Identity,
        generation: Int64,
        match: CodeMatch,
        source: FailureSource,
        at now: UnixSeconds,
        recording: @escaping Recording<CodeVerdict>
    ) async throws(StoreError) -> Recorded<CodeVerdict> {
        let done: Recorded<CodeAttempt<StoreError>> = try await self.attemptCode(
            of: identity,
            source: source,
            at: now,
            comparing: { accounts in
                guard case .active(let account, _) = Enrolment(of: identity, among: accounts),
                    account.generation == generation
                else { return .left(.conflict) }
                return .compared(account, match)
            },
            recording: { recording($0.verdict) }
        )
        switch done.verdict {
        case .judged(let judged): return Recorded(verdict: judged.verdict, records: done.records)
        case .left(let error): throw error
        }
    }

    /// As above, without a record.
    public func attemptCode(
        of identity: Identity,
        generation: Int64,
        match: CodeMatch,
        source: FailureSource,
        at now: UnixSeconds
    ) async throws(StoreError) -> CodeVerdict {
        try await self.attemptCode(
            of: identity,
            generation: generation,
            match: match,
            source: source,
            at: now,
            recording: { _ in [] }
        ).verdict
    }
}
