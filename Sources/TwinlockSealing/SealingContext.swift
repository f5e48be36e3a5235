/// What a sealed value is bound to: it opens for this account and this kind, and for no other.
///
/// Somebody who can write to the database cannot give one account another's secret, nor pass off a recovery code as
/// something else. Neither part is secret.
public struct SealingContext: Sendable, Hashable {
    /// What a sealed value is.
    ///
    /// Closed: raw values are part of what is stored, and never change.
    public enum Kind: String, Sendable, CaseIterable {
        /// The shared secret of an authenticator app.
        case totpSecret = "totp-secret"
        /// A recovery code, kept so that it can be shown again.
        case recoveryCode = "recovery-code"
        /// A sign-in that waits for its second factor.
        case pendingSignIn = "pending-sign-in"
        /// The daemon's key for digests of password fields.
        case passwordFieldKey = "password-field-key"
    }

    /// Stable id of the account, for instance `alice/1000`.
    ///
    /// Compared byte for byte.
    public let account: String
    /// What the value is.
    public let kind: Kind

    /// A context of one account and one kind.
    public init(account: String, kind: Kind) {
        self.account = account
        self.kind = kind
    }

    /// The part of the associated data that says account and kind: each as a 4-byte big-endian length and its UTF-8,
    /// so that no two contexts give the same bytes.
    var authenticatedBytes: [UInt8] {
        [self.account, self.kind.rawValue].flatMap { field in
            withUnsafeBytes(of: UInt32(field.utf8.count).bigEndian) { Array($0) } + Array(field.utf8)
        }
    }
}
