import TwinlockAccounts
import TwinlockInterface
import TwinlockVarlink

/// Whom a notice is for.
struct NoticeSubject: Sendable {
    /// By the host; nil for a name that it does not know.
    let identity: Identity?
    /// By the host.
    let groups: [UInt32]
}

extension Callers where Parameters == GetNoticeParameters, Subject == NoticeSubject {
    /// A uid for itself; root for anybody. How an account stands is nothing that a listed service needs.
    static var selfOrRoot: Self {
        Self { service, parameters, peer, _ throws(Refusal) in
            try service.admit(peer)
            if peer.uid == 0, let given = parameters.user {
                guard UserName.isPlausible(given) else { return NoticeSubject(identity: nil, groups: []) }
                let report = try await service.report(of: given, try await service.passwordFieldKey()).report
                return NoticeSubject(identity: report.identity, groups: report.groups)
            }
            let own = try await service.ownIdentity(of: peer)
            guard (parameters.user ?? own.name).utf8.elementsEqual(own.name.utf8) else { throw .permissionDenied }
            return NoticeSubject(identity: own, groups: [peer.gid] + peer.groups)
        }
    }
}

// `GetNotice`: decides nothing, changes nothing and leaves no record.
extension TwinlockService {
    func getNotice(
        _ call: AuthorizedCall<GetNoticeParameters, NoticeSubject>
    ) async throws(Refusal) -> GetNoticeResult {
        guard let identity = call.subject.identity else { return GetNoticeResult(notice: nil) }
        let enrolment = try await self.enrolment(of: identity)
        var notice = LoginNotice(enrolment)
        if case .none = enrolment {
            let now = self.surroundings.now()
            let day = self.policy.signIn.requiredFrom(user: identity.name, groups: call.subject.groups, at: now)
            notice = LoginNotice(requiredFrom: day)
        }
        return GetNoticeResult(notice: notice?.line(remaining: call.parameters.remaining ?? false))
    }
}
