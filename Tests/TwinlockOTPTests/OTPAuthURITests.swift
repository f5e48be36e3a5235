import Testing
import TwinlockOTP

private func parse(_ text: String) throws(OTPAuthURIError) -> OTPAuthURI {
    let result: Result<OTPAuthURI, OTPAuthURIError> = Array(text.utf8).withUnsafeBytes { bytes in
        do throws(OTPAuthURIError) { return .success(try OTPAuthURI.parse(bytes)) } catch { return .failure(error) }
    }
    return try result.get()
}

private func text(_ uri: OTPAuthURI) -> String {
    uri.text().withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
}

private let key = "12345678901234567890"
private let base32 = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"

@Suite("otpauth URIs")
struct OTPAuthURITests {
    @Test("what every app assumes is left out, so that the picture stays small")
    func short() {
        let uri = OTPAuthURI(
            kind: .totp(period: 30),
            issuer: "host",
            account: "alice",
            secret: secret(key),
            algorithm: .sha1,
            digits: 6
        )
        #expect(text(uri) == "otpauth://totp/host:alice?secret=\(base32)&issuer=host")
    }

    static let written: [(OTPAuthURI.Kind, String, String, HashAlgorithm, Int, String)] = [
        (
            .totp(period: 60), "", "bob", .sha256, 8,
            "otpauth://totp/bob?secret=\(base32)&algorithm=SHA256&digits=8&period=60"
        ),
        (
            .hotp(counter: 7), "A & B", "a@b c", .sha1, 6,
            "otpauth://hotp/A%20%26%20B:a%40b%20c?secret=\(base32)&issuer=A%20%26%20B&counter=7"
        ),
        (
            .totp(period: 30), "Żółw", "ż", .sha512, 7,
            "otpauth://totp/%C5%BB%C3%B3%C5%82w:%C5%BC?secret=\(base32)&issuer=%C5%BB%C3%B3%C5%82w&algorithm=SHA512&digits=7"
        ),
    ]

    @Test("what is written is read back", arguments: written)
    func roundTrip(
        kind: OTPAuthURI.Kind,
        issuer: String,
        account: String,
        algorithm: HashAlgorithm,
        digits: Int,
        expected: String
    ) throws {
        let uri = OTPAuthURI(
            kind: kind,
            issuer: issuer,
            account: account,
            secret: secret(key),
            algorithm: algorithm,
            digits: digits
        )
        #expect(text(uri) == expected)
        let read = try parse(expected)
        #expect(read.kind == kind && read.issuer == issuer && read.account == account)
        #expect(read.algorithm == algorithm && read.digits == digits)
        #expect(Array(key.utf8).withUnsafeBytes { read.secret.isEqual(to: $0) })
    }

    static let foreign: [(String, issuer: String, account: String)] = [
        ("otpauth://totp/Example:alice@example.com?secret=\(base32)&issuer=Example", "Example", "alice@example.com"),
        ("otpauth://totp/Example%3A%20alice?secret=\(base32)", "Example", "alice"),
        ("OTPAUTH://TOTP/alice?issuer=Example&secret=\(base32)&algorithm=sha1&digits=6&period=30", "Example", "alice"),
        ("otpauth://totp/alice?secret=\(base32)&image=https%3A%2F%2Fx%2Fy.png&foo=bar", "", "alice"),
    ]

    @Test("URIs of other programs are read")
    func foreign() throws {
        for (uri, issuer, account) in Self.foreign {
            let read = try parse(uri)
            #expect(read.issuer == issuer && read.account == account && read.kind == .totp(period: 30))
        }
    }

    static let refused: [(String, OTPAuthURIError)] = [
        ("", .scheme), ("http://totp/a?secret=\(base32)", .scheme), ("otpauth://", .scheme),
        ("otpauth://yotp/a?secret=\(base32)", .type), ("otpauth://totp?secret=\(base32)", .type),
        ("otpauth://totp/?secret=\(base32)", .label), ("otpauth://totp/%zz?secret=\(base32)", .label),
        ("otpauth://totp/%C3?secret=\(base32)", .label), ("otpauth://totp/a:b:c?secret=\(base32)", .label),
        ("otpauth://totp/a", .secret), ("otpauth://totp/a?secret=", .secret), ("otpauth://totp/a?secret=1", .secret),
        ("otpauth://totp/a?secret=\(base32.lowercased())", .secret), ("otpauth://totp/a?secret=\(base32)==", .secret),
        ("otpauth://totp/a?secret=\(base32)&secret=\(base32)", .parameter),
        ("otpauth://totp/a?secret=\(base32)&issuer=%", .parameter),
        ("otpauth://totp/X:a?secret=\(base32)&issuer=Y", .issuer),
        ("otpauth://totp/a?secret=\(base32)&algorithm=MD5", .algorithm),
        ("otpauth://totp/a?secret=\(base32)&digits=5", .digits),
        ("otpauth://totp/a?secret=\(base32)&digits=9", .digits),
        ("otpauth://totp/a?secret=\(base32)&period=0", .period),
        ("otpauth://totp/a?secret=\(base32)&period=x", .period),
        ("otpauth://hotp/a?secret=\(base32)", .counter), ("otpauth://hotp/a?secret=\(base32)&counter=-1", .counter),
    ]

    @Test("anything else is refused by name", arguments: refused)
    func refuses(uri: String, error: OTPAuthURIError) {
        #expect(throws: error) { try parse(uri) }
    }
}
