import TwinlockInterface

extension Failure {
    /// The daemon's refusal in words.
    init(_ error: NamedError) {
        let words = Self.words(for: error)
        self.init(words.status, words.message, hint: words.hint, cause: error)
    }

    private static func words(for error: NamedError) -> (status: Outcome, message: String, hint: String?) {
        switch error {
        case .authenticationFailed:
            return (.refused, "the password or the code is wrong", nil)
        case .tooManyFailures(let seconds?):
            return (
                .notNow, "too many failed attempts: nothing is checked for another \(Wording.duration(seconds))",
                "wait, then try again; attempts made until then are not counted"
            )
        case .tooManyFailures(nil):
            return (
                .notNow, "too many wrong codes: codes are refused until the failures are cleared",
                "a recovery code is taken all the same and clears them; without one, ask the administrator"
            )
        case .signInAgain:
            return (.refused, "the daemon does not take this session", "begin again")
        case .passwordExpired:
            return (.refused, "the password has expired", "change it with passwd, then try again")
        case .codeAlreadyUsed:
            return (
                .refused, "this code was used already",
                "wait until the app shows the next one, or take another recovery code"
            )
        case .unavailable:
            return (
                .notNow, "the daemon could not carry this out", "its log says why"
            )
        case .notEnabled:
            return (.refused, "two-factor login is not on for this account", "`twinlock enable` sets it up")
        case .notFound:
            return (.refused, "there is no session or token of that id", nil)
        case .tooManyTokens:
            return (
                .refused, "the account has as many tokens as it may have",
                "`twinlock tokens revoke` ends one that is not needed"
            )
        case .unknownUser:
            return (.refused, "neither this host nor the daemon knows that account", nil)
        case .parted:
            return (
                .refused, "the account's name and uid have parted from those of its second factor",
                "`twinlock admin show` tells how; `adopt` if it is the same person, `reset` otherwise"
            )
        case .notParted:
            return (.refused, "the account's name and uid have not parted", "there is nothing to adopt")
        case .keyIsCredential:
            return (
                .refused, "the sealing key is a credential that the service manager keeps for the daemon",
                "replace it there: the administrator's guide (Replacing the key) says how"
            )
        case .noSetUp:
            return (
                .refused, "the set-up is void: it took too long or too many wrong codes, or was begun anew elsewhere",
                "begin again with `twinlock enable` and scan the new QR code: the old one is of no use"
            )
        case .recoveryCodesReplaced:
            return (
                .refused, "these recovery codes were replaced by others meanwhile",
                "`twinlock recovery-codes` shows the present ones: save those"
            )
        }
    }
}
