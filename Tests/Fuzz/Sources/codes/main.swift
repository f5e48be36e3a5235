import FuzzSupport
import TwinlockOTP
import TwinlockVarlink

@testable import Tokens

private let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)
private let symbols = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)
private let (blank, dash) = (UInt8(ascii: " "), UInt8(ascii: "-"))

private func bytes(_ secret: SecretBytes) -> [UInt8] { secret.withUnsafeBytes { Array($0) } }

private func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }

private func upper(_ byte: UInt8) -> UInt8 { UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte ? byte - 32 : byte }

/// Bit by bit, as RFC 4648 §6 draws it; nil for what is no Base32.
private func plainBase32(_ text: [UInt8]) -> [UInt8]? {
    let letters = text.prefix { $0 != UInt8(ascii: "=") }
    guard text.count == letters.count || text.count.isMultiple(of: 8) && text.count - letters.count < 8,
        text[letters.count...].allSatisfy({ $0 == UInt8(ascii: "=") }), ![1, 3, 6].contains(letters.count % 8)
    else { return nil }
    var bits: [Bool] = []
    for letter in letters {
        guard let value = alphabet.firstIndex(of: letter) else { return nil }
        bits += (0..<5).reversed().map { value >> $0 & 1 == 1 }
    }
    let whole = bits.count / 8 * 8
    guard !bits[whole...].contains(true) else { return nil }
    return stride(from: 0, to: whole, by: 8).map { start in
        bits[start..<start + 8].reduce(0) { $0 << 1 | ($1 ? 1 : 0) }
    }
}

/// What is taken as Base32, and what it means, is what a second reader takes; what is written is what was read.
private func checkBase32(_ text: [UInt8]) {
    let decoded = text.withUnsafeBytes { try? Base32.decode($0) }.map(bytes)
    claim(decoded == plainBase32(text), "Base32 read differently")
    if let decoded {
        let again = bytes(decoded.withUnsafeBytes { Base32.encode($0) })
        claim(again.elementsEqual(text.prefix { $0 != UInt8(ascii: "=") }), "Base32 written differently")
    }
    let typed = text.withUnsafeBytes { try? Base32.decode(typedByHand: $0) }.map(bytes)
    claim(typed == plainBase32(text.filter { $0 != blank && $0 != dash }.map(upper)), "typed Base32 read differently")
}

/// What is taken as a URI is within its bounds, and the same after it was written and read again.
private func checkURI(_ text: [UInt8]) {
    guard let uri = text.withUnsafeBytes({ try? OTPAuthURI.parse($0) }) else { return }
    claim(text.count <= OTPAuthURI.maximumByteCount, "a URI over its bound")
    claim(HOTP.secretByteCounts.contains(uri.secret.count) && HOTP.digitCounts.contains(uri.digits), "out of range")
    for name in [uri.issuer, uri.account] {
        claim(!name.unicodeScalars.contains { $0.properties.generalCategory == .control || $0 == ":" }, "a bad name")
    }
    let written = bytes(uri.text())
    claim(written.allSatisfy { 0x21...0x7e ~= $0 }, "a URI that is not ASCII was written")
    guard written.count <= OTPAuthURI.maximumByteCount else { return }
    guard let again = written.withUnsafeBytes({ try? OTPAuthURI.parse($0) }) else { fatalError("not read again") }
    claim(
        again.kind == uri.kind && again.issuer == uri.issuer && again.account == uri.account
            && bytes(again.secret) == bytes(uri.secret) && again.algorithm == uri.algorithm
            && again.digits == uri.digits,
        "another URI when read again"
    )
}

/// What was typed has the one shape or the other or none, as a second reader says.
private func checkTyped(_ text: [UInt8], digits: Int) {
    let bare = text.filter { $0 != blank && $0 != dash }
    switch text.withUnsafeBytes({ TypedCode(normalizing: $0, digits: digits) }) {
    case .code(let code):
        claim(bare.count == digits && bare.allSatisfy(isDigit) && code.digits == digits, "no code")
    case .recoveryCode(let code):
        let plain = bare.map(upper).map { byte in
            switch byte {
            case UInt8(ascii: "I"), UInt8(ascii: "L"): UInt8(ascii: "1")
            case UInt8(ascii: "O"): UInt8(ascii: "0")
            default: byte
            }
        }
        claim(plain.count == 10 && plain.allSatisfy(symbols.contains), "no recovery code")
        claim(bytes(code.text()) == plain[..<5] + [dash] + plain[5...], "another recovery code")
        claim(RecoveryCode(stored: code.stored)?.matches(code) == true, "not what was stored")
    case .neither:
        claim(bare.count != digits || !bare.allSatisfy(isDigit), "a code that was not taken")
    }
}

/// What is taken off an answer's end is a code's digits or a recovery code in its dashed form, or nothing.
private func checkCombined(_ answer: [UInt8], digits: Int) {
    let count = answer.withUnsafeBytes { CombinedAnswer.passwordBytes(of: $0, digits: digits) }
    claim(0...answer.count ~= count && (count > 0 || answer.isEmpty), "no password left")
    let end = answer[count...]
    switch end.count {
    case 0: break
    case digits: claim(end.allSatisfy(isDigit), "no code at the end")
    case 11:
        claim(
            end[count + 5] == dash && end.withUnsafeBytes { RecoveryCode(normalizing: $0) } != nil,
            "no recovery code"
        )
    default: claim(false, "an end of a length that no code has")
    }
}

/// A token has its shape, and none of those that differ from it in one character is one.
private func checkToken(_ text: [UInt8]) {
    func digest(_ text: [UInt8]) -> [UInt8]? {
        text.withUnsafeBytes { TokenValue.digest(of: SecretText(copying: $0)) }
    }
    guard digest(text)?.count == 32 else { return claim(digest(text) == nil, "a digest of another length") }
    claim(text.count == 42 && text.starts(with: "twl_".utf8), "a token of another shape")
    for index in text.indices {
        var other = text
        other[index] = text[index] == UInt8(ascii: "a") ? UInt8(ascii: "b") : UInt8(ascii: "a")
        claim(digest(other) == nil, "a token that was copied wrongly")
    }
}

fuzz { start, count in
    let text = Array(UnsafeRawBufferPointer(start: start, count: count))
    checkBase32(text)
    checkURI(text)
    for digits in HOTP.digitCounts {
        checkTyped(text, digits: digits)
        checkCombined(text, digits: digits)
    }
    checkToken(text)
    return 0
}
