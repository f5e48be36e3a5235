import TwinlockAccounts
import TwinlockInterface
import TwinlockStore
import TwinlockVarlink

/// What a caller holds where a method takes `session`: live, his to use, and founded on what still holds.
enum Bearer: Sendable {
    case session(Session)
    /// One whose groups open the method that is called.
    case token(Token)

    var held: any Held {
        switch self {
        case .session(let session): session
        case .token(let token): token
        }
    }
}

/// What opens a method to a token.
enum TokenAccess: Sendable {
    /// Any token.
    case every
    /// One with that group.
    case group(TokenGroup)

    func admits(_ token: Token) -> Bool {
        switch self {
        case .every: true
        case .group(let group): token.groups.contains(group.rawValue)
        }
    }
}

extension TwinlockService {
    /// Every method that a token may call, and what opens it.
    ///
    /// One that is not here takes no token. No sensitive call ever is, nor anything that makes or changes tokens or asks
    /// for a fresh session.
    static let tokenMethods: [String: TokenAccess] = [
        Authentication.GetSession.name: .every,
        OwnAccount.GetStatus.name: .group(.accountRead),
        OwnAccount.ListSessions.name: .group(.accountRead),
        OwnAccount.ListTokens.name: .group(.accountRead),
        OwnAccount.GetLog.name: .group(.accountRead),
        OwnAccount.RevokeSession.name: .group(.accountSessions),
        OwnAccount.RevokeSessions.name: .group(.accountSessions),
        Administration.GetHealth.name: .group(.administrationRead),
        Administration.ListAccounts.name: .group(.administrationRead),
        Administration.ShowAccount.name: .group(.administrationRead),
        Administration.GetLog.name: .group(.administrationRead),
        Administration.ExplainPolicy.name: .group(.administrationRead),
        Administration.Unlock.name: .group(.administrationWrite),
    ]

    /// The session or token behind a text, if the caller may use it for that method.
    func bearer(_ text: SecretText, for peer: Peer, method: String) async throws(Refusal) -> Bearer {
        guard text.hasPrefix(TokenValue.prefix) else {
            return .session(try await self.liveSession(text, for: peer))
        }
        return .token(try await self.liveToken(text, for: peer, method: method))
    }

    /// The token behind a text, if it is live, the caller may use it, its groups open the method and what it stands on
    /// still holds; its use is noted, and nobody waits for that.
    private func liveToken(_ text: SecretText, for peer: Peer, method: String) async throws(Refusal) -> Token {
        guard let digest = TokenValue.digest(of: text) else { throw .named(.signInAgain) }
        guard let access = Self.tokenMethods[method] else { throw .permissionDenied }
        let now = self.surroundings.now()
        let found: Token?
        do {
            found = try await self.store.token(digest: digest)
        } catch {
            self.log.storeFailed(error, doing: "reading a token")
            throw .named(.unavailable)
        }
        guard let token = found else { throw .named(.signInAgain) }
        guard self.policy.mayUse(token, peer) else { throw self.refused(.sessionOfAnother, token, for: peer) }
        guard token.isLive(at: now) else { throw self.refused(.sessionOver, token, for: peer) }
        guard access.admits(token) else { throw .permissionDenied }
        try await self.standsFirm(.token(token), for: peer)
        if token.isUseWorthWriting(at: now) {
            self.background.run {
                do throws(StoreError) {
                    try await self.store.useToken(digest: digest, at: now)
                } catch {
                    self.log.storeFailed(error, doing: "saving the use of a token")
                }
            }
        }
        return token
    }
}

// What sessions and tokens stand on is looked at again whenever one is used.
extension TwinlockService {
    /// Makes sure that the name still has that uid, the host still lets the account in, its factor has not parted from
    /// it, and the password is still the one that was shown.
    ///
    /// What ends by this ends on the disk, and only after the host was asked anew. A look-up that cannot be made refuses
    /// and ends nothing.
    func standsFirm(_ bearer: Bearer, for peer: Peer) async throws(Refusal) {
        let identity = bearer.held.identity
        let key = try await self.passwordFieldKey()
        let enrolment = try await self.enrolment(of: identity)
        var (report, isKept) = try await self.report(of: identity.name, key)
        if isKept, self.ends(bearer, by: self.change(of: bearer, report, key)) {
            (report, isKept) = try await self.report(of: identity.name, key, anew: true)
        }
        guard report.identity == identity, enrolment != .parted else {
            throw self.refused(.parted, bearer.held, for: peer)
        }
        let change = self.change(of: bearer, report, key)
        if self.ends(bearer, by: change) {
            try await self.end(bearer, by: change, for: peer)
        }
        guard !self.ends(bearer, by: change) else { throw .named(.signInAgain) }
        guard report.account == .usable else { throw self.refused(.accountRefused, bearer.held, for: peer) }
        guard change != .unknown else {
            self.log.failure("cannot tell whether a password was locked or changed: it could not be looked at")
            throw .named(.unavailable)
        }
    }

    private func change(of bearer: Bearer, _ report: CheckReport, _ key: PasswordFieldKey) -> PasswordChange {
        let held = bearer.held
        return PasswordChange(from: held.mark, to: key.mark(report, of: held.identity))
    }

    private func ends(_ bearer: Bearer, by change: PasswordChange) -> Bool {
        switch (change, bearer) {
        case (.none, _), (.unknown, _): false
        case (.locked, _), (.changed, .session): true
        case (.changed, .token): self.policy.tokens.endsWithPasswordChange
        }
    }

    /// Ends what a change of the password ends: a lock everything of the account, another one this.
    private func end(_ bearer: Bearer, by change: PasswordChange, for peer: Peer) async throws(Refusal) {
        let identity = bearer.held.identity
        do {
            switch (change, bearer) {
            case (.locked, _):
                try await self.store.endSessionsAndTokens(of: identity)
            case (_, .session(let session)):
                try await self.store.endSession(digest: session.digest)
            case (_, .token(let token)):
                _ = try await self.store.endToken(id: token.id, of: identity)
            }
        } catch {
            self.log.storeFailed(error, doing: "ending what stood on a password that was locked or changed")
            throw .named(.unavailable)
        }
        self.log.decision(
            "Session",
            .refused,
            change == .locked ? .passwordLocked : .passwordChanged,
            of: identity,
            origin: SignInOrigin(own: peer)
        )
    }
}
