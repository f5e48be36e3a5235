import Testing
import TwinlockOTP

@Suite("otpauth URIs")
struct OTPAuthURITests {
    /// 20 bytes.
    static let secret = "12345678901234567890"
    static let base32 = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"

    static func parse(_ text: String) throws(OTPAuthURIError) -> OTPAuthURI {
        try withBytes(of: text) { (text) throws(OTPAuthURIError) in try OTPAuthURI.parse(text) }
    }

    /// A URI with the rest of the query given.
    static func parse(query: String) throws(OTPAuthURIError) -> OTPAuthURI {
        try self.parse("otpauth://totp/Twinlock:alice?secret=\(self.base32)\(query)")
    }

    @Test("what every app assumes is left out")
    func shortText() throws {
        let uri = try OTPAuthURI(issuer: "host1", account: "alice", secret: SecretBytes(Self.secret))
        #expect(uri.text().text == "otpauth://totp/host1:alice?secret=\(Self.base32)&issuer=host1")
    }

    @Test("what differs is written out")
    func longText() throws {
        let totp = try OTPAuthURI(
            kind: .totp(period: 60),
            issuer: "Été & Co",
            account: "alice@host 1/x",
            secret: SecretBytes(Self.secret),
            algorithm: .sha512,
            digits: 8
        )
        #expect(
            totp.text().text
                == "otpauth://totp/%C3%89t%C3%A9%20%26%20Co:alice@host%201%2Fx?secret=\(Self.base32)"
                + "&issuer=%C3%89t%C3%A9%20%26%20Co&period=60&algorithm=SHA512&digits=8"
        )
        let hotp = try OTPAuthURI(
            kind: .hotp(counter: 0),
            issuer: "",
            account: "alice",
            secret: SecretBytes(Self.secret)
        )
        #expect(hotp.text().text == "otpauth://hotp/alice?secret=\(Self.base32)&counter=0")
    }

    static let kinds: [OTPAuthURI.Kind] = [
        .totp(period: 30), .totp(period: 1), .totp(period: 86_400), .hotp(counter: 0), .hotp(counter: .max),
    ]
    static let names: [(issuer: String, account: String)] = [
        ("Twinlock", "alice"), ("", "alice"), ("host.example", "alice@host.example"), ("100 % & more=?#+", "a/b c+d"),
        ("日本", "ユーザー"), ("a%3Ab", "%41"),
    ]

    @Test("what is written is read back", arguments: kinds, names)
    func roundTrip(kind: OTPAuthURI.Kind, names: (issuer: String, account: String)) throws {
        for algorithm in HashAlgorithm.allCases {
            for digits in HOTP.digitCounts {
                let written = try OTPAuthURI(
                    kind: kind,
                    issuer: names.issuer,
                    account: names.account,
                    secret: SecretBytes(Self.secret),
                    algorithm: algorithm,
                    digits: digits
                )
                let read = try written.text().withUnsafeBytes { try OTPAuthURI.parse($0) }
                #expect(read.kind == kind)
                #expect(read.issuer == names.issuer)
                #expect(read.account == names.account)
                #expect(read.secret.text == Self.secret)
                #expect(read.algorithm == algorithm)
                #expect(read.digits == digits)
            }
        }
    }

    static let foreign: [(text: String, issuer: String, account: String)] = [
        ("otpauth://totp/alice?secret=JBSWY3DPEHPK3PXP", "", "alice"),
        (
            "otpauth://totp/Example:alice@google.com?secret=JBSWY3DPEHPK3PXP&issuer=Example", "Example",
            "alice@google.com"
        ),
        ("otpauth://totp/Provider1:Alice%20Smith?secret=JBSWY3DPEHPK3PXP", "Provider1", "Alice Smith"),
        (
            "otpauth://totp/Big%20Corporation%3A%20alice%40bigco.com?secret=JBSWY3DPEHPK3PXP", "Big Corporation",
            "alice@bigco.com"
        ),
        ("otpauth://totp/alice?issuer=ACME%20Co&secret=JBSWY3DPEHPK3PXP", "ACME Co", "alice"),
        ("otpauth://totp/a?secret=jbswy3dpehpk3pxp", "", "a"),
        ("otpauth://totp/a?secret=JBSW%20Y3DP%20EHPK%203PXP", "", "a"),
        ("OTPAUTH://TOTP/a?secret=JBSWY3DPEHPK3PXP&algorithm=sha1", "", "a"),
        ("otpauth://totp/a?secret=JBSWY3DPEHPK3PXP&image=https%3A%2F%2Fexample.com%2Flogo.png", "", "a"),
        ("otpauth://totp/a?secret=JBSWY3DPEHPK3PXP&color=ff0000&lock&=&counter=x&", "", "a"),
        ("otpauth://totp/a+b?secret=JBSWY3DPEHPK3PXP&issuer=c+d", "c+d", "a+b"),
    ]

    @Test("what other programs write is read", arguments: foreign)
    func foreignText(text: String, issuer: String, account: String) throws {
        let uri = try Self.parse(text)
        #expect(uri.kind == .totp(period: 30))
        #expect(uri.algorithm == .sha1)
        #expect(uri.digits == 6)
        #expect(uri.issuer == issuer)
        #expect(uri.account == account)
        #expect(uri.secret.array == Array("Hello!".utf8) + [0xde, 0xad, 0xbe, 0xef])
    }

    @Test("a padded secret is read")
    func paddedSecret() throws {
        // 11 bytes.
        let uri = try Self.parse("otpauth://totp/a?secret=JBSWY3DPEHPK3PXPAA%3D%3D%3D%3D%3D%3D")
        #expect(uri.secret.count == 11)
        #expect(try Self.parse("otpauth://totp/a?secret=JBSWY3DPEHPK3PXPAA======").secret.count == 11)
    }

    @Test(
        "algorithm names are three, in any case",
        arguments: [
            ("SHA1", .sha1), ("SHA256", .sha256), ("SHA512", .sha512), ("sha256", .sha256), ("Sha512", .sha512),
        ] as [(String, HashAlgorithm)]
    )
    func algorithms(name: String, algorithm: HashAlgorithm) throws {
        #expect(try Self.parse(query: "&algorithm=\(name)").algorithm == algorithm)
    }

    static let refusedQueries: [(query: String, error: OTPAuthURIError)] = [
        ("&algorithm=MD5", .unknownAlgorithm), ("&algorithm=", .unknownAlgorithm),
        ("&algorithm=SHA-256", .unknownAlgorithm), ("&algorithm=SHA2560", .unknownAlgorithm),
        ("&digits=5", .badDigits), ("&digits=9", .badDigits), ("&digits=", .badDigits), ("&digits=six", .badDigits),
        ("&digits=-6", .badDigits), ("&digits=+6", .badDigits), ("&digits=%36", .badDigits),
        ("&digits=18446744073709551622", .badDigits),
        ("&period=0", .badPeriod), ("&period=86401", .badPeriod), ("&period=30s", .badPeriod), ("&period", .badPeriod),
        ("&secret=\(base32)", .repeatedParameter), ("&digits=6&digits=6", .repeatedParameter),
        ("&issuer=Twinlock&issuer=Twinlock", .repeatedParameter), ("&x=1&x=2", .repeatedParameter),
        ("&issuer=Other", .issuerMismatch), ("&issuer=twinlock", .issuerMismatch), ("&issuer=", .issuerMismatch),
        ("&%69ssuer=Other", .malformed), ("&issuer=%", .malformed), ("&issuer=%4", .malformed),
        ("&issuer=%zz", .malformed), ("&issuer=Twinlock#x", .malformed), ("&issuer=a b", .malformed),
        ("&issuer=é", .malformed), ("&issuer=a\0", .malformed), ("\n", .malformed),
        ("&issuer=%FF", .badName), ("&issuer=%C0%80", .badName),
    ]

    @Test("parameters that are wrong or twice there are refused", arguments: refusedQueries)
    func refused(query: String, error: OTPAuthURIError) {
        #expect(throws: error) { try Self.parse(query: query) }
    }

    static let refusedTexts: [(text: String, error: OTPAuthURIError)] = [
        ("", .notOTPAuth), ("otpauth", .notOTPAuth), ("https://totp/a?secret=\(base32)", .notOTPAuth),
        ("otpauth:totp/a?secret=\(base32)", .notOTPAuth), ("otpauth-migration://offline?data=AA", .notOTPAuth),
        ("otpauth://", .unknownType), ("otpauth://totp?secret=\(base32)", .unknownType),
        ("otpauth://steam/a?secret=\(base32)", .unknownType), ("otpauth:///a?secret=\(base32)", .unknownType),
        ("otpauth://totp:80/a?secret=\(base32)", .unknownType),
        ("otpauth://totp/?secret=\(base32)", .badName), ("otpauth://totp/Twinlock:?secret=\(base32)", .badName),
        ("otpauth://totp/a:b:c?secret=\(base32)", .badName), ("otpauth://totp/a%3Ab%3Ac?secret=\(base32)", .badName),
        ("otpauth://totp/a?secret=\(base32)&issuer=b%3Ac", .badName),
        ("otpauth://totp/a%00b?secret=\(base32)", .badName), ("otpauth://totp/a%1B%5B2J?secret=\(base32)", .badName),
        ("otpauth://totp/a%C2%9Bb?secret=\(base32)", .badName), ("otpauth://totp/%FF?secret=\(base32)", .badName),
        ("otpauth://totp/alice", .missingSecret), ("otpauth://totp/alice?", .missingSecret),
        ("otpauth://totp/alice?secret=", .missingSecret), ("otpauth://totp/alice?secret", .missingSecret),
        ("otpauth://totp/alice?SECRET=\(base32)", .missingSecret), ("otpauth://totp/a?secret=%20", .missingSecret),
        ("otpauth://totp/a?secret=JBSWY3DP", .badSecret), ("otpauth://totp/a?secret=0189", .badSecret),
        ("otpauth://totp/a?secret=JBSWY3DPEHPK3PXPA", .badSecret),
        ("otpauth://totp/a?secret=JBSWY3DPEHPK3PX%00", .badSecret), ("otpauth://totp/a?secret=%4", .malformed),
        ("otpauth://hotp/a?secret=\(base32)", .missingCounter),
        ("otpauth://hotp/a?secret=\(base32)&counter=", .badCounter),
        ("otpauth://hotp/a?secret=\(base32)&counter=-1", .badCounter),
        ("otpauth://hotp/a?secret=\(base32)&counter=18446744073709551616", .badCounter),
        ("otpauth://totp/a?secret=\(base32)&x=" + String(repeating: "x", count: 4096), .tooLong),
    ]

    @Test("texts that name no account of ours are refused", arguments: refusedTexts)
    func refusedText(text: String, error: OTPAuthURIError) {
        #expect(throws: error) { try Self.parse(text) }
    }

    @Test("every text that is cut short is an error or another account's, never a crash")
    func truncation() {
        let whole = "otpauth://hotp/Twin%20lock:alice?secret=\(Self.base32)&issuer=Twin%20lock&digits=8&counter=12"
        for length in 0..<whole.utf8.count {
            let uri = try? Self.parse(String(whole.prefix(length)))
            // Only the counter's last digit can go without being missed.
            #expect((uri == nil) == (length < whole.utf8.count - 1))
        }
    }

    @Test("parts that could not be read back cannot be written")
    func initializer() {
        let secret = SecretBytes(Self.secret)
        for (issuer, account) in [("a:b", "c"), ("a", "b:c"), ("a", ""), ("a\n", "b"), ("a", "\u{1b}[2J")] {
            #expect(throws: OTPAuthURIError.badName) {
                try OTPAuthURI(issuer: issuer, account: account, secret: secret)
            }
        }
        #expect(throws: OTPAuthURIError.badDigits) {
            try OTPAuthURI(issuer: "a", account: "b", secret: secret, digits: 5)
        }
        #expect(throws: OTPAuthURIError.badPeriod) {
            try OTPAuthURI(kind: .totp(period: 0), issuer: "a", account: "b", secret: secret)
        }
        #expect(throws: OTPAuthURIError.missingSecret) {
            try OTPAuthURI(issuer: "a", account: "b", secret: SecretBytes(""))
        }
        #expect(throws: OTPAuthURIError.badSecret) {
            try OTPAuthURI(issuer: "a", account: "b", secret: SecretBytes("123456789"))
        }
    }

    @Test("a URI does not print its secret")
    func printing() throws {
        let uri = try Self.parse(query: "")
        var dumped = ""
        dump(uri, to: &dumped)
        for text in ["\(uri)", String(reflecting: uri), dumped, "\(uri.text())"] {
            #expect(text.contains("<redacted>"))
            #expect(!text.contains(Self.secret))
            #expect(!text.contains(Self.base32))
        }
    }
}
