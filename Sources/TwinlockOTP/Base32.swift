/// Why a text is not Base32.
///
/// Offsets and lengths only: the text is a secret.
public enum Base32Error: Error, Hashable, Sendable {
    /// The byte at `offset` is not in `A-Z2-7`, and is not padding at the end.
    case invalidCharacter(offset: Int)
    /// No bytes encode to that many symbols: 1, 3 or 6 more than a multiple of 8.
    case impossibleLength(symbols: Int)
    /// There is padding, but not as much as fills the last group of 8, or more than that.
    case wrongPadding
    /// The last symbol has bits that belong to no byte, and they are not zero: a second spelling of the same bytes.
    case nonZeroTrailingBits
}

/// Base32 (RFC 4648 §6), for secrets: nothing of the text or the bytes is left outside the result.
///
/// Symbols are computed rather than looked up, so that no table shows in the cache which ones they were.
public enum Base32 {
    /// Upper-case symbols without padding, as the `otpauth` format has them.
    public static func encode(_ bytes: UnsafeRawBufferPointer) -> SecretBytes {
        SecretBytes(count: (bytes.count * 8 + 4) / 5) { text in
            var bits: UInt16 = 0
            var bitCount = 0
            var next = 0
            for byte in bytes {
                bits = bits << 8 | UInt16(byte)
                bitCount += 8
                while bitCount >= 5 {
                    bitCount -= 5
                    text[next] = self.symbol(for: UInt8(truncatingIfNeeded: bits >> bitCount) & 0x1f)
                    next += 1
                }
            }
            if bitCount > 0 {
                text[next] = self.symbol(for: UInt8(truncatingIfNeeded: bits << (5 - bitCount)) & 0x1f)
            }
        }
    }

    /// The bytes of a text in the exact alphabet, which has upper-case letters only.
    ///
    /// Padding may be there in full or not at all. Each byte sequence has one spelling with and one without it;
    /// everything else is refused, line breaks and spaces included (RFC 4648 §3.3).
    public static func decode(_ text: UnsafeRawBufferPointer) throws(Base32Error) -> SecretBytes {
        let symbols = UnsafeRawBufferPointer(rebasing: text[..<(try self.symbolCount(of: text))])
        return SecretBytes(count: symbols.count * 5 / 8) { bytes in
            var bits: UInt16 = 0
            var bitCount = 0
            var next = 0
            for symbol in symbols {
                bits = bits << 5 | UInt16(self.value(of: symbol))
                bitCount += 5
                if bitCount >= 8 {
                    bitCount -= 8
                    bytes[next] = UInt8(truncatingIfNeeded: bits >> bitCount)
                    next += 1
                }
            }
        }
    }

    /// The bytes of a text as people type it: lower case counts as upper, spaces and dashes as nothing.
    ///
    /// What is left must be strict Base32. An offset in an error counts from the start of what is left.
    public static func decode(typedByHand text: UnsafeRawBufferPointer) throws(Base32Error) -> SecretBytes {
        try withWipedBuffer(count: text.count) { (normalized) throws(Base32Error) -> SecretBytes in
            var count = 0
            for byte in text where byte != UInt8(ascii: " ") && byte != UInt8(ascii: "-") {
                let isLowerCase = UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte
                normalized[count] = isLowerCase ? byte - 0x20 : byte
                count += 1
            }
            return try self.decode(UnsafeRawBufferPointer(rebasing: normalized[..<count]))
        }
    }

    /// The number of symbols before the padding, once the whole text has been found right.
    private static func symbolCount(of text: UnsafeRawBufferPointer) throws(Base32Error) -> Int {
        var count = text.count
        while count > 0, text[count - 1] == UInt8(ascii: "=") { count -= 1 }
        for offset in 0..<count where self.value(of: text[offset]) > 0x1f {
            throw .invalidCharacter(offset: offset)
        }
        // A group of 2, 4, 5 or 7 symbols ends 1, 2, 3 or 4 bytes; no other short group comes from whole bytes.
        let surplusBits = count * 5 % 8
        guard surplusBits < 5 else { throw .impossibleLength(symbols: count) }
        let padding = text.count - count
        guard padding == 0 || (padding < 8 && text.count.isMultiple(of: 8)) else { throw .wrongPadding }
        if count > 0 {
            guard self.value(of: text[count - 1]) & ((1 << surplusBits) - 1) == 0 else { throw .nonZeroTrailingBits }
        }
        return count
    }

    /// `A-Z` for 0 to 25, `2-7` for 26 to 31, without a branch.
    private static func symbol(for value: UInt8) -> UInt8 {
        let isDigit: UInt8 = (25 &- value) >> 7
        return UInt8(ascii: "A") &+ value &- isDigit &* 41
    }

    /// 0 to 31 for a symbol of the alphabet, 0xff for any other byte, without a branch.
    private static func value(of symbol: UInt8) -> UInt8 {
        let letter = UInt16(symbol) &- UInt16(UInt8(ascii: "A"))
        let digit = UInt16(symbol) &- UInt16(UInt8(ascii: "2"))
        // All ones where the difference is in range: the subtraction borrows into the high byte.
        let isLetter = UInt8(truncatingIfNeeded: (letter &- 26) >> 8) & ~UInt8(truncatingIfNeeded: letter >> 8)
        let isDigit = UInt8(truncatingIfNeeded: (digit &- 6) >> 8) & ~UInt8(truncatingIfNeeded: digit >> 8)
        return (UInt8(truncatingIfNeeded: letter) & isLetter)
            | (UInt8(truncatingIfNeeded: digit &+ 26) & isDigit)
            | ~(isLetter | isDigit)
    }
}
