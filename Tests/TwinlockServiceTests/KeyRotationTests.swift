import Testing
import TwinlockAccounts
import TwinlockInterface
import TwinlockSealing
import TwinlockStore
import TwinlockVarlink

@testable import TwinlockOTP
@testable import TwinlockService

/// Keys that nothing but this remembers, and a disk that a test may break.
final class KeysInMemory: KeyCustody {
    struct State: Sendable {
        var made: [SealingKey] = []
        var isReplacedKeyThere = false
        var failure: KeyCustodyError?
    }

    let state = Locked(State())

    static func key(_ byte: UInt8) throws -> SealingKey {
        try SealingKey(material: SecretBytes(count: 32) { $0.initializeMemory(as: UInt8.self, repeating: byte) })
    }

    func replaceKey() async throws(KeyCustodyError) -> SealingKey {
        let (failure, count) = self.state.withLock { ($0.failure, $0.made.count) }
        if let failure { throw failure }
        guard let key = try? Self.key(UInt8(100 + count)) else { throw .failed(reason: "no key") }
        self.state.withLock {
            $0.made.append(key)
            $0.isReplacedKeyThere = true
        }
        return key
    }

    func removeReplacedKey() async throws(KeyCustodyError) {
        let failure = self.state.withLock { $0.failure }
        if let failure { throw failure }
        self.state.withLock { $0.isReplacedKeyThere = false }
    }
}

@Suite("rotation of the sealing key")
struct KeyRotationTests {
    private let scene: Scene

    init() throws {
        self.scene = try Scene()
    }

    /// Everything that the store has sealed.
    private func values() async throws -> [SealedValue] {
        try await self.scene.store.ownSealedValues()
            + (try await self.scene.store.sealedValues(ofAccountsAfter: 0, limit: 1000)).values
    }

    private func keyIDs() async throws -> Set<String> {
        Set(try await self.values().map { try Sealed(bytes: $0.sealed).keyID })
    }

    /// Begins one and waits until it is over.
    @discardableResult
    private func rotate() async throws -> RotateKeyResult {
        let result = try await self.scene.call(Administration.RotateKey.self, Empty(), from: Scene.root)
        await self.scene.service.background.finished()
        return result
    }

    @Test("everything is sealed with the new key afterwards, and the old one is gone from the disk")
    func everything() async throws {
        let secret = try await self.scene.enrol()
        _ = try await self.scene.enrol(Scene.bob, password: "battery staple")
        _ = try await self.scene.call(
            Administration.IssueRecoveryCode.self,
            IssueRecoveryCodeParameters(user: "bob", seconds: nil, session: nil),
            from: Scene.root
        )
        let before = try await self.keyIDs()
        let result = try await self.rotate()
        #expect(result.began && !result.rotation.finished)
        let after = try await self.keyIDs()
        let new = try KeysInMemory.key(100).id
        #expect(before.count == 1 && after == [new] && before != after)
        #expect(self.scene.custody.state.withLock { !$0.isReplacedKeyThere })
        #expect(await self.scene.service.rotation.progress == .init(done: 2, total: 2, unreadable: 0, isFinished: true))
        self.scene.pass(30)
        #expect(try await self.scene.login(try self.scene.code(secret)).state == .signedIn)
    }

    @Test("beginning and end are in the log, with the uid of who began it")
    func recorded() async throws {
        try await self.rotate()
        await self.scene.service.finishRecords()
        let records = try await self.scene.store.records(of: .everything, before: nil, limit: 10)
            .filter { $0.method == "RotateKey" }
        #expect(records.map(\.reason) == [.keyRotated, .keyRotationBegun])
        #expect(records.map(\.caller) == [0, 0])
    }

