import TwinlockAccounts
import TwinlockStore

extension Scenario {
    /// Lists are read page by page; and a store knows whether it can save.
    static let lists: [Scenario] = [
        Scenario("a moment can be saved, again and again, and accounts stay as they were") { stage in
            let account = try await stage.enrol()
            try await stage.store.tryToSave(at: Stage.start)
            try await stage.store.tryToSave(at: UnixSeconds(Stage.start.value - 1))
            try expect(try await stage.account(), is: account)
        },
        Scenario("behind a name come the next ones by their bytes, as they are, no more than asked for") {
            stage in
            var enrolled: [Account] = []
            for person: UInt32 in [2, 0, 1] {
                enrolled.append(try await stage.enrol(person))
            }
            _ = try await stage.fail(1, account: enrolled[1])
            let first = try await stage.account(0)
            try expect(first.throttle.failures.total, is: 1)
            let page = try await stage.store.accounts(after: first.identity.name, limit: 2)
            try expect(page, is: [enrolled[2], enrolled[0]])
            try expect(try await stage.store.accounts(after: first.identity.name, limit: 1), is: [enrolled[2]])
            let before = String(first.identity.name.dropLast())
            try expect(try await stage.store.accounts(after: before, limit: 1), is: [first])
            try expect(try await stage.store.accounts(after: "\u{10ffff}", limit: 1), is: [])
        },
    ]

    /// Not for stages that share a store: it reads everybody's accounts.
    public static let wholeList: [Scenario] = [
        Scenario("the list of all accounts begins at the first, goes by bytes and not by letters, and ends") { stage in
            let set = SetUp(secret: stage.secret(), begunAt: Stage.start)
            for (uid, name) in ["b", "ä", "B", "a\u{308}", "a"].enumerated() {
                _ = try await stage.store.beginSetUp(set, for: Identity(name: name, uid: UInt32(uid)), generation: 0)
            }
            let names = try await stage.store.accounts(after: nil, limit: 10).map(\.identity.name.utf8).map(Array.init)
            try expect(names, is: ["B", "a", "a\u{308}", "b", "ä"].map { Array($0.utf8) })
            try expect(try await stage.store.accounts(after: "b", limit: 10).map(\.identity.name), is: ["ä"])
            try expect(try await stage.store.accounts(after: "ä", limit: 10), is: [])
        }
    ]
}
