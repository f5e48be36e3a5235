import Glibc

/// Secret bytes with one owner by reference: locked, left out of dumps, wiped when the last reference goes.
///
/// Each value has pages of its own, so that wiping and locking touch nothing else; see `SecretPages`.
/// The bytes never change after the initialiser returns, which is what makes sharing across threads sound.
public final class SecretBytes: @unchecked Sendable {
    /// The number of bytes.
    ///
    /// Not treated as secret.
    public let count: Int

    private let pages: UnsafeMutableRawPointer

    /// Secret bytes filled in place.
    ///
    /// - Parameters:
    ///   - count: Number of bytes, 0 or more.
    ///   - body: Fills the buffer, which arrives as `count` zero bytes. Whatever it throws is thrown on, and what it
    ///     had written by then is wiped.
    public init<Failure: Error>(
        count: Int,
        initializingWith body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        precondition(count >= 0, "a secret has no negative length")
        self.count = count
        self.pages = SecretPages.take(byteCount: count)
        // If body throws, every stored property has its value already: deinit runs, and wipes.
        try body(UnsafeMutableRawBufferPointer(start: self.pages, count: count))
    }

    /// A copy of `bytes`, which stay the caller's to wipe.
    public convenience init(copying bytes: UnsafeRawBufferPointer) {
        self.init(count: bytes.count) { $0.copyMemory(from: bytes) }
    }

    deinit {
        SecretPages.giveBack(self.pages, byteCount: self.count)
    }

    /// Calls `body` with the bytes, which are valid until it returns.
    ///
    /// Whoever copies them out has to wipe the copy.
    public func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try withExtendedLifetime(self) { () throws(Failure) -> Result in
            try body(UnsafeRawBufferPointer(start: self.pages, count: self.count))
        }
    }

    /// Whether both are the same bytes.
    ///
    /// Reads all of them whatever it finds; only the length shows in the time taken.
    public func isEqual(to other: UnsafeRawBufferPointer) -> Bool {
        self.withUnsafeBytes { areEqualWithoutEarlyExit($0, other) }
    }
}

extension SecretBytes: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// `<redacted>`, whatever the bytes are.
    public var description: String { "<redacted>" }

    /// `<redacted>`, whatever the bytes are.
    public var debugDescription: String { "<redacted>" }

    /// A mirror without children: neither the bytes nor their address shows in a dump of whatever holds them.
    public var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
