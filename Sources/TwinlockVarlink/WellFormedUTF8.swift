/// Well-formed UTF-8, byte by byte (RFC 3629 §4; the Unicode Standard, table 3-7).
enum WellFormedUTF8 {
    /// The length of the well-formed sequence at `index`, or nothing.
    ///
    /// Overlong forms, surrogates and values beyond U+10FFFF are excluded by the range of the second byte.
    static func sequenceLength(in bytes: UnsafeRawBufferPointer, at index: Int) -> Int? {
        let length: Int
        let second: ClosedRange<UInt8>
        switch bytes[index] {
        case 0x00...0x7f: return 1
        case 0xc2...0xdf: (length, second) = (2, 0x80...0xbf)
        case 0xe0: (length, second) = (3, 0xa0...0xbf)
        case 0xed: (length, second) = (3, 0x80...0x9f)
        case 0xe1...0xef: (length, second) = (3, 0x80...0xbf)
        case 0xf0: (length, second) = (4, 0x90...0xbf)
        case 0xf1...0xf3: (length, second) = (4, 0x80...0xbf)
        case 0xf4: (length, second) = (4, 0x80...0x8f)
        default: return nil
        }
        guard index + length <= bytes.count, second.contains(bytes[index + 1]) else { return nil }
        for continuation in (index + 2)..<max(index + 2, index + length)
        where bytes[continuation] & 0xc0 != 0x80 {
            return nil
        }
        return length
    }

    /// Whether all of the bytes are well-formed.
    static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        while index < bytes.count {
            guard let length = self.sequenceLength(in: bytes, at: index) else { return false }
            index += length
        }
        return true
    }
}
