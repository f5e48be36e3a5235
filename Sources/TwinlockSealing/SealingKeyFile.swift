public import TwinlockOTP

/// The text of a key file. Bytes in, bytes out: which file, and who may read it, is decided elsewhere.
///
/// One line, `twinlock-sealing-key-v1`, a space, 64 lower-case hex digits, and the line's end.
extension SealingKey {
    private static let header = "twinlock-sealing-key-v1 "

    /// Reads the text of a key file.
    ///
    /// The line's end may be missing, since some ways of handing over a file drop it.
    ///
    /// - Parameter fileText: Secret, and the caller's to wipe.
    public static func parse(fileText: UnsafeRawBufferPointer) throws(SealingError) -> SealingKey {
        let line = fileText.last == UInt8(ascii: "\n") ? fileText.dropLast() : fileText[...]
        guard line.starts(with: self.header.utf8) else { throw .malformedKeyFile }
        let digits = line.dropFirst(self.header.utf8.count)
        guard digits.count == 2 * self.byteCount else { throw .malformedKeyFile }
        let material = try SecretBytes(count: self.byteCount) { (bytes) throws(SealingError) in
            for index in 0..<self.byteCount {
                let position = digits.startIndex + 2 * index
                guard let high = Hex.value(of: digits[position]), let low = Hex.value(of: digits[position + 1]) else {
                    throw .malformedKeyFile
                }
                bytes[index] = high << 4 | low
            }
        }
        return try SealingKey(material: material)
    }

    /// The text of a key file for `material`, which must be ``byteCount`` bytes.
    public static func fileText(material: SecretBytes) -> SecretBytes {
        precondition(material.count == self.byteCount, "a sealing key is 32 bytes")
        let header = self.header.utf8
        return SecretBytes(count: header.count + 2 * self.byteCount + 1) { text in
            text.copyBytes(from: header)
            material.withUnsafeBytes { key in
                for (index, byte) in key.enumerated() {
                    text[header.count + 2 * index] = Hex.digit(for: byte >> 4)
                    text[header.count + 2 * index + 1] = Hex.digit(for: byte & 0x0f)
                }
            }
            text[text.count - 1] = UInt8(ascii: "\n")
        }
    }
}
