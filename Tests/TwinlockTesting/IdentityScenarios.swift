import TwinlockAccounts
import TwinlockOTP
import TwinlockStore

extension Scenario {
    /// A name and a uid that have parted never count as not enrolled.
    static let identities: [Scenario] = [
        Scenario("an account that nobody made is not there") { stage in
            try expect(try await stage.store.accounts(sharing: stage.identity()), is: [])
        },
        Scenario("beginning again keeps the account and its number") { stage in
            let set = SetUp(secret: stage.secret(), begunAt: Stage.start)
            let first = try await stage.store.beginSetUp(set, for: stage.identity())
            let anew = SetUp(secret: stage.secret(2), begunAt: Stage.start + 1)
            let second = try await stage.store.beginSetUp(anew, for: stage.identity())
            try expect(second.id, is: first.id)
            try expect(try await stage.account(), is: second)
            try expect(second.setUp, is: anew)
        },
        Scenario("a name with a factor that is used again with another uid has parted") { stage in
            let account = try await stage.enrol()
            let reused = Identity(name: account.identity.name, uid: stage.identity(1).uid)
            try await stage.expectParted(reused, from: account)
        },
        Scenario("a uid with a factor that is used again under another name has parted") { stage in
            let account = try await stage.enrol()
            let reused = Identity(name: stage.identity(1).name, uid: account.identity.uid)
            try await stage.expectParted(reused, from: account)
        },
        Scenario("accounts without a factor give way to a person who shares their name or their uid") { stage in
            let set = SetUp(secret: stage.secret(), begunAt: Stage.start)
            let byName = try await stage.store.beginSetUp(set, for: stage.identity(0))
            let byUid = try await stage.store.beginSetUp(set, for: stage.identity(1))
            let mixed = Identity(name: byName.identity.name, uid: byUid.identity.uid)
            try expect(try await stage.store.accounts(sharing: mixed), is: [byName, byUid])
            let account = try await stage.store.beginSetUp(set, for: mixed)
            try expect(try await stage.store.accounts(sharing: mixed), is: [account])
            try expect(try await stage.store.accounts(sharing: stage.identity(0)), is: [account])
            try expect([byName.id, byUid.id].contains(account.id), is: false)
        },
        Scenario("of two accounts in the way, one with a factor keeps both") { stage in
            let set = SetUp(secret: stage.secret(), begunAt: Stage.start)
            let stale = try await stage.store.beginSetUp(set, for: stage.identity(0))
            let active = try await stage.enrol(1)
            let mixed = Identity(name: stale.identity.name, uid: active.identity.uid)
            try await expect(.parted) { () throws(StoreError) in
                _ = try await stage.store.beginSetUp(set, for: mixed)
            }
            try expect(try await stage.store.accounts(sharing: mixed), is: [stale, active])
        },
        Scenario("a number is not given to another account") { stage in
            let set = SetUp(secret: stage.secret(), begunAt: Stage.start)
            let gone = try await stage.store.beginSetUp(set, for: stage.identity())
            let heir = Identity(name: gone.identity.name, uid: stage.identity(1).uid)
            let account = try await stage.store.beginSetUp(set, for: heir)
            try expect(account.id > gone.id, is: true)
            try await expect(.conflict) { () throws(StoreError) in
                _ = try await stage.store.confirmSetUp(
                    account: gone.id,
                    secret: stage.secret(),
                    match: .inWindow(steps: [Stage.step]),
                    recoveryCodes: stage.recoveryCodes(),
                    at: Stage.start
                )
            }
        },
        Scenario("an account keeps every property that it was given") { stage in
            let secret = SealedSecret(sealed: Array(0...255), algorithm: .sha512, digits: 8, timeStep: 60)
            let identity = Identity(name: "Jörg O'Neil; DROP \u{1F512}", uid: UInt32.max - 2 - stage.identity().uid)
            let set = SetUp(secret: secret, begunAt: UnixSeconds(-5), failures: 3)
            let account = try await stage.store.beginSetUp(set, for: identity)
            try expect(account.identity, is: identity)
            try expect(account.setUp, is: set)
            try expect(try await stage.store.accounts(sharing: identity), is: [account])
            try await stage.store.insert(
                Session(
                    digest: stage.digest(9),
                    identity: identity,
                    maker: UInt32.max,
                    factors: [.publickey],
                    service: "",
                    remoteHost: "",
                    mark: .unreadable,
                    created: UnixSeconds(-5),
                    lastUsed: UnixSeconds(0)
                )
            )
            let session = try await stage.store.session(digest: stage.digest(9))
            try expect(session?.identity, is: identity)
            try expect(session?.maker, is: UInt32.max)
            try expect(session?.factors, is: [.publickey])
            try expect(session?.mark, is: .unreadable)
            try expect(session?.created, is: UnixSeconds(-5))
            // Its name would stand in the way of other stages on the same store.
            _ = try await stage.store.beginSetUp(
                set,
                for: Identity(name: stage.identity().name, uid: identity.uid)
            )
        },
    ]
}

extension Stage {
    fileprivate func expectParted(_ identity: Identity, from account: Account) async throws {
        let set = SetUp(secret: self.secret(2), begunAt: Self.start)
        try await expect(.parted) { () throws(StoreError) in
            _ = try await self.store.beginSetUp(set, for: identity)
        }
        let accounts = try await self.store.accounts(sharing: identity)
        try expect(accounts, is: [account])
        try expect(Enrolment(of: identity, among: accounts), is: .parted)
    }
}
