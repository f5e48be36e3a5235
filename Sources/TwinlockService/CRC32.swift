/// The CRC-32 of ISO 3309 and RFC 1952 §8. It finds mistakes of copying and keeps nobody out.
enum CRC32 {
    /// The polynomial, lowest power first.
    private static let polynomial: UInt32 = 0xedb8_8320

    /// The check value of those bytes.
    static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        var remainder = UInt32.max
        for byte in bytes {
            remainder ^= UInt32(byte)
            for _ in 0..<8 {
                remainder = remainder >> 1 ^ (remainder & 1 == 1 ? self.polynomial : 0)
            }
        }
        return ~remainder
    }
}
