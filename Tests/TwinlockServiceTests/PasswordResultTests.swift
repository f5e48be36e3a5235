import Testing
import TwinlockAccounts
import TwinlockInterface
import TwinlockOTP
import TwinlockTesting
import TwinlockVarlink

@testable import TwinlockService

/// What a guesser does with nothing but wrong codes.
private enum Move: Sendable {
    case signIn(password: String)
    /// Of the pending sign-in of that number.
    case verify(Int, Code)
    case signOut(Int)
    case look(Int)
    case pass(Int64)

    enum Code: CaseIterable, Sendable {
        case digits, recoveryCode, otherRecoveryCode, junk, nothing, token
    }
}

/// A host on which the name means something else than on the next one, and a guesser's view of it.
private struct World: Sendable {
    let name: String
    let scene: Scene
    /// Of the account, where it has one.
    var secret: SecretText?
    var pending: [SecretText] = []

    /// An account whose password is the one that is guessed, or another.
    static func account(_ name: String, password: String, _ change: (inout FakeHost.User) -> Void = { _ in })
        async throws
        -> World
    {
        let scene = try Scene()
        scene.host.state.withLock { $0.users["alice"]?.password = password }
        let secret = try await scene.enrol(password: password)
        scene.host.state.withLock { change(&$0.users["alice", default: .init(uid: 1000, password: password)]) }
        return World(name: name, scene: scene, secret: secret)
    }

    /// All kinds; the guess is right on the first two.
    static func all(guess: String) async throws -> [World] {
        let locked = try await World.account("exhausted, wrong", password: "another")
        for _ in 1...Throttle.maximumFailures {
            let first = try await locked.scene.signIn("alice", "another", from: Scene.root) { $0.tty = "tty1" }
            _ = try? await locked.scene.verify(first.session, .init("1"), from: Scene.root)
            locked.scene.pass(900)
        }
        #expect(try await locked.scene.status().exhausted)
        let worlds = [
            try await World.account("right", password: guess),
            try await World.account("right, but expired", password: guess) { $0.account = .expired },
            try await World.account("wrong", password: "another"),
            try await World.account("password locked", password: "another") { $0.field = .locked },
            locked,
            World(name: "no second factor", scene: try Scene()),
            World(name: "unknown", scene: try Scene()),
        ]
        worlds[5].scene.host.state.withLock { $0.users["alice"]?.password = "another" }
        worlds[6].scene.host.state.withLock { $0.users["alice"] = nil }
        return worlds
    }

    /// Digits that are no code of the account's for ten minutes around.
    func wrongDigits() throws -> SecretText {
        let candidates = (10...60).map { "0000\($0)" }
        guard let secret else { return .init(candidates[0]) }
        let right = Set(try (-21...21).map { try self.scene.code(secret, step: Int64($0)).text })
        return .init(try #require(candidates.first { !right.contains($0) }))
    }

    /// Makes a move; all that is seen of it, but for the bytes of the session that was handed out.
    mutating func seen(_ move: Move, from peer: Peer, _ context: @escaping @Sendable (inout Context) -> Void)
        async throws
        -> String
    {
        do {
            switch move {
            case .pass(let seconds):
                self.scene.pass(seconds)
                return ""
            case .signIn(let password):
                var result = try await self.scene.signIn("alice", password, from: peer, context)
                let session = try #require(result.session)
                self.pending.append(session)
                result.session = nil
                result.expires = result.expires.map { $0 - self.scene.now }
                return "\(result) \(session.text.utf8.count)"
            case .verify(let number, let code):
                let text: SecretText =
                    switch code {
                    case .digits: try self.wrongDigits()
                    case .recoveryCode: Scene.wrongRecoveryCode
                    case .otherRecoveryCode: .init("zzzzz zzzzz")
                    case .junk: .init("no code at all")
                    case .nothing: .init("")
                    case .token: .init("twl_")
                    }
                return "\(try await self.scene.verify(self.pending[number % self.pending.count], text, from: peer))"
            case .signOut(let number):
                let parameters = SessionParameters(session: self.pending[number % self.pending.count])
                return "\(try await self.scene.call(Authentication.SignOut.self, parameters, from: peer))"
            case .look(let number):
                let parameters = SessionParameters(session: self.pending[number % self.pending.count])
                return "\(try await self.scene.call(Authentication.GetSession.self, parameters, from: peer))"
            }
        } catch let error as NamedError {
            return "\(error)"
        } catch let error as Scene.Foreign {
            return error.name
        }
    }
}

@Suite("what became of the password")
struct PasswordResultTests {
    private static let guess = "the guess"

