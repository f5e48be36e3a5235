extension OTPAuthURI {
    /// Reads a URI of the Key URI format.
    ///
    /// Lenient where apps differ harmlessly: scheme, type and algorithm in any case, the secret in any case, padded or
    /// not, with spaces; unknown parameters (`image` and the like) are passed over. Strict where two readers could
    /// come to different accounts: a repeated parameter, or two issuers, are errors.
    ///
    /// - Parameter text: Unchecked. Secret, and the caller's to wipe.
    public static func parse(_ text: UnsafeRawBufferPointer) throws(OTPAuthURIError) -> OTPAuthURI {
        guard text.count <= Self.maximumByteCount else { throw .tooLong }
        // A URI is printable ASCII without spaces, and a fragment has no meaning here.
        guard text.allSatisfy({ 0x21...0x7e ~= $0 && $0 != UInt8(ascii: "#") }) else { throw .malformed }

        let scheme = "otpauth://"
        guard text.count >= scheme.utf8.count, equalsIgnoringCase(text[..<scheme.utf8.count], scheme) else {
            throw .notOTPAuth
        }
        let afterScheme = text[scheme.utf8.count...]
        guard let slash = afterScheme.firstIndex(of: UInt8(ascii: "/")) else { throw .unknownType }
        let type = afterScheme[..<slash]
        let afterType = afterScheme[(slash + 1)...]
        let question = afterType.firstIndex(of: UInt8(ascii: "?")) ?? afterType.endIndex
        let parameters = try Parameters(afterType[question...].dropFirst())

        let kind: Kind
        if equalsIgnoringCase(type, "totp") {
            kind = .totp(period: try parameters.number("period", in: TOTP.timeSteps, else: .badPeriod) ?? 30)
        } else if equalsIgnoringCase(type, "hotp") {
            guard let counter = parameters["counter"] else { throw .missingCounter }
            guard let counter = decimal(counter) else { throw .badCounter }
            kind = .hotp(counter: counter)
        } else {
            throw .unknownType
        }
        let names = try Self.names(label: afterType[..<question], parameter: parameters["issuer"])
        return try OTPAuthURI(
            kind: kind,
            issuer: names.issuer,
            account: names.account,
            secret: try Self.secret(parameters["secret"]),
            algorithm: try Self.algorithm(parameters["algorithm"]),
            digits: try parameters.number("digits", in: HOTP.digitCounts, else: .badDigits) ?? 6
        )
    }

    /// Issuer and account from the label (`issuer:account` or `account`) and the `issuer` parameter.
    ///
    /// The colon may be percent-encoded, and spaces may follow it. A further colon is refused by the initialiser.
    private static func names(
        label: Slice<UnsafeRawBufferPointer>,
        parameter: Slice<UnsafeRawBufferPointer>?
    ) throws(OTPAuthURIError) -> (issuer: String, account: String) {
        let label = try self.name(label)
        let named = try parameter.map(self.name)
        guard let colon = label.firstIndex(of: ":") else { return (named ?? "", label) }
        let issuer = String(label[..<colon])
        let account = String(label[label.index(after: colon)...].drop(while: { $0 == " " }))
        guard named == nil || named == issuer else { throw .issuerMismatch }
        return (issuer, account)
    }

    private static func name(_ encoded: Slice<UnsafeRawBufferPointer>) throws(OTPAuthURIError) -> String {
        // Names are no secrets, so an array and a string may hold them.
        var bytes = [UInt8](repeating: 0, count: encoded.count)
        guard let count = bytes.withUnsafeMutableBytes({ PercentEncoding.decode(encoded, into: $0) }) else {
            throw .malformed
        }
        guard let name = String(validating: bytes[..<count], as: UTF8.self) else { throw .badName }
        return name
    }

    private static func secret(_ encoded: Slice<UnsafeRawBufferPointer>?) throws(OTPAuthURIError) -> SecretBytes {
        guard let encoded, !encoded.isEmpty else { throw .missingSecret }
        return try withWipedBuffer(count: encoded.count) { (symbols) throws(OTPAuthURIError) -> SecretBytes in
            guard let count = PercentEncoding.decode(encoded, into: symbols) else { throw .malformed }
            do throws(Base32Error) {
                return try Base32.decode(typedByHand: UnsafeRawBufferPointer(rebasing: symbols[..<count]))
            } catch {
                throw .badSecret
            }
        }
    }

    private static func algorithm(_ name: Slice<UnsafeRawBufferPointer>?) throws(OTPAuthURIError) -> HashAlgorithm {
        guard let name else { return .sha1 }
        guard let found = HashAlgorithm.allCases.first(where: { equalsIgnoringCase(name, $0.rawValue) }) else {
            throw .unknownAlgorithm
        }
        return found
    }
}

/// The query of a URI, as ranges of the text: no value is copied.
private struct Parameters {
    private var pairs: [(name: Slice<UnsafeRawBufferPointer>, value: Slice<UnsafeRawBufferPointer>)] = []

    init(_ query: Slice<UnsafeRawBufferPointer>) throws(OTPAuthURIError) {
        for pair in query.split(separator: UInt8(ascii: "&")) {
            let equals = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
            let name = pair[..<equals]
            // An encoded name would be a second spelling, and repetitions could hide behind it.
            guard !name.contains(UInt8(ascii: "%")) else { throw .malformed }
            guard !self.pairs.contains(where: { $0.name.elementsEqual(name) }) else { throw .repeatedParameter }
            self.pairs.append((name, pair[equals...].dropFirst()))
        }
    }

    subscript(name: String) -> Slice<UnsafeRawBufferPointer>? {
        self.pairs.first { $0.name.elementsEqual(name.utf8) }?.value
    }

    /// The value of a decimal parameter; nil where it is absent.
    func number(
        _ name: String,
        in range: ClosedRange<Int>,
        else error: OTPAuthURIError
    ) throws(OTPAuthURIError) -> Int? {
        guard let value = self[name] else { return nil }
        guard let number = decimal(value).flatMap(Int.init(exactly:)), range.contains(number) else { throw error }
        return number
    }
}

/// A number of ASCII digits alone: no sign, no space, nothing that overflows 64 bits.
///
/// Leading zeros are harmless.
private func decimal(_ text: Slice<UnsafeRawBufferPointer>) -> UInt64? {
    guard !text.isEmpty else { return nil }
    var number: UInt64 = 0
    for byte in text {
        guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte else { return nil }
        let (product, overflow) = number.multipliedReportingOverflow(by: 10)
        let (sum, carry) = product.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
        guard !overflow, !carry else { return nil }
        number = sum
    }
    return number
}

private func equalsIgnoringCase(_ bytes: Slice<UnsafeRawBufferPointer>, _ text: String) -> Bool {
    func folded(_ byte: UInt8) -> UInt8 {
        UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte ? byte + 0x20 : byte
    }
    return bytes.elementsEqual(text.utf8) { folded($0) == folded($1) }
}
