public import TwinlockAccounts
public import TwinlockOTP
public import TwinlockVarlink

/// What a check by the host's PAM brought to light.
public struct CheckReport: Sendable, Equatable {
    /// What became of the password.
    public enum Password: Sendable, Equatable {
        case right
        case wrong
        /// The stack said yes without asking for the password: blank passwords, `pam_permit`, a fingerprint reader.
        case notAsked
        /// The stack asked for more than one password, or for something in the clear.
        case askedForMore
        /// Nobody has that name.
        case unknownUser
        /// Only the account was asked about.
        case notChecked
    }

    /// What the checker tells of the password field.
    public enum FieldDigest: Sendable, Equatable {
        /// A digest of it, or of there being none, under the key that was given.
        case of([UInt8])
        /// This checker may not read password fields.
        case unreadable
        /// It could not be looked at this time, or no key was given.
        case unknown
    }

    /// The password's part.
    public var password: Password
    /// The account's part.
    public var account: AccountCheck
    /// Canonical name and uid; nil if nobody has that name.
    public var identity: Identity?
    /// Whether there is a password that could be right; nil if that could not be read.
    public var hasUsablePassword: Bool?
    /// The password field, so that a later look can tell whether it is still the same.
    public var fieldDigest: FieldDigest
    /// The account's groups, its own included; none where nobody has that name.
    public var groups: [UInt32]

    /// A report.
    public init(
        password: Password,
        account: AccountCheck,
        identity: Identity?,
        hasUsablePassword: Bool?,
        fieldDigest: FieldDigest = .unknown,
        groups: [UInt32] = []
    ) {
        self.password = password
        self.account = account
        self.identity = identity
        self.hasUsablePassword = hasUsablePassword
        self.fieldDigest = fieldDigest
        self.groups = groups
    }
}

/// Why a check brought nothing. The sign-in that asked for it fails; nobody else's does.
public enum CheckFailure: Error, Hashable, Sendable {
    /// Too many checks wait already, or this one waited too long.
    case busy
    /// The checker did not answer in time: a module in the stack hangs.
    case timeout
    /// A module in the stack crashed, or PAM itself failed.
    case broken
    /// There is no checker to be reached.
    case unreachable(errno: Int32)
}

/// Asks the host about passwords and names. Blocking work happens elsewhere; each question has a deadline.
public protocol PasswordChecker: Sendable {
    /// Checks a password and then the account.
    ///
    /// - Parameters:
    ///   - password: 1 to 512 bytes without NUL. Secret: goes to the checker's socket from where it lies.
    ///   - fieldKey: For the digest of the password field: 16 characters of `./0-9A-Za-z`. Secret, likewise.
    ///   - time: How long it may take.
    func check(
        user: String,
        password: SecretText,
        remoteHost: String,
        tty: String,
        fieldKey: SecretBytes,
        within time: Duration
    ) async throws(CheckFailure) -> CheckReport

    /// Asks about the account alone.
    func account(user: String, fieldKey: SecretBytes) async throws(CheckFailure) -> CheckReport

    /// Canonical name of a uid; nil if nobody has it.
    func identity(uid: UInt32) async throws(CheckFailure) -> Identity?
}
