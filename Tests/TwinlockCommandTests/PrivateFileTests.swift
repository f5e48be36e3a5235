import Glibc
import Testing
import TwinlockVarlink

@testable import TwinlockTerminal

@Suite("files for their owner's eyes alone")
struct PrivateFileTests {
    /// A directory that is removed with the value.
    private final class Place {
        let directory: String
        var file: String { "\(self.directory)/file" }

        init() throws {
            var template = Array("/tmp/twinlock-private-XXXXXX".utf8CString)
            self.directory = String(cString: try #require(mkdtemp(&template)))
        }

        deinit {
            for name in self.names { unlink("\(self.directory)/\(name)") }
            rmdir(self.directory)
        }

        var names: [String] {
            guard let stream = opendir(self.directory) else { return [] }
            defer { closedir(stream) }
            var names: [String] = []
            while let entry = readdir(stream) {
                let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
                }
                if name != ".", name != ".." { names.append(name) }
            }
            return names
        }
    }

    private static func frame(_ text: String) -> Frame {
        let frame = Frame()
        frame.append(text)
        return frame
    }

    private static func line(_ path: String) throws -> String {
        LineReaderTests.text(try PrivateFile.readLine(path, limit: 64))
    }

    @Test("what is written is read back, is 0600, and nothing lies beside it", arguments: [true, false])
    func roundTrip(replacing: Bool) throws {
        let place = try Place()
        try PrivateFile.write(Self.frame("secret\n"), to: place.file, replacing: replacing)
        #expect(try Self.line(place.file) == "secret")
        #expect(place.names == ["file"])
        var status = stat()
        #expect(stat(place.file, &status) == 0)
        #expect(status.st_mode & 0o7777 == 0o600)
        #expect(status.st_nlink == 1)
    }

    @Test("what is there stays unless it may go, also where it is a link to nowhere")
    func exists() throws {
        let place = try Place()
        try PrivateFile.write(Self.frame("old\n"), to: place.file, replacing: false)
        #expect(throws: PrivateFile.Failure.exists) {
            try PrivateFile.write(Self.frame("new\n"), to: place.file, replacing: false)
        }
        #expect(try Self.line(place.file) == "old")
        try PrivateFile.write(Self.frame("new\n"), to: place.file, replacing: true)
        #expect(try Self.line(place.file) == "new")
        #expect(place.names == ["file"])
        try #require(symlink("/nonexistent", "\(place.directory)/link") == 0)
        #expect(throws: PrivateFile.Failure.exists) {
            try PrivateFile.write(Self.frame("x\n"), to: "\(place.directory)/link", replacing: false)
        }
        #expect(place.names.sorted() == ["file", "link"])
    }

    @Test("where nothing can be written, the reason is told and nothing is left")
    func failures() throws {
        #expect(throws: PrivateFile.Failure.system(errno: ENOENT)) {
            try PrivateFile.write(Self.frame("x"), to: "/nonexistent/file", replacing: true)
        }
        #expect(throws: PrivateFile.Failure.system(errno: ENOENT)) { try Self.line("/nonexistent/file") }
        let place = try Place()
        try #require(mkdir("\(place.directory)/d", 0o700) == 0)
        defer { rmdir("\(place.directory)/d") }
        #expect(throws: PrivateFile.Failure.system(errno: EISDIR)) {
            try PrivateFile.write(Self.frame("x"), to: "\(place.directory)/d", replacing: true)
        }
        #expect(place.names == ["d"])
    }

    @Test("whether a file could be written is known before there is anything to write")
    func check() throws {
        let place = try Place()
        try PrivateFile.check(place.file, replacing: false)
        #expect(place.names == [])
        try PrivateFile.write(Self.frame("x\n"), to: place.file, replacing: false)
        #expect(throws: PrivateFile.Failure.exists) { try PrivateFile.check(place.file, replacing: false) }
        try PrivateFile.check(place.file, replacing: true)
        #expect(throws: PrivateFile.Failure.system(errno: EISDIR)) {
            try PrivateFile.check(place.directory, replacing: true)
        }
        #expect(throws: PrivateFile.Failure.system(errno: EISDIR)) { try PrivateFile.check("/", replacing: true) }
        for path in ["", "/nonexistent/file"] {
            #expect(throws: PrivateFile.Failure.system(errno: ENOENT)) { try PrivateFile.check(path, replacing: true) }
        }
        #expect(throws: PrivateFile.Failure.system(errno: ENOTDIR)) {
            try PrivateFile.check("\(place.file)/x", replacing: false)
        }
    }

    @Test("a file that others may touch, a link and a directory are not read", arguments: [0o640, 0o604, 0o620, 0o601])
    func notPrivate(mode: mode_t) throws {
        let place = try Place()
        try PrivateFile.write(Self.frame("secret\n"), to: place.file, replacing: false)
        try #require(symlink(place.file, "\(place.directory)/link") == 0)
        for path in ["\(place.directory)/link", place.directory] {
            #expect(throws: PrivateFile.Failure.notPrivate) { try Self.line(path) }
        }
        try #require(chmod(place.file, mode) == 0)
        #expect(throws: PrivateFile.Failure.notPrivate) { try Self.line(place.file) }
    }

    @Test("an empty file has no line, and a long one is not taken")
    func lines() throws {
        let place = try Place()
        try PrivateFile.write(Frame(), to: place.file, replacing: true)
        #expect(throws: PrivateFile.Failure.input(.endOfInput)) { try Self.line(place.file) }
        try PrivateFile.write(Self.frame(String(repeating: "x", count: 65)), to: place.file, replacing: true)
        #expect(throws: PrivateFile.Failure.input(.tooLong(limit: 64))) { try Self.line(place.file) }
    }
}
