import Testing
import TwinlockOTP

private func text(_ bytes: SecretBytes) -> String {
    bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
}

private func decode(_ text: String) throws(Base32Error) -> String {
    let bytes = Array(text.utf8)
    let result: Result<SecretBytes, Base32Error> = bytes.withUnsafeBytes { bytes in
        do throws(Base32Error) { return .success(try Base32.decode(bytes)) } catch { return .failure(error) }
    }
    return String(decoding: try result.get().withUnsafeBytes { Array($0) }, as: UTF8.self)
}

@Suite("Base32, RFC 4648 section 10")
struct Base32Tests {
    static let vectors = [
        ("", ""), ("f", "MY======"), ("fo", "MZXQ===="), ("foo", "MZXW6==="), ("foob", "MZXW6YQ="),
        ("fooba", "MZXW6YTB"), ("foobar", "MZXW6YTBOI======"),
    ]

    @Test("each text both ways, written without padding and read with and without", arguments: vectors)
    func vector(plain: String, encoded: String) throws {
        let bare = String(encoded.prefix { $0 != "=" })
        #expect(text(secret(plain).withUnsafeBytes { Base32.encode($0) }) == bare)
        #expect(try decode(encoded) == plain)
        #expect(try decode(bare) == plain)
    }

    @Test("every byte value survives")
    func allBytes() throws {
        let bytes = SecretBytes(count: 256) { memory in
            for index in memory.indices { memory[index] = UInt8(index) }
        }
        let encoded = bytes.withUnsafeBytes { Base32.encode($0) }
        let decoded = try encoded.withUnsafeBytes { try Base32.decode($0) }
        #expect(decoded.withUnsafeBytes { bytes.isEqual(to: $0) })
    }

    static let refused: [(String, Base32Error)] = [
        ("mzxw6ytb", .character(offset: 0)), ("MZXW6YT1", .character(offset: 7)), ("MZXW 6YTB", .length),
        ("MZXW6YT8", .character(offset: 7)), ("MZXW6Y\u{0}B", .character(offset: 6)),
        ("MZ-W6YTB", .character(offset: 2)),
        ("A", .length), ("MZX", .length), ("MZXW6Y", .length), ("MZXW6YTBO", .length),
        ("MY=====", .length), ("MY=======", .length), ("MZXW6YTB========", .length), ("========", .length),
        ("MZXQ===", .length), ("MY======MY======", .character(offset: 2)), ("MZ", .trailingBits),
        ("MZXR", .trailingBits), ("MZXW7", .trailingBits), ("MZXW6YR", .trailingBits),
    ]

    @Test("junk, impossible lengths, wrong padding and trailing bits are refused", arguments: refused)
    func refuses(text: String, error: Base32Error) {
        #expect(throws: error) { try decode(text) }
    }
}
