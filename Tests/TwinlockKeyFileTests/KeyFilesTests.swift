import Glibc
import Testing
import TwinlockOTP
import TwinlockSealing

@testable import TwinlockKeyFile

@Suite("the sealing key on the disk")
final class KeyFilesTests {
    private let directory: String

    init() {
        var template = Array("/tmp/twinlock-key-XXXXXX".utf8CString)
        precondition(mkdtemp(&template) != nil, "cannot make a temporary directory: error \(errno)")
        self.directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        for name in Self.names {
            unlink("\(self.directory)/\(name)")
        }
        rmdir(self.directory)
    }

    private static let names = ["sealing.key", "sealing.key.new", "sealing.key.previous"]

    private var present: [String] {
        Self.names.filter { access("\(self.directory)/\($0)", F_OK) == 0 }
    }

    static func material(_ byte: UInt8) -> SecretBytes {
        SecretBytes(count: 32) { $0.initializeMemory(as: UInt8.self, repeating: byte) }
    }

    private static func id(_ byte: UInt8) throws -> String { try SealingKey(material: self.material(byte)).id }

    private func find(databaseExists: Bool = true) throws -> KeyFiles.Found {
        try KeyFiles(directory: self.directory).find(databaseExists: databaseExists) { count in
            precondition(count == 32)
            return Self.material(1)
        }
    }

    /// A key in its place, as after the first start.
    private func begin() throws {
        _ = try self.find(databaseExists: false)
        try KeyFiles(directory: self.directory).settle()
    }

    private static let context = SealingContext(account: "alice/1000", kind: .totpSecret)

    /// Something that the first key has sealed.
    private static func sealed(by byte: UInt8) throws -> Sealed {
        try Sealer(current: try SealingKey(material: self.material(byte))).seal(self.material(9), for: self.context)
    }

    @Test("the first start makes one, which waits for its database and is the same when that is there")
    func firstStart() throws {
        let first = try self.find(databaseExists: false)
        #expect(first.isWaiting && self.present == ["sealing.key.new"])
        let second = try self.find()
        #expect(second.isWaiting && second.sealer.currentKeyID == first.sealer.currentKeyID)
        try KeyFiles(directory: self.directory).settle()
        #expect(self.present == ["sealing.key"])
        let third = try self.find()
        #expect(!third.isWaiting && third.sealer.currentKeyID == first.sealer.currentKeyID)
    }

