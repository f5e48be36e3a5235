public import TwinlockVarlink

/// The named errors of our interfaces: closed, and saying no more than the caller may know.
public enum NamedError: Error, Hashable, Sendable {
    /// The password or the code is wrong.
    case authenticationFailed
    /// Codes are refused unread for so many seconds; nil: until the failures are cleared.
    case tooManyFailures(seconds: Int?)
    /// Begin again with `SignIn`.
    case signInAgain
    /// The password must be changed first.
    case passwordExpired
    /// The code was right and has been used. Root's callers only.
    case codeAlreadyUsed
    /// It could not be carried out.
    case unavailable
    /// There is no second factor.
    case notEnabled
    /// There is no set-up to confirm.
    case noSetUp
    /// Those are not the present recovery codes.
    case recoveryCodesReplaced
    /// The account has no session or token of that id.
    case notFound
    /// The account has as many tokens as it may have.
    case tooManyTokens
    /// Neither the host nor the store knows that account.
    case unknownUser
    /// The account's name and uid have parted from those of a second factor.
    case parted
    /// They have not.
    case notParted
    /// The sealing key is a credential of the service manager, which the daemon cannot replace.
    case keyIsCredential

    /// The name inside an interface.
    public var member: String {
        switch self {
        case .authenticationFailed: "AuthenticationFailed"
        case .tooManyFailures: "TooManyFailures"
        case .signInAgain: "SignInAgain"
        case .passwordExpired: "PasswordExpired"
        case .codeAlreadyUsed: "CodeAlreadyUsed"
        case .unavailable: "Unavailable"
        case .notEnabled: "NotEnabled"
        case .noSetUp: "NoSetUp"
        case .recoveryCodesReplaced: "RecoveryCodesReplaced"
        case .notFound: "NotFound"
        case .tooManyTokens: "TooManyTokens"
        case .unknownUser: "UnknownUser"
        case .parted: "Parted"
        case .notParted: "NotParted"
        case .keyIsCredential: "KeyIsCredential"
        }
    }

    /// The members of the error, for the table that is held against the interface texts.
    public var fields: [Field] {
        switch self {
        case .tooManyFailures: [.optional("seconds", .int)]
        case .authenticationFailed, .signInAgain, .passwordExpired, .codeAlreadyUsed, .unavailable, .notEnabled,
            .noSetUp, .recoveryCodesReplaced, .notFound, .tooManyTokens, .unknownUser, .parted, .notParted,
            .keyIsCredential:
            []
        }
    }

    /// The errors that each interface declares.
    public static let declared: [String: [NamedError]] = [
        Authentication.interface: [
            .authenticationFailed, .tooManyFailures(seconds: nil), .signInAgain, .passwordExpired, .codeAlreadyUsed,
            .unavailable,
        ],
        OwnAccount.interface: [
            .authenticationFailed, .tooManyFailures(seconds: nil), .signInAgain, .codeAlreadyUsed, .notEnabled,
            .noSetUp, .unavailable, .recoveryCodesReplaced, .notFound, .tooManyTokens,
        ],
        Administration.interface: [
            .authenticationFailed, .signInAgain, .unknownUser, .notEnabled, .noSetUp, .codeAlreadyUsed, .parted,
            .notParted, .keyIsCredential, .unavailable,
        ],
    ]

    /// The error as a method of that interface answers it.
    public func reply(from interface: String) -> Reply {
        let name = "\(interface).\(self.member)"
        switch self {
        case .tooManyFailures(let seconds):
            return .error(name) { $0.member("seconds", seconds.map(Int64.init)) }
        case .authenticationFailed, .signInAgain, .passwordExpired, .codeAlreadyUsed, .unavailable, .notEnabled,
            .noSetUp, .recoveryCodesReplaced, .notFound, .tooManyTokens, .unknownUser, .parted, .notParted,
            .keyIsCredential:
            return .error(name)
        }
    }

    /// Reads an error reply of one of our interfaces; nil for any other.
    public init?(name: String, parameters: JSONValue?) {
        guard let dot = name.lastIndex(of: "."),
            let declared = Self.declared[String(name[..<dot])],
            let error = declared.first(where: { $0.member == name[name.index(after: dot)...] })
        else { return nil }
        switch error {
        case .tooManyFailures:
            self = .tooManyFailures(seconds: (parameters?["seconds"]?.integer).map(Int.init))
        case .authenticationFailed, .signInAgain, .passwordExpired, .codeAlreadyUsed, .unavailable, .notEnabled,
            .noSetUp, .recoveryCodesReplaced, .notFound, .tooManyTokens, .unknownUser, .parted, .notParted,
            .keyIsCredential:
            self = error
        }
    }
}
