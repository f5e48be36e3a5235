import TwinlockAccounts
import TwinlockInterface
import TwinlockVarlink

/// A call that the table has let through: shape checked, caller checked. Only `MethodEntry` makes one.
struct AuthorizedCall<Parameters: Message, Subject: Sendable>: Sendable {
    /// Of the right shape.
    let parameters: Parameters
    /// Who calls, from the socket.
    let peer: Peer
    /// On whose behalf the caller may act.
    let subject: Subject

    fileprivate init(parameters: Parameters, peer: Peer, subject: Subject) {
        self.parameters = parameters
        self.peer = peer
        self.subject = subject
    }

    /// The same caller and subject with a part of the parameters, for what several methods do.
    func with<Part: Message>(_ part: Part) -> AuthorizedCall<Part, Subject> {
        AuthorizedCall<Part, Subject>(parameters: part, peer: self.peer, subject: self.subject)
    }
}

/// Who may call a method, and on whose behalf: looked at before anything else is.
struct Callers<Parameters: Message, Subject: Sendable>: Sendable {
    /// The last argument is the method's full name: what a token opens depends on it.
    let admit: @Sendable (TwinlockService, Parameters, Peer, String) async throws(Refusal) -> Subject
}

/// The replies of a method ahead of its final one.
struct Replies<Result: Message>: Sendable {
    /// Whether the caller takes more than one reply.
    let areWelcome: Bool
    private let sink: ReplySink

    fileprivate init(areWelcome: Bool, sink: ReplySink) {
        self.areWelcome = areWelcome
        self.sink = sink
    }

    /// Sends one and waits until the socket has taken it.
    ///
    /// - Returns: Whether to go on: nobody reads any more otherwise.
    func send(_ result: Result) async -> Bool {
        do {
            try await self.sink.send(.success { result.write(to: &$0) })
            return true
        } catch {
            return false
        }
    }

    /// Has something done when the caller hangs up.
    func onHangUp(_ action: @escaping @Sendable () -> Void) {
        self.sink.onHangUp(action)
    }
}

/// One method of ours: its name, who may call it, and what carries it out.
struct MethodEntry: Sendable {
    let name: String
    /// What goes in.
    let parameters: [Field]
    let handle: @Sendable (TwinlockService, Call, Peer, ReplySink) async -> Reply

    /// A method that answers once.
    init<M: Method, Subject: Sendable>(
        _ method: M.Type,
        callers: Callers<M.Parameters, Subject>,
        handle:
            @escaping @Sendable (TwinlockService) ->
            @Sendable (AuthorizedCall<M.Parameters, Subject>) async throws(Refusal) -> M.Result
    ) {
        self.init(method, callers: callers) { service in
            { call, _ throws(Refusal) in try await handle(service)(call) }
        }
    }

    /// A method that may answer again and again where the caller takes it.
    init<M: Method, Subject: Sendable>(
        _ method: M.Type,
        callers: Callers<M.Parameters, Subject>,
        handle:
            @escaping @Sendable (TwinlockService) ->
            @Sendable (AuthorizedCall<M.Parameters, Subject>, Replies<M.Result>) async throws(Refusal) -> M.Result
    ) {
        self.name = M.name
        self.parameters = M.Parameters.fields
        self.handle = { service, call, peer, sink in
            do throws(Refusal) {
                let parameters = try Self.decode(M.Parameters.self, call)
                let subject = try await callers.admit(service, parameters, peer, M.name)
                let authorized = AuthorizedCall(parameters: parameters, peer: peer, subject: subject)
                let replies = Replies<M.Result>(areWelcome: call.more, sink: sink)
                let result = try await handle(service)(authorized, replies)
                return .success { result.write(to: &$0) }
            } catch {
                return error.reply(from: call.interfaceName)
            }
        }
    }

    private static func decode<Parameters: Message>(
        _ type: Parameters.Type,
        _ call: Call
    ) throws(Refusal) -> Parameters {
        do {
            return try Parameters(parameters: call.parameters)
        } catch {
            throw .invalidParameter(error.parameter)
        }
    }
}

extension TwinlockService {
    /// Every method that exists. One that is not here does not.
    static let methods = authenticationMethods + accountMethods + administrationMethods

