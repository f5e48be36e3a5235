/// A one-time password: a number and its length, so that no text of a code lies about in memory.
public struct Code: Sendable {
    /// Decimal digits, 6 through 8.
    public let digits: Int

    /// 0..<10^digits.
    let value: UInt32

    init(value: UInt32, digits: Int) {
        self.value = value
        self.digits = digits
    }

    /// A code as a person types it: exactly so many ASCII digits; spaces and dashes between them are left out first.
    ///
    /// Normalised here and nowhere else, so that `123 456` and `123456` are one code to everything that remembers codes.
    /// - Returns: nil for anything else.
    public init?(normalizing text: UnsafeRawBufferPointer, digits: Int) {
        var value: UInt32 = 0
        var count = 0
        for byte in text {
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "-"):
                continue
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                guard count < digits, count < HOTP.digitsRange.upperBound else { return nil }
                value = value * 10 + UInt32(byte - UInt8(ascii: "0"))
                count += 1
            default:
                return nil
            }
        }
        guard count == digits, HOTP.digitsRange.contains(digits) else { return nil }
        self.init(value: value, digits: digits)
    }

    /// Whether the two are the same code. No early exit.
    public func matches(_ other: Code) -> Bool {
        (self.value ^ other.value) | UInt32(self.digits ^ other.digits) == 0
    }

    /// The digits as text, for tests: nothing that ships makes a code's text.
    func asciiText() -> String {
        let text = String(self.value)
        return String(repeating: "0", count: self.digits - text.count) + text
    }
}

extension Code: CustomStringConvertible, CustomReflectable {
    /// `<redacted>`.
    public var description: String { "<redacted>" }

    /// No children.
    public var customMirror: Mirror { Mirror(self, children: EmptyCollection()) }
}
