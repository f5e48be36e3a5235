import TwinlockAccounts
import TwinlockInterface
import TwinlockVarlink

/// The uid that the kernel shows for a user who has none in our user namespace. It stands for anybody, so it is nobody.
let overflowUid: UInt32 = 65534

/// Whose sign-in it is.
struct SignInSubject: Sendable {
    /// Byte for byte as the caller gave it; the caller's own name where it was left out.
    let givenName: String
    /// Where it comes from, as far as its caller is believed.
    let origin: SignInOrigin
}

/// Whose account it is, and what proves a second factor so far.
struct AccountSubject: Sendable {
    let identity: Identity
    /// The session that was given; live, and the caller may use it. A token is none: it proves no factor.
    let session: Session?
    /// Of the account when a sign-in found no second factor; the session that was given is there to set one up.
    var setUpGeneration: Int64?
}

extension Callers where Parameters == SignInParameters, Subject == SignInSubject {
    /// A uid for itself; root and listed services for anybody, a service for a session only.
    static var whoSignsIn: Self {
        Self { service, parameters, peer, _ throws(Refusal) in
            try service.admit(peer)
            let standing = service.policy.standing(of: peer)
            let origin = SignInOrigin(
                parameters.context,
                peer: peer,
                standing: standing,
                hasPassword: parameters.password != nil
            )
            if let given = parameters.user, Self.isForAnybody(standing, origin.purpose) {
                return SignInSubject(givenName: given, origin: origin)
            }
            let own = try await service.ownIdentity(of: peer)
            let given = parameters.user ?? own.name
            guard given.utf8.elementsEqual(own.name.utf8) else {
                service.log.decision("SignIn", .refused, .callerNotAllowed, user: given, origin: origin)
                throw .permissionDenied
            }
            return SignInSubject(givenName: given, origin: origin)
        }
    }

    /// A verdict for a login program is root's business: who gives no session must open a door himself.
    private static func isForAnybody(_ standing: CallerStanding, _ purpose: Purpose) -> Bool {
        switch (standing, purpose) {
        case (.root, _), (.service, .session): true
        case (.service, .login), (.user, _): false
        }
    }
}

extension Callers where Subject == PendingSignIn {
    /// The uid that began the sign-in; for anyone else it does not exist.
    static func whoSignedIn(_ session: @escaping @Sendable (Parameters) -> SecretText) -> Self {
        Self { service, parameters, peer, _ throws(Refusal) in
            try service.admit(peer)
            guard let pending = service.pendingSignIn(session(parameters)) else { throw .named(.signInAgain) }
            guard pending.origin.peerUid == peer.uid else {
                let origin = SignInOrigin(own: peer)
                service.log.decision("Session", .refused, .sessionOfAnother, about: pending.subject, origin: origin)
                throw .named(.signInAgain)
            }
            return pending
        }
    }
}

extension Callers where Subject == Bearer {
    /// The uid whose session or token it is, the one that made it, root and listed services; for anyone else it does not
    /// exist.
    static func whoMayUse(_ session: @escaping @Sendable (Parameters) -> SecretText) -> Self {
        Self { service, parameters, peer, method throws(Refusal) in
            try service.admit(peer)
            return try await service.bearer(session(parameters), for: peer, method: method)
        }
    }
}

extension Callers where Subject == AccountSubject {
    /// The same, and the account of a sign-in that must set its second factor up.
    static func whoSetsUp(_ session: @escaping @Sendable (Parameters) -> SecretText?) -> Self {
        let owner = Self.accountOwner(session)
        return Self { service, parameters, peer, method throws(Refusal) in
            try service.admit(peer)
            if let value = session(parameters), let subject = try service.settingUp(value, for: peer) {
                return subject
            }
            return try await owner.admit(service, parameters, peer, method)
        }
    }

    /// The account of the session or token that is given, or else of the caller's uid.
    static func accountOwner(_ session: @escaping @Sendable (Parameters) -> SecretText?) -> Self {
        Self { service, parameters, peer, method throws(Refusal) in
            try service.admit(peer)
            guard let value = session(parameters) else {
                return AccountSubject(identity: try await service.ownIdentity(of: peer), session: nil)
            }
            switch try await service.bearer(value, for: peer, method: method) {
            case .session(let session): return AccountSubject(identity: session.identity, session: session)
            case .token(let token): return AccountSubject(identity: token.identity, session: nil)
            }
        }
    }
}

extension Callers where Subject == Void {
    /// Whoever is served at all. What he holds decides the rest.
    static var anyone: Self {
        Self { service, _, peer, _ throws(Refusal) in
            try service.admit(peer)
        }
    }
}

extension TwinlockService {
    /// Lets in whom this daemon serves. The overflow uid stands for many users at once and may act for none.
    func admit(_ peer: Peer) throws(Refusal) {
        guard peer.uid != overflowUid, peer.uid != UInt32.max else { throw .permissionDenied }
        if let served = self.policy.servedUid, peer.uid != served, peer.uid != 0 {
            throw .permissionDenied
        }
    }

    /// The account of the caller's uid.
    func ownIdentity(of peer: Peer) async throws(Refusal) -> Identity {
        let identity: Identity?
        do {
            identity = try await self.directory.identity(uid: peer.uid, at: self.surroundings.now())
        } catch {
            self.log.failure("cannot look up uid \(peer.uid): \(error)")
            throw .named(.unavailable)
        }
        guard let identity else { throw .permissionDenied }
        return identity
    }
}
