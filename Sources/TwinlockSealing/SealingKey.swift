import Crypto
public import TwinlockOTP

/// A key that seals secrets at rest, with the id by which what it sealed names it.
public struct SealingKey: Sendable {
    /// Bytes of a key.
    public static let materialBytes = 32
    private static let fileMark = "twinlock-sealing-key-v1 "

    /// 16 lower-case hexadecimal digits, derived from the key; tells nothing about it.
    public let id: String

    let material: SecretBytes

    /// - Parameter material: 32 bytes from the system's generator.
    public init(material: SecretBytes) throws(SealingError) {
        guard material.count == Self.materialBytes else { throw .keyLength(material.count) }
        self.material = material
        let mac = material.withUnsafeBytes { key in
            HMAC<SHA256>.authenticationCode(for: Array("twinlock key id".utf8), using: SymmetricKey(data: key))
        }
        self.id = mac.prefix(8).map { Hexadecimal.text($0) }.joined()
    }

    /// The key of a key file: one line, a mark and 64 lower-case hexadecimal digits.
    public static func parse(fileText text: UnsafeRawBufferPointer) throws(SealingError) -> SealingKey {
        let mark = Array(self.fileMark.utf8)
        let hasNewline = text.last == UInt8(ascii: "\n")
        let line = text.dropLast(hasNewline ? 1 : 0)
        guard line.count == mark.count + 2 * self.materialBytes, line.starts(with: mark) else { throw .keyFile }
        var isValid = true
        let material = SecretBytes(count: self.materialBytes) { bytes in
            for index in 0..<self.materialBytes {
                let place = mark.count + 2 * index
                guard let high = Hexadecimal.value(line[place]), let low = Hexadecimal.value(line[place + 1]) else {
                    isValid = false
                    return
                }
                bytes[index] = high << 4 | low
            }
        }
        guard isValid else { throw .keyFile }
        return try SealingKey(material: material)
    }

    /// The text of a key file, with its newline. Secret.
    public static func fileText(material: SecretBytes) -> SecretBytes {
        let mark = Array(self.fileMark.utf8)
        return SecretBytes(count: mark.count + 2 * material.count + 1) { text in
            text.copyBytes(from: mark)
            material.withUnsafeBytes { bytes in
                for (index, byte) in bytes.enumerated() {
                    text[mark.count + 2 * index] = Hexadecimal.digit(byte >> 4)
                    text[mark.count + 2 * index + 1] = Hexadecimal.digit(byte & 0x0f)
                }
            }
            text[text.count - 1] = UInt8(ascii: "\n")
        }
    }
}

/// Lower-case hexadecimal digits.
enum Hexadecimal {
    static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }

    static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }

    static func text(_ byte: UInt8) -> String {
        String(decoding: [self.digit(byte >> 4), self.digit(byte & 0x0f)], as: UTF8.self)
    }
}
