import Crypto
import TwinlockOTP
import TwinlockSealing
import TwinlockVarlink

/// The text of a session: what a caller holds.
///
/// A finished one is 32 random bytes; the store knows its SHA-256. A pending one is a sealed `PendingSignIn`.
enum SessionValue {
    /// Random bytes of a finished session.
    static let randomBytes = 32
    private static let finishedPrefix: StaticString = "tls_"
    private static let pendingPrefix: StaticString = "tlp_"

    /// The text of a finished session.
    static func finished(_ random: SecretBytes) -> SecretText {
        self.text(self.finishedPrefix, random)
    }

    /// The text of a pending sign-in.
    static func pending(_ sealed: Sealed) -> SecretText {
        sealed.bytes.withUnsafeBytes { self.text(self.pendingPrefix, SecretBytes(copying: $0)) }
    }

    /// The digest under which a finished session is stored; nil for a text that is none.
    static func digest(of text: SecretText) -> [UInt8]? {
        guard let bytes = self.bytes(of: text, after: self.finishedPrefix), bytes.count == self.randomBytes else {
            return nil
        }
        return self.digest(of: bytes)
    }

    /// The digest under which those random bytes are stored.
    static func digest(of random: SecretBytes) -> [UInt8] {
        random.withUnsafeBytes { Array(SHA256.hash(data: $0)) }
    }

    /// The sealed bytes of a pending sign-in; nil for a text that is none.
    static func sealed(of text: SecretText) -> Sealed? {
        guard let bytes = self.bytes(of: text, after: self.pendingPrefix) else { return nil }
        return bytes.withUnsafeBytes { try? Sealed(bytes: Array($0)) }
    }

    private static func text(_ prefix: StaticString, _ bytes: SecretBytes) -> SecretText {
        bytes.withUnsafeBytes { bytes in
            SecretText(count: prefix.utf8CodeUnitCount + Base64URL.encodedCount(bytes.count)) { text in
                text.copyMemory(from: UnsafeRawBufferPointer(start: prefix.utf8Start, count: prefix.utf8CodeUnitCount))
                Base64URL.encode(
                    bytes,
                    into: UnsafeMutableRawBufferPointer(rebasing: text[prefix.utf8CodeUnitCount...])
                )
            }
        }
    }

    private static func bytes(of text: SecretText, after prefix: StaticString) -> SecretBytes? {
        guard text.hasPrefix(prefix) else { return nil }
        return text.withUnsafeBytes {
            Base64URL.decode(UnsafeRawBufferPointer(rebasing: $0[prefix.utf8CodeUnitCount...]))
        }
    }
}

/// Base64 with the URL alphabet and without padding (RFC 4648 §5), from memory to memory: no copy that nobody wipes.
///
/// Characters are computed without a branch and without a table: what a session's value is made of shows in no time that
/// anything takes.
enum Base64URL {
    /// Characters for so many bytes.
    static func encodedCount(_ bytes: Int) -> Int {
        (bytes * 8 + 5) / 6
    }

    /// Writes exactly `encodedCount` characters.
    static func encode(_ bytes: UnsafeRawBufferPointer, into text: UnsafeMutableRawBufferPointer) {
        var bits = 0
        var pending: UInt32 = 0
        var end = 0
        for byte in bytes {
            pending = pending << 8 | UInt32(byte)
            bits += 8
            while bits >= 6 {
                bits -= 6
                text[end] = self.character(of: pending >> UInt32(bits) & 0x3f)
                end += 1
            }
        }
        if bits > 0 {
            text[end] = self.character(of: pending << UInt32(6 - bits) & 0x3f)
        }
    }

    /// Strict: the alphabet alone, a possible length, and trailing bits of zero; nil otherwise.
    static func decode(_ text: UnsafeRawBufferPointer) -> SecretBytes? {
        guard text.count % 4 != 1 else { return nil }
        var isValid = false
        let decoded = SecretBytes(count: text.count * 6 / 8) { bytes in
            var bits = 0
            var pending: UInt32 = 0
            var end = 0
            // Negative as soon as one character is none of the alphabet.
            var all: Int32 = 0
            for character in text {
                let value = self.value(of: character)
                all |= value
                pending = pending << 6 | UInt32(bitPattern: value) & 0x3f
                bits += 6
                if bits >= 8 {
                    bits -= 8
                    bytes[end] = UInt8(truncatingIfNeeded: pending >> UInt32(bits))
                    end += 1
                }
            }
            isValid = all >= 0 && pending & (1 << UInt32(bits) - 1) == 0
        }
        return isValid ? decoded : nil
    }

    /// The character for 0 to 63.
    ///
    /// Each difference is negative from the next part of the alphabet on; shifted, its sign is a mask.
    private static func character(of value: UInt32) -> UInt8 {
        let value = Int32(bitPattern: value)
        var character = value &+ 65  // A...Z
        character &+= (25 &- value) >> 8 & 6  // a...z
        character &-= (51 &- value) >> 8 & 75  // 0...9
        character &-= (61 &- value) >> 8 & 13  // -
        character &+= (62 &- value) >> 8 & 49  // _
        return UInt8(truncatingIfNeeded: character)
    }

    /// 0 to 63 for a character of the alphabet, -1 for any other byte.
    private static func value(of character: UInt8) -> Int32 {
        let character = Int32(character)
        /// All ones from `first` to `last`, zero elsewhere.
        func mask(_ first: Int32, _ last: Int32) -> Int32 {
            ((first &- 1 &- character) & (character &- last &- 1)) >> 8
        }
        var value: Int32 = -1
        value &+= mask(65, 90) & (character &- 64)  // A...Z
        value &+= mask(97, 122) & (character &- 70)  // a...z
        value &+= mask(48, 57) & (character &+ 5)  // 0...9
        value &+= mask(45, 45) & 63  // -
        value &+= mask(95, 95) & 64  // _
        return value
    }
}
