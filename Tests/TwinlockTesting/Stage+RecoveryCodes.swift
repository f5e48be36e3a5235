public import TwinlockAccounts
public import TwinlockStore

extension AccountStore {
    /// Begins a set-up whatever the account was.
    public func beginSetUp(_ setUp: SetUp, for identity: Identity) async throws(StoreError) -> Account {
        try await self.beginSetUp(setUp, for: identity, generation: nil)
    }
}

extension Stage {
    /// Ten sealed recovery codes; those of different numbers differ.
    public func recoveryCodes(_ number: UInt8 = 1) -> [[UInt8]] {
        (0..<UInt8(RecoverySet.size)).map { [number, $0] + [UInt8](repeating: 0xc0, count: 50) }
    }

    /// The recovery codes of an account, as the store has them now.
    public func codes(of account: Account) async throws(StoreError) -> RecoveryCodes {
        try await self.store.recoveryCodes(account: account.id, generation: account.generation)
    }

    /// What comparing says of the account's own recovery code of that number.
    public func match(_ number: Int, of account: Account) async throws -> RecoveryCodeMatch {
        guard let own = try await self.codes(of: account).own else {
            throw Disproved(description: "no recovery codes")
        }
        return .found(RecoveryCodePlace(set: own.id, number: number))
    }

    /// What comparing says of the recovery code that an administrator issued.
    public func issuedMatch(of account: Account) async throws -> RecoveryCodeMatch {
        guard let issued = try await self.codes(of: account).issued else {
            throw Disproved(description: "no issued recovery code")
        }
        return .found(RecoveryCodePlace(set: issued.id, number: 0))
    }

    /// Sends a recovery code to an account.
    public func attemptRecovery(
        _ match: RecoveryCodeMatch,
        of account: Account,
        at now: UnixSeconds = Self.start,
        finishesLogin: Bool = false
    ) async throws(StoreError) -> RecoveryCodeVerdict {
        try await self.store.attemptRecoveryCode(
            account: account.id,
            generation: account.generation,
            match: match,
            use: RecoveryCodeUse(at: now, service: "sshd", remoteHost: "2001:db8::7", tty: "ssh"),
            finishesLogin: finishesLogin
        )
    }

    /// Sends ten wrong recovery codes at one moment, after which none is read.
    public func failRecovery(_ account: Account, at now: UnixSeconds = Self.start) async throws {
        for time in 1...RecoveryThrottle.maximumFailures {
            let verdict = try await self.attemptRecovery(.none, of: account, at: now)
            let isLast = time == RecoveryThrottle.maximumFailures
            try expect(verdict, is: .wrong(isLast ? .wait(seconds: 60) : .allowRetry))
        }
    }

    /// Sets the second factor up once more, half a minute after the start.
    func enrolAgain() async throws -> Account {
        let set = SetUp(secret: self.secret(3), begunAt: Self.start)
        let begun = try await self.store.beginSetUp(set, for: self.identity())
        let verdict = try await self.store.confirmSetUp(
            account: begun.id,
            secret: self.secret(3),
            match: .inWindow(steps: [Self.step + 1]),
            recoveryCodes: self.recoveryCodes(2),
            at: Self.start + 30
        )
        try expect(verdict, is: .confirmed(step: Self.step + 1))
        return try await self.account()
    }

    /// Issues a recovery code at the start, for an hour.
    func issue(for account: Account) async throws -> RecoveryCodeMatch {
        try await self.store.issueRecoveryCode(
            account: account.id,
            generation: account.generation,
            sealed: self.recoveryCodes(7)[0],
            at: Self.start,
            expires: Self.start + IssuedRecoveryCode.lifetimeSeconds
        )
        return try await self.issuedMatch(of: account)
    }
}
