public import TwinlockAccounts

/// What whoever compares a code answers a store.
public enum CodeComparison<Reason: Sendable>: Sendable {
    /// With the active factor of that account; what comparing said.
    case compared(Account, CodeMatch)
    /// It is not judged, and nothing changes.
    case left(Reason)
}

/// What became of a code that was sent.
public enum CodeAttempt<Reason: Sendable>: Sendable {
    /// It was judged, and what follows is on the disk.
    case judged(JudgedCode)
    /// It was not, and nothing has changed.
    case left(Reason)
}

/// A code that was judged.
public struct JudgedCode: Sendable {
    /// The account as it was before.
    public let account: Account
    /// What comparing said.
    public let match: CodeMatch
    /// What the rules said.
    public let verdict: CodeVerdict
}

extension CodeComparison {
    /// Judges the code; see `AccountStore.attemptCode`.
    ///
    /// Pure. A store reads the accounts, applies this and saves what it made, all in one transaction.
    ///
    /// - Returns: What became of it, and the account as it is afterwards; nil if that stays as it was.
    package func judged(
        from source: FailureSource,
        at now: UnixSeconds
    ) throws(StoreError) -> (attempt: CodeAttempt<Reason>, changed: Account?) {
        switch self {
        case .left(let reason):
            return (.left(reason), nil)
        case .compared(let account, let match):
            var changed = account
            let verdict = try changed.attemptCode(match: match, source: source, at: now)
            return (.judged(JudgedCode(account: account, match: match, verdict: verdict)), changed)
        }
    }
}
