import Testing
import TwinlockAccounts
import TwinlockInterface
import TwinlockOTP
import TwinlockStore
import TwinlockVarlink

@testable import TwinlockService

@Suite("signing in with a recovery code")
struct RecoverySignInTests {
    @Test("confirming a set-up answers ten recovery codes, all different, of unambiguous symbols")
    func issued() async throws {
        let scene = try Scene()
        #expect(try await scene.status().recoveryCodesLeft == nil)
        let alice = try await scene.equip()
        #expect(alice.issuedAt == scene.now)
        let texts = alice.codes.map(\.text)
        #expect(texts.count == 10 && Set(texts).count == 10)
        for text in texts {
            #expect(text.wholeMatch(of: /[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}/) != nil, "\(text)")
        }
        let status = try await scene.status()
        #expect(status.recoveryCodesLeft == 10 && status.recoveryCodesAcknowledged == false)
        #expect(status.recoverySetUpUntil == nil)
    }

    @Test("each of the ten signs in once, in place of a code; a code still does as well, and tells how many are left")
    func each() async throws {
        let scene = try Scene()
        let alice = try await scene.equip()
        for (number, code) in alice.codes.enumerated() {
            let result = try await scene.login(code)
            #expect(result.state == .signedIn && result.user == "alice" && result.secondFactor == .verified)
            #expect(result.factors == [.password, .code])
            #expect(result.recoveryCodeUsed == true && result.recoveryCodesLeft == Int64(9 - number))
        }
        for code in alice.codes {
            await #expect(throws: NamedError.codeAlreadyUsed) { try await scene.login(code) }
        }
        let result = try await scene.login(try scene.code(alice.secret))
        #expect(result.recoveryCodeUsed == false && result.recoveryCodesLeft == 0)
    }

    @Test("who has no second factor is told nothing of recovery codes")
    func notEnrolled() async throws {
        let scene = try Scene()
        let result = try await scene.signIn(nil, "battery staple", from: Scene.bob)
        #expect(result.recoveryCodeUsed == nil && result.recoveryCodesLeft == nil)
    }

    @Test("a used recovery code is named to root's callers alone, and is not counted")
    func used() async throws {
        let scene = try Scene()
        let alice = try await scene.equip()
        _ = try await scene.login(alice.codes[0])
        for _ in 1...12 {
            await #expect(throws: NamedError.codeAlreadyUsed) { try await scene.login(alice.codes[0]) }
            await #expect(throws: NamedError.self) { try await scene.session(alice.codes[0]) }
        }
        await #expect(throws: NamedError.tooManyFailures(seconds: 60), "to others it is one that is wrong") {
            try await scene.session(alice.codes[0])
        }
        _ = try await scene.session(alice.codes[1])
        #expect(try await scene.status().failedCodes == 0)
    }

    @Test("another spelling of a recovery code is the same code: it signs in, and is used by that")
    func spellings() async throws {
        let scene = try Scene()
        let alice = try await scene.equip()
        let spellings: [(String) -> String] = [
            { $0.lowercased() }, { $0.filter { $0 != "-" } }, { " " + $0.map { "\($0) " }.joined() },
            { $0.replacing("1", with: "l").replacing("0", with: "o").lowercased() },
            { $0.replacing("1", with: "I").replacing("0", with: "O") },
        ]
        for (code, spell) in zip(alice.codes, spellings) {
            #expect(try await scene.login(.init(spell(code.text))).recoveryCodeUsed == true)
            for again in spellings {
                await #expect(throws: NamedError.codeAlreadyUsed) { try await scene.login(.init(again(code.text))) }
            }
        }
    }

    @Test("eight sign-ins with one recovery code at once: one wins; with eight different ones: all win, all are spent")
    func race() async throws {
        for distinct in [1, 8] {
            let scene = try Scene()
            let alice = try await scene.equip()
            var pending: [SecretText?] = []
            for _ in 0..<8 {
                pending.append(try await scene.signIn("alice", "correct horse", from: Scene.root, Context.ssh).session)
            }
            let winners = await withTaskGroup(of: Bool.self) { group in
                for (number, session) in pending.enumerated() {
                    let code = alice.codes[number % distinct]
                    group.addTask { (try? await scene.verify(session, code, from: Scene.root).state) == .signedIn }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(winners == distinct)
            #expect(try await scene.status().recoveryCodesLeft == Int64(10 - distinct))
            for code in alice.codes[..<distinct] {
                await #expect(throws: NamedError.codeAlreadyUsed) { try await scene.login(code) }
            }
        }
    }

    @Test("a recovery code after a wrong password is not looked at, and not spent")
    func pretended() async throws {
        let scene = try Scene()
        let alice = try await scene.equip()
        await #expect(throws: NamedError.authenticationFailed) {
            try await scene.login(alice.codes[0], password: "wrong")
        }
        #expect(try await scene.status().recoveryCodesLeft == 10)
        #expect(try await scene.login(alice.codes[0]).state == .signedIn)
        await #expect(throws: NamedError.authenticationFailed, "nor does it tell that it was used") {
            try await scene.login(alice.codes[0], password: "wrong")
        }
    }

    @Test("another person's recovery code is wrong")
    func another() async throws {
        let scene = try Scene()
        let alice = try await scene.equip()
        let bob = try await scene.equip(Scene.bob, password: "battery staple")
        await #expect(throws: NamedError.authenticationFailed) { try await scene.login(bob.codes[0]) }
        #expect(try await scene.status(Scene.bob).recoveryCodesLeft == 10)
        #expect(try await scene.login(alice.codes[0]).state == .signedIn)
    }

    @Test("a recovery code that somebody put among another person's opens for nobody")
    func swapped() async throws {
        let scene = try Scene()
        let alice = try await scene.equip()
        let bob = try await scene.equip(Scene.bob, password: "battery staple")
        var accounts: [Account] = []
        for identity in [Identity(name: "alice", uid: 1000), Identity(name: "bob", uid: 1001)] {
            accounts += try await scene.store.accounts(sharing: identity)
        }
        let codes = try await scene.store.recoveryCodes(account: accounts[1].id, generation: accounts[1].generation)
        try await scene.store.replaceRecoveryCodes(
            account: accounts[0].id,
            generation: accounts[0].generation,
            sealed: try #require(codes.own).codes.map(\.sealed),
            at: UnixSeconds(scene.now)
        )
        for code in [alice.codes[0], bob.codes[0]] {
            await #expect(throws: NamedError.unavailable) { try await scene.login(code) }
        }
    }

    @Test(
        "what is neither a code nor a recovery code is a wrong code",
        arguments: ["", " ", "12345", "1234567", "00000-0000", "00000-000000", "00000-0000U", "skip", "y"]
    )
    func shapes(text: String) async throws {
        let scene = try Scene()
        _ = try await scene.equip()
        await #expect(throws: NamedError.authenticationFailed) { try await scene.login(.init(text)) }
        #expect(try await scene.status().failedCodes == 1)
    }

    @Test("who is refused by the host's rules is refused with a recovery code too, and leaves no mark")
    func accountRules() async throws {
        let scene = try Scene()
        let alice = try await scene.equip()
        scene.host.state.withLock { $0.users["alice"]?.account = .expired }
        await #expect(throws: NamedError.authenticationFailed) { try await scene.login(alice.codes[0]) }
        scene.host.state.withLock { $0.users["alice"]?.account = .usable }
        #expect(try await scene.status().recoverySetUpUntil == nil)
    }
}

