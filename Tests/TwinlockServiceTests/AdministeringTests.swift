import Testing
import TwinlockAccounts
import TwinlockInterface
import TwinlockOTP
import TwinlockStore
import TwinlockTesting
import TwinlockVarlink

@testable import TwinlockService

@Suite("administering an account")
struct AdministeringTests {
    private let scene: Scene

    init() throws {
        self.scene = try Scene()
    }

    private func show(_ user: String = "alice") async throws -> ShowAccountResult {
        try await self.scene.call(
            Administration.ShowAccount.self,
            AdministrationParameters(user: user),
            from: Scene.root
        )
    }

    // MARK: Set-up

    @Test("root sets up an account without a usable password; the codes count as not saved")
    func setUp() async throws {
        self.scene.lockPassword()
        let begun = try await self.scene.call(
            Administration.BeginSetUp.self,
            AdministrationParameters(user: "alice"),
            from: Scene.root
        )
        #expect(begun.account == "alice")
        #expect(try await self.show().accounts.map(\.setUpBegun) == [true])
        await #expect(throws: NamedError.authenticationFailed) {
            _ = try await self.scene.call(
                Administration.ConfirmSetUp.self,
                ConfirmSetUpForParameters(user: "alice", code: .init("000000")),
                from: Scene.root
            )
        }
        let confirmed = try await self.scene.call(
            Administration.ConfirmSetUp.self,
            ConfirmSetUpForParameters(user: "alice", code: try self.scene.code(begun.secret)),
            from: Scene.root
        )
        #expect(confirmed.recoveryCodes.count == RecoverySet.size)
        let status = try #require(try await self.show().accounts.first)
        #expect(status.enabled && status.recoveryCodesAcknowledged == false && status.recoveryCodesLeft == 10)
    }

    @Test("a set-up for somebody who has a factor leaves that one active until it is confirmed")
    func setUpAnew() async throws {
        let old = try await self.scene.enrol()
        let begun = try await self.scene.call(
            Administration.BeginSetUp.self,
            AdministrationParameters(user: "alice"),
            from: Scene.root
        )
        #expect(try await self.scene.login(try self.scene.code(old)).state == .signedIn)
        _ = try await self.scene.call(
            Administration.ConfirmSetUp.self,
            ConfirmSetUpForParameters(user: "alice", code: try self.scene.code(begun.secret)),
            from: Scene.root
        )
        await #expect(throws: NamedError.authenticationFailed) {
            _ = try await self.scene.login(try self.scene.code(old, step: 1))
        }
    }

    @Test("whom the host does not know can get no factor")
    func setUpUnknown() async throws {
        _ = try await self.scene.enrol()
        self.scene.host.state.withLock { $0.users["alice"] = nil }
        self.scene.pass(61)
        await #expect(throws: NamedError.unknownUser) {
            try await ChangingMethod.beginSetUp.run(self.scene, "alice", from: Scene.root)
        }
    }

    // MARK: Help

    @Test("an issued code signs in once, until it ends; own codes stay")
    func issuedCode() async throws {
        let has = try await self.scene.equip()
        let issued = try await self.scene.call(
            Administration.IssueRecoveryCode.self,
            IssueRecoveryCodeParameters(user: "alice"),
            from: Scene.root
        )
        #expect(issued.expires == self.scene.now + 3600)
        #expect(try await self.show().issuedCodeUntil == issued.expires)
        #expect(try await self.scene.login(issued.recoveryCode).state == .signedIn)
        #expect(try await self.show().issuedCodeUntil == nil)
        await #expect(throws: NamedError.codeAlreadyUsed) {
            _ = try await self.scene.login(issued.recoveryCode)
        }
        #expect(try await self.scene.login(has.codes[0]).state == .signedIn)
    }

    @Test("an issued code ends when it was said to", arguments: [60, 604_800] as [Int64])
    func issuedCodeEnds(seconds: Int64) async throws {
        _ = try await self.scene.enrol()
        let issued = try await self.scene.call(
            Administration.IssueRecoveryCode.self,
            IssueRecoveryCodeParameters(user: "alice", seconds: seconds),
            from: Scene.root
        )
        self.scene.pass(seconds)
        await #expect(throws: NamedError.authenticationFailed) {
            _ = try await self.scene.login(issued.recoveryCode)
        }
    }

    @Test("an issued code is good for a minute to a week", arguments: [0, 59, 604_801, -1, .max] as [Int64])
    func issuedCodeBounds(seconds: Int64) async throws {
        _ = try await self.scene.enrol()
        let reply = try await self.scene.raw(Administration.IssueRecoveryCode.name, from: Scene.root) {
            $0.member("user", "alice")
            $0.member("seconds", seconds)
        }
        #expect(reply["parameters"]?["parameter"]?.string == "seconds")
    }

    @Test("unlocking clears what a hundred wrong codes brought about")
    func unlock() async throws {
        let secret = try await self.scene.enrol()
        let account = try #require(try await self.scene.store.accounts(after: nil, limit: 1).first)
        for _ in 0..<Throttle.maximumFailures {
            self.scene.pass(Int64(Throttle.longestWaitSeconds))
            _ = try await self.scene.store.attemptCode(
                of: account.identity,
                generation: account.generation,
                match: .none,
                source: FailureSource(key: "host:192.0.2.9"),
                at: UnixSeconds(self.scene.now)
            )
        }
        let before = try await self.show()
        #expect(before.accounts.first?.exhausted == true)
        #expect(before.failedCodes.map { "\($0.source) \($0.count)" } == ["host:192.0.2.9 100"])
        try await ChangingMethod.unlock.run(self.scene, "alice", from: Scene.root)
        #expect(try await self.show().failedCodes.isEmpty)
        #expect(try await self.scene.login(try self.scene.code(secret)).state == .signedIn)
    }

    @Test(
        "unlocking ends the waits for wrong passwords, from wherever, also without a second factor",
        arguments: [
            false, true,
        ]
    )
    func unlockPasswords(isEnrolled: Bool) async throws {
        let secret = isEnrolled ? try await self.scene.enrol() : nil
        for _ in 0..<Throttle.firstFailureWithWait {
            _ = try await self.scene.signIn("alice", "wrong", from: Scene.root, Context.ssh)
        }
        let checks = self.scene.host.state.withLock { $0.checks }
        _ = try await self.scene.signIn("Alice", "correct horse", from: Scene.root, Context.ssh)
        #expect(self.scene.host.state.withLock { $0.checks } == checks)
        try await ChangingMethod.unlock.run(self.scene, "alice", from: Scene.root)
        let first = try await self.scene.signIn("alice", "correct horse", from: Scene.root, Context.ssh)
        if let secret {
            let second = try await self.scene.verify(first.session, try self.scene.code(secret), from: Scene.root)
            #expect(second.state == .signedIn)
        } else {
            #expect(first.state == .signedIn)
        }
    }

    @Test("two codes in a row of a clock that is off make its codes right", arguments: [-200, 40, 1499])
    func resynchronise(drift: Int64) async throws {
        let secret = try await self.scene.enrol()
        let parameters = { (first: Int64, second: Int64) in
            ResynchroniseParameters(
                user: "alice",
                first: try self.scene.code(secret, step: drift + first),
                second: try self.scene.code(secret, step: drift + second)
            )
        }
        await #expect(throws: NamedError.authenticationFailed) {
            let apart = try parameters(-2, 0)
            _ = try await self.scene.call(Administration.Resynchronise.self, apart, from: Scene.root)
        }
        guard drift > 0 else {
            // Its codes have passed: the step only moves up.
            await #expect(throws: NamedError.codeAlreadyUsed) {
                let row = try parameters(-1, 0)
                _ = try await self.scene.call(Administration.Resynchronise.self, row, from: Scene.root)
            }
            return
        }
        let found = try await self.scene.call(
            Administration.Resynchronise.self,
            try parameters(-1, 0),
            from: Scene.root
        )
        #expect(found.clockSeconds == drift * 30)
        #expect(try await self.show().clockSeconds == drift * 30)
        #expect(try await self.scene.login(try self.scene.code(secret, step: drift + 1)).state == .signedIn)
        await #expect(throws: NamedError.codeAlreadyUsed) {
            _ = try await self.scene.login(try self.scene.code(secret, step: drift))
        }
    }

    // MARK: Reset

    @Test(
        "after a reset the password alone signs in, and sessions and tokens have ended unless they were to stay",
        arguments: [false, true]
    )
    func reset(keepsSessions: Bool) async throws {
        let secret = try await self.scene.enrol()
        let session = try await self.scene.session(try self.scene.code(secret))
        #expect(try await self.show().sessions == 1)
        let result = try await self.scene.call(
            Administration.Reset.self,
            ResetParameters(user: "alice", keepSessions: keepsSessions),
            from: Scene.root
        )
        #expect(result.wasEnabled)
        #expect(try await self.scene.signIn(nil, "correct horse", from: Scene.alice).state == .signedIn)
        let use = { _ = try await self.scene.status(session: session) }
        if keepsSessions {
            try await use()
        } else {
            await #expect(throws: NamedError.signInAgain) { try await use() }
        }
    }

    @Test("a reset ends sign-ins that wait for a code")
    func resetEndsPending() async throws {
        let secret = try await self.scene.enrol()
        let pending = try await self.scene.signIn(nil, "correct horse", from: Scene.alice)
        try await ChangingMethod.reset.run(self.scene, "alice", from: Scene.root)
        await #expect(throws: NamedError.signInAgain) {
            _ = try await self.scene.verify(pending.session, try self.scene.code(secret), from: Scene.alice)
        }
    }

    @Test("an account that is gone from the host is shown and reset by its name")
    func gone() async throws {
        _ = try await self.scene.enrol()
        self.scene.host.state.withLock { $0.users["alice"] = nil }
        self.scene.pass(61)
        let shown = try await self.show()
        #expect(shown.user == "alice" && shown.uid == nil && shown.accounts.map(\.uid) == [1000])
        try await ChangingMethod.reset.run(self.scene, "alice", from: Scene.root)
        #expect(try await self.show().accounts.map(\.enabled) == [false])
    }

    // MARK: Parted accounts

    /// Gives alice another uid, a minute ago.
    private func part() {
        self.scene.host.state.withLock { $0.users["alice"]?.uid = 1500 }
        self.scene.pass(61)
    }

    private static let alice = Peer(uid: 1500, gid: 1500, groups: [], pid: 7)

    @Test("name and uid that have parted are shown, and refuse until they are adopted; then codes of both kinds go on")
    func adopt() async throws {
        let has = try await self.scene.equip()
        let session = try await self.scene.session(try self.scene.code(has.secret))
        self.part()
        let shown = try await self.show()
        #expect(shown.parted && shown.uid == 1500 && shown.accounts.map(\.uid) == [1000])
        for method in [ChangingMethod.beginSetUp, .unlock, .issueRecoveryCode] {
            await #expect(throws: NamedError.parted) { try await method.run(self.scene, "alice", from: Scene.root) }
        }
        let adopted = try await self.scene.call(
            Administration.Adopt.self,
            AdministrationParameters(user: "alice"),
            from: Scene.root
        )
        #expect(adopted.formerUser == "alice" && adopted.formerUid == 1000)
        #expect(try await self.show().parted == false)
        #expect(try await self.scene.login(has.codes[2]).state == .signedIn)
        #expect(try await self.scene.login(try self.scene.code(has.secret)).state == .signedIn)
        await #expect(throws: NamedError.signInAgain) { _ = try await self.scene.status(session: session) }
        let status = try await self.scene.status(Self.alice)
        #expect(status.enabled && status.recoveryCodesLeft == 9)
    }

    @Test("who was renamed is adopted under the new name")
    func adoptRenamed() async throws {
        let has = try await self.scene.equip()
        self.scene.host.state.withLock { state in
            state.users["alicia"] = state.users.removeValue(forKey: "alice")
        }
        self.scene.pass(61)
        #expect(try await self.show("alicia").accounts.map(\.user) == ["alice"])
        try await ChangingMethod.adopt.run(self.scene, "alicia", from: Scene.root)
        let first = try await self.scene.signIn("alicia", "correct horse", from: Scene.root, Context.ssh)
        let second = try await self.scene.verify(first.session, has.codes[0], from: Scene.root)
        #expect(second.state == .signedIn && second.user == "alicia")
    }

    @Test("nobody is adopted who has not parted, or between two who both have a factor")
    func adoptNot() async throws {
        await #expect(throws: NamedError.notParted) {
            try await ChangingMethod.adopt.run(self.scene, "alice", from: Scene.root)
        }
        _ = try await self.scene.enrol()
        await #expect(throws: NamedError.notParted) {
            try await ChangingMethod.adopt.run(self.scene, "alice", from: Scene.root)
        }
        _ = try await self.scene.enrol(Scene.bob, password: "battery staple")
        self.scene.host.state.withLock { state in
            state.users["bob"] = nil
            state.users["alice"]?.uid = 1001
        }
        self.scene.pass(61)
        #expect(try await self.show().accounts.map(\.user) == ["alice", "bob"])
        await #expect(throws: NamedError.parted) {
            try await ChangingMethod.adopt.run(self.scene, "alice", from: Scene.root)
        }
        try await ChangingMethod.reset.run(self.scene, "bob", from: Scene.root)
        try await ChangingMethod.adopt.run(self.scene, "alice", from: Scene.root)
    }

    // MARK: After a restore

    @Test("after a restore sessions are over, codes of before are used, and recovery codes ask to be renewed")
    func restored() async throws {
        let has = try await self.scene.equip()
        let session = try await self.scene.session(try self.scene.code(has.secret))
        _ = try await self.scene.call(Administration.MarkRestored.self, Empty(), from: Scene.root)
        await #expect(throws: NamedError.signInAgain) { _ = try await self.scene.status(session: session) }
        await #expect(throws: NamedError.codeAlreadyUsed) {
            _ = try await self.scene.login(try self.scene.code(has.secret, step: 1))
        }
        #expect(try await self.scene.status().recoveryCodesInDoubt == true)
        self.scene.pass(60)
        #expect(try await self.scene.login(try self.scene.code(has.secret)).state == .signedIn)
    }
}
