import Testing
import TwinlockAccounts
import TwinlockInterface
import TwinlockOTP
import TwinlockVarlink

@testable import TwinlockService

/// What somebody has who set a second factor up: the app's secret, and the recovery codes.
struct Possessions: Sendable {
    let secret: SecretText
    let codes: [SecretText]
    let issuedAt: Int64
}

/// The sensitive calls of an account, by name, so that a claim can be made of each.
enum SensitiveCall: String, CaseIterable, Sendable {
    case beginSetUp, disable, viewRecoveryCodes, regenerateRecoveryCodes

    /// Calls it; what it answers does not matter here.
    func run(_ scene: Scene, _ parameters: SensitiveParameters, from peer: Peer = Scene.alice) async throws {
        switch self {
        case .beginSetUp: _ = try await scene.call(OwnAccount.BeginSetUp.self, parameters, from: peer)
        case .disable: _ = try await scene.call(OwnAccount.Disable.self, parameters, from: peer)
        case .viewRecoveryCodes: _ = try await scene.call(OwnAccount.ViewRecoveryCodes.self, parameters, from: peer)
        case .regenerateRecoveryCodes:
            _ = try await scene.call(OwnAccount.RegenerateRecoveryCodes.self, parameters, from: peer)
        }
    }
}

extension SensitiveParameters {
    /// Those of a call with these texts.
    init(_ password: String?, _ code: SecretText? = nil, session: SecretText? = nil) {
        self.init(session: session, password: password.map { .init($0) }, code: code)
    }
}

extension Scene {
    /// A recovery code that nobody has: the scene's are random.
    static let wrongRecoveryCode = SecretText("00000-00000")

    /// Sets a second factor up; the code of the step before now is used by it.
    func equip(_ peer: Peer = Scene.alice, password: String = "correct horse") async throws -> Possessions {
        let begun = try await self.call(
            OwnAccount.BeginSetUp.self,
            SensitiveParameters(password),
            from: peer
        )
        return try await self.confirm(begun.secret, from: peer)
    }

    /// Confirms a set-up with the code of the step before now.
    func confirm(_ secret: SecretText, from peer: Peer = Scene.alice) async throws -> Possessions {
        let confirmed = try await self.call(
            OwnAccount.ConfirmSetUp.self,
            ConfirmSetUpParameters(code: try self.code(secret, step: -1)),
            from: peer
        )
        return Possessions(secret: secret, codes: confirmed.recoveryCodes, issuedAt: confirmed.issuedAt)
    }

    func status(_ peer: Peer = Scene.alice, session: SecretText? = nil) async throws -> GetStatusResult {
        try await self.call(OwnAccount.GetStatus.self, GetStatusParameters(session: session), from: peer)
    }

    func view(_ code: SecretText) async throws -> ViewRecoveryCodesResult {
        try await self.call(
            OwnAccount.ViewRecoveryCodes.self,
            SensitiveParameters("correct horse", code),
            from: Scene.alice
        )
    }

    /// Signs alice in over ssh, with this in place of a code.
    func login(_ code: SecretText, password: String = "correct horse") async throws -> SignInResult {
        let first = try await self.signIn("alice", password, from: Scene.root, Context.ssh)
        return try await self.verify(first.session, code, from: Scene.root)
    }

    /// Signs alice in as a program of her own does, for a session.
    func session(_ code: SecretText) async throws -> SecretText {
        let first = try await self.signIn(nil, "correct horse", from: Scene.alice)
        return try #require(try await self.verify(first.session, code, from: Scene.alice).session)
    }

    /// Takes alice's usable password away, a minute ago.
    func lockPassword(_ usable: Bool? = false) {
        self.host.state.withLock { $0.users["alice"]?.hasUsablePassword = usable }
        self.pass(60)
    }
}
