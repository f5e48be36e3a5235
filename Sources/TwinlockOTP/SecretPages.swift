import Glibc

/// Memory for secrets: locked, left out of dumps, zeros in a forked child.
///
/// Locking is tried and not demanded (`RLIMIT_MEMLOCK` is 64 KiB on older hosts); the rest always holds.
///
/// To map and lock a page is five calls of the kernel, and a login has a dozen secrets: pages that were given back are kept,
/// wiped, for the next ones.
enum SecretPages {
    /// Secrets of up to so many bytes have a page that is kept. The smallest page of any Linux.
    static let keptByteCount = 4096
    /// Pages that are kept at most: as many secrets as there are at a time in a busy moment, a quarter of a megabyte.
    static let maximumKept = 64

    /// Addresses of pages that nobody has. They hold zeros.
    private static let kept = Locked<[UInt]>([])

    /// Zero bytes that are the caller's alone, until they are given back.
    static func take(byteCount: Int) -> UnsafeMutableRawPointer {
        guard byteCount <= self.keptByteCount else { return self.map(byteCount: byteCount) }
        guard let address = self.kept.withLock({ $0.popLast() }),
            let page = UnsafeMutableRawPointer(bitPattern: address)
        else {
            return self.map(byteCount: self.keptByteCount)
        }
        return page
    }

    /// Wipes what was taken. The address means nothing to the caller from then on.
    static func giveBack(_ start: UnsafeMutableRawPointer, byteCount: Int) {
        // All that its owner could reach.
        explicit_bzero(start, byteCount)
        guard byteCount <= self.keptByteCount else {
            munmap(start, byteCount)
            return
        }
        if !self.keep(UInt(bitPattern: start)) {
            munmap(start, self.keptByteCount)
        }
    }

    /// Whether there was room for it.
    private static func keep(_ address: UInt) -> Bool {
        self.kept.withLock { kept in
            guard kept.count < self.maximumKept else { return false }
            kept.append(address)
            return true
        }
    }

    private static func map(byteCount: Int) -> UnsafeMutableRawPointer {
        guard
            let start = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            start != UnsafeMutableRawPointer(bitPattern: -1)
        else {
            // As for any other Swift allocation there is no way on, and going on with ordinary memory would be silent.
            fatalError("cannot map memory for a secret: out of memory")
        }
        _ = mlock(start, byteCount)
        _ = madvise(start, byteCount, MADV_DONTDUMP)
        _ = madvise(start, byteCount, MADV_WIPEONFORK)
        return start
    }
}
