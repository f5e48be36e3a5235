import TwinlockAccounts
import TwinlockStore

@testable import TwinlockStoreSQLite

/// Puts every operation into one transaction between two that fail: one that has ruined everything before it fails, and
/// one that is refused.
struct Neighbours: ForwardingStore.Around {
    let store: SQLiteStore

    func run<Outcome: Sendable>(
        _ operation: @escaping @Sendable (any AccountStore) async throws(StoreError) -> Outcome
    ) async throws(StoreError) -> Outcome {
        self.store.gather(3)
        async let before: Void = self.ruin()
        async let refused: Void = self.refuse()
        let outcome: Result<Outcome, StoreError>
        do throws(StoreError) {
            outcome = .success(try await operation(self.store))
        } catch {
            outcome = .failure(error)
        }
        _ = await (before, refused)
        return try outcome.get()
    }

    /// Removes everything, then fails.
    private func ruin() async {
        do throws(StoreError) {
            try await self.store.perform { records throws(StoreError) in
                for table in ["accounts", "sessions", "audit_records", "tokens", "sealed_keys"] {
                    try records.database.execute("DELETE FROM \(table)", to: "ruin store")
                }
                try records.database.execute("UPDATE absent SET nothing = 1", to: "fail")
            }
            preconditionFailure("an operation on a table that is not there has succeeded")
        } catch {}
    }

    private func refuse() async {
        do throws(StoreError) {
            try await self.store.disable(account: 1 << 40, generation: 0)
            preconditionFailure("an account that is not there has been disabled")
        } catch {}
    }
}

/// Closes the database after every operation and opens it anew for the next.
actor Restarts: ForwardingStore.Around {
    private let path: String
    private var isBusy = false
    private var queue: [CheckedContinuation<Void, Never>] = []

    init(path: String) {
        self.path = path
    }

    func run<Outcome: Sendable>(
        _ operation: @escaping @Sendable (any AccountStore) async throws(StoreError) -> Outcome
    ) async throws(StoreError) -> Outcome {
        if self.isBusy {
            await withCheckedContinuation { self.queue.append($0) }
        }
        self.isBusy = true
        defer {
            if self.queue.isEmpty {
                self.isBusy = false
            } else {
                self.queue.removeFirst().resume()
            }
        }
        let store = try SQLiteStore(path: self.path)
        let outcome: Result<Outcome, StoreError>
        do throws(StoreError) {
            outcome = .success(try await operation(store))
        } catch {
            outcome = .failure(error)
        }
        await store.close()
        return try outcome.get()
    }
}
