import TwinlockAccounts
import TwinlockStore

extension ForwardingStore {
    func recoveryCodes(account: Int64, generation: Int64) async throws(StoreError) -> RecoveryCodes {
        try await self.around.run { store throws(StoreError) in
            try await store.recoveryCodes(account: account, generation: generation)
        }
    }

    func attemptRecoveryCode(
        account: Int64,
        generation: Int64,
        match: RecoveryCodeMatch,
        use: RecoveryCodeUse,
        finishesLogin: Bool,
        recording: @escaping Recording<RecoveryCodeVerdict>
    ) async throws(StoreError) -> Recorded<RecoveryCodeVerdict> {
        try await self.around.run { store throws(StoreError) in
            try await store.attemptRecoveryCode(
                account: account,
                generation: generation,
                match: match,
                use: use,
                finishesLogin: finishesLogin,
                recording: recording
            )
        }
    }

    func replaceRecoveryCodes(
        account: Int64,
        generation: Int64,
        sealed: [[UInt8]],
        at now: UnixSeconds
    ) async throws(StoreError) {
        try await self.around.run { store throws(StoreError) in
            try await store.replaceRecoveryCodes(account: account, generation: generation, sealed: sealed, at: now)
        }
    }

    func acknowledgeRecoveryCodes(
        account: Int64,
        issuedAt: UnixSeconds,
        at now: UnixSeconds
    ) async throws(StoreError) {
        try await self.around.run { store throws(StoreError) in
            try await store.acknowledgeRecoveryCodes(account: account, issuedAt: issuedAt, at: now)
        }
    }

    func issueRecoveryCode(
        account: Int64,
        generation: Int64,
        sealed: [UInt8],
        at now: UnixSeconds,
        expires: UnixSeconds
    ) async throws(StoreError) {
        try await self.around.run { store throws(StoreError) in
            try await store.issueRecoveryCode(
                account: account,
                generation: generation,
                sealed: sealed,
                at: now,
                expires: expires
            )
        }
    }
}
