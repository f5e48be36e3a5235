import Glibc

/// Secret bytes: in pages of their own that are locked where the limits allow it, left out of core files and of forked
/// children, and overwritten when the last reference goes.
///
/// Passed on by reference, so that there is one copy. It cannot be printed, and is compared without early exit.
/// Sendable because nobody can change the bytes once they are there.
public final class SecretBytes: @unchecked Sendable {
    /// Bytes.
    public let count: Int

    private let pages: UnsafeMutableRawPointer
    private let mapped: Int

    /// Bytes that are written in place.
    ///
    /// - Parameters:
    ///   - count: Bytes, 0 or more.
    ///   - body: Writes them; they are zero before. What it throws leaves nothing behind.
    public init(count: Int, initializingWith body: (UnsafeMutableRawBufferPointer) throws -> Void) rethrows {
        let page = Int(getpagesize())
        self.count = count
        self.mapped = max(1, (count + page - 1) / page) * page
        let flags = MAP_PRIVATE | MAP_ANONYMOUS
        guard let pages = mmap(nil, self.mapped, PROT_READ | PROT_WRITE, flags, -1, 0), pages != MAP_FAILED else {
            preconditionFailure("no memory for a secret")
        }
        self.pages = pages
        // Locking may be over the limit, and an old kernel may not know an advice: the wiping holds without them.
        _ = mlock(pages, self.mapped)
        _ = madvise(pages, self.mapped, MADV_DONTDUMP)
        _ = madvise(pages, self.mapped, MADV_WIPEONFORK)
        do {
            try body(UnsafeMutableRawBufferPointer(start: pages, count: count))
        } catch {
            Self.release(pages, self.mapped)
            throw error
        }
    }

    /// A copy of these bytes. The original is the caller's to wipe.
    public convenience init(copying bytes: UnsafeRawBufferPointer) {
        self.init(count: bytes.count) { $0.copyMemory(from: bytes) }
    }

    deinit {
        Self.release(self.pages, self.mapped)
    }

    /// Reads the bytes. The pointer ends with the closure.
    public func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try body(UnsafeRawBufferPointer(start: self.pages, count: self.count))
    }

    /// Whether the bytes are the same. Takes as long for any difference; the length may show.
    public func isEqual(to other: UnsafeRawBufferPointer) -> Bool {
        self.withUnsafeBytes { own in
            guard own.count == other.count else { return false }
            var difference: UInt8 = 0
            for index in own.indices {
                difference |= own[index] ^ other[index]
            }
            return difference == 0
        }
    }

    private static func release(_ pages: UnsafeMutableRawPointer, _ mapped: Int) {
        explicit_bzero(pages, mapped)
        munmap(pages, mapped)
    }
}

extension SecretBytes: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// `<redacted>`.
    public var description: String { "<redacted>" }

    /// `<redacted>`.
    public var debugDescription: String { "<redacted>" }

    /// No children: a dump shows `<redacted>` alone.
    public var customMirror: Mirror { Mirror(self, children: EmptyCollection()) }
}
