import Glibc
import Testing
import TwinlockVarlink

@testable import TwinlockTerminal

@Suite("lines that are secrets")
struct LineReaderTests {
    /// A pipe that holds some bytes and is closed at the writing end; the caller closes the reading end.
    static func pipe(_ bytes: [UInt8]) throws -> Int32 {
        var ends: [Int32] = [0, 0]
        try #require(Glibc.pipe(&ends) == 0)
        defer { close(ends[1]) }
        try #require(write(ends[1], bytes, bytes.count) == bytes.count)
        return ends[0]
    }

    static func text(_ secret: SecretText) -> String {
        secret.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }

    @Test("one line at a time; the last needs no line feed; then the end")
    func lines() throws {
        let descriptor = try Self.pipe(Array("pässwörd \r\n\n123456".utf8))
        defer { close(descriptor) }
        let reader = LineReader(descriptor: descriptor)
        #expect(Self.text(try reader.next(limit: 64)) == "pässwörd \r")
        #expect(Self.text(try reader.next(limit: 64)) == "")
        #expect(Self.text(try reader.next(limit: 64)) == "123456")
        #expect(throws: InputError.endOfInput) { try reader.next(limit: 64) }
    }

    @Test("what follows the line is left for whoever reads next")
    func leavesTheRest() throws {
        let descriptor = try Self.pipe(Array("first\nsecond".utf8))
        defer { close(descriptor) }
        #expect(Self.text(try LineReader(descriptor: descriptor).next(limit: 64)) == "first")
        var rest = [UInt8](repeating: 0, count: 64)
        let count = read(descriptor, &rest, rest.count)
        #expect(String(decoding: rest[..<max(count, 0)], as: UTF8.self) == "second")
    }

    @Test("a line may be as long as the limit, and no longer")
    func limit() throws {
        let descriptor = try Self.pipe(Array("12345678\n123456789\n".utf8))
        defer { close(descriptor) }
        let reader = LineReader(descriptor: descriptor)
        #expect(try reader.next(limit: 8).count == 8)
        #expect(throws: InputError.tooLong(limit: 8)) { try reader.next(limit: 8) }
    }

    @Test(
        "what no message can carry is refused",
        arguments: [[0x61, 0x00, 0x62], [0xFF], [0xC3], [0xC0, 0x80], [0xED, 0xA0, 0x80]] as [[UInt8]]
    )
    func notText(bytes: [UInt8]) throws {
        let descriptor = try Self.pipe(bytes + [0x0A])
        defer { close(descriptor) }
        #expect(throws: InputError.notText) { try LineReader(descriptor: descriptor).next(limit: 64) }
    }

    @Test("a file that is not there, and one that is a directory")
    func noFile() throws {
        #expect(throws: InputError.failed(errno: ENOENT)) { try LineReader(path: "/nonexistent/file") }
        let directory = try LineReader(path: "/")
        #expect(throws: InputError.failed(errno: EISDIR)) { try directory.next(limit: 64) }
    }

    @Test("keys are shown in groups, the last one as short as it is")
    func groups() {
        let frame = Frame()
        Array("ABCDEFGHIJ".utf8).withUnsafeBytes { frame.append(SecretText(copying: $0), groupsOf: 4) }
        #expect(frame.withUnsafeBytes { String(decoding: $0, as: UTF8.self) } == "ABCD EFGH IJ")
    }

    @Test("names cannot steer the terminal")
    func printable() {
        #expect("a\u{1B}[2Jb\n\u{9B}\u{202E}c".printable == "a\u{FFFD}[2Jb\u{FFFD}\u{FFFD}\u{FFFD}c")
        #expect("müller@host".printable == "müller@host")
    }
}
