/// Why a text is not Base32.
public enum Base32Error: Error, Hashable, Sendable {
    /// A byte outside the alphabet, at that offset.
    case character(offset: Int)
    /// A length that no bytes encode to, or padding that is not exactly what the length needs.
    case length
    /// Bits behind the last byte that are not zero: another text stands for the same bytes (RFC 4648 §3.5).
    case trailingBits
}

/// Base32 with the upper-case alphabet of RFC 4648 §6, from memory to memory: the bytes are secrets.
public enum Base32 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)

    /// The text of these bytes, ASCII, without padding.
    public static func encode(_ bytes: UnsafeRawBufferPointer) -> SecretBytes {
        SecretBytes(count: (bytes.count * 8 + 4) / 5) { text in
            var pending: UInt32 = 0
            var bits = 0
            var end = 0
            for byte in bytes {
                pending = pending << 8 | UInt32(byte)
                bits += 8
                while bits >= 5 {
                    bits -= 5
                    text[end] = self.alphabet[Int(pending >> UInt32(bits) & 0x1f)]
                    end += 1
                }
            }
            if bits > 0 {
                text[end] = self.alphabet[Int(pending << UInt32(5 - bits) & 0x1f)]
            }
        }
    }

    /// The bytes of a text: upper case, with all of its padding or with none, and nothing else.
    ///
    /// - Throws: `Base32Error` at the first thing that is not so.
    public static func decode(_ text: UnsafeRawBufferPointer) throws(Base32Error) -> SecretBytes {
        let characters = try self.withoutPadding(text)
        guard ![1, 3, 6].contains(characters.count % 8) else { throw .length }
        var failure: Base32Error?
        let decoded = SecretBytes(count: characters.count * 5 / 8) { bytes in
            var pending: UInt32 = 0
            var bits = 0
            var end = 0
            for (offset, character) in characters.enumerated() {
                guard let value = self.value(of: character) else {
                    failure = .character(offset: offset)
                    return
                }
                pending = pending << 5 | value
                bits += 5
                if bits >= 8 {
                    bits -= 8
                    bytes[end] = UInt8(truncatingIfNeeded: pending >> UInt32(bits))
                    end += 1
                }
            }
            if pending & (1 << UInt32(bits) - 1) != 0 {
                failure = .trailingBits
            }
        }
        if let failure { throw failure }
        return decoded
    }

    private static func withoutPadding(_ text: UnsafeRawBufferPointer) throws(Base32Error) -> Slice<
        UnsafeRawBufferPointer
    > {
        let end = text.lastIndex { $0 != UInt8(ascii: "=") }.map { $0 + 1 } ?? 0
        let padding = text.count - end
        guard padding == 0 || (text.count % 8 == 0 && padding < 8) else { throw .length }
        return text[..<end]
    }

    private static func value(of character: UInt8) -> UInt32? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
        case UInt8(ascii: "2")...UInt8(ascii: "7"): UInt32(character - UInt8(ascii: "2")) + 26
        default: nil
        }
    }
}
