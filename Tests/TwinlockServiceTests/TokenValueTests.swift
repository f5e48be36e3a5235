import Testing
import TwinlockOTP
import TwinlockVarlink

@testable import TwinlockService

@Suite("CRC-32, ISO 3309")
struct CRC32Tests {
    static let vectors: [(text: String, checksum: UInt32)] = [
        ("123456789", 0xcbf4_3926), ("", 0), ("a", 0xe8b7_be43), ("abc", 0x3524_41c2),
        ("The quick brown fox jumps over the lazy dog", 0x414f_a339),
    ]

    @Test("check values", arguments: vectors)
    func checksum(text: String, checksum: UInt32) {
        #expect(Array(text.utf8).withUnsafeBytes { CRC32.checksum($0) } == checksum)
    }
}

@Suite("the text of a token")
struct TokenValueTests {
    private static func random(_ count: Int) -> SecretBytes {
        SecretBytes(count: count) { bytes in
            for index in bytes.indices { bytes[index] = .random(in: .min ... .max) }
        }
    }

    /// From another program: the sum of `twl_` and 32 zeros in base 62.
    static let zeros = "twl_" + String(repeating: "0", count: 32) + "1EbJAe"

    @Test("twl_, 32 characters and the sum: 42 of one alphabet, each as likely as the others")
    func shape() {
        var seen: [Character: Int] = [:]
        for _ in 0..<500 {
            let text = TokenValue.make(random: Self.random).text
            #expect(text.count == 42 && text.hasPrefix("twl_"))
            for character in text.dropFirst(4).prefix(32) { seen[character, default: 0] += 1 }
        }
        #expect(seen.count == 62)
        // 258 of each are expected; with a plain remainder the first eight would have a quarter more than the rest.
        let first = "01234567".map { seen[$0] ?? 0 }.reduce(0, +)
        #expect(abs(first - 16_000 * 8 / 62) < 250)
    }

    @Test("the sum is that of what stands before it, the greatest digit first")
    func sum() {
        let zeros = TokenValue.make { count in SecretBytes(count: count) { _ in } }
        #expect(zeros.text == Self.zeros)
        #expect(TokenValue.digest(of: zeros) != nil)
    }

    @Test("a token has a digest of its own")
    func digests() throws {
        let (one, other) = (TokenValue.make(random: Self.random), TokenValue.make(random: Self.random))
        let digest = try #require(TokenValue.digest(of: one))
        #expect(digest.count == 32)
        #expect(TokenValue.digest(of: SecretText(one.text)) == digest)
        #expect(TokenValue.digest(of: other) != digest)
    }

    @Test("any one character changed, added or left out makes it junk")
    func junk() {
        let text = Array(TokenValue.make(random: Self.random).text)
        for index in text.indices {
            var changed = text
            changed[index] = changed[index] == "A" ? "B" : "A"
            #expect(TokenValue.digest(of: .init(String(changed))) == nil, "\(index)")
            changed.remove(at: index)
            #expect(TokenValue.digest(of: .init(String(changed))) == nil, "without \(index)")
        }
        for other in ["", "twl_", String(text) + "0", " " + String(text), "TWL_" + String(text.dropFirst(4))] {
            #expect(TokenValue.digest(of: .init(other)) == nil)
        }
    }

    @Test("other characters are junk also where the sum is right")
    func alphabet() {
        for character in ["-", "_", " ", "/", ":"] {
            let body = "twl_" + String(repeating: character, count: 32)
            var sum = Array(body.utf8).withUnsafeBytes { CRC32.checksum($0) }
            var digits = ""
            for _ in 0..<6 {
                let all = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
                digits = String(all[Int(sum % 62)]) + digits
                sum /= 62
            }
            #expect(TokenValue.digest(of: .init(body + digits)) == nil, "\(character)")
        }
    }
}
