import TwinlockInterface
import TwinlockTerminal

/// After a login by recovery code the password alone is enough for a while, to set up a new phone or to switch off.
struct LostPhoneLeave {
    /// Unix seconds.
    let until: Int64

    /// Nil where there is no such leave.
    init?(_ status: GetStatusResult) {
        guard status.enabled, let until = status.recoverySetUpUntil else { return nil }
        self.until = until
    }

    /// Says why no code is asked for, where somebody is asked at all.
    func tell(_ inputs: Inputs) {
        inputs.person?.say(
            "You logged in with a recovery code: until \(Wording.time(self.until))\nthe password alone is enough.\n"
        )
    }

    /// A refusal without a code: whether the leave ended meanwhile, or the password was wrong.
    func explained(_ failure: Failure, _ daemon: Daemon) -> Failure {
        guard failure.cause == .authenticationFailed,
            let status = try? daemon.call(OwnAccount.GetStatus.self, GetStatusParameters())
        else { return failure }
        return LostPhoneLeave(status) == nil
            ? Failure(
                failure.status,
                "the time after the login by recovery code is over, or it was used",
                hint: "begin again: a code is asked for then",
                cause: failure.cause
            )
            : Failure(failure.status, "the password is wrong", cause: failure.cause)
    }
}