    @Test("a sign-in that waits for its code is good during and after it, for as long as it would have been")
    func pending() async throws {
        let secret = try await self.scene.enrol()
        let first = try await self.scene.signIn("alice", "correct horse", from: Scene.root, Context.ssh)
        let second = try await self.scene.signIn("alice", "correct horse", from: Scene.root, Context.ssh)
        try await self.rotate()
        self.scene.pass(60)
        let code = try self.scene.code(secret)
        #expect(try await self.scene.verify(first.session, code, from: Scene.root).state == .signedIn)
        self.scene.pass(60)
        await #expect(throws: NamedError.signInAgain) {
            _ = try await self.scene.verify(second.session, try self.scene.code(secret), from: Scene.root)
        }
    }

    @Test("who has the old key makes no sign-in with it from the moment of the new one")
    func forged() async throws {
        let secret = try await self.scene.enrol()
        let thief = try Sealer(current: KeysInMemory.key(7))
        let genuine = try await self.scene.signIn("alice", "correct horse", from: Scene.root, Context.ssh)
        let session = try #require(genuine.session)
        var pending = try #require(self.scene.service.pendingSignIn(session))
        try await self.rotate()
        self.scene.pass(30)
        pending.begun = UnixSeconds(self.scene.now)
        let forged = SessionValue.pending(try thief.seal(pending.encoded(), for: TwinlockService.pendingContext))
        await #expect(throws: NamedError.signInAgain) {
            _ = try await self.scene.verify(forged, try self.scene.code(secret), from: Scene.root)
        }
    }

    @Test("the old key leaves the memory when nothing that it sealed can be good any more, and not before")
    func forgotten() async throws {
        try await self.rotate()
        await self.scene.service.tidyRecords()
        #expect(self.scene.service.sealer.opensForOlderKeys)
        self.scene.pass(Int64(SetUp.lifetimeSeconds))
        await self.scene.service.tidyRecords()
        #expect(!self.scene.service.sealer.opensForOlderKeys)
    }

    @Test("what neither key opens is left as it is, and counted")
    func unreadable() async throws {
        _ = try await self.scene.enrol()
        let page = try await self.scene.store.sealedValues(ofAccountsAfter: 0, limit: 9)
        let spoilt = try #require(page.values.first)
        #expect(try await self.scene.store.reseal(spoilt, as: spoilt.sealed.dropLast() + [spoilt.sealed.last! ^ 1]))
        try await self.rotate()
        #expect(await self.scene.service.rotation.progress?.unreadable == 1)
        #expect(await self.scene.service.rotation.progress?.isFinished == true)
        #expect(try await self.keyIDs().count == 2)
    }

    @Test("a key that the service manager keeps is not replaced, and nothing changes")
    func credential() async throws {
        _ = try await self.scene.enrol()
        let before = try await self.values()
        self.scene.custody.state.withLock { $0.failure = .isCredential }
        await #expect(throws: NamedError.keyIsCredential) { try await self.rotate() }
        self.scene.custody.state.withLock { $0.failure = .failed(reason: "no room") }
        await #expect(throws: NamedError.unavailable) { try await self.rotate() }
        #expect(try await self.values() == before)
        self.scene.custody.state.withLock { $0.failure = nil }
        #expect(try await self.rotate().began)
    }

    @Test("while one is under way another is not begun, and health tells how far it is")
    func underWay() async throws {
        _ = try await self.scene.enrol()
        // Somebody is about to save what the old key sealed.
        let lease = self.scene.service.sealers.lease()
        let first = try await self.scene.call(Administration.RotateKey.self, Empty(), from: Scene.root)
        let second = try await self.scene.call(Administration.RotateKey.self, Empty(), from: Scene.root)
        #expect(first.began && !second.began)
        #expect(self.scene.custody.state.withLock { $0.made.count } == 1)
        let health = try await self.scene.call(Administration.GetHealth.self, .init(), from: Scene.root)
        #expect(health.keyRotation?.finished == false)
        lease.end()
        await self.scene.service.background.finished()
        let later = try await self.scene.call(Administration.GetHealth.self, .init(), from: Scene.root)
        #expect(later.keyRotation == nil)
        #expect(try await self.rotate().began)
    }

    @Test("it waits for a call that holds something sealed with the old key and has yet to save it")
    func leased() async throws {
        let lease = self.scene.service.sealers.lease()
        let context = SealingContext(account: "", kind: .passwordFieldKey)
        let sealed = try lease.sealer.seal(SecretBytes(count: 48) { _ in }, for: context)
        _ = try await self.scene.call(Administration.RotateKey.self, Empty(), from: Scene.root)
        _ = try await self.scene.store.sealedKey(for: context.kind.rawValue, orElse: sealed.bytes)
        #expect(self.scene.custody.state.withLock { $0.isReplacedKeyThere })
        lease.end()
        await self.scene.service.background.finished()
        #expect(try await self.keyIDs() == [try KeysInMemory.key(100).id])
    }

    @Test("a set-up that was sealed anew while its first code came is known again, and one that was begun anew is not")
    func confirming() async throws {
        let alice = Identity(name: "alice", uid: 1000)
        func begin() async throws -> SetUp {
            _ = try await self.scene.call(
                OwnAccount.BeginSetUp.self,
                SensitiveParameters(password: .init("correct horse")),
                from: Scene.alice
            )
            return try #require(try await self.scene.store.accounts(sharing: alice).first?.setUp)
        }
        let read = try await begin()
        #expect(await !self.scene.service.isSealedAnew(read, of: alice), "nothing has happened")
        try await self.rotate()
        #expect(await self.scene.service.isSealedAnew(read, of: alice))
        let other = try await begin()
        #expect(other.begunAt == read.begunAt)
        #expect(await !self.scene.service.isSealedAnew(read, of: alice), "it has another secret")
    }
}
