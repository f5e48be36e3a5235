/// A one-time password, as a number and a length.
///
/// No text of it is kept, so there is none to wipe, and it prints as `<redacted>`. It has no `==`: ``matches(_:)`` is
/// the one comparison.
public struct Code: Sendable {
    /// Length in decimal digits, leading zeros included.
    ///
    /// Not secret.
    public let digits: Int

    /// The digits as a number, below ten to the power of ``digits``.
    let value: UInt32

    /// A code from a generator.
    ///
    /// `value` has at most `digits` digits.
    init(value: UInt32, digits: Int) {
        self.digits = digits
        self.value = value
    }

    /// What a person typed, if it has the shape of a code: exactly `digits` ASCII digits.
    ///
    /// Spaces and dashes are dropped first, wherever they are, because apps show `123 456`: all spellings of a code
    /// are one code before anything is compared or remembered. Anything else is nil, digits of other scripts included.
    ///
    /// - Parameters:
    ///   - text: From the prompt, unchecked. Secret, and the caller's to wipe.
    ///   - digits: Length to expect; nil comes back for one outside ``HOTP/digitCounts``.
    public init?(normalizing text: UnsafeRawBufferPointer, digits: Int) {
        guard HOTP.digitCounts.contains(digits) else { return nil }
        var value: UInt32 = 0
        var seen = 0
        for byte in text {
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "-"):
                continue
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                seen += 1
                // Checked before the number grows: a long run of digits is refused, it does not overflow.
                guard seen <= digits else { return nil }
                value = value * 10 + UInt32(byte - UInt8(ascii: "0"))
            default:
                return nil
            }
        }
        guard seen == digits else { return nil }
        self.init(value: value, digits: digits)
    }

    /// Whether both are the same code: same length, same digits.
    ///
    /// Takes the same time wherever they differ.
    public func matches(_ other: Code) -> Bool {
        (self.value ^ other.value) | UInt32(truncatingIfNeeded: self.digits ^ other.digits) == 0
    }

    /// The code as ASCII digits, zero-padded on the left.
    ///
    /// For tests; it makes the text that the type exists to avoid.
    func asciiText() -> String {
        let text = String(self.value)
        return String(repeating: "0", count: self.digits - text.utf8.count) + text
    }
}

extension Code: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// `<redacted>`, whatever the code is.
    public var description: String { "<redacted>" }

    /// `<redacted>`, whatever the code is.
    public var debugDescription: String { "<redacted>" }

    /// A mirror without children.
    public var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
