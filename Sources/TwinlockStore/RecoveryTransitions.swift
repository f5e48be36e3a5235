package import TwinlockAccounts

// What the operations on recovery codes do to an account, so that every store decides alike; see `AccountTransitions`.
extension Account {
    /// Judges a recovery code; see `RecoveryCodeStore.attemptRecoveryCode`.
    package mutating func attemptRecoveryCode(
        generation: Int64,
        match: RecoveryCodeMatch,
        use: RecoveryCodeUse,
        finishesLogin: Bool,
        codes: inout RecoveryCodes
    ) throws(StoreError) -> RecoveryCodeVerdict {
        try self.requireFactor(of: generation)
        if case .found(let place) = match, !codes.holds(place) {
            throw .conflict
        }
        let verdict = RecoveryCodeRule.judge(match, codes: &codes, throttle: &self.recoveryThrottle, use: use)
        guard case .accepted = verdict else { return verdict }
        self.recovery = codes.own?.summary
        self.throttle = Throttle()
        if finishesLogin {
            self.recoveryMark = RecoveryMark(at: use.at)
        }
        return verdict
    }

    /// Throws `conflict` unless there is an active factor of that generation.
    package func requireFactor(of generation: Int64) throws(StoreError) {
        guard self.credential != nil, self.generation == generation else {
            throw .conflict
        }
    }

    /// Begins anew with what was under another factor: waits for recovery codes, and the leave to go without one.
    mutating func forgetRecovery() {
        self.recoveryThrottle = RecoveryThrottle()
        self.recoveryMark = nil
    }
}

extension RecoverySet {
    /// Stops the program if a set is not whole: our own mistake, not a caller's.
    package static func requireShape(of sealed: [[UInt8]]) {
        precondition(sealed.count == self.size, "a set has ten recovery codes")
    }
}

extension IssuedRecoveryCode {
    /// Stops the program if a code would be issued that is never good: our own mistake, not a caller's.
    package static func requireShape(at now: UnixSeconds, expires: UnixSeconds) {
        precondition(now < expires, "an issued recovery code is good for a second or more")
    }
}
