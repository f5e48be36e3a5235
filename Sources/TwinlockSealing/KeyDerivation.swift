import TwinlockOTP

/// HKDF (RFC 5869) with SHA-256, for keys of one hash's length: 32 bytes.
enum KeyDerivation {
    /// A key derived from `key` for one purpose.
    ///
    /// - Parameters:
    ///   - key: Input keying material.
    ///   - salt: May be empty, which RFC 5869 §2.2 takes for 32 zeros; HMAC pads both to the same block.
    ///   - info: What the key is for. Different bytes give keys that say nothing about each other.
    static func derive(
        from key: UnsafeRawBufferPointer,
        salt: some Sequence<UInt8>,
        info: [UInt8]
    ) -> SecretBytes {
        let byteCount = HashAlgorithm.sha256.digestByteCount
        return withWipedBuffer(count: byteCount) { pseudorandomKey in
            Array(salt).withUnsafeBytes {
                KeyedHash.authenticate(key, key: $0, algorithm: .sha256, into: pseudorandomKey)
            }
            return SecretBytes(count: byteCount) { output in
                // The first block of the expansion, T(1) = HMAC(PRK, info | 0x01), is as long as what is asked for.
                (info + [1]).withUnsafeBytes {
                    KeyedHash.authenticate(
                        $0,
                        key: UnsafeRawBufferPointer(pseudorandomKey),
                        algorithm: .sha256,
                        into: output
                    )
                }
            }
        }
    }
}
