import TwinlockOTP

/// A key for message authentication codes, derived from a sealing key for one purpose.
public struct DerivedKey: Sendable {
    /// The id of the sealing key that it comes from.
    ///
    /// To be stored beside a code that must outlive a rotation.
    public let sealingKeyID: String

    /// 32 bytes.
    let material: SecretBytes

    /// HMAC-SHA256 of `message`: 32 bytes.
    ///
    /// The message is not changed and not kept.
    public func authenticationCode(for message: UnsafeRawBufferPointer) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: HashAlgorithm.sha256.digestByteCount)
        code.withUnsafeMutableBytes { output in
            self.material.withUnsafeBytes {
                KeyedHash.authenticate(message, key: $0, algorithm: .sha256, into: output)
            }
        }
        return code
    }

    /// Whether `code` is the authentication code of `message`.
    ///
    /// Compared without early exit; from anybody, unchecked.
    public func isValid(_ code: UnsafeRawBufferPointer, for message: UnsafeRawBufferPointer) -> Bool {
        // On the wiped stack and not by `authenticationCode(for:)`: until the caller has shown it, the code is secret.
        withWipedBuffer(count: HashAlgorithm.sha256.digestByteCount) { expected in
            self.material.withUnsafeBytes {
                KeyedHash.authenticate(message, key: $0, algorithm: .sha256, into: expected)
            }
            return areEqualWithoutEarlyExit(code, UnsafeRawBufferPointer(expected))
        }
    }
}
