import Logging
import TwinlockAccounts
import TwinlockStore

/// Says in the log what was decided, and why. It is given no secret, and so can tell none.
struct DecisionLog: Sendable {
    /// Why something was decided; the same words in every place.
    enum Reason: String, Sendable {
        case passwordRight = "password right, no second factor"
        case passwordWrong = "password wrong"
        case passwordEmpty = "password empty"
        case passwordNotAsked = "the PAM stack succeeded without asking for the password"
        case passwordAskedForMore = "the PAM stack asked for more than one hidden password"
        case passwordThrottled = "too many wrong passwords from here"
        case passwordMustBeChanged = "password must be changed"
        case isToken = "an access token was given for a password or a code"
        case nameImplausible = "no user can have that name"
        case userUnknown = "user unknown"
        case parted = "name and uid have parted"
        case accountRefused = "the host's account rules refuse"
        case firstFactorShown = "first factor shown"
        case codeRight = "code right"
        case codeWrong = "code wrong"
        case codeUsed = "code used already"
        case codeThrottled = "too many wrong codes"
        case codeNotLookedAt = "first factor had failed"
        case codeMissing = "no second factor given"
        case factorChanged = "the second factor was changed meanwhile"
        case pendingSpent = "sign-in spent, tried too often or too old"
        case setUpMissing = "no set-up to confirm"
        case setUpBegun = "set-up begun"
        case setUpConfirmed = "set-up confirmed"
        case disabled = "second factor removed"
        case passwordLocked = "the password was locked: sessions and tokens ended"
        case passwordChanged = "the password was changed: a session or token ended"
        case sessionsRevoked = "sessions ended by their owner"
        case tokenCreated = "token created"
        case tokenEdited = "token changed"
        case tokenRefreshed = "token given a new value"
        case tokenRevoked = "token ended by its owner"
        case tooManyTokens = "too many tokens"
    }

    /// What became of a call.
    enum Outcome: String, Sendable {
        case accepted, refused, continued
    }

    private let logger: Logger

    init(logger: Logger) {
        self.logger = logger
    }

    /// One decision.
    ///
    /// - Parameters:
    ///   - user: As given or canonical; from a stranger, unchecked: the handler of the log escapes it.
    ///   - detail: Words of ours, or numbers.
    func decision(
        _ method: StaticString,
        _ outcome: Outcome,
        _ reason: Reason,
        user: String,
        origin: SignInOrigin,
        detail: String? = nil
    ) {
        let words = detail.map { "\(reason.rawValue) (\($0))" } ?? reason.rawValue
        self.logger.log(
            level: outcome == .continued ? .info : .notice,
            "\(method) \(outcome.rawValue): \(words)",
            metadata: [
                "user": "\(user)", "method": "\(method)", "outcome": "\(outcome.rawValue)",
                "reason": "\(reason.rawValue)", "service": "\(origin.service)", "rhost": "\(origin.remoteHost)",
                "tty": "\(origin.tty)", "uid": "\(origin.peerUid)",
            ]
        )
    }

    /// Something that could not be carried out, in words of ours.
    func failure(_ words: String) {
        self.logger.error("\(words)")
    }

    /// What a store's error means for an administrator.
    func storeFailed(_ error: StoreError, doing what: StaticString) {
        switch error {
        case .conflict: self.failure("\(what): somebody else changed the account first")
        case .parted: self.failure("\(what): the name or the uid belongs to another account with a second factor")
        case .unavailable(let reason): self.failure("\(what): the store is unavailable: \(reason)")
        case .damaged(let reason): self.failure("\(what): the store is damaged: \(reason)")
        }
    }
}
