import Testing
import TwinlockAccounts
import TwinlockStore
import TwinlockStoreSQLite
import TwinlockTesting

@Suite("Store contract")
struct ContractTests {
    static let alone =
        Scenario.contract + Scenario.expiry + Scenario.wholeList + Scenario.trimming + Scenario.tokenExpiry
        + Scenario.restoring

    @Test("in memory", arguments: alone)
    func inMemory(scenario: Scenario) async throws {
        try await scenario.run(Stage(InMemoryStore()))
    }

    @Test("in memory, all at once")
    func inMemoryAtOnce() async throws {
        let store = InMemoryStore()
        try await self.runAll { Stage(store, number: $0) }
    }

    @Test("SQLite", arguments: alone)
    func sqlite(scenario: Scenario) async throws {
        let directory = TemporaryDirectory()
        let store = try SQLiteStore(path: directory.database)
        try await scenario.run(Stage(store) { store.gather($0) })
        await store.close()
    }

    @Test("SQLite, all at once on one database")
    func sqliteAtOnce() async throws {
        let directory = TemporaryDirectory()
        let store = try SQLiteStore(path: directory.database)
        try await self.runAll { Stage(store, number: $0) }
        await store.close()
    }

    @Test("SQLite, every operation in one transaction with neighbours that fail", arguments: alone)
    func sqliteAmongFailures(scenario: Scenario) async throws {
        let directory = TemporaryDirectory()
        let store = try SQLiteStore(path: directory.database)
        try await scenario.run(Stage(ForwardingStore(around: Neighbours(store: store))))
        await store.close()
    }

    @Test("SQLite, all at once among neighbours that fail")
    func sqliteAtOnceAmongFailures() async throws {
        let directory = TemporaryDirectory()
        let store = try SQLiteStore(path: directory.database)
        try await self.runAll { Stage(ForwardingStore(around: Neighbours(store: store)), number: $0) }
        await store.close()
    }

    @Test("SQLite, a restart between any two operations", arguments: alone)
    func sqliteWithRestarts(scenario: Scenario) async throws {
        let directory = TemporaryDirectory()
        try await scenario.run(Stage(ForwardingStore(around: Restarts(path: directory.database))))
    }

    private func runAll(_ stage: @Sendable (Int) -> Stage) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (number, scenario) in Scenario.contract.enumerated() {
                let stage = stage(number)
                group.addTask {
                    do {
                        try await scenario.run(stage)
                    } catch {
                        throw Disproved(description: "\(scenario): \(error)")
                    }
                }
            }
            try await group.waitForAll()
        }
    }
}
