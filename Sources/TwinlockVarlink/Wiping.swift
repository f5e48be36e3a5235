import Glibc
import NIOCore

/// Overwrites bytes with zeros, also where nothing reads them afterwards.
///
/// `explicit_bzero(3)` and not a loop: the optimiser may drop stores to memory that is about to be released.
func wipe(_ bytes: UnsafeMutableRawBufferPointer) {
    guard let start = bytes.baseAddress, bytes.count > 0 else { return }
    explicit_bzero(start, bytes.count)
}

extension ByteBuffer {
    /// Overwrites everything written to this buffer so far, in the storage itself.
    ///
    /// NIO keeps a reference to a receive buffer's storage in its pool, and to a written buffer's storage until the
    /// socket has taken it. Every mutating function of `ByteBuffer` copies storage that is shared and would zero
    /// the copy, leaving the secret in the original. So the immutable door is used and its pointer cast.
    /// Whoever else holds the storage sees zeros from now on: call it only when the bytes have been used.
    func wipeStorage() {
        self.withVeryUnsafeBytes { storage in
            let written = UnsafeRawBufferPointer(rebasing: storage[..<self.writerIndex])
            wipe(UnsafeMutableRawBufferPointer(mutating: written))
        }
    }
}