    private static let authenticationMethods: [MethodEntry] = [
        MethodEntry(Authentication.SignIn.self, callers: .whoSignsIn, handle: signIn),
        MethodEntry(Authentication.Verify2FACode.self, callers: .whoSignedIn { $0.session }, handle: verify2FACode),
        MethodEntry(Authentication.GetSession.self, callers: .whoMayUse { $0.session }, handle: getSession),
        MethodEntry(Authentication.SignOut.self, callers: .anyone, handle: signOut),
        MethodEntry(Authentication.GetNotice.self, callers: .selfOrRoot, handle: getNotice),
    ]

    private static let accountMethods: [MethodEntry] = [
        MethodEntry(OwnAccount.GetStatus.self, callers: .accountOwner { $0.session }, handle: getStatus),
        MethodEntry(OwnAccount.BeginSetUp.self, callers: .whoSetsUp { $0.session }, handle: beginSetUp),
        MethodEntry(OwnAccount.ConfirmSetUp.self, callers: .whoSetsUp { $0.session }, handle: confirmSetUp),
        MethodEntry(OwnAccount.Disable.self, callers: .accountOwner { $0.session }, handle: disable),
        MethodEntry(
            OwnAccount.ViewRecoveryCodes.self,
            callers: .accountOwner { $0.session },
            handle: viewRecoveryCodes
        ),
        MethodEntry(
            OwnAccount.RegenerateRecoveryCodes.self,
            callers: .accountOwner { $0.session },
            handle: regenerateRecoveryCodes
        ),
        MethodEntry(
            OwnAccount.AcknowledgeRecoveryCodes.self,
            callers: .whoSetsUp { $0.session },
            handle: acknowledgeRecoveryCodes
        ),
        MethodEntry(OwnAccount.GetLog.self, callers: .accountOwner { $0.session }, handle: getLog),
        MethodEntry(OwnAccount.ClearFailures.self, callers: .accountOwner { $0.session }, handle: clearFailures),
        MethodEntry(OwnAccount.ListSessions.self, callers: .accountOwner { $0.session }, handle: listSessions),
        MethodEntry(OwnAccount.RevokeSession.self, callers: .accountOwner { $0.session }, handle: revokeSession),
        MethodEntry(OwnAccount.RevokeSessions.self, callers: .accountOwner { $0.session }, handle: revokeSessions),
        MethodEntry(OwnAccount.CreateToken.self, callers: .accountOwner { $0.proof.session }, handle: createToken),
        MethodEntry(OwnAccount.ListTokens.self, callers: .accountOwner { $0.session }, handle: listTokens),
        MethodEntry(OwnAccount.EditToken.self, callers: .accountOwner { $0.proof.session }, handle: editToken),
        MethodEntry(OwnAccount.RefreshToken.self, callers: .accountOwner { $0.proof.session }, handle: refreshToken),
        MethodEntry(OwnAccount.RevokeToken.self, callers: .accountOwner { $0.proof.session }, handle: revokeToken),
    ]

    private static let administrationMethods: [MethodEntry] = [
        MethodEntry(Administration.GetHealth.self, callers: .whoReadsAll { $0.session }, handle: getHealth),
        MethodEntry(Administration.ListAccounts.self, callers: .whoReadsAll { $0.session }, handle: listAccounts),
        MethodEntry(Administration.ShowAccount.self, callers: .whoReadsAll { $0.session }, handle: showAccount),
        MethodEntry(Administration.ExplainPolicy.self, callers: .whoReadsAll { $0.session }, handle: explainPolicy),
        MethodEntry(Administration.GetLog.self, callers: .whoReadsAll { $0.session }, handle: getAuditLog),
        MethodEntry(Administration.BeginSetUp.self, callers: .administrator { $0.session }, handle: beginSetUpFor),
        MethodEntry(Administration.ConfirmSetUp.self, callers: .administrator { $0.session }, handle: confirmSetUpFor),
        MethodEntry(
            Administration.IssueRecoveryCode.self,
            callers: .administrator { $0.session },
            handle: issueRecoveryCode
        ),
        MethodEntry(Administration.Reset.self, callers: .administrator { $0.session }, handle: reset),
        MethodEntry(Administration.Unlock.self, callers: .administrator { $0.session }, handle: unlock),
        MethodEntry(
            Administration.Resynchronise.self,
            callers: .administrator { $0.session },
            handle: resynchronise
        ),
        MethodEntry(Administration.Adopt.self, callers: .administrator { $0.session }, handle: adopt),
        MethodEntry(Administration.MarkRestored.self, callers: .root, handle: markRestored),
        MethodEntry(Administration.RotateKey.self, callers: .root, handle: rotateKey),
    ]
}
