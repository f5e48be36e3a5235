import TwinlockAccounts
public import TwinlockVarlink

/// Callers whom the settings list, by uid or by group.
public struct ListedCallers: Sendable, Equatable {
    /// Effective uids.
    public var uids: Set<UInt32>
    /// Effective or supplementary gids.
    public var gids: Set<UInt32>

    /// Nobody, or those.
    public init(uids: Set<UInt32> = [], gids: Set<UInt32> = []) {
        self.uids = uids
        self.gids = gids
    }

    /// Whether a peer is one of them, by what the kernel said of it when it connected.
    public func contains(_ peer: Peer) -> Bool {
        self.contains(uid: peer.uid, groups: [peer.gid] + peer.groups)
    }

    /// Whether an account is one of them, by what the host says of it.
    func contains(uid: UInt32, groups: [UInt32]) -> Bool {
        self.uids.contains(uid) || groups.contains(where: self.gids.contains)
    }
}

/// What a caller is to this host.
enum CallerStanding: Sendable {
    /// uid 0: `sshd`, `login`, `sudo` and `su` among others. Signs anybody in and is believed.
    case root
    /// A service that the settings list: signs anybody in; believed where a sign-in comes from, never what has been shown.
    case service
    /// Anybody else acts for himself.
    case user
}

extension ServicePolicy {
    /// What that caller is.
    func standing(of peer: Peer) -> CallerStanding {
        if peer.uid == 0 { return .root }
        return self.services.contains(peer) ? .service : .user
    }

    /// Whether that caller may use a session or token at all: its own uid, the uid that made it, root, and services.
    func mayUse(_ held: some Held, _ peer: Peer) -> Bool {
        switch self.standing(of: peer) {
        case .root, .service: true
        case .user: held.belongs(to: peer.uid)
        }
    }
}
