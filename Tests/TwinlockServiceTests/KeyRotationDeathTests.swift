import Glibc
import Logging
import Testing
import TwinlockAccounts
import TwinlockKeyFile
import TwinlockSealing
import TwinlockStore
import TwinlockStoreSQLite

@testable import TwinlockOTP
@testable import TwinlockService

/// A store in which this process dies ahead of an operation, or right after it.
private final class DeadlyStore: ResealingStore {
    private let store: SQLiteStore
    /// Operations and ends of operations until death; below 0 it does not come.
    private let left: Locked<Int>

    init(_ store: SQLiteStore, deathAt number: Int) {
        self.store = store
        self.left = Locked(number)
    }

    private func pass() {
        self.left.withLock { left in
            left -= 1
            if left == 0 { kill(getpid(), SIGKILL) }
        }
    }

    /// Points that were passed.
    var passed: Int { -self.left.withLock { $0 } }

    func countAccounts() async throws(StoreError) -> Int {
        self.pass()
        return try await self.store.countAccounts()
    }

    func sealedValues(ofAccountsAfter number: Int64, limit: Int) async throws(StoreError) -> SealedPage {
        self.pass()
        return try await self.store.sealedValues(ofAccountsAfter: number, limit: limit)
    }

    func ownSealedValues() async throws(StoreError) -> [SealedValue] {
        self.pass()
        return try await self.store.ownSealedValues()
    }

    func reseal(_ value: SealedValue, as sealed: [UInt8]) async throws(StoreError) -> Bool {
        self.pass()
        let outcome = try await self.store.reseal(value, as: sealed)
        self.pass()
        return outcome
    }
}

/// Keys in files, as the daemon has them.
private struct KeysInFiles: KeyCustody {
    let files: KeyFiles

    func replaceKey() async throws(KeyCustodyError) -> SealingKey {
        do {
            // Another one each time.
            var generator = SystemRandomNumberGenerator()
            return try self.files.replace(
                by: SecretBytes(count: 32) { bytes in
                    for index in bytes.indices { bytes[index] = generator.next() }
                }
            )
        } catch {
            throw .failed(reason: "\(error)")
        }
    }

    func removeReplacedKey() async throws(KeyCustodyError) {
        do {
            try self.files.removePrevious()
        } catch {
            throw .failed(reason: "\(error)")
        }
    }
}

@Suite("rotation of the sealing key, killed at each of its steps", .serialized)
final class KeyRotationDeathTests {
    private let directory: String

    init() {
        var template = Array("/tmp/twinlock-rotation-XXXXXX".utf8CString)
        precondition(mkdtemp(&template) != nil, "cannot make a temporary directory: error \(errno)")
        self.directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        for name in ["db", "db-wal", "db-shm", "sealing.key", "sealing.key.previous", "sealing.key.new"] {
            unlink("\(self.directory)/\(name)")
        }
        rmdir(self.directory)
    }

    private static func secret(_ byte: UInt8) -> SecretBytes {
        SecretBytes(count: 20) { $0.initializeMemory(as: UInt8.self, repeating: byte) }
    }

    private static func identity(_ number: UInt32) -> Identity { Identity(name: "person\(number)", uid: number) }

    private static let people: UInt32 = 3
    private static let surroundings = Surroundings(
        now: { UnixSeconds(1_800_000_000) },
        uptime: { .zero },
        random: { count in SecretBytes(count: count) { $0.initializeMemory(as: UInt8.self, repeating: 1) } },
        pause: { _ in }
    )

    /// A key of its own, and some people who have all that can be sealed.
    private func prepare() async throws {
        let files = KeyFiles(directory: self.directory)
        let sealer = try files.find(databaseExists: false, random: Self.surroundings.random).sealer
        let store = try SQLiteStore(path: "\(self.directory)/db")
        try files.settle()
        for number in 1...Self.people {
            let identity = Self.identity(number)
            func sealed(_ byte: UInt8) throws -> SealedSecret {
                let value = try sealer.seal(Self.secret(byte), for: TwinlockService.secretContext(identity))
                return SealedSecret(sealed: value.bytes, algorithm: .sha1, digits: 6, timeStep: 30)
            }
            let first = try sealed(UInt8(number))
            let account = try await store.beginSetUp(
                SetUp(secret: first, begunAt: Self.surroundings.now()),
                for: identity,
                generation: nil
            )
            _ = try await store.confirmSetUp(
                account: account.id,
                secret: first,
                match: .inWindow(steps: [1]),
                recoveryCodes: try (0..<RecoverySet.size).map { place in
                    let context = TwinlockService.recoveryContext(identity)
                    return try sealer.seal(Self.secret(UInt8(40 + place)), for: context).bytes
                },
                at: Self.surroundings.now()
            )
            _ = try await store.beginSetUp(
                SetUp(secret: try sealed(UInt8(20 + number)), begunAt: Self.surroundings.now()),
                for: identity,
                generation: nil
            )
        }
        let own = SealingContext(account: "", kind: .passwordFieldKey)
        _ = try await store.sealedKey(for: own.kind.rawValue, orElse: try sealer.seal(Self.secret(99), for: own).bytes)
        await store.close()
    }

