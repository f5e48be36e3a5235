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
enum Base64URL {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

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
                text[end] = self.alphabet[Int(pending >> UInt32(bits) & 0x3f)]
                end += 1
            }
        }
        if bits > 0 {
            text[end] = self.alphabet[Int(pending << UInt32(6 - bits) & 0x3f)]
        }
    }

    /// Strict: the alphabet alone, a possible length, and trailing bits of zero; nil otherwise.
    static func decode(_ text: UnsafeRawBufferPointer) -> SecretBytes? {
        guard text.count % 4 != 1 else { return nil }
        var isValid = true
        let decoded = SecretBytes(count: text.count * 6 / 8) { bytes in
            var bits = 0
            var pending: UInt32 = 0
            var end = 0
            for character in text {
                guard let value = self.value(of: character) else {
                    isValid = false
                    return
                }
                pending = pending << 6 | value
                bits += 6
                if bits >= 8 {
                    bits -= 8
                    bytes[end] = UInt8(truncatingIfNeeded: pending >> UInt32(bits))
                    end += 1
                }
            }
            isValid = pending & (1 << UInt32(bits) - 1) == 0
        }
        return isValid ? decoded : nil
    }

    private static func value(of character: UInt8) -> UInt32? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "-"): 62
        case UInt8(ascii: "_"): 63
        default: nil
        }
    }
}
