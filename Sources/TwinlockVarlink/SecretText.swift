/// A string of a message that stays a range of its frame.
///
/// It never becomes a `String`, prints as `<redacted>`, and is wiped with the frame that it keeps alive.
public struct SecretText: Sendable {
    let frame: Frame
    private let range: Range<Int>

    init(frame: Frame, range: Range<Int>) {
        self.frame = frame
        self.range = range
    }

    /// Bytes of UTF-8, escapes decoded.
    public var count: Int { self.range.count }

    /// Whether there is no byte.
    public var isEmpty: Bool { self.range.isEmpty }

    /// Reads the bytes: valid UTF-8 without U+0000, not NUL-terminated.
    ///
    /// The pointer ends with the closure.
    public func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try self.frame.withUnsafeBytes { bytes in
            // Checked here because a buffer pointer checks its bounds in debug builds alone.
            precondition(self.range.upperBound <= bytes.count, "a frame is not wiped while its secrets are in use")
            return try body(UnsafeRawBufferPointer(rebasing: bytes[self.range]))
        }
    }

    /// The first bytes, in the same frame.
    ///
    /// - Parameter count: `0...self.count`, at the end of a scalar.
    public func prefix(_ count: Int) -> SecretText {
        precondition((0...self.count).contains(count), "a text has no more bytes than it has")
        return SecretText(frame: self.frame, range: self.range.prefix(count))
    }

    /// Whether the text begins with these bytes.
    ///
    /// For public marks such as a token's; it stops at the first difference.
    public func hasPrefix(_ ascii: StaticString) -> Bool {
        self.withUnsafeBytes {
            $0.starts(with: UnsafeRawBufferPointer(start: ascii.utf8Start, count: ascii.utf8CodeUnitCount))
        }
    }
}

extension SecretText: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// `<redacted>`.
    public var description: String { "<redacted>" }

    /// `<redacted>`.
    public var debugDescription: String { "<redacted>" }

    /// No children: a dump shows `<redacted>` alone.
    public var customMirror: Mirror { Mirror(self, children: EmptyCollection()) }
}
