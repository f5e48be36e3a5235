import Crypto
import Testing

@testable import TwinlockOTP

@Suite("HMAC")
struct KeyedHashTests {
    /// RFC 4231 §4.2 to §4.8 without the truncated case: key, message, HMAC-SHA-256.
    static let vectors: [(key: [UInt8], message: [UInt8], mac: String)] = [
        (
            Array(repeating: 0x0b, count: 20), Array("Hi There".utf8),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            Array(repeating: 0xaa, count: 20), Array(repeating: 0xdd, count: 50),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
        ),
        (
            Array(repeating: 0xaa, count: 131),
            Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
    ]

    static func mac(
        _ algorithm: HashAlgorithm,
        key: [UInt8],
        message: [UInt8],
        splitAt split: Int = 0
    ) -> [UInt8] {
        SecretBytes(count: algorithm.digestByteCount) { output in
            key.withUnsafeBytes { key in
                message.withUnsafeBytes { message in
                    KeyedHash.authenticate(
                        UnsafeRawBufferPointer(rebasing: message[..<split]),
                        UnsafeRawBufferPointer(rebasing: message[split...]),
                        key: key,
                        algorithm: algorithm,
                        into: output
                    )
                }
            }
        }.array
    }

    @Test("the vectors of RFC 4231", arguments: vectors)
    func vector(key: [UInt8], message: [UInt8], mac: String) {
        #expect(hex(Self.mac(.sha256, key: key, message: message)) == mac)
    }

    @Test("the same as swift-crypto's for every length of key around a block", arguments: HashAlgorithm.allCases)
    func agreement(algorithm: HashAlgorithm) {
        let message = Array("a message of no great length".utf8)
        for count in 0...260 {
            let key = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ 1) }
            let reference = SymmetricKey(data: key)
            let expected: [UInt8] =
                switch algorithm {
                case .sha1: Array(HMAC<Insecure.SHA1>.authenticationCode(for: message, using: reference))
                case .sha256: Array(HMAC<SHA256>.authenticationCode(for: message, using: reference))
                case .sha512: Array(HMAC<SHA512>.authenticationCode(for: message, using: reference))
                }
            #expect(Self.mac(algorithm, key: key, message: message, splitAt: count % message.count) == expected)
        }
    }
}
