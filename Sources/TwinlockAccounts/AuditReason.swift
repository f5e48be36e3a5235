/// What became of a call. The words are those of the interface and of what is stored.
public enum AuditOutcome: String, Hashable, Sendable, CaseIterable {
    /// Yes, for good: a sign-in that is finished, a change that is made.
    case accepted
    /// No.
    case refused
    /// Yes so far: a first factor that was right, a set-up that waits for its first code.
    case continued
}

/// Why something was decided; the same words in every place.
///
/// The raw value is stored, told to programs and searched for in the journal: once released it never changes.
public enum AuditReason: String, Hashable, Sendable, CaseIterable {
    case passwordRight
    case passwordWrong
    case passwordEmpty
    case passwordNotAsked
    case passwordAskedForMore
    case passwordThrottled
    case passwordMustBeChanged
    case isToken
    case nameImplausible
    case userUnknown
    case parted
    case accountRefused
    case firstFactorShown
    case firstFactorNotAccepted
    case secondFactorMissing
    case exempt
    case codeRight
    case codeWrong
    case codeUsed
    case codeThrottled
    case codeNotLookedAt
    case codeAlone
    case codeAloneClosed
    case codeMissing
    case factorChanged
    case pendingSpent
    case setUpMissing
    case setUpBegun
    case setUpConfirmed
    case disabled
    case notEnabled
    case recoveryCodeRight
    case recoveryCodeWrong
    case recoveryCodeUsed
    case recoveryCodeThrottled
    case loginByRecoveryCode
    case recoveryCodesShown
    case recoveryCodesReplaced
    case recoveryCodesAcknowledged
    case failuresCleared
    case passwordLocked
    case passwordChanged
    case sessionsRevoked
    case tokenCreated
    case tokenEdited
    case tokenRefreshed
    case tokenRevoked
    case tooManyTokens
    case recoveryCodeIssued
    case accountReset
    case resynchronised
    case adopted
    case notParted
    case storeRestored
    case keyRotationBegun
    case keyRotated
    case keyIsCredential
    case accountProtected
    case sessionTooWeak
    case sessionOver
    case sessionOfAnother
    case sessionEnded
    case signInGivenUp
    case callerNotAllowed
    case notCarriedOut
    case recordsLost
    /// Stored by a version of the program that knows more words than this one.
    case other

    /// The reason as a part of a sentence, for people.
    public var sentence: String {
        switch self {
        case .passwordRight: "password right, no second factor"
        case .passwordWrong: "password wrong"
        case .passwordEmpty: "password empty"
        case .passwordNotAsked: "the PAM stack succeeded without asking for the password"
        case .passwordAskedForMore: "the PAM stack asked for more than one hidden password"
        case .passwordThrottled: "too many wrong passwords from here"
        case .passwordMustBeChanged: "password must be changed"
        case .isToken: "an access token was given for a password or a code"
        case .nameImplausible: "no user can have that name"
        case .userUnknown: "user unknown"
        case .parted: "name and uid have parted"
        case .accountRefused: "the host's account rules refuse"
        case .firstFactorShown: "first factor shown"
        case .firstFactorNotAccepted: "first factor right, but policy does not accept it here"
        case .secondFactorMissing: "password right, but policy requires a second factor and there is none"
        case .exempt: "password right, and policy asks for no second factor"
        case .codeRight: "code right"
        case .codeWrong: "code wrong"
        case .codeUsed: "code used already"
        case .codeThrottled: "too many wrong codes"
        case .codeNotLookedAt: "first factor had failed"
        case .codeAlone: "no password given, a code alone is asked for"
        case .codeAloneClosed: "too many wrong codes without a password"
        case .codeMissing: "no second factor given"
        case .factorChanged: "the second factor was changed meanwhile"
        case .pendingSpent: "sign-in spent, tried too often or too old"
        case .setUpMissing: "no set-up to confirm"
        case .setUpBegun: "set-up begun"
        case .setUpConfirmed: "set-up confirmed"
        case .disabled: "second factor removed"
        case .notEnabled: "no second factor there"
        case .recoveryCodeRight: "recovery code right"
        case .recoveryCodeWrong: "recovery code wrong"
        case .recoveryCodeUsed: "recovery code used already"
        case .recoveryCodeThrottled: "too many wrong recovery codes"
        case .loginByRecoveryCode: "a login by recovery code stands for the second factor"
        case .recoveryCodesShown: "recovery codes shown"
        case .recoveryCodesReplaced: "recovery codes replaced"
        case .recoveryCodesAcknowledged: "recovery codes said to be saved"
        case .failuresCleared: "failed codes cleared"
        case .passwordLocked: "the password was locked: sessions and tokens ended"
        case .passwordChanged: "the password was changed: a session or token ended"
        case .sessionsRevoked: "sessions ended by their owner"
        case .tokenCreated: "token created"
        case .tokenEdited: "token changed"
        case .tokenRefreshed: "token given a new value"
        case .tokenRevoked: "token ended by its owner"
        case .tooManyTokens: "too many tokens"
        case .recoveryCodeIssued: "recovery code issued by an administrator"
        case .accountReset: "account reset by an administrator"
        case .resynchronised: "codes are judged by another clock from now on"
        case .adopted: "second factor handed to who has name and uid now"
        case .notParted: "name and uid have not parted"
        case .storeRestored: "an older store was put back: sessions, tokens and codes of before end"
        case .keyRotationBegun: "a new sealing key; everything is sealed anew with it"
        case .keyRotated: "everything is sealed with the new key, the old one is gone"
        case .keyIsCredential: "the sealing key is a credential, which the service manager keeps"
        case .accountProtected: "the account is an administrator's, which root alone changes"
        case .sessionTooWeak: "no session with both factors given that is new enough"
        case .sessionOver: "session over"
        case .sessionOfAnother: "session of another user"
        case .sessionEnded: "session ended"
        case .signInGivenUp: "sign-in given up"
        case .callerNotAllowed: "the caller may not act for that user"
        case .notCarriedOut: "it could not be carried out"
        case .recordsLost: "records that could not be kept"
        case .other: "for a reason that this version does not know"
        }
    }
}
