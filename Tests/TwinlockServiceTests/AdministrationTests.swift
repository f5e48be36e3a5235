import Testing
import TwinlockAccounts
import TwinlockInterface
import TwinlockOTP
import TwinlockStore
import TwinlockVarlink

@testable import TwinlockService

@Suite("administration")
struct AdministrationTests {
    @Test("health tells what was tried just now, also where it fails")
    func health() async throws {
        let scene = try Scene()
        scene.pass(5)
        var health = try await scene.call(Administration.GetHealth.self, AdministratorParameters(), from: Scene.root)
        #expect(health.version == "1.2.3")
        #expect(health.started == Scene.start && health.time == Scene.start + 5)
        #expect(health.store == .working && health.checker == .working)
        scene.host.state.withLock { $0.identityFailure = .timeout }
        health = try await scene.call(Administration.GetHealth.self, AdministratorParameters(), from: Scene.root)
        #expect(health.store == .working && health.checker == .failing)
    }

    @Test("an account is listed as it stands")
    func entry() async throws {
        let scene = try Scene()
        _ = try await scene.enrol()
        let pending = try await scene.signIn(nil, "correct horse", from: Scene.alice)
        await #expect(throws: NamedError.authenticationFailed) {
            try await scene.verify(pending.session, .init("no code"), from: Scene.alice)
        }
        let list = try await scene.call(
            Administration.ListAccounts.self,
            ListAccountsParameters(),
            from: Scene.root
        )
        #expect(list.next == nil)
        let alice = try #require(list.accounts.first)
        #expect(list.accounts.count == 1)
        #expect(alice.user == "alice" && alice.uid == 1000 && alice.enabled && alice.failedCodes == 1)
    }

    @Test("page after page, each account once, the last page says so", arguments: [1, 2, 3, 5, 6, 64])
    func pages(limit: Int64) async throws {
        let scene = try await Self.sceneOfFive()
        var names: [String] = []
        var after: String?
        repeat {
            let page = try await scene.call(
                Administration.ListAccounts.self,
                ListAccountsParameters(after: after, limit: limit),
                from: Scene.root
            )
            #expect(page.accounts.count <= limit)
            names += page.accounts.map(\.user)
            after = page.next
        } while after != nil
        #expect(names == ["a0", "a1", "a2", "a3", "a4"])
    }

    @Test("with more, all pages come in one call")
    func series() async throws {
        let scene = try await Self.sceneOfFive()
        let pages = try await Self.series(scene, ListAccountsParameters(limit: 2))
        #expect(pages.map { $0.accounts.map(\.user) } == [["a0", "a1"], ["a2", "a3"], ["a4"]])
        #expect(pages.map(\.next) == ["a1", "a3", nil])
    }

    @Test("with more, the list ends when nobody reads any more")
    func abandoned() async throws {
        let scene = try await Self.sceneOfFive()
        let pages = try await Self.series(scene, ListAccountsParameters(limit: 2), readingAtMost: 0)
        #expect(pages.map { $0.accounts.map(\.user) } == [["a0", "a1"]], "the final reply alone, which is dropped")
    }

    @Test("a page holds 1 to 64 accounts", arguments: [0, -1, 65, Int64.min, Int64.max])
    func limits(limit: Int64) async throws {
        let scene = try Scene()
        let reply = try await scene.raw(Administration.ListAccounts.name, from: Scene.root) {
            $0.member("limit", limit)
        }
        #expect(reply["error"]?.string == "org.varlink.service.InvalidParameter")
        #expect(reply["parameters"]?["parameter"]?.string == "limit")
    }

    @Test("the largest page fits into a message, whatever the names are made of")
    func largestPage() throws {
        let worst = GetStatusResult(
            user: String(repeating: "\"", count: UserName.maximumBytes),
            uid: Int64(UInt32.max),
            enabled: false,
            enabledAt: .min,
            setUpBegun: false,
            failedCodes: 100,
            waitSeconds: 900,
            exhausted: false
        )
        let count = Int(ListAccountsParameters.maximumLimit)
        let page = ListAccountsResult(accounts: .init(repeating: worst, count: count), next: worst.user)
        let frame = Frame()
        Reply.success { page.write(to: &$0) }.encode(continues: true, into: frame)
        #expect(frame.count <= Limits.messageBytes)
    }

    private static func sceneOfFive() async throws -> Scene {
        let scene = try Scene()
        let secret = SealedSecret(sealed: [1], algorithm: .sha1, digits: 6, timeStep: 30)
        for number: UInt32 in [3, 0, 4, 1, 2] {
            let setUp = SetUp(secret: secret, begunAt: UnixSeconds(Scene.start))
            let identity = Identity(name: "a\(number)", uid: 2000 + number)
            _ = try await scene.store.beginSetUp(setUp, for: identity, generation: 0)
        }
        return scene
    }

    /// All replies to a call with `more`, the final one last.
    private static func series(
        _ scene: Scene,
        _ parameters: ListAccountsParameters,
        readingAtMost count: Int = .max
    ) async throws -> [ListAccountsResult] {
        let pages = Locked<[ListAccountsResult]>([])
        let sink = ReplySink { reply throws(ReplySinkError) in
            guard pages.withLock({ $0.count }) < count else { throw .connectionClosed }
            guard let page = try? Self.read(reply) else { throw .connectionClosed }
            pages.withLock { $0.append(page) }
        }
        let frame = Frame()
        Call.encode(method: Administration.ListAccounts.name, oneway: false, more: true, into: frame) {
            parameters.write(to: &$0)
        }
        let final = await scene.service.answer(try Call.decode(frame), from: Scene.root, replies: sink)
        return pages.withLock { $0 } + [try Self.read(final)]
    }

    private static func read(_ reply: Reply) throws -> ListAccountsResult {
        let frame = Frame()
        reply.encode(continues: false, into: frame)
        return try ListAccountsResult(reply: try JSONValue.parse(frame)["parameters"])
    }
}
