/// Why a text is not an `otpauth` URI that can be used.
public enum OTPAuthURIError: Error, Hashable, Sendable {
    /// Not `otpauth://`.
    case scheme
    /// Neither `totp` nor `hotp`.
    case type
    /// No label, or one that is not percent-encoded UTF-8.
    case label
    /// A parameter that comes twice, or is not percent-encoded UTF-8.
    case parameter
    /// No secret, or one that is not Base32.
    case secret
    /// The issuer in the label and the one in the parameter differ.
    case issuer
    /// None of SHA1, SHA256 and SHA512.
    case algorithm
    /// Not 6, 7 or 8.
    case digits
    /// Not a number of seconds from 1 to 86 400.
    case period
    /// Missing for `hotp`, or not a number.
    case counter
}

/// What an authenticator app reads from a QR code: the Key URI format, `otpauth://TYPE/LABEL?PARAMETERS`.
///
/// There is no RFC for it; its apps agree on this much. Written short, because every byte makes the picture larger:
/// parameters that have their default value are left out.
public struct OTPAuthURI: Sendable {
    /// What moves the code on.
    public enum Kind: Hashable, Sendable {
        /// Time; the period in seconds, 30 by default.
        case totp(period: Int)
        /// A counter.
        case hotp(counter: UInt64)
    }

    /// What moves the code on.
    public let kind: Kind
    /// Who runs the account; may be empty. No colon.
    public let issuer: String
    /// Whose account it is.
    public let account: String
    /// Shared secret K, decoded.
    public let secret: SecretBytes
    /// The HMAC's hash.
    public let algorithm: HashAlgorithm
    /// Length of a code, 6 through 8.
    public let digits: Int

    /// A URI's content.
    public init(
        kind: Kind,
        issuer: String,
        account: String,
        secret: SecretBytes,
        algorithm: HashAlgorithm,
        digits: Int
    ) {
        self.kind = kind
        self.issuer = issuer
        self.account = account
        self.secret = secret
        self.algorithm = algorithm
        self.digits = digits
    }

    /// The URI, ASCII. Secret as a whole.
    public func text() -> SecretBytes {
        let secret = self.secret.withUnsafeBytes { Base32.encode($0) }
        let front = Array((self.typeAndLabel + "?secret=").utf8)
        let back = Array(self.parameters.utf8)
        return SecretBytes(count: front.count + secret.count + back.count) { text in
            text[..<front.count].copyBytes(from: front)
            secret.withUnsafeBytes { text[front.count..<front.count + secret.count].copyBytes(from: $0) }
            text[(front.count + secret.count)...].copyBytes(from: back)
        }
    }

    private var typeAndLabel: String {
        let type = if case .totp = self.kind { "totp" } else { "hotp" }
        let prefix = self.issuer.isEmpty ? "" : PercentEncoding.encode(self.issuer) + ":"
        return "otpauth://\(type)/\(prefix)\(PercentEncoding.encode(self.account))"
    }

    private var parameters: String {
        var parameters = self.issuer.isEmpty ? "" : "&issuer=\(PercentEncoding.encode(self.issuer))"
        if self.algorithm != .sha1 { parameters += "&algorithm=\(self.algorithm.rawValue)" }
        if self.digits != 6 { parameters += "&digits=\(self.digits)" }
        switch self.kind {
        case .totp(30): break
        case .totp(let period): parameters += "&period=\(period)"
        case .hotp(let counter): parameters += "&counter=\(counter)"
        }
        return parameters
    }
}
