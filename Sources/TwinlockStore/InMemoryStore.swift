public import TwinlockAccounts

/// A store that forgets everything with the process. For tests and for trying things out.
///
/// Its disk is the actor: no operation awaits anything between reading and writing, so each happens wholly and alone.
public actor InMemoryStore: AccountStore {
    var accounts: [Int64: Account] = [:]
    /// By account.
    var recoveryCodes: [Int64: RecoveryCodes] = [:]
    /// The last number given to a set of recovery codes.
    ///
    /// Numbers are not used again.
    var lastRecoverySet: Int64 = 0
    var sessions: [[UInt8]: Session] = [:]
    var tokens: [Token] = []
    var sealedKeys: [String: [UInt8]] = [:]
    /// The last number given to an account.
    ///
    /// Numbers are not used again.
    private var lastID: Int64 = 0
    /// What was decided.
    var audit = AuditMemory()

    /// An empty store.
    public init() {}

    /// All accounts that carry this name or this uid, oldest first.
    public func accounts(sharing identity: Identity) throws(StoreError) -> [Account] {
        self.accounts.values
            .filter { $0.identity.uid == identity.uid || $0.identity.name.hasBytes(of: identity.name) }
            .sorted { $0.id < $1.id }
    }

    /// Accounts in the order of their names' bytes.
    public func accounts(after name: String?, limit: Int) throws(StoreError) -> [Account] {
        precondition(limit > 0, "a page holds at least one account")
        let behind = self.accounts.values.filter { account in
            name.map { $0.utf8.lexicographicallyPrecedes(account.identity.name.utf8) } ?? true
        }
        return Array(
            behind.sorted { $0.identity.name.utf8.lexicographicallyPrecedes($1.identity.name.utf8) }.prefix(limit)
        )
    }

    /// Nothing that could fail.
    public func tryToSave(at now: UnixSeconds) throws(StoreError) {}

    /// Puts a set-up in place of the one before it; makes the account if it is not there.
    public func beginSetUp(
        _ setUp: SetUp,
        for identity: Identity,
        generation: Int64?
    ) throws(StoreError) -> Account {
        var own: Account?
        var others: [Account] = []
        for account in try self.accounts(sharing: identity) {
            if account.identity.uid == identity.uid && account.identity.name.hasBytes(of: identity.name) {
                own = account
            } else {
                others.append(account)
            }
        }
        guard others.allSatisfy({ $0.credential == nil }) else {
            throw .parted
        }
        guard generation == nil || generation == own?.generation ?? 0 else {
            throw .conflict
        }
        for other in others {
            self.accounts[other.id] = nil
        }
        var account = own ?? self.newAccount(for: identity)
        account.setUp = setUp
        self.accounts[account.id] = account
        return account
    }

    /// Judges the first code of a set-up and saves what follows.
    public func confirmSetUp(
        account: Int64,
        secret: SealedSecret,
        match: CodeMatch,
        recoveryCodes: [[UInt8]],
        at now: UnixSeconds
    ) throws(StoreError) -> SetUpVerdict {
        RecoverySet.requireShape(of: recoveryCodes)
        var changed = try self.account(account)
        let verdict = try changed.confirmSetUp(secret: secret, match: match, at: now)
        self.accounts[account] = changed
        if case .confirmed = verdict {
            self.keep(RecoveryCodes(own: self.newRecoverySet(recoveryCodes, at: now)), of: account)
            self.sessions = self.sessions.filter { _, session in
                session.identity != changed.identity || session.factors.contains(.code)
            }
            self.tokens.removeAll { $0.identity == changed.identity && !$0.showsCode }
        }
        return verdict
    }

    /// Lets a code be compared, judges it and saves what follows.
    public func attemptCode<Reason>(
        of identity: Identity,
        source: FailureSource,
        at now: UnixSeconds,
        comparing: @escaping @Sendable ([Account]) -> CodeComparison<Reason>,
        recording: @escaping Recording<JudgedCode>
    ) throws(StoreError) -> Recorded<CodeAttempt<Reason>> {
        let (attempt, changed) = try comparing(self.accounts(sharing: identity)).judged(from: source, at: now)
        if let changed { self.accounts[changed.id] = changed }
        guard case .judged(let judged) = attempt else { return Recorded(verdict: attempt, records: []) }
        return Recorded(verdict: attempt, records: try self.append(recording(judged)))
    }

    /// Saves how far the app's clock is off.
    public func resynchronise(
        account: Int64,
        generation: Int64,
        to found: Resynchronisation
    ) throws(StoreError) -> ResynchronisationVerdict {
        var changed = try self.account(account)
        let verdict = try changed.resynchronise(generation: generation, to: found)
        self.accounts[account] = changed
        return verdict
    }

    /// Removes the factor and any set-up, clears failures and moves the generation up.
    public func disable(account: Int64, generation: Int64) throws(StoreError) {
        var changed = try self.account(account)
        try changed.disable(generation: generation)
        self.accounts[account] = changed
        self.recoveryCodes[account] = nil
    }

    /// Saves a new session.
    public func insert(
        _ session: Session,
        recording: @escaping @Sendable () -> [AuditRecord]
    ) throws(StoreError) -> Recorded<Void> {
        session.requireShape()
        guard self.sessions[session.digest] == nil else {
            throw .conflict
        }
        self.sessions[session.digest] = session
        return Recorded(verdict: (), records: try self.append(recording()))
    }

    /// The session of that digest, live or not.
    public func session(digest: [UInt8]) throws(StoreError) -> Session? {
        self.sessions[digest]
    }

    /// Moves a session's last use up to that moment; never down.
    public func useSession(digest: [UInt8], at now: UnixSeconds) throws(StoreError) {
        guard var session = self.sessions[digest], session.lastUsed < now else { return }
        session.lastUsed = now
        self.sessions[digest] = session
    }

    /// Ends a session.
    public func endSession(digest: [UInt8]) throws(StoreError) {
        self.sessions[digest] = nil
    }

    /// Removes sessions that are over.
    public func removeSessions(endedAt now: UnixSeconds, _ lifetimes: SessionLifetimes) throws(StoreError) {
        self.sessions = self.sessions.filter { !$1.isOver(at: now, lifetimes) }
    }

    /// The account of that number; `conflict` if it is not there.
    func account(_ id: Int64) throws(StoreError) -> Account {
        guard let account = self.accounts[id] else {
            throw .conflict
        }
        return account
    }

    /// Puts an account in place of what it was.
    func save(_ account: Account) {
        self.accounts[account.id] = account
    }

    private func newAccount(for identity: Identity) -> Account {
        self.lastID += 1
        return Account(
            id: self.lastID,
            identity: identity,
            generation: 0,
            credential: nil,
            setUp: nil,
            throttle: Throttle()
        )
    }
}

extension String {
    /// Whether both are the same bytes.
    ///
    /// Swift's own `==` takes two spellings of one accent for equal; Linux does not.
    fileprivate func hasBytes(of other: String) -> Bool {
        self.utf8.elementsEqual(other.utf8)
    }
}
