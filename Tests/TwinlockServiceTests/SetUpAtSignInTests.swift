import Testing
import TwinlockAccounts
import TwinlockInterface
import TwinlockOTP
import TwinlockStore
import TwinlockVarlink

@testable import TwinlockService

@Suite("setting up while signing in")
struct SetUpAtSignInTests {
    private let scene: Scene

    init() throws {
        self.scene = try Scene {
            $0.signIn.secondFactor = .required
            $0.signIn.allowsSetUp = true
        }
    }

    private func logIn(_ password: String = "correct horse") async throws -> SignInResult {
        try await self.scene.signIn("alice", password, from: Scene.root, Context.ssh)
    }

    private func verify(_ step: SignInResult, _ typed: SecretText) async throws -> SignInResult {
        try await self.scene.verify(step.session, typed, from: Scene.root)
    }

    /// The key of a message.
    private func key(_ step: SignInResult) throws -> SecretText {
        let message = try #require(step.message).text
        let line = try #require(message.split(separator: "\n").first { $0.contains("Key") })
        return SecretText(String(line.drop { $0 != "y" }.dropFirst().filter { $0 != " " }))
    }

    private func codes(_ step: SignInResult) throws -> [SecretText] {
        try #require(step.message).text.split(separator: "\n")
            .map { $0.trimmingPrefix("  ") }.filter { $0.count == 11 && $0.contains("-") }
            .map { SecretText(String($0)) }
    }

    // MARK: A login

    @Test("a login is led through set-up, first code and recovery codes, and is in")
    func login() async throws {
        let first = try await self.logIn()
        #expect(first.state == .codeRequired && first.prompt == "Code: ")
        #expect(try await self.scene.status().setUpBegun)
        let secret = try self.key(first)
        let second = try await self.verify(first, try self.scene.code(secret))
        #expect(second.state == .codeRequired)
        let codes = try self.codes(second)
        #expect(codes.count == RecoverySet.size)
        #expect(try await self.scene.status().recoveryCodesAcknowledged == false)
        let third = try await self.verify(second, codes[3])
        #expect(third.state == .signedIn && third.user == "alice" && third.secondFactor == .verified)
        #expect(third.factors == [.password, .code] && third.session == nil)
        let status = try await self.scene.status()
        #expect(status.recoveryCodesAcknowledged == true && status.recoveryCodesLeft == 10, "typing one spends none")
        self.scene.pass(30)
        let next = try await self.scene.login(try self.scene.code(secret))
        #expect(next.state == .signedIn)
    }

    @Test("a wrong code or text is asked for again, five in all, and the link is the key's")
    func mistakes() async throws {
        var step = try await self.logIn()
        let first = step
        let secret = try self.key(first)
        let link = try #require(first.message).text.split(separator: "\n").first { $0.hasPrefix("otpauth://") }
        #expect(try #require(link).contains("secret=\(secret.text)"))
        for _ in 0..<2 {
            step = try await self.verify(step, .init("000000"))
            #expect(step.state == .codeRequired && step.message?.text.hasPrefix("\nThis code is wrong") == true)
        }
        step = try await self.verify(step, try self.scene.code(secret))
        let codes = try self.codes(step)
        for typed in ["00000-00000", "", "123456", "junk"] {
            step = try await self.verify(step, .init(typed))
            #expect(step.state == .codeRequired && step.message?.text.hasPrefix("\nThis is none") == true)
        }
        #expect(try await self.verify(step, codes[0]).state == .signedIn)
    }

    @Test("the sixth answer is not taken")
    func tooManyMistakes() async throws {
        var step = try await self.logIn()
        for _ in 0..<PendingSignIn.maximumTries { step = try await self.verify(step, .init("000000")) }
        await #expect(throws: NamedError.signInAgain) { _ = try await self.verify(step, .init("000000")) }
    }

