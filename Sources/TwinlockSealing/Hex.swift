/// Lower-case hexadecimal.
///
/// Digits are computed rather than looked up, because keys pass through here.
enum Hex {
    /// `0-9` or `a-f` for 0 to 15.
    static func digit(for value: UInt8) -> UInt8 {
        let isLetter: UInt8 = (9 &- value) >> 7
        return UInt8(ascii: "0") &+ value &+ isLetter &* 39
    }

    /// 0 to 15 for a lower-case digit, nil for any other byte.
    static func value(of digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }

    /// Text of bytes that are not secret.
    static func text(_ bytes: some Sequence<UInt8>) -> String {
        String(decoding: bytes.flatMap { [self.digit(for: $0 >> 4), self.digit(for: $0 & 0x0f)] }, as: UTF8.self)
    }
}
