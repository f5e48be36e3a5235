import Testing
import TwinlockAccounts
import TwinlockInterface
import TwinlockVarlink

@testable import TwinlockService

@Suite("guessing")
struct GuessingTests {
    /// What a guesser sees who signs in and sends one code, again and again.
    private func answers(_ scene: Scene, user: String, password: String, rounds: Int) async throws -> [NamedError] {
        var answers: [NamedError] = []
        for _ in 0..<rounds {
            let first = try await scene.signIn(user, password, from: Scene.root, Context.ssh)
            #expect(first.state == .codeRequired)
            do {
                _ = try await scene.verify(first.session, .init("not-a-code"), from: Scene.root)
                Issue.record("a wrong code was accepted")
            } catch let error as NamedError {
                answers.append(error)
            }
        }
        return answers
    }

    @Test("a right and a wrong password, an unknown name and one without a factor reach a wait at the same answer")
    func sameSteps() async throws {
        var seen: [[NamedError]] = []
        for (user, password) in [
            ("alice", "correct horse"), ("alice", "wrong"), ("nobody-here", "x"), ("bob", "wrong"),
        ] {
            let scene = try Scene()
            _ = try await scene.enrol()
            seen.append(try await self.answers(scene, user: user, password: password, rounds: 7))
        }
        #expect(seen[0].prefix(4).allSatisfy { $0 == .authenticationFailed })
        #expect(seen[0][4] == .tooManyFailures(seconds: 15))
        #expect(seen[0] == seen[1] && seen[0] == seen[2] && seen[0] == seen[3])
    }

    @Test("the same within one sign-in: both paths reach the wait at the same code")
    func sameStepsInOneSession() async throws {
        var seen: [[NamedError]] = []
        for password in ["correct horse", "wrong"] {
            let scene = try Scene()
            _ = try await scene.enrol()
            let first = try await scene.signIn("alice", password, from: Scene.root, Context.ssh)
            var answers: [NamedError] = []
            for _ in 1...6 {
                do {
                    _ = try await scene.verify(first.session, .init("1"), from: Scene.root)
                } catch let error as NamedError {
                    answers.append(error)
                }
            }
            seen.append(answers)
        }
        #expect(seen[0] == seen[1])
        #expect(seen[0][4] == .tooManyFailures(seconds: 15) && seen[0][5] == .signInAgain)
    }

    @Test("a stranger who does not know the password can neither lock nor delay the owner elsewhere")
    func stranger() async throws {
        let scene = try Scene()
        let secret = try await scene.enrol()
        _ = try await self.answers(scene, user: "alice", password: "wrong", rounds: 150)
        let own = try await scene.signIn("alice", "correct horse", from: Scene.alice)
        let done = try await scene.verify(own.session, try scene.code(secret), from: Scene.alice)
        #expect(done.state == .signedIn && done.failedCodes == nil)
    }

    @Test("the count belongs to the account, not to the sign-in, the door or the connection")
    func oneCount() async throws {
        let scene = try Scene()
        let secret = try await scene.enrol()
        _ = try await self.answers(scene, user: "alice", password: "correct horse", rounds: 2)
        let own = try await scene.signIn("alice", "correct horse", from: Scene.alice)
        for _ in 1...2 {
            await #expect(throws: NamedError.authenticationFailed) {
                try await scene.verify(own.session, .init("1"), from: Scene.alice)
            }
        }
        await #expect(throws: NamedError.tooManyFailures(seconds: 15)) {
            try await scene.call(
                OwnAccount.Disable.self,
                SensitiveParameters(password: .init("correct horse"), code: .init("1")),
                from: Scene.alice
            )
        }
        let status = try await scene.call(OwnAccount.GetStatus.self, GetStatusParameters(), from: Scene.alice)
        #expect(status.failedCodes == 5 && status.waitSeconds == 15 && !status.exhausted)
        scene.pass(15)
        let done = try await scene.signIn("alice", "correct horse", from: Scene.alice)
        let result = try await scene.verify(done.session, try scene.code(secret), from: Scene.alice)
        #expect(result.failedCodes == 2, "those from 192.0.2.7 stay")
    }

    @Test("a right code during a wait is refused and not spent")
    func waiting() async throws {
        let scene = try Scene()
        let secret = try await scene.enrol()
        _ = try await self.answers(scene, user: "alice", password: "correct horse", rounds: 5)
        let code = try scene.code(secret)
        let early = try await scene.signIn("alice", "correct horse", from: Scene.root, Context.ssh)
        await #expect(throws: NamedError.tooManyFailures(seconds: 15)) {
            try await scene.verify(early.session, code, from: Scene.root)
        }
        scene.pass(15)
        let later = try await scene.signIn("alice", "correct horse", from: Scene.root, Context.ssh)
        #expect(try await scene.verify(later.session, code, from: Scene.root).state == .signedIn)
    }

    @Test("a case variant of the name is no fresh start")
    func caseVariants() async throws {
        let scene = try Scene()
        _ = try await self.answers(scene, user: "alice", password: "wrong", rounds: 4)
        #expect(
            try await self.answers(scene, user: "ALICE", password: "wrong", rounds: 1) == [
                .tooManyFailures(seconds: 15)
            ]
        )
    }
}
