import Testing
import TwinlockOTP

@testable import TwinlockService

@Suite("Base64 of session values")
struct Base64URLTests {
    private static func encode(_ bytes: [UInt8]) -> String {
        bytes.withUnsafeBytes { bytes in
            var text = [UInt8](repeating: 0, count: Base64URL.encodedCount(bytes.count))
            text.withUnsafeMutableBytes { Base64URL.encode(bytes, into: $0) }
            return String(decoding: text, as: UTF8.self)
        }
    }

    private static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        Array(text).withUnsafeBytes { Base64URL.decode($0) }?.withUnsafeBytes { Array($0) }
    }

    /// RFC 4648 §10, without padding.
    static let vectors = [
        ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE"),
        ("foobar", "Zm9vYmFy"),
    ]

    @Test("the RFC's vectors, there and back", arguments: Self.vectors)
    func publishedVectors(_ plain: String, _ text: String) {
        #expect(Self.encode(Array(plain.utf8)) == text)
        #expect(Self.decode(text.utf8) == Array(plain.utf8))
    }

    /// RFC 4648 §5, table 2.
    @Test("each value has the RFC's character, and each other byte is refused")
    func wholeAlphabet() {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        for value in UInt8.min...63 {
            // Six bits at the start of a byte, and two zero bits.
            #expect(Self.encode([value << 2]).utf8.first == alphabet[Int(value)])
        }
        for byte in UInt8.min...UInt8.max {
            let value = alphabet.firstIndex(of: byte)
            #expect(Self.decode([byte, UInt8(ascii: "A")]) == value.map { [UInt8($0) << 2] }, "byte \(byte)")
        }
    }

    @Test("a wrong character is refused wherever it stands", arguments: 0..<8)
    func wrongCharacter(at place: Int) {
        var text = Array("Zm9vYmFy".utf8)
        text[place] = UInt8(ascii: "+")
        #expect(Self.decode(text) == nil)
    }

    @Test(
        "a length that nothing has, and bits behind the last byte, are refused",
        arguments: ["A", "AAAAA", "Zh", "Zm9="]
    )
    func notCanonical(_ text: String) {
        #expect(Self.decode(text.utf8) == nil)
    }
}
