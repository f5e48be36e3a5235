import TwinlockAccounts
import TwinlockInterface
import TwinlockOTP
import TwinlockStore
import TwinlockVarlink

/// What a first factor showed, and whose it was.
struct FirstFactorResult {
    var outcome: FirstFactor
    /// nil where it is not known.
    var identity: Identity?
    /// The password field when it was shown; nil where it could not be looked at.
    var mark: PasswordMark?
    /// Of the account; nil where the host was not asked, or does not know the name.
    var groups: [UInt32]?
    var reason: DecisionLog.Reason

    /// Whom a decision about it concerns, where that name was given.
    func subject(named name: String) -> DecisionSubject {
        self.identity.map { .account($0) } ?? .name(name)
    }
}

extension TwinlockService {
    /// What begins an access token. Tokens are for scripts that call methods; no password or code begins like this.
    static let tokenPrefix = TokenValue.prefix

    /// Looks at the password that was given, or at what the login program says it has checked.
    func firstFactor(
        name: String,
        password: SecretText?,
        origin: SignInOrigin
    ) async throws(Refusal) -> FirstFactorResult {
        guard UserName.isPlausible(name) else {
            return self.failed(.nameImplausible, name: name, origin: origin)
        }
        guard let password else {
            return try await self.passedFactor(name: name)
        }
        return try await self.passwordFactor(name: name, password: password, origin: origin)
    }

    private func passwordFactor(
        name: String,
        password: SecretText,
        origin: SignInOrigin
    ) async throws(Refusal) -> FirstFactorResult {
        let now = self.surroundings.now()
        if password.hasPrefix(Self.tokenPrefix) {
            return FirstFactorResult(outcome: .failed, reason: .isToken)
        }
        let target = Target(name, from: origin.failureSource)
        let admission = self.passwordThrottle.withLock { $0.admit(target, at: now) }
        guard admission == .read else {
            // As long as a check: who is answered at once would know that the last password was not the right one.
            await self.surroundings.pause(self.checkPace.withLock { $0.missing(after: .zero) })
            return FirstFactorResult(outcome: .failed, reason: .passwordThrottled)
        }
        if password.isEmpty {
            return self.failed(.passwordEmpty, name: name, origin: origin)
        }
        let key = try await self.passwordFieldKey()
        let report = try await self.check(name: name, password: password, key: key, origin: origin)
        switch (report.password, report.identity) {
        case (.right, .some(let identity)):
            self.passwordThrottle.withLock { $0.accept(target) }
            await self.directory.note(report, of: identity.name, at: now)
            return try await self.shown(identity, report, key)
        case (.unknownUser, _), (.right, .none):
            return self.failed(.userUnknown, name: name, origin: origin)
        case (.notAsked, let identity):
            return self.failed(.passwordNotAsked, name: name, origin: origin, identity: identity)
        case (.askedForMore, let identity):
            return self.failed(.passwordAskedForMore, name: name, origin: origin, identity: identity)
        case (.wrong, let identity), (.notChecked, let identity):
            return self.failed(.passwordWrong, name: name, origin: origin, identity: identity)
        }
    }

    private func passedFactor(name: String) async throws(Refusal) -> FirstFactorResult {
        let key = try await self.passwordFieldKey()
        let report = try await self.report(of: name, key).report
        guard let identity = report.identity else {
            return FirstFactorResult(outcome: .failed, reason: .userUnknown)
        }
        return try await self.shown(identity, report, key)
    }

    /// What the host says about an account, at most a minute old.
    func report(
        of name: String,
        _ key: PasswordFieldKey,
        anew: Bool = false
    ) async throws(Refusal) -> (report: CheckReport, isKept: Bool) {
        do {
            return try await self.directory.report(
                user: name,
                fieldKey: key.checkerKey,
                at: self.surroundings.now(),
                anew: anew
            )
        } catch {
            self.log.failure("cannot look up the account: \(error)")
            throw .named(.unavailable)
        }
    }