@Suite("guessing recovery codes")
struct RecoveryGuessingTests {
    @Test("a recovery code works during a wait and when codes are exhausted, and clears the failures of every source")
    func lockedOut() async throws {
        let scene = try Scene()
        let alice = try await scene.equip()
        await #expect(throws: NamedError.authenticationFailed) { try await scene.session(.init("1")) }
        var last: NamedError?
        for _ in 1...99 {
            do {
                _ = try await scene.login(.init("1"))
            } catch let error as NamedError {
                last = error
                scene.pass(900)
            }
        }
        #expect(last == .tooManyFailures(seconds: nil))
        #expect(try await scene.status().exhausted)
        await #expect(throws: NamedError.tooManyFailures(seconds: nil)) {
            try await scene.login(try scene.code(alice.secret))
        }
        let result = try await scene.login(alice.codes[0])
        #expect(result.state == .signedIn && result.failedCodes == nil)
        let status = try await scene.status()
        #expect(status.failedCodes == 0 && !status.exhausted && status.waitSeconds == nil)
        #expect(try await scene.login(try scene.code(alice.secret)).state == .signedIn)
    }

    @Test("ten wrong recovery codes a minute, over all doors, then none is read for a minute; codes are, as ever")
    func bucket() async throws {
        let scene = try Scene()
        let alice = try await scene.equip()
        let wrong = SensitiveParameters("correct horse", Scene.wrongRecoveryCode)
        for call in SensitiveCall.allCases + SensitiveCall.allCases {
            await #expect(throws: NamedError.authenticationFailed, "\(call)") { try await call.run(scene, wrong) }
        }
        await #expect(throws: NamedError.authenticationFailed) { try await scene.login(Scene.wrongRecoveryCode) }
        await #expect(throws: NamedError.tooManyFailures(seconds: 60)) {
            try await scene.login(Scene.wrongRecoveryCode)
        }
        #expect(try await scene.status().failedCodes == 0, "they are counted apart")
        scene.pass(20)
        let right = SensitiveParameters("correct horse", alice.codes[0])
        for call in SensitiveCall.allCases {
            await #expect(throws: NamedError.tooManyFailures(seconds: 40), "\(call)") {
                try await call.run(scene, right)
            }
        }
        await #expect(throws: NamedError.tooManyFailures(seconds: 40)) { try await scene.login(alice.codes[0]) }
        #expect(try await scene.login(try scene.code(alice.secret)).recoveryCodesLeft == 10)
        scene.pass(40)
        #expect(try await scene.login(alice.codes[0]).recoveryCodesLeft == 9)
    }

    @Test("a refusal is held back like any other", arguments: [true, false])
    func delay(isUsed: Bool) async throws {
        let scene = try Scene()
        let alice = try await scene.equip()
        _ = try await scene.login(alice.codes[0])
        let before = scene.pauses.count
        _ = try? await scene.login(isUsed ? alice.codes[0] : Scene.wrongRecoveryCode)
        #expect(scene.pauses.count == before + 1 && scene.pauses.last == .seconds(2))
    }
}
