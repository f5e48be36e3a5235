import Testing
import TwinlockAccounts
import TwinlockInterface
import TwinlockOTP
import TwinlockTesting
import TwinlockVarlink

@testable import TwinlockService

/// Every method, called by every kind of caller about alice's account; docs/security.md has the table of who is let in.
@Suite("the boundary")
struct BoundaryTests {
    /// Who calls, and what he has in his hands. The raw value heads the column of the table.
    enum Kind: String, CaseIterable {
        case root = "root"
        case owner = "her uid"
        case ownerWithSession = "her uid, session"
        case ownerWithPending = "her uid, before the code"
        case ownerWithToken = "her uid, token"
        case other = "another uid"
        case otherWithSession = "another uid, her session"
        case service = "service"
        case serviceWithSession = "service, her session"
        case member = "member"
        case memberWithStaleSession = "member, old session"
        case memberWithSession = "member, session"
        case memberWithToken = "member, token"
        case nobody = "uid 65534"

        /// Whose account a call is about that names none.
        var isAboutAlice: Bool {
            switch self {
            case .owner, .ownerWithSession, .ownerWithPending, .ownerWithToken, .otherWithSession, .serviceWithSession:
                true
            case .root, .other, .service, .member, .memberWithStaleSession, .memberWithSession, .memberWithToken,
                .nobody:
                false
            }
        }
    }

    /// What becomes of a call at the boundary.
    enum Answer: String {
        /// It is let in, about alice's account or about all.
        case letIn = "yes"
        /// It is let in, and is about the caller's own account.
        case own
        case refused = "no"
    }

    private static let nobody = Peer(uid: 65534, gid: 65534, groups: [], pid: 9)

    /// A host with alice and bob enrolled, where bob is an administrator and a stranger may be anybody's uid.
    private static func answer(_ method: MethodEntry, to kind: Kind) async throws -> Answer {
        let scene = try Scene { $0.tokens.declaredGroups = ["panel.deploy"] }
        scene.host.state.withLock {
            $0.users["bob"]?.groups = [60]
            $0.users["carol"] = .init(uid: 1002, password: "carol carol")
            $0.users["nobody"] = .init(uid: 65534, password: "nobody nobody", field: .star)
        }
        let alice = try await scene.enrol()
        let (peer, session) = try await Self.hands(of: kind, in: scene, alice: alice)
        let error = try await scene.outcome(
            of: method,
            from: peer,
            session: session,
            user: "alice",
            code: scene.code(alice, step: 1)
        )
        // `SignInAgain` says that the session is not good for this; `PermissionDenied`, that the caller is not.
        if error == "PermissionDenied" || error == "SignInAgain" { return .refused }
        let isAboutCaller =
            !method.name.hasPrefix(Administration.interface) && !method.parameters.contains { $0.name == "user" }
        guard isAboutCaller, !kind.isAboutAlice else { return .letIn }
        let status = try await scene.call(OwnAccount.GetStatus.self, GetStatusParameters(), from: Scene.alice)
        #expect(status.enabled, "\(method.name) by \(kind.rawValue) has changed her account")
        return .own
    }

    private static func hands(
        of kind: Kind,
        in scene: Scene,
        alice: SecretText
    ) async throws -> (peer: Peer, session: SecretText?) {
        let carol = Peer(uid: 1002, gid: 1002, groups: [], pid: 8)
        let everyGroup = TokenGroup.allCases.map(\.rawValue) + ["panel.deploy"]
        switch kind {
        case .root: return (Scene.root, nil)
        case .owner: return (Scene.alice, nil)
        case .ownerWithSession: return (Scene.alice, try await scene.bothFactors(alice))
        case .ownerWithPending:
            return (Scene.alice, try await scene.signIn(nil, "correct horse", from: Scene.alice).session)
        case .ownerWithToken:
            let session = try await scene.bothFactors(alice)
            return (Scene.alice, try await scene.createToken(everyGroup, session: session, from: Scene.alice).token)
        case .other: return (carol, nil)
        case .otherWithSession: return (carol, try await scene.bothFactors(alice))
        case .service: return (Scene.panel, nil)
        case .serviceWithSession: return (Scene.panel, try await scene.bothFactors(alice))
        case .member: return (Scene.administrator, nil)
        case .memberWithStaleSession, .memberWithSession, .memberWithToken:
            let secret = try await scene.enrol(Scene.administrator, password: "battery staple")
            let first = try await scene.signIn(nil, "battery staple", from: Scene.administrator)
            let code = try scene.code(secret)
            let session = try await scene.verify(first.session, code, from: Scene.administrator).session
            if kind == .memberWithStaleSession {
                scene.pass(601)
            }
            guard kind == .memberWithToken else { return (Scene.administrator, session) }
            let parameters = CreateTokenParameters(
                description: "a script",
                expires: scene.now + 3600,
                groups: everyGroup,
                proof: SensitiveParameters(session: session, password: .init("battery staple"))
            )
            let made = try await scene.call(OwnAccount.CreateToken.self, parameters, from: Scene.administrator)
            return (Scene.administrator, made.token)
        case .nobody: return (Self.nobody, nil)
        }
    }

    private static func trimmed(_ cell: Substring) -> String {
        let words = cell.drop { $0 == " " }
        return String(words[..<(words.lastIndex { $0 != " " }.map(words.index(after:)) ?? words.startIndex)])
    }

    /// The rows of the table in the documentation: by method, what each column says.
    private static func documented() throws -> [String: [String: String]] {
        let lines = try RepositoryFile.text("docs/security.md").split(separator: "\n")
            .filter { $0.hasPrefix("|") }
            .map { $0.split(separator: "|").map(Self.trimmed) }
        let head = try #require(lines.firstIndex { $0.first == "Called about alice's account" })
        var rows: [String: [String: String]] = [:]
        for row in lines[(head + 2)...] where row.first?.hasPrefix("`") == true && row.count == lines[head].count {
            let method = row[0].filter { $0 != "`" }
            rows["org.twinlock." + method] = Dictionary(uniqueKeysWithValues: zip(lines[head], row).dropFirst())
        }
        return rows
    }

    @Test(
        "each method lets in whom the documentation says and nobody else",
        arguments: TwinlockService.methods.map(\.name)
    )
    func table(method: String) async throws {
        let entry = try #require(TwinlockService.methods.first { $0.name == method })
        let row = try Self.documented()[method] ?? [:]
        var seen: [String: String] = [:]
        for kind in Kind.allCases {
            seen[kind.rawValue] = try await Self.answer(entry, to: kind).rawValue
        }
        let line = Kind.allCases.map { seen[$0.rawValue] ?? "" }.joined(separator: " | ")
        #expect(row == seen, "docs/security.md must say: | `\(method.dropFirst(13))` | \(line) |")
    }

    @Test("the documentation's table has no method that there is not")
    func noOther() throws {
        let names = Set(TwinlockService.methods.map(\.name))
        #expect(try Set(Self.documented().keys) == names)
    }
}
