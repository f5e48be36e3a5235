/// The hash under the HMAC of a one-time password.
///
/// Raw values are the names of the `otpauth` format.
public enum HashAlgorithm: String, Sendable, CaseIterable {
    /// What RFC 4226 defines and every authenticator app supports. HMAC does not lean on what SHA-1 lost (RFC 6194 §3.3).
    case sha1 = "SHA1"
    /// RFC 6238 §1.2.
    case sha256 = "SHA256"
    /// RFC 6238 §1.2.
    case sha512 = "SHA512"

    /// Length of the hash, and so of an HMAC over it, in bytes.
    package var digestByteCount: Int {
        switch self {
        case .sha1: 20
        case .sha256: 32
        case .sha512: 64
        }
    }
}
