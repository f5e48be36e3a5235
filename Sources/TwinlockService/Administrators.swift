import TwinlockAccounts
import TwinlockInterface
import TwinlockVarlink

/// Who administers, and as whom it is recorded.
struct Administrator: Sendable {
    /// Whether it is root, who is kept from no account.
    let isRoot: Bool
    /// Its uid is that of who acts: the caller's, or that of the owner of the session or token that was given.
    let origin: SignInOrigin
}

extension Callers where Subject == Administrator {
    /// Root, the administrators' group, and who holds a session or token of one of them: for what changes nothing.
    static func whoReadsAll(_ session: @escaping @Sendable (Parameters) -> SecretText?) -> Self {
        Self { service, parameters, peer, method throws(Refusal) in
            try service.admit(peer)
            return try await service.administrator(session(parameters), peer, method)
        }
    }

    /// Root, and members of the administrators' group by a fresh session of theirs, or by a token where the method takes
    /// one: for what changes an account.
    static func administrator(_ session: @escaping @Sendable (Parameters) -> SecretText?) -> Self {
        Self { service, parameters, peer, method throws(Refusal) in
            try service.admit(peer)
            return try await service.administratorWhoChanges(session(parameters), peer, method)
        }
    }

    /// Root alone.
    static var root: Self {
        Self { service, _, peer, _ throws(Refusal) in
            try service.admit(peer)
            let origin = SignInOrigin(own: peer)
            guard peer.uid == 0 else {
                service.log.decision("Administration", .refused, .callerNotAllowed, about: .everybody, origin: origin)
                throw .permissionDenied
            }
            return Administrator(isRoot: true, origin: origin)
        }
    }
}

extension TwinlockService {
    /// The administrator who acts, where nothing is changed.
    func administrator(_ session: SecretText?, _ peer: Peer, _ method: String) async throws(Refusal) -> Administrator {
        guard let session else {
            guard peer.uid == 0 || self.policy.administrators.contains(peer) else { throw .permissionDenied }
            return Administrator(isRoot: peer.uid == 0, origin: SignInOrigin(own: peer))
        }
        return try await self.administrator(by: try await self.bearer(session, for: peer, method: method), peer)
    }

    /// The administrator who acts, where an account is changed.
    fileprivate func administratorWhoChanges(
        _ session: SecretText?,
        _ peer: Peer,
        _ method: String
    ) async throws(Refusal) -> Administrator {
        guard let session else {
            let administrator = try await self.administrator(nil, peer, method)
            guard administrator.isRoot else { throw .named(.signInAgain) }
            return administrator
        }
        let bearer = try await self.bearer(session, for: peer, method: method)
        let administrator = try await self.administrator(by: bearer, peer)
        // Also of root: what was shown may have been a password alone, and the caller another uid.
        if case .session(let session) = bearer, !session.isFresh(at: self.surroundings.now()) {
            self.log.decision(
                "Administration",
                .refused,
                .sessionTooWeak,
                of: session.identity,
                origin: administrator.origin
            )
            throw .named(.signInAgain)
        }
        return administrator
    }

    /// The owner of a session or token, if he is an administrator at this moment.
    private func administrator(by bearer: Bearer, _ peer: Peer) async throws(Refusal) -> Administrator {
        let owner = bearer.held.identity
        var origin = SignInOrigin(own: peer)
        origin.peerUid = owner.uid
        if owner.uid == 0 {
            return Administrator(isRoot: true, origin: origin)
        }
        let report = try await self.report(of: owner.name, try await self.passwordFieldKey()).report
        guard report.identity == owner,
            self.policy.administrators.contains(uid: owner.uid, groups: report.groups)
        else {
            self.log.decision("Administration", .refused, .callerNotAllowed, of: owner, origin: origin)
            throw .permissionDenied
        }
        return Administrator(isRoot: false, origin: origin)
    }
}
