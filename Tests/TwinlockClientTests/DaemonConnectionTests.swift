import Glibc
import NIOCore
import NIOPosix
import Synchronization
import Testing
import TwinlockInterface
import TwinlockVarlink

@testable import TwinlockClient

@Suite("a connection to a daemon, over a real socket", .timeLimit(.minutes(1)))
struct DaemonConnectionTests {
    /// A Varlink server on a socket in a directory of its own, which answers as a test says.
    private final class Server: Sendable {
        let path: String
        private let channel: any Channel
        private let directory: String

        init(
            mode: mode_t = 0o755,
            answer: @escaping @Sendable (Call, ReplySink) async -> Reply
        ) async throws {
            var template = Array("/tmp/twinlock-client-XXXXXX".utf8CString)
            let made = try #require(mkdtemp(&template))
            self.directory = String(cString: made)
            self.path = "\(self.directory)/socket"
            try #require(chmod(self.directory, mode) == 0)
            let service = VarlinkService(
                vendor: "v",
                product: "p",
                version: "1",
                url: "",
                interfaces: InterfaceText.all
            ) { call, _, replies in
                await answer(call, replies)
            }
            self.channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let peer = Peer(uid: 0, gid: 0, groups: [], pid: 1)
                        let handler = ServerConnectionHandler(service: service, peer: peer)
                        try channel.pipeline.syncOperations.addHandler(handler)
                    }
                }
                .bind(unixDomainSocketPath: self.path).get()
        }

        func stop() async throws {
            try await self.channel.close()
            unlink(self.path)
            rmdir(self.directory)
        }
    }

    private static func page(_ names: [String], next: String?) -> ListAccountsResult {
        let accounts = names.map { name in
            GetStatusResult(
                user: name,
                uid: 7,
                enabled: true,
                enabledAt: nil,
                setUpBegun: false,
                failedCodes: 0,
                waitSeconds: nil,
                exhausted: false
            )
        }
        return ListAccountsResult(accounts: accounts, next: next)
    }

    private static func failure(
        of answer: @escaping @Sendable (Call) -> Reply
    ) async throws -> CallFailure? {
        let server = try await Server { call, _ in answer(call) }
        let daemon = try await DaemonConnection.open(server.path)
        let failure = await #expect(throws: CallFailure.self) {
            try await daemon.call(Administration.GetHealth.self, AdministratorParameters())
        }
        await daemon.close()
        try await server.stop()
        return failure
    }

    @Test("a call brings its typed result, and the next one goes over the same connection")
    func call() async throws {
        let server = try await Server { call, _ in
            let given = SessionParameters(checked: call.parameters)
            return .success { json in
                let user = given.session.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
                Self.page([user], next: nil).accounts[0].write(to: &json)
            }
        }
        let daemon = try await DaemonConnection.open(server.path)
        for name in ["first", "second"] {
            let session = Array(name.utf8).withUnsafeBytes { SecretText(copying: $0) }
            let status = try await daemon.call(OwnAccount.GetStatus.self, GetStatusParameters(session: session))
            #expect(status.user == name && status.uid == 7 && status.enabled)
        }
        await daemon.close()
        try await server.stop()
    }

    @Test("a series brings its typed results one by one, then its end")
    func series() async throws {
        let server = try await Server { call, replies in
            guard call.more else { return .expectedMore }
            for page in [Self.page(["a"], next: "a"), Self.page(["b", "c"], next: "c")] {
                guard (try? await replies.send(.success { page.write(to: &$0) })) != nil else { break }
            }
            return .success { Self.page([], next: nil).write(to: &$0) }
        }
        let daemon = try await DaemonConnection.open(server.path)
        var pages: [[String]] = []
        var results = try daemon.series(Administration.ListAccounts.self, ListAccountsParameters())
        while let page = try await results.next() { pages.append(page.accounts.map(\.user)) }
        #expect(pages == [["a"], ["b", "c"], []])
        let failure = await #expect(throws: CallFailure.self) {
            try await daemon.call(Administration.ListAccounts.self, ListAccountsParameters())
        }
        #expect(failure == .expectedMore)
        await daemon.close()
        try await server.stop()
    }

    @Test("refusals come as what they are")
    func refusals() async throws {
        #expect(
            try await Self.failure { _ in NamedError.unavailable.reply(from: Administration.interface) }
                == .refused(.unavailable)
        )
        #expect(try await Self.failure { _ in .permissionDenied } == .permissionDenied)
        #expect(try await Self.failure { _ in .invalidParameter("x") } == .invalidParameter("x"))
        #expect(try await Self.failure { .methodNotFound($0.method) } == .unknownMethod)
        #expect(try await Self.failure { .methodNotImplemented($0.method) } == .unknownMethod)
        #expect(
            try await Self.failure { _ in .error("org.twinlock.Administration.New") }
                == .unknownError(name: "org.twinlock.Administration.New")
        )
    }

    @Test("a result without a member that it must have, or with another type, is named; one with more is fine")
    func results() async throws {
        #expect(try await Self.failure { _ in .success() } == .unexpectedResult(member: "version"))
        #expect(
            try await Self.failure { _ in .success { $0.member("version", 1) } } == .unexpectedResult(member: "version")
        )
        let server = try await Server { _, _ in
            .success { json in
                GetHealthResult(version: "9", started: 1, time: 2, store: .failing, checker: .working).write(to: &json)
                json.member("new", true)
            }
        }
        let daemon = try await DaemonConnection.open(server.path)
        #expect(try await daemon.call(Administration.GetHealth.self, AdministratorParameters()).store == .failing)
        await daemon.close()
        try await server.stop()
    }

    @Test("a daemon that does not answer costs the deadline, and the connection")
    func silence() async throws {
        let (asked, ask) = AsyncStream<Void>.makeStream()
        let server = try await Server { _, _ in
            for await _ in asked { break }
            return .success()
        }
        let daemon = try await DaemonConnection.open(server.path)
        let failure = await #expect(throws: CallFailure.self) {
            try await daemon.call(Administration.GetHealth.self, AdministratorParameters(), deadline: .milliseconds(1))
        }
        #expect(failure == .connection(.timedOut))
        ask.yield()
        let next = await #expect(throws: CallFailure.self) {
            try await daemon.call(Administration.GetHealth.self, AdministratorParameters())
        }
        #expect(next == .connection(.connectionClosed))
        try await server.stop()
    }

    @Test("nobody there, no socket, and a place where others can write: nothing is sent")
    func unreachable() async throws {
        let nobody = await #expect(throws: CallFailure.self) { try await DaemonConnection.open("/nonexistent/socket") }
        #expect(nobody == .socket(.failed(errno: ENOENT)))
        let long = "/" + String(repeating: "a/", count: 60)
        let tooLong = await #expect(throws: CallFailure.self) { try await DaemonConnection.open(long + "socket") }
        #expect(tooLong == .socket(.failed(errno: ENOENT)), "the directories are looked at first")
        let calls = Atomic(0)
        let server = try await Server(mode: 0o777) { _, _ in
            calls.add(1, ordering: .relaxed)
            return .success()
        }
        let untrusted = await #expect(throws: CallFailure.self) { try await DaemonConnection.open(server.path) }
        guard case .socket(.writableByOthers) = untrusted else {
            Issue.record("\(String(describing: untrusted))")
            return
        }
        try await server.stop()
        #expect(calls.load(ordering: .relaxed) == 0)
    }

    @Test("a socket that nobody listens on any more")
    func abandoned() async throws {
        let place = try SocketTrustTests.Place(mode: 0o755)
        let failure = await #expect(throws: CallFailure.self) { try await DaemonConnection.open(place.socket) }
        #expect(failure == .socket(.failed(errno: ECONNREFUSED)))
    }
}
