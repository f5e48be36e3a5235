import Crypto
// For `ContiguousBytes` alone, which is how a digest shows its bytes; swift-crypto links it in any case.
import FoundationEssentials

/// HMAC (RFC 2104) over swift-crypto's hashes.
///
/// swift-crypto has an HMAC too, but on Linux it copies the key into an ordinary array, padded, and again with each
/// of the two pads, and frees the three without wiping them. Its hash functions do wipe their state, so this takes
/// those, and every buffer of key bytes is wiped here.
package enum KeyedHash {
    /// Writes the HMAC of the concatenated `message` parts to `output`.
    ///
    /// - Parameters:
    ///   - message: Parts of the message, hashed in order as if they were one.
    ///   - key: Any length; longer than a block it is hashed first (RFC 2104 §2).
    ///   - algorithm: The hash.
    ///   - output: Exactly as long as the hash. The caller wipes it.
    package static func authenticate(
        _ message: UnsafeRawBufferPointer...,
        key: UnsafeRawBufferPointer,
        algorithm: HashAlgorithm,
        into output: UnsafeMutableRawBufferPointer
    ) {
        switch algorithm {
        case .sha1: self.authenticate(message, key: key, with: Insecure.SHA1.self, into: output)
        case .sha256: self.authenticate(message, key: key, with: SHA256.self, into: output)
        case .sha512: self.authenticate(message, key: key, with: SHA512.self, into: output)
        }
    }

    private static func authenticate<Hash: HashFunction>(
        _ message: [UnsafeRawBufferPointer],
        key: UnsafeRawBufferPointer,
        with hash: Hash.Type,
        into output: UnsafeMutableRawBufferPointer
    ) {
        let digestByteCount = Hash.Digest.byteCount
        precondition(output.count == digestByteCount, "an HMAC is as long as its hash")
        withWipedBuffer(count: Hash.blockByteCount + digestByteCount) { scratch in
            let pad = UnsafeMutableRawBufferPointer(rebasing: scratch[..<Hash.blockByteCount])
            let innerDigest = UnsafeMutableRawBufferPointer(rebasing: scratch[Hash.blockByteCount...])

            if key.count > Hash.blockByteCount {
                var hasher = Hash()
                hasher.update(bufferPointer: key)
                self.finish(hasher, into: UnsafeMutableRawBufferPointer(rebasing: pad[..<digestByteCount]))
            } else {
                pad.copyMemory(from: key)
            }

            var inner = Hash()
            for index in pad.indices { pad[index] ^= 0x36 }
            inner.update(bufferPointer: UnsafeRawBufferPointer(pad))
            for part in message { inner.update(bufferPointer: part) }
            self.finish(inner, into: innerDigest)

            var outer = Hash()
            for index in pad.indices { pad[index] ^= 0x36 ^ 0x5c }
            outer.update(bufferPointer: UnsafeRawBufferPointer(pad))
            outer.update(bufferPointer: UnsafeRawBufferPointer(innerDigest))
            self.finish(outer, into: output)
        }
    }

    private static func finish<Hash: HashFunction>(_ hasher: Hash, into output: UnsafeMutableRawBufferPointer) {
        var digest = hasher.finalize()
        digest.withUnsafeBytes { output.copyMemory(from: $0) }
        // The three digest types are plain words without references, so that zeros are a value of each.
        withUnsafeMutableBytes(of: &digest) { wipe($0) }
    }
}
