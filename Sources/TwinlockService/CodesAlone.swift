import TwinlockAccounts
import TwinlockInterface
import TwinlockOTP
import TwinlockVarlink

/// Wrong codes that came without a password, by account: a count of their own, so that no program of somebody's that
/// guesses brings his logins to a wait. In memory: only a restart of the daemon forgets it.
struct CodesAlone: Sendable {
    /// Wrong codes after which none is looked at any more.
    static let maximumWrong = 20

    private var wrong: [Identity: Int] = [:]

    /// Counts a code before it is looked at, so that no two at once are one; false: none is looked at any more.
    mutating func take(_ identity: Identity) -> Bool {
        let count = self.wrong[identity, default: 0]
        guard count < Self.maximumWrong else { return false }
        self.wrong[identity] = count + 1
        return true
    }

    /// A code that was counted was not wrong.
    mutating func giveBack(_ identity: Identity) {
        self.wrong[identity] = max(0, self.wrong[identity, default: 0] - 1)
    }

    /// Password and code were shown.
    mutating func reopen(_ identity: Identity) {
        self.wrong[identity] = nil
    }
}

// A code without a password, from a program of somebody's own that is not root: a screen locker behind pam_unix. It is
// worth a verdict and nothing else.
extension TwinlockService {
    /// Judges the code of such a sign-in. A recovery code is a wrong one here.
    func judgeCodeAlone(
        _ code: SecretText,
        generation: Int64,
        end: SignInEnd
    ) async throws(Refusal) -> SecondFactorShown {
        let (identity, origin) = (end.identity, end.pending.origin)
        guard self.codesAlone.withLock({ $0.take(identity) }) else {
            self.log.decision("Verify2FACode", .refused, .codeAloneClosed, of: identity, origin: origin)
            throw await self.delayed(.named(.tooManyFailures(seconds: nil)))
        }
        let isRight = try await self.carryingOut("Verify2FACode", for: .account(identity), origin: origin) {
            () async throws(Refusal) in
            try await self.isRight(code, of: identity)
        }
        guard isRight else {
            self.log.decision("Verify2FACode", .refused, .codeWrong, of: identity, origin: origin)
            throw await self.delayed(.named(.authenticationFailed))
        }
        self.codesAlone.withLock { $0.giveBack(identity) }
        // It has the account's ways from here: used once, not during a wait, and on the disk before the answer.
        return try await self.judgeCode(
            code,
            of: identity,
            generation: generation,
            origin: origin,
            method: "Verify2FACode",
            end: end
        )
    }

    /// Whether a code of digits is one of now. During a wait of the account's none is looked at: "wait" is then the
    /// answer to any.
    private func isRight(_ code: SecretText, of identity: Identity) async throws(Refusal) -> Bool {
        let now = self.surroundings.now()
        guard case .active(let account, let credential) = try await self.enrolment(of: identity) else { return true }
        var throttle = account.throttle
        guard throttle.admit(at: now) == .read else { return true }
        let typed = code.withUnsafeBytes { TypedCode(normalizing: $0, digits: credential.secret.digits) }
        let match = try self.match(typed.code, with: credential.secret, drift: credential.drift, of: identity, at: now)
        if case .inWindow = match { return true }
        return false
    }
}