    @Test("a database without its key, and a key without its database, are refused")
    func parted() throws {
        #expect(throws: KeyFileError.missing(path: "\(self.directory)/sealing.key")) { try self.find() }
        try self.begin()
        #expect(throws: KeyFileError.withoutDatabase(path: "\(self.directory)/sealing.key")) {
            try self.find(databaseExists: false)
        }
    }

    @Test("a replaced key opens what it sealed until it is removed, and not a moment longer")
    func replace() throws {
        try self.begin()
        let old = try Self.sealed(by: 1)
        let key = try KeyFiles(directory: self.directory).replace(by: Self.material(2))
        #expect(try key.id == Self.id(2) && self.present == ["sealing.key", "sealing.key.previous"])
        let both = try self.find().sealer
        #expect(try both.currentKeyID == Self.id(2) && both.opensForOlderKeys)
        _ = try both.open(old, for: Self.context)
        try KeyFiles(directory: self.directory).removePrevious()
        #expect(self.present == ["sealing.key"])
        let one = try self.find().sealer
        #expect(!one.opensForOlderKeys)
        #expect(throws: SealingError.unknownKey(id: try Self.id(1))) { try one.open(old, for: Self.context) }
        try KeyFiles(directory: self.directory).removePrevious()
    }

    @Test("a key is not replaced while the one before it is still needed")
    func twice() throws {
        try self.begin()
        _ = try KeyFiles(directory: self.directory).replace(by: Self.material(2))
        #expect(throws: KeyFileError.replacedAlready(path: "\(self.directory)/sealing.key.previous")) {
            try KeyFiles(directory: self.directory).replace(by: Self.material(3))
        }
        #expect(try self.find().sealer.currentKeyID == Self.id(2))
    }

    @Test("files are for the daemon's own user alone")
    func modes() throws {
        try self.begin()
        _ = try KeyFiles(directory: self.directory).replace(by: Self.material(2))
        for name in self.present {
            var status = stat()
            #expect(stat("\(self.directory)/\(name)", &status) == 0 && status.st_mode & 0o7777 == 0o600)
        }
        chmod("\(self.directory)/sealing.key.previous", 0o640)
        #expect(throws: KeyFileError.notOurs(path: "\(self.directory)/sealing.key.previous", uid: geteuid())) {
            try self.find()
        }
    }

    @Test("a key that cannot be put in place leaves the present one alone", arguments: ["sealing.key.new"])
    func refused(obstacle: String) throws {
        try self.begin()
        // No file can take the place of a directory.
        mkdir("\(self.directory)/\(obstacle)", 0o700)
        #expect(throws: KeyFileError.self) {
            try KeyFiles(directory: self.directory).replace(by: Self.material(2))
        }
        rmdir("\(self.directory)/\(obstacle)")
        #expect(try self.find().sealer.currentKeyID == Self.id(1) && self.present == ["sealing.key"])
    }

    // MARK: Killed on the way

    /// Lets a process do that and dies ahead of the change of the directory of that number; at 0 after all of them.
    private func die(at number: Int, _ doing: String) async throws {
        let directory = self.directory
        await #expect(processExitsWith: .signal(SIGKILL), "\(doing) \(number)") {
            [directory = directory as String, number = number as Int, doing = doing as String] in
            let left = Locked(number)
            var files = KeyFiles(directory: directory)
            files.beforeChange = {
                left.withLock { left in
                    left -= 1
                    if left == 0 { kill(getpid(), SIGKILL) }
                }
            }
            if doing == "replace" {
                _ = try files.replace(by: KeyFilesTests.material(2))
            } else {
                try files.removePrevious()
            }
            precondition(number == 0, "there is no change \(number)")
            kill(getpid(), SIGKILL)
        }
    }

    @Test("killed ahead of each change, the next start has the old key alone, or the new one and the old one beside it")
    func killedWhileReplacing() async throws {
        try self.begin()
        let old = try Self.sealed(by: 1)
        var seen: [String] = []
        for number in 1...8 {
            try await self.die(at: number, "replace")
            let found = try self.find().sealer
            _ = try found.open(old, for: Self.context)
            seen.append(try found.currentKeyID == Self.id(2) ? "new" : "old")
            #expect(found.opensForOlderKeys == (seen.last == "new"), "change \(number)")
            #expect(self.present == (seen.last == "new" ? ["sealing.key", "sealing.key.previous"] : ["sealing.key"]))
            guard seen.last == "new" else { continue }
            rename("\(self.directory)/sealing.key.previous", "\(self.directory)/sealing.key")
        }
        // Only the last sync comes after the renaming.
        #expect(seen == Array(repeating: "old", count: 7) + ["new"])
        try await self.die(at: 0, "replace")
        #expect(try self.find().sealer.currentKeyID == Self.id(2))
    }

    @Test("killed while the replaced key is removed, the next start knows it still, or no more")
    func killedWhileRemoving() async throws {
        try self.begin()
        _ = try KeyFiles(directory: self.directory).replace(by: Self.material(2))
        try await self.die(at: 1, "remove")
        #expect(try self.find().sealer.opensForOlderKeys)
        try await self.die(at: 2, "remove")
        #expect(try !self.find().sealer.opensForOlderKeys && self.present == ["sealing.key"])
    }

    // MARK: From the service manager

    @Test("a credential is taken with the one before it, if that is there")
    func credentials() throws {
        #expect(try KeyFiles.credential("sealing.key", in: self.directory)?.currentKeyID == nil)
        try self.begin()
        let one = try #require(try KeyFiles.credential("sealing.key", in: self.directory))
        #expect(!one.opensForOlderKeys)
        _ = try KeyFiles(directory: self.directory).replace(by: Self.material(2))
        let both = try #require(try KeyFiles.credential("sealing.key", in: self.directory))
        #expect(try both.currentKeyID == Self.id(2) && both.opensForOlderKeys)
        _ = try both.open(try Self.sealed(by: 1), for: Self.context)
    }
}
