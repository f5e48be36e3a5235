extension OTPAuthURI {
    /// Reads a URI, from this program or another.
    ///
    /// Parameters that nobody knows (`image`, say) are left alone. The secret goes from text to bytes and nowhere else.
    /// - Parameter text: From outside, unchecked. Secret.
    public static func parse(_ text: UnsafeRawBufferPointer) throws(OTPAuthURIError) -> OTPAuthURI {
        let scheme = Array("otpauth://".utf8)
        guard text.count > scheme.count, text.prefix(scheme.count).elementsEqual(scheme, by: Self.sameLetter) else {
            throw .scheme
        }
        let rest = text[scheme.count...]
        guard let slash = rest.firstIndex(of: UInt8(ascii: "/")) else { throw .type }
        let question = rest.firstIndex(of: UInt8(ascii: "?")) ?? rest.endIndex
        guard slash < question else { throw .type }
        let (prefix, account) = try self.label(rest[(slash + 1)..<question])
        let parameters = try URIParameters(rest[question...].dropFirst())
        let issuer = try self.issuer(prefix, try parameters.text("issuer"))
        return OTPAuthURI(
            kind: try self.kind(rest[..<slash], parameters),
            issuer: issuer,
            account: account,
            secret: try self.secret(parameters),
            algorithm: try self.algorithm(parameters),
            digits: try self.digits(parameters)
        )
    }

    private static func sameLetter(_ left: UInt8, _ right: UInt8) -> Bool {
        left == right || left | 0x20 == right
    }

    /// `ISSUER:ACCOUNT` or `ACCOUNT`; the colon may be percent-encoded, and spaces may follow it.
    private static func label(
        _ bytes: Slice<UnsafeRawBufferPointer>
    ) throws(OTPAuthURIError) -> (issuer: String?, account: String) {
        guard let label = PercentEncoding.decode(bytes) else { throw .label }
        let parts = label.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let account = String((parts.last ?? "").drop { $0 == " " })
        guard !account.isEmpty, !account.contains(":") else { throw .label }
        return (parts.count == 2 ? String(parts[0]) : nil, account)
    }

    private static func issuer(_ prefix: String?, _ parameter: String?) throws(OTPAuthURIError) -> String {
        if let prefix, let parameter, prefix != parameter { throw .issuer }
        return parameter ?? prefix ?? ""
    }

    private static func kind(
        _ type: Slice<UnsafeRawBufferPointer>,
        _ parameters: URIParameters
    ) throws(OTPAuthURIError) -> Kind {
        switch String(decoding: type, as: UTF8.self).lowercased() {
        case "totp":
            guard let text = try parameters.text("period") else { return .totp(period: 30) }
            guard let period = Int(text), TOTP.timeStepRange.contains(period) else { throw .period }
            return .totp(period: period)
        case "hotp":
            guard let counter = try parameters.text("counter").flatMap({ UInt64($0) }) else { throw .counter }
            return .hotp(counter: counter)
        default:
            throw .type
        }
    }

    private static func secret(_ parameters: URIParameters) throws(OTPAuthURIError) -> SecretBytes {
        guard let bytes = parameters.bytes("secret"), !bytes.isEmpty else { throw .secret }
        do {
            return try Base32.decode(UnsafeRawBufferPointer(rebasing: bytes))
        } catch {
            throw .secret
        }
    }

    private static func algorithm(_ parameters: URIParameters) throws(OTPAuthURIError) -> HashAlgorithm {
        guard let text = try parameters.text("algorithm") else { return .sha1 }
        guard let algorithm = HashAlgorithm(rawValue: text.uppercased()) else { throw .algorithm }
        return algorithm
    }

    private static func digits(_ parameters: URIParameters) throws(OTPAuthURIError) -> Int {
        guard let text = try parameters.text("digits") else { return 6 }
        guard let digits = Int(text), HOTP.digitsRange.contains(digits) else { throw .digits }
        return digits
    }
}

/// The part of a URI behind its question mark, as places in the text.
private struct URIParameters {
    private var places: [String: Slice<UnsafeRawBufferPointer>] = [:]

    init(_ query: Slice<UnsafeRawBufferPointer>) throws(OTPAuthURIError) {
        for pair in query.split(separator: UInt8(ascii: "&")) {
            let equals = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
            guard let name = PercentEncoding.decode(pair[..<equals]), self.places[name] == nil else {
                throw .parameter
            }
            self.places[name] = pair[equals...].dropFirst()
        }
    }

    func bytes(_ name: String) -> Slice<UnsafeRawBufferPointer>? {
        self.places[name]
    }

    func text(_ name: String) throws(OTPAuthURIError) -> String? {
        guard let place = self.places[name] else { return nil }
        guard let text = PercentEncoding.decode(place) else { throw .parameter }
        return text
    }
}