    @Test("who leaves before the first code has nothing half done, and begins anew with another key")
    func leavingEarly() async throws {
        let left = try await self.logIn()
        let again = try await self.logIn()
        let keys = (try self.key(left).text, try self.key(again).text)
        #expect(keys.0 != keys.1)
        let old = try await self.verify(left, try self.scene.code(try self.key(left)))
        let shown = try self.codes(old)
        #expect(old.state == .codeRequired && shown.isEmpty, "its key was replaced")
        #expect(try await self.scene.status().enabled == false)
        let right = try await self.verify(again, try self.scene.code(try self.key(again)))
        #expect(try self.codes(right).count == 10)
    }

    @Test("who leaves before the recovery codes are saved is asked for a code next time, and they count as not saved")
    func leavingLate() async throws {
        let first = try await self.logIn()
        let secret = try self.key(first)
        _ = try await self.verify(first, try self.scene.code(secret))
        self.scene.pass(30)
        let next = try await self.logIn()
        #expect(next.message == nil)
        #expect(try await self.verify(next, try self.scene.code(secret)).state == .signedIn)
        #expect(try await self.scene.status().recoveryCodesAcknowledged == false)
    }

    @Test("a factor that came meanwhile, by another way, is not replaced")
    func overtaken() async throws {
        let step = try await self.logIn()
        let other = try await self.scene.enrol()
        await #expect(throws: NamedError.signInAgain) {
            _ = try await self.verify(step, try self.scene.code(try self.key(step)))
        }
        #expect(try await self.scene.login(try self.scene.code(other)).state == .signedIn)
    }

    @Test("a set-up waits for a quarter of an hour")
    func age() async throws {
        let step = try await self.logIn()
        #expect(step.expires == self.scene.now + 900)
        self.scene.pass(900)
        await #expect(throws: NamedError.signInAgain) {
            _ = try await self.verify(step, try self.scene.code(try self.key(step)))
        }
    }

    @Test("a wrong password gets the usual prompt, no key, and nothing is begun")
    func wrongPassword() async throws {
        let step = try await self.logIn("wrong")
        #expect(step.state == .codeRequired && step.message == nil && step.prompt == nil)
        #expect(try await self.scene.store.accounts(after: nil, limit: 9).isEmpty)
    }

    @Test("a program of the user's own that only says that the password was checked is not led through it")
    func locker() async throws {
        let step = try await self.scene.signIn(nil, nil, from: Scene.alice) {
            $0.purpose = .login
            $0.passed = [.password]
        }
        #expect(step.state == .codeRequired && step.message == nil)
        #expect(try await self.scene.store.accounts(after: nil, limit: 9).isEmpty)
    }

    @Test("messages are lines of printable ASCII, whatever the names are, and short enough")
    func messages() throws {
        let setUp = BeginSetUpResult(
            account: String(repeating: "\u{1F512}", count: 64),
            issuer: "H\u{F6}st\n",
            secret: .init(String(repeating: "A", count: 32)),
            uri: .init("otpauth://totp/" + String(repeating: "%F0%9F%94%92", count: 80)),
            algorithm: "SHA1",
            digits: 6,
            period: 30,
            expires: 0
        )
        let codes = Array(repeating: SecretText("ABCDE-FGHJK"), count: 10)
        let all = [
            SetUpWords.begun(setUp, withDrawing: false), SetUpWords.wrongCode, SetUpWords.recoveryCodes(codes),
            SetUpWords.noneOfThem,
        ]
        for message in all {
            #expect(message.count <= SignInResult.maximumMessageBytes)
            #expect(message.text.utf8.allSatisfy { $0 == 0x0A || (0x20...0x7E).contains($0) })
            let lines = message.text.split(separator: "\n").filter { !$0.hasPrefix("otpauth://") && !$0.contains("?") }
            #expect(lines.allSatisfy { $0.count < 80 })
        }
    }

    // MARK: A program

    @Test("a program sets up, confirms and acknowledges with the session, and signs in after that")
    func program() async throws {
        let first = try await self.scene.signIn(nil, "correct horse", from: Scene.alice)
        #expect(first.state == .setUpRequired && first.message == nil)
        let session = try #require(first.session)
        let begun = try await self.scene.call(
            OwnAccount.BeginSetUp.self,
            SensitiveParameters(nil, session: session),
            from: Scene.alice
        )
        let confirmed = try await self.scene.call(
            OwnAccount.ConfirmSetUp.self,
            ConfirmSetUpParameters(session: session, code: try self.scene.code(begun.secret, step: -1)),
            from: Scene.alice
        )
        _ = try await self.scene.call(
            OwnAccount.AcknowledgeRecoveryCodes.self,
            AcknowledgeRecoveryCodesParameters(session: session, issuedAt: confirmed.issuedAt),
            from: Scene.alice
        )
        #expect(try await self.scene.status().recoveryCodesAcknowledged == true)
        for method in [OwnAccount.BeginSetUp.name, OwnAccount.GetStatus.name] {
            let reply = try await self.scene.raw(method, from: Scene.alice) { $0.member("session", secret: session) }
            #expect(reply["error"]?.string?.hasSuffix(".SignInAgain") == true, "\(method)")
        }
        let second = try await self.scene.signIn(nil, "correct horse", from: Scene.alice)
        let third = try await self.scene.verify(second.session, try self.scene.code(begun.secret), from: Scene.alice)
        #expect(third.state == .signedIn)
    }

    static let others = TwinlockService.methods.filter { method in
        method.parameters.contains { $0.name == "session" }
            && ![
                OwnAccount.BeginSetUp.name, OwnAccount.ConfirmSetUp.name, OwnAccount.AcknowledgeRecoveryCodes.name,
                Authentication.SignOut.name,
            ].contains(method.name)
    }.map(\.name)

    @Test("its session is good for nothing else", arguments: others)
    func nothingElse(method: String) async throws {
        let session = try #require(try await self.scene.signIn(nil, "correct horse", from: Scene.alice).session)
        let entry = try #require(TwinlockService.methods.first { $0.name == method })
        let now = self.scene.now
        let reply = try await self.scene.raw(method, from: Scene.alice) { json in
            for field in entry.parameters {
                switch (field.name, field.kind) {
                case ("session", _): json.member("session", secret: session)
                case ("password", _): json.member("password", secret: .init("correct horse"))
                case ("expires", _): json.member("expires", now + 60)
                case ("groups", _): json.member("groups", ["account.read"])
                case (let name, .secret) where !field.isOptional: json.member(name, secret: .init("123456"))
                case (let name, .string) where !field.isOptional: json.member(name, "x")
                case (let name, .int) where !field.isOptional: json.member(name, 1 as Int64)
                case (_, .string), (_, .int), (_, .bool), (_, .array), (_, .secret), (_, .word), (_, .object): break
                }
            }
        }
        #expect(reply["error"]?.string?.hasSuffix(".SignInAgain") == true, "\(reply["error"]?.string ?? "accepted")")
    }

    @Test("it is its own uid's alone, ends with sign-out and after a quarter of an hour")
    func bounds() async throws {
        let session = try #require(try await self.scene.signIn(nil, "correct horse", from: Scene.alice).session)
        let begin = { (peer: Peer) in
            _ = try await self.scene.call(
                OwnAccount.BeginSetUp.self,
                SensitiveParameters(nil, session: session),
                from: peer
            )
        }
        for peer in [Scene.bob, Scene.root, Scene.panel] {
            await #expect(throws: NamedError.signInAgain) { try await begin(peer) }
        }
        try await begin(Scene.alice)
        self.scene.pass(900)
        await #expect(throws: NamedError.signInAgain) { try await begin(Scene.alice) }
        let other = try #require(try await self.scene.signIn(nil, "correct horse", from: Scene.alice).session)
        _ = try await self.scene.call(
            Authentication.SignOut.self,
            SessionParameters(session: other),
            from: Scene.alice
        )
        await #expect(throws: NamedError.signInAgain) {
            _ = try await self.scene.call(
                OwnAccount.BeginSetUp.self,
                SensitiveParameters(nil, session: other),
                from: Scene.alice
            )
        }
    }

    @Test("without permission nobody is led through it")
    func notAllowed() async throws {
        let scene = try Scene { $0.signIn.secondFactor = .required }
        let login = try await scene.signIn("alice", "correct horse", from: Scene.root, Context.ssh)
        #expect(login.state == .codeRequired && login.message == nil)
        #expect(try await scene.signIn(nil, "correct horse", from: Scene.alice).state == .codeRequired)
    }
}
