import TwinlockAccounts
import TwinlockInterface
import TwinlockOTP
import TwinlockStore
import TwinlockVarlink

// `GetSession` and `SignOut`, and how a session is accepted by any method.
extension TwinlockService {
    func getSession(_ call: AuthorizedCall<SessionParameters, Bearer>) async throws(Refusal) -> GetSessionResult {
        switch call.subject {
        case .session(let session):
            return GetSessionResult(
                user: session.identity.name,
                uid: Int64(session.identity.uid),
                factors: session.factors.inInterface,
                service: session.service,
                created: session.created.value,
                expires: session.expires(self.policy.sessionLifetimes).value
            )
        case .token(let token):
            return GetSessionResult(
                user: token.identity.name,
                uid: Int64(token.identity.uid),
                factors: [],
                service: "",
                created: token.created.value,
                expires: token.expires.value,
                token: true,
                groups: self.policy.tokens.known(token.groups)
            )
        }
    }

    /// Ends what the text names, if the caller may use it. What is gone, or is not the caller's, is not told apart.
    func signOut(_ call: AuthorizedCall<SessionParameters, Void>) async throws(Refusal) -> Empty {
        let text = call.parameters.session
        guard !text.hasPrefix(TokenValue.prefix) else { throw .named(.signInAgain) }
        let origin = SignInOrigin(own: call.peer)
        if let pending = self.pendingSignIn(text) {
            self.giveUp(pending, origin: origin)
            return Empty()
        }
        guard let digest = SessionValue.digest(of: text) else { return Empty() }
        var owner: Identity?
        do {
            guard let session = try await self.store.session(digest: digest) else { return Empty() }
            owner = session.identity
            guard self.policy.mayUse(session, call.peer) else {
                self.log.decision("SignOut", .refused, .sessionOfAnother, of: session.identity, origin: origin)
                return Empty()
            }
            try await self.store.endSession(digest: digest)
            self.log.decision("SignOut", .accepted, .sessionEnded, of: session.identity, origin: origin)
        } catch {
            self.log.storeFailed(error, doing: "ending a session")
            if let owner {
                self.log.decision("SignOut", .refused, .notCarriedOut, of: owner, origin: origin)
            }
            throw .named(.unavailable)
        }
        return Empty()
    }

    /// Ends a pending sign-in for the uid that began it. One that is over already has been decided about.
    private func giveUp(_ pending: PendingSignIn, origin: SignInOrigin) {
        guard pending.origin.peerUid == origin.peerUid else {
            return self.log.decision("SignOut", .refused, .sessionOfAnother, about: pending.subject, origin: origin)
        }
        let now = self.surroundings.now()
        if self.pendingLedger.withLock({ $0.end(pending, at: now) }) {
            self.log.decision("SignOut", .accepted, .signInGivenUp, about: pending.subject, origin: origin)
        }
    }

    /// Removes sessions and tokens that are over. Nobody waits for it.
    public func removeEndedSessions() async {
        let now = self.surroundings.now()
        do {
            try await self.store.removeSessions(endedAt: now, self.policy.sessionLifetimes)
            try await self.store.removeTokens(endedAt: now)
        } catch {
            self.log.storeFailed(error, doing: "removing sessions and tokens that are over")
        }
    }

    /// The finished session behind a text, if it is live, the caller may use it and what it stands on still holds; its
    /// use is noted.
    func liveSession(_ text: SecretText, for peer: Peer) async throws(Refusal) -> Session {
        guard let digest = SessionValue.digest(of: text) else { throw .named(.signInAgain) }
        let now = self.surroundings.now()
        do {
            guard var session = try await self.store.session(digest: digest) else {
                throw Refusal.named(.signInAgain)
            }
            guard self.policy.mayUse(session, peer) else {
                throw self.refused(.sessionOfAnother, session, for: peer)
            }
            guard session.isLive(at: now, self.policy.sessionLifetimes) else {
                throw self.refused(.sessionOver, session, for: peer)
            }
            try await self.standsFirm(.session(session), for: peer)
            if now - session.lastUsed >= Int64(Session.useResolutionSeconds) {
                try await self.store.useSession(digest: digest, at: now)
                session.lastUsed = now
            }
            return session
        } catch let refusal as Refusal {
            throw refusal
        } catch let error as StoreError {
            self.log.storeFailed(error, doing: "reading a session")
            throw .named(.unavailable)
        } catch {
            throw .named(.unavailable)
        }
    }

    /// A session or token that is not accepted, for whatever method it was meant.
    func refused(_ reason: DecisionLog.Reason, _ held: any Held, for peer: Peer) -> Refusal {
        self.log.decision("Session", .refused, reason, of: held.identity, origin: .init(own: peer))
        return .named(.signInAgain)
    }
}

extension [Factor] {
    /// The same factors in the interface's words and order.
    var inInterface: [Authentication.Factor] {
        Authentication.Factor.allCases.filter { factor in self.contains { $0.rawValue == factor.rawValue } }
    }
}
