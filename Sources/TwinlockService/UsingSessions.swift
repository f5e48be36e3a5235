import Synchronization
import TwinlockAccounts
import TwinlockInterface
import TwinlockStore
import TwinlockVarlink

// `GetSession` and `SignOut`, and how a session is accepted by any method.
extension TwinlockService {
    func getSession(_ call: AuthorizedCall<SessionParameters, Session>) async throws(Refusal) -> GetSessionResult {
        let session = call.subject
        return GetSessionResult(
            user: session.identity.name,
            uid: Int64(session.identity.uid),
            factors: Authentication.Factor.allCases.filter { factor in
                session.factors.contains { $0.rawValue == factor.rawValue }
            },
            service: session.service,
            created: session.created.value,
            expires: session.expires.value
        )
    }

    /// Ends what the text names, if the caller may use it. What is gone, or is not the caller's, is not told apart.
    func signOut(_ call: AuthorizedCall<SessionParameters, Void>) async throws(Refusal) -> Empty {
        let text = call.parameters.session
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

    /// Removes sessions that are over. Nobody waits for it.
    public func removeEndedSessions() async {
        do {
            try await self.store.removeSessions(endedAt: self.surroundings.now())
        } catch {
            self.log.storeFailed(error, doing: "removing sessions that are over")
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
            guard session.isLive(at: now) else {
                throw self.refused(.sessionOver, session, for: peer)
            }
            try await self.standsFirm(session, for: peer, at: now)
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

    /// Looks again at what a session stands on: the name still has that uid, the host still lets the account in, and its
    /// factor has not parted from it.
    private func standsFirm(_ session: Session, for peer: Peer, at now: UnixSeconds) async throws(Refusal) {
        let report: CheckReport
        do {
            report = try await self.directory.report(user: session.identity.name, at: now)
        } catch {
            self.log.failure("cannot look again at the account of a session: \(error)")
            throw .named(.unavailable)
        }
        let enrolment = try await self.enrolment(of: session.identity)
        guard report.identity == session.identity, enrolment != .parted else {
            throw self.refused(.parted, session, for: peer)
        }
        guard report.account == .usable else {
            throw self.refused(.accountRefused, session, for: peer)
        }
    }

    /// A session that is not accepted, for whatever method it was meant.
    private func refused(_ reason: DecisionLog.Reason, _ session: Session, for peer: Peer) -> Refusal {
        self.log.decision("Session", .refused, reason, of: session.identity, origin: .init(own: peer))
        return .named(.signInAgain)
    }
}
