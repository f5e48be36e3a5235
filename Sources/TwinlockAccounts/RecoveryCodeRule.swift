public import TwinlockOTP

/// What comparing a recovery code with an account's said, before anything else was asked. Holds no secret.
public enum RecoveryCodeMatch: Hashable, Sendable {
    /// It is the one at that place, used or not.
    case found(RecoveryCodePlace)
    /// It is none of them.
    case none

    /// Compares a recovery code with an account's, always with all of them.
    ///
    /// - Parameters:
    ///   - typed: As typed and normalised.
    ///   - known: The account's own and no other's.
    public init(_ typed: RecoveryCode, among known: [(place: RecoveryCodePlace, code: RecoveryCode)]) {
        self = .none
        for candidate in known where candidate.code.matches(typed) {
            self = .found(candidate.place)
        }
    }
}

/// What becomes of a recovery code that somebody sent. It counts only once it is stored.
public enum RecoveryCodeVerdict: Hashable, Sendable {
    /// Right, unused, and used by this. So many of the person's own are left.
    case accepted(left: Int)
    /// Right, but used before. Not counted.
    case used
    /// Wrong or not good any more, and counted.
    case wrong(RecoveryThrottle.FailureAction)
    /// Refused unread, neither counted nor spent; seconds left.
    case refusedForNow(seconds: Int)
}

/// Decides about one recovery code: each is accepted once. Pure.
///
/// A store applies it inside the transaction that saves the result, so that of two attempts the second sees the first.
public enum RecoveryCodeRule {
    /// Judges, and moves the codes and the throttle accordingly. Waits for codes of the app do not matter here.
    ///
    /// - Parameters:
    ///   - match: What comparing said; the place of a match must be among the codes.
    ///   - codes: All of the account's.
    ///   - throttle: The account's wrong recovery codes.
    ///   - use: When and where this is.
    public static func judge(
        _ match: RecoveryCodeMatch,
        codes: inout RecoveryCodes,
        throttle: inout RecoveryThrottle,
        use: RecoveryCodeUse
    ) -> RecoveryCodeVerdict {
        switch throttle.admit(at: use.at) {
        case .wait(let seconds): return .refusedForNow(seconds: seconds)
        case .read: break
        }
        guard case .found(let place) = match else {
            return .wrong(throttle.codeRejected(at: use.at))
        }
        switch codes.take(place, use: use) {
        case .taken:
            throttle = RecoveryThrottle()
            return .accepted(left: codes.own?.summary.left ?? 0)
        case .usedBefore:
            return .used
        case .notOpen:
            return .wrong(throttle.codeRejected(at: use.at))
        }
    }
}

extension RecoveryCodes {
    fileprivate enum Taking {
        case taken, usedBefore, notOpen
    }

    fileprivate mutating func take(_ place: RecoveryCodePlace, use: RecoveryCodeUse) -> Taking {
        if var set = self.own, set.id == place.set {
            guard set.codes[place.number].use == nil else { return .usedBefore }
            set.codes[place.number].use = use
            self.own = set
            return .taken
        }
        guard var issued = self.issued, issued.id == place.set else {
            preconditionFailure("a match is judged against the codes that it was found among")
        }
        guard issued.code.use == nil else { return .usedBefore }
        guard issued.isOpen(at: use.at) else { return .notOpen }
        issued.code.use = use
        self.issued = issued
        return .taken
    }
}
