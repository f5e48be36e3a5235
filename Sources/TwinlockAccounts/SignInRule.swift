/// What the host says about the Unix account itself (`pam_acct_mgmt`), whatever the factors were.
public enum AccountCheck: UInt8, Hashable, Sendable, CaseIterable {
    /// It may be used.
    case usable = 0
    /// The password must be changed first; login programs see to that themselves.
    case passwordMustBeChanged = 1
    /// It has expired.
    case expired = 2
    /// The host's rules deny it.
    case denied = 3
    /// The host does not know it.
    case unknown = 4
    /// It could not be asked.
    case failed = 5
    /// The password is inactive.
    case inactive = 7

    /// Whether a sign-in may succeed, the password's age apart.
    public var admits: Bool {
        switch self {
        case .usable, .passwordMustBeChanged: true
        case .expired, .denied, .unknown, .failed, .inactive: false
        }
    }
}

/// What a sign-in is for.
public enum Purpose: UInt8, Hashable, Sendable {
    /// A program wants a session.
    case session = 0
    /// A login program wants a verdict; its own stacks do the rest.
    case login = 1
}

/// What became of the first factor.
public enum FirstFactor: Equatable, Sendable {
    /// None was shown.
    case absent
    /// The password was wrong, or the name belongs to nobody.
    case failed
    /// It was right, and this is known about whose it was.
    case shown(AccountCheck, Enrolment)
}

/// What a sign-in does next.
public enum SignInStep: Equatable, Sendable {
    /// Ask for the password; the same for every name.
    case askPassword
    /// Ask for a code and look at it.
    case askCode(Account)
    /// Ask for a code and do not look at it: the answer is no.
    case pretend
    /// Say no now.
    case refuse
    /// Say yes: there is no second factor.
    case admit
    /// Say yes: none is asked for, whether or not there is one.
    case admitExempt
    /// A second factor must be there and is not: let the person set one up.
    case setUp(Account?)
    /// The password must be changed first.
    case passwordExpired
}

/// Decides what follows a first factor. Pure.
public enum SignInRule {
    /// The next step.
    ///
    /// Whoever failed, is unknown, has parted from his uid or is refused by the host is asked for a code like one who
    /// did not, so that a stranger learns nothing before it. Only a right password that needs no code, or may set one up,
    /// is told at once.
    ///
    /// - Parameters:
    ///   - first: What became of the first factor.
    ///   - purpose: What the sign-in is for.
    ///   - demands: What policy asks of it.
    public static func next(after first: FirstFactor, purpose: Purpose, demands: SignInDemands) -> SignInStep {
        let refusal: SignInStep = demands.hidesPasswordResult ? .pretend : .refuse
        switch first {
        case .absent:
            return .askPassword
        case .failed:
            return refusal
        case .shown(_, .parted):
            // Also where none is asked for: whose account it is must be looked at first.
            return refusal
        case .shown(let check, .active(let account, _)):
            guard demands.secondFactor == .off else { return .askCode(account) }
            guard check.admits else { return refusal }
            return self.isTooOld(check, for: purpose) ? .passwordExpired : .admitExempt
        case .shown(let check, .none(let account)):
            guard check.admits else { return refusal }
            if demands.secondFactor == .required, !demands.allowsSetUp { return refusal }
            if self.isTooOld(check, for: purpose) { return .passwordExpired }
            switch demands.secondFactor {
            case .off: return .admitExempt
            case .optional: return .admit
            case .required: return .setUp(account)
            }
        }
    }

    /// Whether the password must be changed first: login programs see to that themselves.
    private static func isTooOld(_ check: AccountCheck, for purpose: Purpose) -> Bool {
        check == .passwordMustBeChanged && purpose == .session
    }
}
