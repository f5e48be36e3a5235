import Logging
import Testing
import TwinlockAccounts
import TwinlockInterface
import TwinlockOTP

@testable import TwinlockService

/// The host that a log slows; none at first.
private final class Slowed: Sendable {
    let host = Locked<FakeHost?>(nil)
}

/// A log that takes 100 ms for each line, by the host's clock.
private struct SlowLog: LogHandler {
    let host: @Sendable () -> FakeHost?
    var logLevel = Logger.Level.trace
    var metadata: Logger.Metadata = [:]

    func log(event: LogEvent) {
        self.host()?.state.withLock { $0.uptime += .milliseconds(100) }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.metadata[key] }
        set { self.metadata[key] = newValue }
    }
}

@Suite("what a refused code is told")
struct ToldTests {
    @Test("the wait of the account, where others brought it about; not where the guesser did")
    func failuresFromElsewhere() async throws {
        let scene = try Scene()
        let secret = try await scene.enrol()
        let panel = try await scene.signIn("alice", "correct horse", from: Scene.panel)
        for _ in 1...5 { _ = try? await scene.verify(panel.session, .init("1"), from: Scene.panel) }
        let own = try await scene.signIn("alice", "correct horse", from: Scene.root, Context.ssh)
        scene.pass(5)
        await #expect(throws: NamedError.tooManyFailures(seconds: 10)) {
            try await scene.verify(own.session, try scene.code(secret), from: Scene.root)
        }
    }

    @Test("nobody is kept out by what he is told: a right code and a recovery code work as ever, and end it")
    func decidesNothing() async throws {
        let scene = try Scene()
        let alice = try await scene.equip()
        for right in [alice.codes[0], try scene.code(alice.secret)] {
            // Sign-ins that were given up: the account has no failures, and the password throttle none either.
            for _ in 1...6 { _ = try await scene.signIn("alice", "correct horse", from: Scene.root, Context.ssh) }
            await #expect(throws: NamedError.tooManyFailures(seconds: 15)) { try await scene.login(.init("1")) }
            #expect(try await scene.login(right).state == .signedIn)
            await #expect(throws: NamedError.authenticationFailed) { try await scene.login(.init("1")) }
        }
    }

    @Test("where the result of a password is not hidden, the account's own answer is told")
    func notHidden() async throws {
        let scene = try Scene(hidesPasswordResult: false)
        _ = try await scene.enrol()
        for _ in 1...6 { _ = try await scene.signIn("alice", "correct horse", from: Scene.root, Context.ssh) }
        await #expect(throws: NamedError.authenticationFailed) { try await scene.login(.init("1")) }
    }

    @Test("a password that is not looked at takes as long as one that is")
    func pace() async throws {
        let scene = try Scene()
        for _ in 1...5 { _ = try await scene.signIn("alice", "wrong", from: Scene.root, Context.ssh) }
        let checks = scene.host.state.withLock { $0.checks }
        let before = scene.pauses.count
        _ = try await scene.signIn("alice", "wrong", from: Scene.root, Context.ssh)
        #expect(scene.host.state.withLock { $0.checks } == checks)
        #expect(scene.pauses.dropFirst(before) == [.milliseconds(40)])
    }

    @Test("the delay of a refusal begins when the code comes: what was done with it meanwhile does not show")
    func delay() async throws {
        let slowed = Slowed()
        let scene = try Scene(
            logger: Logger(label: "test") { _ in SlowLog(host: { slowed.host.withLock { $0 } }) }
        )
        let alice = try await scene.equip()
        slowed.host.withLock { $0 = scene.host }
        for code in [.init("1"), Scene.wrongRecoveryCode, try scene.code(alice.secret, step: -1)] {
            for password in ["correct horse", "wrong"] {
                let before = scene.pauses.count
                await #expect(throws: NamedError.self) { try await scene.login(code, password: password) }
                #expect(scene.pauses[before...] == [.milliseconds(1900)], "\(password)")
            }
        }
    }

    @Test("memory is bounded: the pair of account and source used longest ago is forgotten")
    func bounded() {
        var values = BySource<Int>()
        func target(_ number: Int) -> Target { Target("user\(number)", from: .peer(uid: 1)) }
        for number in 0..<BySource<Int>.maximumEntries { values[target(number)] = number }
        values[target(0)] = 0
        values[target(-1)] = -1
        #expect(values[target(0)] == 0 && values[target(1)] == nil && values[target(2)] == 2)
        values[target(0)] = nil
        values[target(-2)] = -2
        #expect(values[target(2)] == 2, "room was free")
    }
}
