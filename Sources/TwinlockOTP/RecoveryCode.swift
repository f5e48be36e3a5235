/// A one-time alternative to a code: 50 random bits, written as two groups of five symbols.
///
/// The alphabet is Crockford's (ours to have chosen): the digits and the capital letters without I, L, O and U, so that
/// nothing in it looks like something else in it. No text is kept, and the number is in memory that is wiped. Prints as
/// `<redacted>`. It has no `==`: ``matches(_:)`` is the one comparison.
public struct RecoveryCode: Sendable {
    /// Symbols of a code, each worth 5 bits.
    public static let symbolCount = 10
    /// Random bytes that one code is made of: one a symbol, of which the lower 5 bits count, so that no symbol is
    /// likelier than another.
    public static let randomByteCount = Self.symbolCount
    /// Bytes of ``stored``.
    public static let storedByteCount = 8

    /// The number as 8 big-endian bytes, to be sealed: below 2⁵⁰, the highest bits are the first symbol.
    public let stored: SecretBytes

    private init(value: UInt64) {
        self.stored = SecretBytes(count: Self.storedByteCount) {
            $0.storeBytes(of: value.bigEndian, as: UInt64.self)
        }
    }

    /// A new code.
    ///
    /// - Parameter random: Exactly ``randomByteCount`` bytes from the system's generator. Secret, and the caller's to
    ///   wipe.
    public init(random: UnsafeRawBufferPointer) {
        precondition(random.count == Self.randomByteCount, "a recovery code takes ten random bytes")
        self.init(value: random.reduce(0) { $0 << 5 | UInt64($1 & 0x1f) })
    }

    /// What a person typed, if it has the shape of a recovery code: ten symbols.
    ///
    /// Case, spaces and dashes are ignored, wherever they are; I and L are read as 1, O as 0. Anything else is nil, U
    /// included.
    ///
    /// - Parameter text: From the prompt, unchecked. Secret, and the caller's to wipe.
    public init?(normalizing text: UnsafeRawBufferPointer) {
        var value: UInt64 = 0
        var seen = 0
        for byte in text where byte != UInt8(ascii: " ") && byte != UInt8(ascii: "-") {
            guard let symbol = Self.value(of: byte) else { return nil }
            seen += 1
            // A longer run pushes bits out at the top, and is refused below.
            value = value << 5 | UInt64(symbol)
        }
        guard seen == Self.symbolCount else { return nil }
        self.init(value: value)
    }

    /// The code whose ``stored`` that was; nil for anything else.
    public init?(stored: SecretBytes) {
        guard stored.count == Self.storedByteCount else { return nil }
        self.stored = stored
        guard self.value >> (5 * Self.symbolCount) == 0 else { return nil }
    }

    /// So many codes that differ from each other: of two alike, each would work once and the pair twice.
    ///
    /// - Parameter random: So many bytes from the system's generator.
    public static func distinct(_ count: Int, random: (_ count: Int) -> SecretBytes) -> [RecoveryCode] {
        var codes: [RecoveryCode] = []
        while codes.count < count {
            let code = random(Self.randomByteCount).withUnsafeBytes { RecoveryCode(random: $0) }
            if !codes.contains(where: code.matches) {
                codes.append(code)
            }
        }
        return codes
    }

    /// Whether both are the same code.
    ///
    /// Takes the same time wherever they differ.
    public func matches(_ other: RecoveryCode) -> Bool {
        other.stored.withUnsafeBytes { self.stored.isEqual(to: $0) }
    }

    /// The code as it is shown: `XXXXX-XXXXX` in ASCII.
    public func text() -> SecretBytes {
        let (value, half) = (self.value, Self.symbolCount / 2)
        return SecretBytes(count: Self.symbolCount + 1) { text in
            text[half] = UInt8(ascii: "-")
            for index in 0..<Self.symbolCount {
                let symbol = UInt8(truncatingIfNeeded: value >> (5 * (Self.symbolCount - 1 - index))) & 0x1f
                text[index < half ? index : index + 1] = Self.symbol(for: symbol)
            }
        }
    }

    private var value: UInt64 {
        self.stored.withUnsafeBytes { UInt64(bigEndian: $0.loadUnaligned(as: UInt64.self)) }
    }

    /// `0-9A-HJKMNP-TV-Z` for 0 to 31, without a branch or a table whose cache lines would tell.
    private static func symbol(for value: UInt8) -> UInt8 {
        // 1 where the value is greater: the subtraction borrows into the highest bit.
        func isOver(_ limit: UInt8) -> UInt8 { (limit &- value) >> 7 }
        return UInt8(ascii: "0") + value + 7 * isOver(9) + isOver(17) + isOver(19) + isOver(21) + isOver(26)
    }

    /// 0 to 31 for a symbol as it may be typed; nil for any other byte.
    private static func value(of byte: UInt8) -> UInt8? {
        let isLowerCase = UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte
        let symbol = isLowerCase ? byte - 0x20 : byte
        switch symbol {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): return symbol - UInt8(ascii: "0")
        case UInt8(ascii: "O"): return 0
        case UInt8(ascii: "I"), UInt8(ascii: "L"): return 1
        case UInt8(ascii: "A")...UInt8(ascii: "H"): return symbol - UInt8(ascii: "A") + 10
        case UInt8(ascii: "J")...UInt8(ascii: "K"): return symbol - UInt8(ascii: "J") + 18
        case UInt8(ascii: "M")...UInt8(ascii: "N"): return symbol - UInt8(ascii: "M") + 20
        case UInt8(ascii: "P")...UInt8(ascii: "T"): return symbol - UInt8(ascii: "P") + 22
        case UInt8(ascii: "V")...UInt8(ascii: "Z"): return symbol - UInt8(ascii: "V") + 27
        default: return nil
        }
    }
}

extension RecoveryCode: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// `<redacted>`, whatever the code is.
    public var description: String { "<redacted>" }

    /// `<redacted>`, whatever the code is.
    public var debugDescription: String { "<redacted>" }

    /// A mirror without children.
    public var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
