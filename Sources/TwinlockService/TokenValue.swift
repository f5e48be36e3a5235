import Crypto
import TwinlockOTP
import TwinlockVarlink

/// The text of an access token: `twl_`, 32 random characters, and 6 of the CRC-32 of all that stands before them.
///
/// The mark and the sum let scanners of source and logs find a token that somebody left there, and let us refuse junk
/// before the store is asked.
enum TokenValue {
    /// What begins an access token. No password and no code begins like this.
    static let prefix: StaticString = "twl_"
    /// Random characters: 190 bits.
    static let randomCharacters = 32
    /// Characters of the sum: 62⁶ is more than 2³².
    static let sumCharacters = 6
    /// Characters of the whole.
    static let count = prefix.utf8CodeUnitCount + randomCharacters + sumCharacters

    private static let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
    /// Bytes from here on are not used: what is left is 4 times the alphabet, so that each character is as likely.
    private static let limit = UInt8(256 / 62 * 62)

    /// A new token.
    ///
    /// - Parameter random: Gives so many bytes of the system's generator.
    static func make(random: (Int) -> SecretBytes) -> SecretText {
        SecretText(count: self.count) { text in
            text.copyMemory(
                from: UnsafeRawBufferPointer(start: self.prefix.utf8Start, count: self.prefix.utf8CodeUnitCount)
            )
            var next = self.prefix.utf8CodeUnitCount
            let end = next + self.randomCharacters
            while next < end {
                random(2 * self.randomCharacters).withUnsafeBytes { bytes in
                    for byte in bytes where byte < self.limit && next < end {
                        text[next] = self.alphabet[Int(byte) % self.alphabet.count]
                        next += 1
                    }
                }
            }
            self.writeSum(of: UnsafeRawBufferPointer(rebasing: text[..<end]), to: text, from: end)
        }
    }

    /// The digest under which a token is stored; nil for a text that is none, or was copied wrongly.
    static func digest(of text: SecretText) -> [UInt8]? {
        guard text.count == self.count, text.hasPrefix(self.prefix) else { return nil }
        return text.withUnsafeBytes { bytes in
            let random = self.prefix.utf8CodeUnitCount..<self.prefix.utf8CodeUnitCount + self.randomCharacters
            guard bytes[random].allSatisfy(self.alphabet.contains) else { return nil }
            var sum = [UInt8](repeating: 0, count: self.sumCharacters)
            sum.withUnsafeMutableBytes {
                self.writeSum(of: UnsafeRawBufferPointer(rebasing: bytes[..<random.upperBound]), to: $0, from: 0)
            }
            guard bytes[random.upperBound...].elementsEqual(sum) else { return nil }
            return Array(SHA256.hash(data: bytes))
        }
    }

    /// Writes the sum in base 62, the greatest digit first.
    private static func writeSum(
        of bytes: UnsafeRawBufferPointer,
        to text: UnsafeMutableRawBufferPointer,
        from start: Int
    ) {
        var sum = CRC32.checksum(bytes)
        for index in (start..<start + self.sumCharacters).reversed() {
            text[index] = self.alphabet[Int(sum % 62)]
            sum /= 62
        }
    }
}
