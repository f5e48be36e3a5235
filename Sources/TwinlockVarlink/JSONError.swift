/// Why bytes are not the JSON that this protocol takes.
///
/// Offsets count bytes from the start of the message.
///
/// RFC 8259, and stricter where it leaves a choice: one value only, no byte order mark, no repeated name.
public enum JSONError: Error, Hashable, Sendable {
    /// There is no byte at all.
    case empty
    /// More bytes than the limit.
    case tooLong
    /// U+FEFF before the value (RFC 8259 §8.1 allows to ignore it; we do not).
    case byteOrderMark
    /// The text ends inside a value.
    case unexpectedEnd
    /// A byte that cannot stand here.
    case unexpectedByte(offset: Int)
    /// Something other than white space follows the value.
    case trailingText(offset: Int)
    /// A string is not well-formed UTF-8: overlong, a surrogate, beyond U+10FFFF, or cut short.
    case invalidUTF8(offset: Int)
    /// A control character stands in a string without an escape (RFC 8259 §7).
    case controlCharacter(offset: Int)
    /// A backslash is not followed by an escape of RFC 8259 §7.
    case invalidEscape(offset: Int)
    /// A `\u` escape names one half of a surrogate pair without the other.
    case loneSurrogate(offset: Int)
    /// `\u0000`: systemd's parser refuses it too, and C code behind us would cut the string there.
    case nulCharacter(offset: Int)
    /// A number that RFC 8259 §6 does not allow, such as `01` or `1.`.
    case invalidNumber(offset: Int)
    /// A name stands twice in one object, compared after decoding.
    case repeatedName(offset: Int)
    /// More objects and arrays inside each other than the limit.
    case tooDeep(offset: Int)
    /// A string longer than the limit.
    case stringTooLong(offset: Int)
}

extension JSONError: CustomStringConvertible {
    /// What is wrong and where, without a byte of the message.
    public var description: String {
        switch self {
        case .empty: "JSON text is empty"
        case .tooLong: "JSON text is too long"
        case .byteOrderMark: "JSON text begins with a byte order mark"
        case .unexpectedEnd: "JSON text ends inside a value"
        case .unexpectedByte(let offset): "unexpected byte at offset \(offset)"
        case .trailingText(let offset): "text after the value at offset \(offset)"
        case .invalidUTF8(let offset): "invalid UTF-8 at offset \(offset)"
        case .controlCharacter(let offset): "control character in a string at offset \(offset)"
        case .invalidEscape(let offset): "invalid escape at offset \(offset)"
        case .loneSurrogate(let offset): "lone surrogate at offset \(offset)"
        case .nulCharacter(let offset): "U+0000 in a string at offset \(offset)"
        case .invalidNumber(let offset): "invalid number at offset \(offset)"
        case .repeatedName(let offset): "repeated name at offset \(offset)"
        case .tooDeep(let offset): "nested too deeply at offset \(offset)"
        case .stringTooLong(let offset): "string too long at offset \(offset)"
        }
    }
}
