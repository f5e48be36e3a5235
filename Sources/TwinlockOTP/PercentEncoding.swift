/// Percent-encoding (RFC 3986 §2.1) of what an `otpauth` URI carries.
enum PercentEncoding {
    /// UTF-8 with all but unreserved characters (RFC 3986 §2.3) and `@` encoded, hex digits in upper case.
    ///
    /// `@` may stand in a path and in a query, and in an account's name it usually does.
    static func encode(_ text: String) -> String {
        var encoded = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"), UInt8(ascii: "@"):
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let hex = String(byte, radix: 16, uppercase: true)
                encoded += hex.utf8.count == 1 ? "%0\(hex)" : "%\(hex)"
            }
        }
        return encoded
    }

    /// Writes the decoded bytes to `output` and tells how many; nil if a percent sign lacks its two hex digits.
    ///
    /// A plus sign is a plus sign: this is a URI, not a form.
    ///
    /// - Parameter output: At least as long as `text`, which decoding never makes longer.
    static func decode(_ text: Slice<UnsafeRawBufferPointer>, into output: UnsafeMutableRawBufferPointer) -> Int? {
        var count = 0
        var index = text.startIndex
        while index < text.endIndex {
            var byte = text[index]
            index += 1
            if byte == UInt8(ascii: "%") {
                guard
                    text.endIndex - index >= 2,
                    let high = self.hexValue(text[index]),
                    let low = self.hexValue(text[index + 1])
                else { return nil }
                byte = high << 4 | low
                index += 2
            }
            output[count] = byte
            count += 1
        }
        return count
    }

    private static func hexValue(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
