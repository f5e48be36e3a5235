/// The password field of an account at some moment, as far as a later look can tell whether it is still the same.
///
/// `pam_acct_mgmt` alone does not notice that a password was locked or changed.
public enum PasswordMark: Equatable, Sendable {
    /// The field could be read.
    ///
    /// - Parameters:
    ///   - digest: Of the field, or of there being none, under a key of the daemon's: 32 bytes.
    ///   - isUsable: Whether a password could match it. Not where there is no field: the password lies elsewhere then.
    case field(digest: [UInt8], isUsable: Bool)
    /// Password fields cannot be read here at all, as where an ordinary user runs the daemon for himself.
    case unreadable

    /// Bytes of a digest.
    public static let digestBytes = 32
}

/// What became of a password field since something was founded on it.
public enum PasswordChange: Equatable, Sendable {
    /// Nothing that shows.
    case none
    /// A password could match it then, and none can now.
    case locked
    /// It is another one.
    case changed
    /// It cannot be told, so that nothing may rest on it now.
    case unknown

    /// Compares what was with what is.
    ///
    /// - Parameter now: nil where the field could not be looked at this time.
    public init(from then: PasswordMark, to now: PasswordMark?) {
        switch (then, now) {
        case (_, nil), (.field, .unreadable):
            self = .unknown
        case (.unreadable, .unreadable):
            self = .none
        case (.unreadable, .field(_, let isUsable)):
            // Whether it was usable is not known: what is locked now may have been open.
            self = isUsable ? .changed : .locked
        case (.field(_, true), .field(_, false)):
            self = .locked
        case (.field(let old, _), .field(let new, _)):
            self = old == new ? .none : .changed
        }
    }
}
