import TwinlockAccounts
import TwinlockStore

/// A store that does something around every operation of another one.
struct ForwardingStore: AccountStore {
    /// Does an operation, given as what to do with the store behind.
    let around: any Around

    protocol Around: Sendable {
        func run<Outcome: Sendable>(
            _ operation: @escaping @Sendable (any AccountStore) async throws(StoreError) -> Outcome
        ) async throws(StoreError) -> Outcome
    }

    func accounts(sharing identity: Identity) async throws(StoreError) -> [Account] {
        try await self.around.run { store throws(StoreError) in try await store.accounts(sharing: identity) }
    }

    func accounts(after name: String?, limit: Int) async throws(StoreError) -> [Account] {
        try await self.around.run { store throws(StoreError) in try await store.accounts(after: name, limit: limit) }
    }

    func tryToSave(at now: UnixSeconds) async throws(StoreError) {
        try await self.around.run { store throws(StoreError) in try await store.tryToSave(at: now) }
    }

    func beginSetUp(
        _ setUp: SetUp,
        for identity: Identity,
        generation: Int64?
    ) async throws(StoreError) -> Account {
        try await self.around.run { store throws(StoreError) in
            try await store.beginSetUp(setUp, for: identity, generation: generation)
        }
    }

    func confirmSetUp(
        account: Int64,
        secret: SealedSecret,
        match: CodeMatch,
        recoveryCodes: [[UInt8]],
        at now: UnixSeconds
    ) async throws(StoreError) -> SetUpVerdict {
        try await self.around.run { store throws(StoreError) in
            try await store.confirmSetUp(
                account: account,
                secret: secret,
                match: match,
                recoveryCodes: recoveryCodes,
                at: now
            )
        }
    }

    func attemptCode<Reason>(
        of identity: Identity,
        source: FailureSource,
        at now: UnixSeconds,
        comparing: @escaping @Sendable ([Account]) -> CodeComparison<Reason>,
        recording: @escaping Recording<JudgedCode>
    ) async throws(StoreError) -> Recorded<CodeAttempt<Reason>> {
        try await self.around.run { store throws(StoreError) in
            try await store.attemptCode(
                of: identity,
                source: source,
                at: now,
                comparing: comparing,
                recording: recording
            )
        }
    }

    func resynchronise(
        account: Int64,
        generation: Int64,
        to found: Resynchronisation
    ) async throws(StoreError) -> ResynchronisationVerdict {
        try await self.around.run { store throws(StoreError) in
            try await store.resynchronise(account: account, generation: generation, to: found)
        }
    }

    func disable(account: Int64, generation: Int64) async throws(StoreError) {
        try await self.around.run { store throws(StoreError) in
            try await store.disable(account: account, generation: generation)
        }
    }

    func insert(
        _ session: Session,
        recording: @escaping @Sendable () -> [AuditRecord]
    ) async throws(StoreError) -> Recorded<Void> {
        try await self.around.run { store throws(StoreError) in try await store.insert(session, recording: recording) }
    }

    func session(digest: [UInt8]) async throws(StoreError) -> Session? {
        try await self.around.run { store throws(StoreError) in try await store.session(digest: digest) }
    }

    func useSession(digest: [UInt8], at now: UnixSeconds) async throws(StoreError) {
        try await self.around.run { store throws(StoreError) in try await store.useSession(digest: digest, at: now) }
    }

    func endSession(digest: [UInt8]) async throws(StoreError) {
        try await self.around.run { store throws(StoreError) in try await store.endSession(digest: digest) }
    }

    func removeSessions(endedAt now: UnixSeconds, _ lifetimes: SessionLifetimes) async throws(StoreError) {
        try await self.around.run { store throws(StoreError) in
            try await store.removeSessions(endedAt: now, lifetimes)
        }
    }
}
