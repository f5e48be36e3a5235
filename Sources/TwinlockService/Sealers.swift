import TwinlockAccounts
import TwinlockOTP
import TwinlockSealing

/// The sealer of now, which a rotation of the key replaces while calls are at work.
final class Sealers: Sendable {
    private struct State {
        var sealer: Sealer
        /// Since when its key seals: what an older one sealed is older.
        var since: UnixSeconds
        /// When what older keys sealed into sessions is over, once the store holds nothing of theirs.
        var retiring: UnixSeconds?
        /// Calls that may still save what a key has sealed, by the key's id.
        var leases: [String: Int] = [:]
    }

    private let state: Locked<State>

    init(_ sealer: Sealer, since: UnixSeconds) {
        self.state = Locked(State(sealer: sealer, since: since))
    }

    /// For opening, and for what is not stored.
    var current: Sealer { self.state.withLock { $0.sealer } }

    /// For sealing what will be stored. To be ended when it is, or will not be.
    func lease() -> SealingLease {
        let sealer = self.state.withLock { state in
            state.leases[state.sealer.currentKeyID, default: 0] += 1
            return state.sealer
        }
        return SealingLease(sealer) {
            self.state.withLock { state in
                let left = (state.leases[sealer.currentKeyID] ?? 1) - 1
                state.leases[sealer.currentKeyID] = left > 0 ? left : nil
            }
        }
    }

    /// Whether somebody may still save what another key than the present one has sealed.
    var isOlderKeyLeased: Bool {
        self.state.withLock { state in state.leases.keys.contains { $0 != state.sealer.currentKeyID } }
    }

    /// Lets a new key seal from now on; those before it go on to open.
    func succeed(by key: SealingKey, at now: UnixSeconds) {
        self.state.withLock { state in
            state.sealer = state.sealer.succeeded(by: key)
            state.since = now
            state.retiring = nil
        }
    }

    /// Says that nothing in the store is sealed with an older key; sessions that wait for their second step may be.
    func retireOlderKeys() {
        self.state.withLock { $0.retiring = $0.since + SetUp.lifetimeSeconds }
    }

    /// Forgets the older keys as soon as nothing that they sealed is good any more.
    func forgetRetiredKeys(at now: UnixSeconds) {
        self.state.withLock { state in
            guard let retiring = state.retiring, retiring <= now else { return }
            state.sealer = state.sealer.forgettingOlderKeys()
            state.retiring = nil
        }
    }

    /// Opens a pending sign-in; nil for anything else.
    ///
    /// What an older key has sealed must be older than the present key: whoever has stolen that one makes no sign-ins
    /// with it from then on.
    func pendingSignIn(_ sealed: Sealed, in context: SealingContext) -> PendingSignIn? {
        let (sealer, since) = self.state.withLock { ($0.sealer, $0.since) }
        guard let encoded = try? sealer.open(sealed, for: context), let pending = PendingSignIn(encoded: encoded),
            !sealer.needsResealing(sealed) || pending.begun <= since
        else { return nil }
        return pending
    }
}

/// A sealer in the hands of a call that will save what it seals.
///
/// A rotation of the key does not end before such calls do: nothing is stored under a key that is gone.
final class SealingLease: Sendable {
    let sealer: Sealer
    private let isEnded = Locked(false)
    private let onEnd: @Sendable () -> Void

    fileprivate init(_ sealer: Sealer, onEnd: @escaping @Sendable () -> Void) {
        self.sealer = sealer
        self.onEnd = onEnd
    }

    /// What it sealed is stored, or never will be.
    func end() {
        let wasEnded = self.isEnded.withLock { isEnded in
            defer { isEnded = true }
            return isEnded
        }
        if !wasEnded {
            self.onEnd()
        }
    }

    deinit {
        self.end()
    }
}
