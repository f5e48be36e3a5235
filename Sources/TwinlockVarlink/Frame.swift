/// The growable bytes of one message, without the NUL that ends it on the wire.
///
/// Secret: the storage is overwritten when it is outgrown, cleared or released, and the bytes never show in a
/// description. It is the only place where a message's secrets live: a `JSONValue` or `SecretText` is a range of it
/// and keeps it alive, so that the bytes are gone when the last of them is.
///
/// Sendable under this rule: one owner fills, parses or wipes it and then hands it over; from that moment on everyone
/// only reads.
public final class Frame: @unchecked Sendable, CustomStringConvertible {
    /// Bytes in use.
    public private(set) var count = 0

    /// All that is allocated; bytes from `count` on are zero or were never written.
    private var storage: UnsafeMutableRawBufferPointer

    /// Sees storage after it was overwritten and before it is released.
    ///
    /// For tests alone.
    var onRelease: ((UnsafeRawBufferPointer) -> Void)?

    /// An empty frame.
    ///
    /// - Parameter capacity: Bytes that fit before the first growth, 0 or more.
    public init(capacity: Int = 512) {
        self.storage = .allocate(byteCount: capacity, alignment: 1)
    }

    /// A frame of so many zero bytes, to be filled in place.
    init(zeros count: Int) {
        self.storage = .allocate(byteCount: count, alignment: 1)
        self.storage.initializeMemory(as: UInt8.self, repeating: 0)
        self.count = count
    }

    deinit {
        self.release(self.storage)
    }

    /// Adds bytes at the end.
    ///
    /// They must not lie in this frame.
    public func append(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count > 0 else { return }
        self.reserve(bytes.count)
        UnsafeMutableRawBufferPointer(rebasing: self.storage[self.count...]).copyMemory(from: bytes)
        self.count += bytes.count
    }

    /// Adds one byte at the end.
    public func append(_ byte: UInt8) {
        self.reserve(1)
        self.storage[self.count] = byte
        self.count += 1
    }

    /// Adds text that is no secret, such as punctuation.
    func append(_ text: StaticString) {
        self.append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Reads the bytes in use.
    ///
    /// The pointer ends with the closure.
    public func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try body(UnsafeRawBufferPointer(rebasing: self.storage[..<self.count]))
    }

    /// Changes the bytes in use, which is how the parser decodes escapes without a second copy.
    func withUnsafeMutableBytes<R, E: Error>(
        _ body: (UnsafeMutableRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        try body(UnsafeMutableRawBufferPointer(rebasing: self.storage[..<self.count]))
    }

    /// Reads everything allocated.
    ///
    /// For tests alone.
    func withAllocation<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try body(UnsafeRawBufferPointer(self.storage))
    }

    /// Overwrites everything and makes the frame empty; the allocation stays.
    public func wipe() {
        TwinlockVarlink.wipe(self.storage)
        self.count = 0
    }

    /// Overwrites and drops what lies behind the first `count` bytes, of which there must be as many.
    public func truncate(to count: Int) {
        precondition(count <= self.count, "a frame is cut to fewer bytes than it has")
        TwinlockVarlink.wipe(UnsafeMutableRawBufferPointer(rebasing: self.storage[count..<self.count]))
        self.count = count
    }

    /// Drops the first bytes, moves the rest to the front and overwrites what it leaves behind.
    func removeFirst(_ removed: Int) {
        precondition(removed <= self.count, "a frame loses no more bytes than it has")
        let kept = UnsafeRawBufferPointer(rebasing: self.storage[removed..<self.count])
        self.storage.copyMemory(from: kept)
        self.truncate(to: kept.count)
    }

    /// `<frame of N bytes>`, never the bytes.
    public var description: String { "<frame of \(self.count) bytes>" }

    private func reserve(_ added: Int) {
        let needed = self.count + added
        guard needed > self.storage.count else { return }
        let grown = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(needed, 2 * self.storage.count, 64),
            alignment: 1
        )
        grown.copyMemory(from: UnsafeRawBufferPointer(rebasing: self.storage[..<self.count]))
        self.release(self.storage)
        self.storage = grown
    }

    private func release(_ outgrown: UnsafeMutableRawBufferPointer) {
        TwinlockVarlink.wipe(outgrown)
        self.onRelease?(UnsafeRawBufferPointer(outgrown))
        outgrown.deallocate()
    }
}