    /// Opens the one secret in the store that is the daemon's own. At the start, once: that another sealing key than the
    /// store's is in use is told then, and not when the first person is kept out.
    public func tryKey() async {
        _ = try? await self.passwordFieldKey()
    }

    /// The key under which password fields are digested.
    func passwordFieldKey() async throws(Refusal) -> PasswordFieldKey {
        do {
            return try await self.fieldKeyring.key()
        } catch let error as StoreError {
            self.log.storeFailed(error, doing: "reading the key for password fields")
        } catch {
            self.log.failure("cannot open the key for password fields: \(error)")
        }
        throw .named(.unavailable)
    }

    /// Asks the checker, when there is a place for it.
    func check(
        name: String,
        password: SecretText,
        key: PasswordFieldKey,
        origin: SignInOrigin
    ) async throws(Refusal) -> CheckReport {
        let deadline = Duration.seconds(self.policy.checkDeadlineSeconds)
        let surroundings = self.surroundings
        let checker = self.checker
        let begun = surroundings.uptime()
        do {
            let (report, taken) = try await self.gate.run(
                for: CheckRequester(origin),
                patience: { await surroundings.pause(deadline) }
            ) { () async throws(CheckFailure) -> (CheckReport, Duration) in
                let started = surroundings.uptime()
                let report = try await checker.check(
                    user: name,
                    password: password,
                    remoteHost: origin.remoteHost,
                    tty: origin.tty,
                    fieldKey: key.checkerKey,
                    within: deadline - (started - begun)
                )
                return (report, surroundings.uptime() - started)
            }
            await self.keepPace(report, taken: taken)
            return report
        } catch {
            self.log.failure("cannot check a password: \(error)")
            throw .named(.unavailable)
        }
    }

    /// Holds an answer back that came sooner because there was no password to look at.
    private func keepPace(_ report: CheckReport, taken: Duration) async {
        switch report.hasUsablePassword {
        case true?:
            self.checkPace.withLock { $0.note(taken) }
        case false?:
            await self.surroundings.pause(self.checkPace.withLock { $0.missing(after: taken) })
        case nil:
            break
        }
    }

    /// What is known about somebody who has shown a first factor.
    func enrolment(of identity: Identity) async throws(Refusal) -> Enrolment {
        do {
            return Enrolment(of: identity, among: try await self.store.accounts(sharing: identity))
        } catch {
            self.log.storeFailed(error, doing: "reading an account")
            throw .named(.unavailable)
        }
    }

    private func shown(
        _ identity: Identity,
        _ report: CheckReport,
        _ key: PasswordFieldKey
    ) async throws(Refusal) -> FirstFactorResult {
        let check = report.account
        let enrolment = try await self.enrolment(of: identity)
        let reason: DecisionLog.Reason =
            switch enrolment {
            case .active: .firstFactorShown
            case .parted: .parted
            case .none: check.admits ? .passwordRight : .accountRefused
            }
        return FirstFactorResult(
            outcome: .shown(check, enrolment),
            identity: identity,
            mark: key.mark(report, of: identity),
            groups: report.groups,
            reason: reason
        )
    }

    private func failed(
        _ reason: DecisionLog.Reason,
        name: String,
        origin: SignInOrigin,
        identity: Identity? = nil
    ) -> FirstFactorResult {
        let now = self.surroundings.now()
        self.passwordThrottle.withLock { $0.reject(Target(name, from: origin.failureSource), at: now) }
        return FirstFactorResult(outcome: .failed, identity: identity, reason: reason)
    }
}

extension CheckRequester {
    fileprivate init(_ origin: SignInOrigin) {
        let isRoot = origin.peerUid == 0
        self.init(
            source: origin.failureSource.key,
            isConsole: isRoot && origin.remoteHost.isEmpty,
            isRoot: isRoot
        )
    }
}