    /// All secrets in the store, opened with what the next start finds.
    private func secrets() async throws -> [[UInt8]] {
        let sealer = try self.found()
        let store = try SQLiteStore(path: "\(self.directory)/db")
        let values = try await store.ownSealedValues() + store.sealedValues(ofAccountsAfter: 0, limit: 99).values
        await store.close()
        return try values.map { value in
            let context = try #require(KeyRotation.context(of: value))
            return try sealer.open(Sealed(bytes: value.sealed), for: context).withUnsafeBytes { Array($0) }
        }
    }

    private func found() throws -> Sealer {
        try KeyFiles(directory: self.directory).find(databaseExists: true, random: Self.surroundings.random).sealer
    }

    /// A rotation of what is there: one that goes on, or else a new one.
    private static func rotate(in directory: String, deathAt number: Int) async throws -> Int {
        let files = KeyFiles(directory: directory)
        let sealer = try files.find(databaseExists: true, random: Self.surroundings.random).sealer
        let store = try SQLiteStore(path: "\(directory)/db")
        let deadly = DeadlyStore(store, deathAt: number)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let trail = AuditTrail(store: store, retention: AuditRetention(), now: Self.surroundings.now, logger: logger)
        let rotation = KeyRotation(
            store: deadly,
            sealers: Sealers(sealer, since: Self.surroundings.now()),
            custody: KeysInFiles(files: files),
            surroundings: Self.surroundings,
            log: DecisionLog(logger: logger, trail: trail, now: Self.surroundings.now)
        )
        if await !rotation.resume() {
            guard try await rotation.begin() else { preconditionFailure("nothing was begun") }
        }
        let outcome = await rotation.run()
        precondition(outcome?.isFinished == true && outcome?.unreadable == 0, "it does not end well")
        await store.close()
        return deadly.passed
    }

    @Test("what is left opens, whole, at the next start, which finishes it")
    func killed() async throws {
        try await self.prepare()
        let before = try await self.secrets()
        let old = try self.found().currentKeyID
        let directory = self.directory
        // The first is the point ahead of everything; each death leaves the rest for the next.
        var deaths = 0
        for number in [1, 2, 3, 4, 5, 6, 9, 12, 15, 20, 30] {
            await #expect(processExitsWith: .signal(SIGKILL), "\(number)") {
                [directory = directory as String, number = number as Int] in
                _ = try await KeyRotationDeathTests.rotate(in: directory, deathAt: number)
            }
            deaths += 1
            #expect(try await self.secrets() == before, "after death \(deaths)")
            #expect(try self.found().opensForOlderKeys && self.found().currentKeyID != old)
        }
        let passed = try await Self.rotate(in: directory, deathAt: 0)
        #expect(passed > 0)
        #expect(try await self.secrets() == before)
        #expect(try !self.found().opensForOlderKeys)
    }

    @Test("so does a rotation that dies for the first time at any of its points")
    func killedOnce() async throws {
        try await self.prepare()
        let before = try await self.secrets()
        let directory = self.directory
        // Count, own keys, two passes of two pages, and the values twice over: ahead and behind.
        for number in stride(from: 4, through: 60, by: 7) {
            await #expect(processExitsWith: .signal(SIGKILL), "\(number)") {
                [directory = directory as String, number = number as Int] in
                _ = try await KeyRotationDeathTests.rotate(in: directory, deathAt: number)
            }
            _ = try await Self.rotate(in: directory, deathAt: 0)
            #expect(try await self.secrets() == before && !self.found().opensForOlderKeys, "\(number)")
        }
    }
}
