import TwinlockAccounts
import TwinlockOTP
import TwinlockSealing
import TwinlockStore

/// Seals everything that the store holds anew, with the key that seals now, while calls go on.
///
/// Account by account, each value by an operation of its own that changes it only if it is still what was read: whoever
/// changes it meanwhile has sealed it with the new key. What no key opens is left as it is: the old one is no help to it.
/// The old key goes when a pass over everything has found nothing of it. A kill at any moment leaves some values under
/// the one key and some under the other, and both keys: the next start goes on.
actor KeyRotation {
    /// How far it is.
    struct Progress: Equatable, Sendable {
        /// Accounts that are done, out of how many.
        var done = 0
        var total = 0
        /// Values that no key opens.
        var unreadable = 0
        /// Whether the old key is gone.
        var isFinished = false
    }

    /// Accounts whose values are sealed anew at once, and so share a transaction: a login waits for no more.
    static let accountsAtOnce = 8
    /// Between two tries where the store or the disk fails.
    private static let patience = Duration.seconds(5)
    /// Between two looks at calls that hold the old key; they end with the store's next operation.
    private static let briefly = Duration.milliseconds(10)

    private let store: any ResealingStore
    private let sealers: Sealers
    private let custody: any KeyCustody
    private let surroundings: Surroundings
    private let log: DecisionLog
    private(set) var progress: Progress?
    private let stopped = Locked(false)
    private var isFailing = false

    init(
        store: any ResealingStore,
        sealers: Sealers,
        custody: any KeyCustody,
        surroundings: Surroundings,
        log: DecisionLog
    ) {
        self.store = store
        self.sealers = sealers
        self.custody = custody
        self.surroundings = surroundings
        self.log = log
    }

    /// Whether it is under way.
    var isUnderWay: Bool { self.progress.map { !$0.isFinished } ?? false }

    /// Replaces the key, after which everything is still to be sealed anew: see `run`.
    ///
    /// - Returns: False where a rotation is under way already: nothing was done.
    func begin() async throws(KeyCustodyError) -> Bool {
        guard !self.isUnderWay else { return false }
        let before = self.progress
        self.progress = Progress()
        do {
            let key = try await self.custody.replaceKey()
            self.sealers.succeed(by: key, at: self.surroundings.now())
        } catch {
            self.progress = before
            throw error
        }
        return true
    }

    /// Goes on with one that was under way when the daemon ended.
    ///
    /// - Returns: Whether there was one.
    func resume() -> Bool {
        guard self.progress == nil, self.sealers.current.opensForOlderKeys else { return false }
        self.progress = Progress()
        return true
    }

    /// Gives up for now; the next start goes on.
    nonisolated func stop() {
        self.stopped.withLock { $0 = true }
    }

    /// Whether it was told to.
    nonisolated var isStopped: Bool { self.stopped.withLock { $0 } }

    /// Seals everything anew and removes the old key.
    ///
    /// - Returns: How it ended; nil if it was stopped.
    func run() async -> Progress? {
        while self.sealers.isOlderKeyLeased {
            guard !self.isStopped else { return nil }
            await self.surroundings.pause(Self.briefly)
        }
        guard
            let total = await self.persistently({ () async throws(StoreError) in try await self.store.countAccounts() })
        else { return nil }
        self.progress?.total = total
        var isClean = false
        while !isClean {
            guard let found = await self.pass() else { return nil }
            isClean = !found
        }
        while true {
            do {
                try await self.custody.removeReplacedKey()
                break
            } catch {
                self.report("cannot remove the sealing key that was replaced: \(error)")
                guard await self.pauseUnlessStopped() else { return nil }
            }
        }
        self.sealers.retireOlderKeys()
        self.progress?.isFinished = true
        return self.progress
    }

    /// Goes over everything once.
    ///
    /// - Returns: Whether something was found that an older key had sealed; nil if it was stopped.
    private func pass() async -> Bool? {
        self.beginAnew()
        var found = false
        guard
            let own = await self.persistently({ () async throws(StoreError) in try await self.store.ownSealedValues() }
            ),
            let outcome = await self.seal(own)
        else { return nil }
        found = found || outcome.found > 0
        self.goOn(by: 0, unreadable: outcome.unreadable)
        var last: Int64 = 0
        while true {
            let behind = last
            let page = await self.persistently { () async throws(StoreError) in
                try await self.store.sealedValues(ofAccountsAfter: behind, limit: Self.accountsAtOnce)
            }
            guard let page, let outcome = await self.seal(page.values) else { return nil }
            found = found || outcome.found > 0
            // Somebody changed one of them meanwhile, perhaps by moving it: these accounts are looked at again.
            if outcome.overtaken > 0 { continue }
            guard let next = page.accounts.last else { return found }
            last = next
            self.goOn(by: page.accounts.count, unreadable: outcome.unreadable)
        }
    }

    private func beginAnew() {
        self.progress = Progress(total: self.progress?.total ?? 0)
    }

    private func goOn(by accounts: Int, unreadable: Int) {
        var progress = self.progress ?? Progress()
        progress.done += accounts
        progress.unreadable += unreadable
        progress.total = max(progress.total, progress.done)
        self.progress = progress
    }

    /// What became of some values.
    private struct Outcome {
        /// An older key had sealed them.
        var found = 0
        /// Were changed by somebody else meanwhile.
        var overtaken = 0
        var unreadable = 0
    }

    /// Seals those anew that need it, all at once; nil if it was stopped.
    private func seal(_ values: [SealedValue]) async -> Outcome? {
        let sealer = self.sealers.current
        var outcome = Outcome()
        var changes: [(value: SealedValue, sealed: [UInt8])] = []
        for value in values {
            guard let sealed = try? Sealed(bytes: value.sealed), let context = Self.context(of: value) else {
                outcome.unreadable += 1
                continue
            }
            guard sealer.needsResealing(sealed) else { continue }
            guard let secret = try? sealer.open(sealed, for: context),
                let anew = try? sealer.seal(secret, for: context)
            else {
                outcome.unreadable += 1
                continue
            }
            changes.append((value, anew.bytes))
        }
        outcome.found = changes.count
        let pending = changes
        let changed = await self.persistently { () async throws(StoreError) in try await self.save(pending) }
        guard let changed else { return nil }
        outcome.overtaken = changes.count - changed
        return outcome
    }

    /// Saves values that were sealed anew. How many were still what they had been.
    private nonisolated func save(_ changes: [(value: SealedValue, sealed: [UInt8])]) async throws(StoreError) -> Int {
        let results = await withTaskGroup(of: Result<Bool, StoreError>.self) { group in
            for (value, sealed) in changes {
                group.addTask {
                    do throws(StoreError) {
                        return .success(try await self.store.reseal(value, as: sealed))
                    } catch {
                        return .failure(error)
                    }
                }
            }
            var results: [Result<Bool, StoreError>] = []
            for await result in group {
                results.append(result)
            }
            return results
        }
        var count = 0
        for result in results {
            count += try result.get() ? 1 : 0
        }
        return count
    }

    /// Tries until the store does it; nil if it was stopped meanwhile.
    private func persistently<Value: Sendable>(
        _ work: () async throws(StoreError) -> Value
    ) async -> Value? {
        while !self.isStopped {
            do {
                let value = try await work()
                self.isFailing = false
                return value
            } catch {
                self.report("sealing anew with a new key waits: \(error.words)")
            }
            guard await self.pauseUnlessStopped() else { return nil }
        }
        return nil
    }

    /// Once for each time that something begins to fail.
    private func report(_ words: String) {
        if !self.isFailing {
            self.log.failure(words)
        }
        self.isFailing = true
    }

    private func pauseUnlessStopped() async -> Bool {
        await self.surroundings.pause(Self.patience)
        return !self.isStopped
    }

    /// For what a value was sealed; nil for a key of a purpose that this version does not know.
    static func context(of value: SealedValue) -> SealingContext? {
        switch value.place {
        case .secondFactor, .setUp: value.identity.map(TwinlockService.secretContext)
        case .recoveryCode: value.identity.map(TwinlockService.recoveryContext)
        case .key(let purpose): SealingContext.Kind(rawValue: purpose).map { SealingContext(account: "", kind: $0) }
        }
    }
}
