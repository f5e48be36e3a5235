package import TwinlockAccounts

/// What the operations that decide do to an account, so that every store decides alike.
///
/// Pure. A store reads the account, applies one of these and saves what it made, all in one transaction. One that
/// throws has changed nothing.
extension Account {
    /// Judges the first code of the set-up; see `AccountStore.confirmSetUp`.
    ///
    /// Where codes coincide the newest step is used, so that the digits just shown are not right a second time.
    package mutating func confirmSetUp(
        secret: SealedSecret,
        match: CodeMatch,
        at now: UnixSeconds
    ) throws(StoreError) -> SetUpVerdict {
        guard var open = self.setUp else {
            return .noSetUp
        }
        guard open.secret == secret else {
            throw .conflict
        }
        guard open.isOpen(at: now) else {
            return .noSetUp
        }
        guard case .inWindow(let steps) = match, let step = steps.last else {
            open.failures += 1
            self.setUp = open
            return .wrong
        }
        self.credential = Credential(secret: open.secret, lastStep: step, confirmedAt: now)
        self.setUp = nil
        self.generation += 1
        self.throttle = Throttle()
        self.forgetRecovery()
        return .confirmed(step: step)
    }

    /// Judges a code of the active factor; see `AccountStore.attemptCode`.
    mutating func attemptCode(
        match: CodeMatch,
        source: FailureSource,
        at now: UnixSeconds
    ) throws(StoreError) -> CodeVerdict {
        var credential = try self.credential(of: self.generation)
        let verdict = CodeRule.judge(
            match,
            lastStep: &credential.lastStep,
            throttle: &self.throttle,
            source: source,
            at: now
        )
        self.credential = credential
        return verdict
    }

    /// Saves how far the app's clock is off; see `AccountStore.resynchronise`.
    package mutating func resynchronise(
        generation: Int64,
        to found: Resynchronisation
    ) throws(StoreError) -> ResynchronisationVerdict {
        var credential = try self.credential(of: generation)
        guard found.step > credential.lastStep ?? -1 else {
            return .alreadyUsed
        }
        credential.drift = found.drift
        credential.lastStep = found.step
        self.credential = credential
        return .resynchronised
    }

    /// Removes the factor and any set-up; see `AccountStore.disable`.
    package mutating func disable(generation: Int64) throws(StoreError) {
        _ = try self.credential(of: generation)
        self.credential = nil
        self.setUp = nil
        self.generation += 1
        self.throttle = Throttle()
        self.recovery = nil
        self.forgetRecovery()
    }

    private func credential(of generation: Int64) throws(StoreError) -> Credential {
        guard let credential, self.generation == generation else {
            throw .conflict
        }
        return credential
    }
}

extension Session {
    /// Length of a digest, bytes: SHA-256.
    package static let digestBytes = 32

    /// Stops the program if the session could never be found again or shows nothing: our own mistake, not a caller's.
    package func requireShape() {
        precondition(self.digest.count == Self.digestBytes, "a session's digest is 32 bytes")
        precondition(!self.factors.isEmpty, "a session shows at least one factor")
        self.mark.requireShape()
    }

    /// Whether it is over for good.
    ///
    /// One that lies in the future because the clock was set back is not.
    package func isOver(at now: UnixSeconds, _ lifetimes: SessionLifetimes) -> Bool {
        self.expires(lifetimes) <= now
    }
}

extension PasswordMark {
    /// Stops the program if a digest has another length than all have: our own mistake.
    package func requireShape() {
        switch self {
        case .field(let digest, _): precondition(digest.count == Self.digestBytes, "a mark's digest is 32 bytes")
        case .unreadable: break
        }
    }
}
