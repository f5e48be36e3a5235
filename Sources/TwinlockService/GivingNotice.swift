import TwinlockAccounts
import TwinlockInterface
import TwinlockVarlink

/// Whom a notice is for.
struct NoticeSubject: Sendable {
    /// By the host; nil for a name that it does not know.
    let identity: Identity?
}

extension Callers where Parameters == GetNoticeParameters, Subject == NoticeSubject {
    /// A uid for itself; root for anybody. How an account stands is nothing that a listed service needs.
    static var selfOrRoot: Self {
        Self { service, parameters, peer, _ throws(Refusal) in
            try service.admit(peer)
            if peer.uid == 0, let given = parameters.user {
                guard UserName.isPlausible(given) else { return NoticeSubject(identity: nil) }
                let report = try await service.report(of: given, try await service.passwordFieldKey()).report
                return NoticeSubject(identity: report.identity)
            }
            let own = try await service.ownIdentity(of: peer)
            guard (parameters.user ?? own.name).utf8.elementsEqual(own.name.utf8) else { throw .permissionDenied }
            return NoticeSubject(identity: own)
        }
    }
}

// `GetNotice`: decides nothing, changes nothing and leaves no record.
extension TwinlockService {
    func getNotice(
        _ call: AuthorizedCall<GetNoticeParameters, NoticeSubject>
    ) async throws(Refusal) -> GetNoticeResult {
        guard let identity = call.subject.identity else { return GetNoticeResult(notice: nil) }
        let notice = LoginNotice(try await self.enrolment(of: identity))
        return GetNoticeResult(notice: notice?.line(remaining: call.parameters.remaining ?? false))
    }
}
