import TwinlockAccounts
import TwinlockInterface
import TwinlockVarlink

/// Where a sign-in comes from, as far as it is believed.
struct SignInOrigin: Equatable, Sendable {
    /// The uid at the other end of the socket: root's for sshd, login, sudo and su.
    var peerUid: UInt32
    var service: String
    var tty: String
    /// Empty where there is none.
    var remoteHost: String
    /// `getuid()` of the login program, where root told it.
    var realUid: UInt32?
    var purpose: Purpose
    /// Factors that a login program of root's has checked itself. From anybody else the password at most, which is not
    /// believed: see `isCodeAlone`.
    var passed: [Factor]

    /// Whether a program that is not root says that it has checked the password, as a screen locker does. Its word opens
    /// a door of its own: a verdict on a code, and nothing else.
    var isCodeAlone: Bool { self.peerUid != 0 && !self.passed.isEmpty }

    /// Believes root; a listed service in all but the factors; anyone else only in what the sign-in is for.
    ///
    /// - Parameter hasPassword: Whether a password was given besides.
    init(_ context: Context, peer: Peer, standing: CallerStanding, hasPassword: Bool) {
        var told = context
        switch standing {
        case .root: break
        case .service:
            told.passed = nil
        case .user:
            told = Context()
            told.purpose = context.purpose
            let saysChecked = context.purpose == .login && context.passed?.contains(.password) == true
            told.passed = saysChecked && !hasPassword ? [.password] : nil
        }
        self.peerUid = peer.uid
        self.service = told.service ?? "varlink"
        self.tty = told.tty ?? ""
        self.remoteHost = told.remoteHost ?? ""
        self.realUid = told.realUid.flatMap(UInt32.init(exactly:))
        self.purpose = told.purpose == .login ? .login : .session
        self.passed = (told.passed ?? []).compactMap { Factor(rawValue: $0.rawValue) }.filter { $0 != .code }
    }

    init(
        peerUid: UInt32,
        service: String,
        tty: String,
        remoteHost: String,
        realUid: UInt32?,
        purpose: Purpose,
        passed: [Factor]
    ) {
        self.peerUid = peerUid
        self.service = service
        self.tty = tty
        self.remoteHost = remoteHost
        self.realUid = realUid
        self.purpose = purpose
        self.passed = passed
    }

    /// Under which failures from here are counted.
    var failureSource: FailureSource {
        if self.peerUid == 0 {
            return .login(remoteHost: self.remoteHost, realUid: self.realUid, tty: self.tty)
        }
        return self.isCodeAlone ? .codeAlone(uid: self.peerUid) : .peer(uid: self.peerUid)
    }
}
