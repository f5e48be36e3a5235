/// Why a text is not an `otpauth` URI, or why none can be made.
///
/// Never holds a part of the text, which is a secret.
public enum OTPAuthURIError: Error, Hashable, Sendable {
    /// Longer than ``OTPAuthURI/maximumByteCount``.
    case tooLong
    /// The scheme is not `otpauth`, or `//` does not follow.
    case notOTPAuth
    /// The type is neither `totp` nor `hotp`.
    case unknownType
    /// A stray `#`, a percent sign without two hex digits, an encoded parameter name, or a byte that is not ASCII.
    case malformed
    /// No account, no UTF-8, a control character or a further colon in the label or the issuer.
    case badName
    /// The label and the `issuer` parameter name different issuers.
    case issuerMismatch
    /// A parameter is there twice. Apps differ on which one holds, so neither does.
    case repeatedParameter
    /// No `secret`, or an empty one.
    case missingSecret
    /// The `secret` is not Base32, or its length is outside ``HOTP/secretByteCounts``.
    case badSecret
    /// The `algorithm` is none of ``HashAlgorithm``.
    case unknownAlgorithm
    /// The `digits` are no number within ``HOTP/digitCounts``.
    case badDigits
    /// The `period` is no number within ``TOTP/timeSteps``.
    case badPeriod
    /// Type `hotp` without a `counter`.
    case missingCounter
    /// The `counter` is no number of 64 bits.
    case badCounter
}

/// What an authenticator app needs to know of one account, as the Key URI format (`otpauth://`) says it.
public struct OTPAuthURI: Sendable {
    /// What the codes count.
    public enum Kind: Hashable, Sendable {
        /// Time steps of `period` seconds, within ``TOTP/timeSteps``.
        case totp(period: Int)
        /// Uses, the next of which is `counter`.
        case hotp(counter: UInt64)
    }

    /// The longest text that is read, in bytes.
    ///
    /// Ours: several times what a QR code of usable size holds.
    public static let maximumByteCount = 4096

    /// Whether codes follow the time or a counter.
    public let kind: Kind
    /// Who issued the secret, as the app shows it.
    ///
    /// Empty where nobody is named. No colon, no control character.
    public let issuer: String
    /// The account's name, as the app shows it.
    ///
    /// Not empty, no colon, no control character.
    public let account: String
    /// Shared secret K, as raw bytes.
    public let secret: SecretBytes
    /// The hash under the HMAC.
    public let algorithm: HashAlgorithm
    /// Code length in decimal digits, within ``HOTP/digitCounts``.
    public let digits: Int

    /// An account's data, each part checked as ``parse(_:)`` would.
    public init(
        kind: Kind = .totp(period: 30),
        issuer: String,
        account: String,
        secret: SecretBytes,
        algorithm: HashAlgorithm = .sha1,
        digits: Int = 6
    ) throws(OTPAuthURIError) {
        guard Self.isName(issuer), Self.isName(account), !account.isEmpty else { throw .badName }
        guard secret.count > 0 else { throw .missingSecret }
        guard HOTP.secretByteCounts.contains(secret.count) else { throw .badSecret }
        guard HOTP.digitCounts.contains(digits) else { throw .badDigits }
        switch kind {
        case .totp(let period):
            guard TOTP.timeSteps.contains(period) else { throw .badPeriod }
        case .hotp:
            break
        }
        self.kind = kind
        self.issuer = issuer
        self.account = account
        self.secret = secret
        self.algorithm = algorithm
        self.digits = digits
    }

    /// The URI, in ASCII.
    ///
    /// What apps assume anyway (SHA1, 6 digits, 30 s) is left out: a shorter text is a smaller QR code. The issuer
    /// stands in the label and as a parameter, because some apps read the one and some the other.
    public func text() -> SecretBytes {
        let issuer = PercentEncoding.encode(self.issuer)
        let account = PercentEncoding.encode(self.account)
        let head: String
        var tail = ""
        switch self.kind {
        case .totp(let period):
            head = "otpauth://totp/"
            if period != 30 { tail += "&period=\(period)" }
        case .hotp(let counter):
            head = "otpauth://hotp/"
            tail += "&counter=\(counter)"
        }
        if self.algorithm != .sha1 { tail += "&algorithm=\(self.algorithm.rawValue)" }
        if self.digits != 6 { tail += "&digits=\(self.digits)" }
        let label = issuer.isEmpty ? account : "\(issuer):\(account)"
        let issuerParameter = issuer.isEmpty ? "" : "&issuer=\(issuer)"
        return self.secret.withUnsafeBytes { secret in
            Base32.encode(secret).withUnsafeBytes {
                Self.join(before: head + label + "?secret=", secret: $0, after: issuerParameter + tail)
            }
        }
    }

    private static func join(before: String, secret: UnsafeRawBufferPointer, after: String) -> SecretBytes {
        let (before, after) = (before.utf8, after.utf8)
        return SecretBytes(count: before.count + secret.count + after.count) { text in
            UnsafeMutableRawBufferPointer(rebasing: text[..<before.count]).copyBytes(from: before)
            UnsafeMutableRawBufferPointer(rebasing: text[before.count...]).copyBytes(from: secret)
            UnsafeMutableRawBufferPointer(rebasing: text[(before.count + secret.count)...]).copyBytes(from: after)
        }
    }

    /// Whether a name can stand in a label and on a terminal.
    ///
    /// The format forbids colons; control characters are ours.
    private static func isName(_ name: String) -> Bool {
        name.unicodeScalars.allSatisfy { $0 != ":" && $0.properties.generalCategory != .control }
    }
}