    /// Plays a game against all worlds, and expects them to look alike at every move.
    private func play(_ moves: [Move], from peer: Peer = Scene.root, _ comment: String = "") async throws {
        var worlds = try await World.all(guess: Self.guess)
        if peer == Scene.alice {
            // Who is unknown has no program that could call.
            worlds.removeAll { $0.name == "unknown" }
        }
        let start = try #require(worlds.map(\.scene.now).max())
        for world in worlds { world.scene.pass(start - world.scene.now) }
        var story: [String] = []
        for move in moves {
            var seen: [String] = []
            for index in worlds.indices {
                seen.append(
                    try await worlds[index].seen(move, from: peer) {
                        if peer != Scene.alice { Context.ssh(&$0) }
                        if peer == Scene.panel { $0.purpose = nil }
                    }
                )
            }
            story.append("\(move): \(seen[0])")
            guard let other = zip(worlds, seen).first(where: { $0.1 != seen[0] }) else { continue }
            Issue.record("\(comment) \(other.0.name): \(other.1)\nafter\n\(story.joined(separator: "\n"))")
            return
        }
    }

    private static func random(_ generator: inout SeededGenerator, count: Int, patience: [Int64]) -> [Move] {
        var moves: [Move] = [.signIn(password: self.guess)]
        let codes = Move.Code.allCases
        var signIns = 1
        while moves.count < count {
            switch Int.random(in: 0..<20, using: &generator) {
            case 0...5:
                let passwords = [self.guess, self.guess, "other", "third", "", "twl_x"]
                moves.append(.signIn(password: passwords[Int.random(in: passwords.indices, using: &generator)]))
                signIns += 1
            case 6...14:
                // Mostly of the latest ones: the earlier are soon over.
                let number = max(0, signIns - 1 - Int.random(in: 0...3, using: &generator))
                moves.append(.verify(number, codes[Int.random(in: codes.indices, using: &generator)]))
            case 15: moves.append(.signOut(Int.random(in: 0..<signIns, using: &generator)))
            case 16: moves.append(.look(Int.random(in: 0..<signIns, using: &generator)))
            default: moves.append(.pass(patience[Int.random(in: patience.indices, using: &generator)]))
            }
        }
        return moves
    }

    @Test("no game of wrong codes tells whether a password was right, whose it was, or whether there is such a user")
    func games() async throws {
        // Who never waits, who waits a little, and who waits until he is let.
        for (number, patience) in [[0, 1], [1, 2, 5, 14, 15, 16], [15, 30, 60, 119, 120, 240, 900]].enumerated() {
            for seed in 1...6 {
                var generator = SeededGenerator(seed: UInt64(number * 1000 + seed))
                let moves = Self.random(&generator, count: 120, patience: patience.map { Int64($0) })
                let peer = [Scene.root, Scene.alice, Scene.panel][seed % 3]
                try await self.play(moves, from: peer, "seed \(seed) of \(patience) from \(peer.uid)")
            }
        }
    }

    @Test("five recovery codes in one sign-in", arguments: [guess, "other"])
    func recoveryCodesInOne(password: String) async throws {
        try await self.play(
            [.signIn(password: password)] + Array(repeating: .verify(0, .recoveryCode), count: 6)
        )
    }

    @Test("four wrong passwords, and then the guess")
    func guessAfterFour() async throws {
        let wrong = (0..<4).flatMap { [Move.signIn(password: "other"), .verify($0, .digits)] }
        try await self.play(wrong + [.signIn(password: Self.guess), .verify(4, .digits)])
    }

    @Test("eleven recovery codes within a minute")
    func bucket() async throws {
        try await self.play(
            (0..<3).flatMap {
                [Move.signIn(password: Self.guess)] + Array(repeating: .verify($0, .recoveryCode), count: 5)
            }
        )
    }

    @Test("codes during a wait that the account does not know of")
    func codesDuringWaits() async throws {
        let four = (0..<4).map { _ in Move.signIn(password: "other") }
        let fifth =
            [.signIn(password: Self.guess), .verify(4, .digits), .pass(5)]
            + Array(repeating: Move.verify(4, .digits), count: 4)
        let sixth =
            [.signIn(password: Self.guess), .verify(5, .digits), .pass(11)]
            + Array(repeating: Move.verify(5, .junk), count: 4)
        try await self.play(four + fifth + sixth)
    }
}
