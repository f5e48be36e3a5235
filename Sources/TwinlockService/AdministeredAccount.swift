import TwinlockAccounts
import TwinlockInterface
import TwinlockStore

/// Whose account an administrator has named: what the host says, and what is stored.
struct AdministeredAccount: Sendable {
    /// By the host; nil if it has no account of that name, or does not answer.
    let host: Identity?
    /// As it was given.
    let givenName: String
    /// All accounts that share the name or the uid; of a name that the host does not know, those of that name.
    let stored: [Account]

    /// Whose it is: by the host, or else by what is stored; nil if neither knows it.
    var identity: Identity? {
        self.host ?? self.stored.first?.identity
    }

    /// Whether it has a second factor.
    var enrolment: Enrolment {
        self.identity.map { Enrolment(of: $0, among: self.stored) } ?? .none(nil)
    }

    /// Whom a decision about it concerns.
    var subject: DecisionSubject {
        self.identity.map { .account($0) } ?? .name(self.givenName)
    }
}

extension TwinlockService {
    /// The account that an administrator has named, to be looked at.
    ///
    /// Root is told what is stored also where the host does not answer: a directory that hangs must not stand between him
    /// and an account that waits for help.
    func account(
        named name: String,
        for administrator: Administrator,
        _ method: StaticString
    ) async throws(Refusal) -> AdministeredAccount {
        guard UserName.isPlausible(name) else { throw .named(.unknownUser) }
        let report: CheckReport?
        do throws(Refusal) {
            report = try await self.report(of: name, try await self.passwordFieldKey()).report
        } catch {
            guard administrator.isRoot else { throw error }
            report = nil
        }
        let found = AdministeredAccount(
            host: report?.identity,
            givenName: name,
            stored: try await self.stored(under: report?.identity, or: name)
        )
        guard found.identity != nil else {
            throw .named(report == nil ? .unavailable : .unknownUser)
        }
        return found
    }

    /// The account that an administrator has named, to be changed: members are kept from those of root and of members.
    func changeableAccount(
        named name: String,
        for administrator: Administrator,
        _ method: StaticString
    ) async throws(Refusal) -> AdministeredAccount {
        let origin = administrator.origin
        let account = try await self.carryingOut(method, for: .name(name), origin: origin) {
            () async throws(Refusal) in
            try await self.account(named: name, for: administrator, method)
        }
        guard !administrator.isRoot else { return account }
        let isProtected = try await self.carryingOut(method, for: account.subject, origin: origin) {
            () async throws(Refusal) in
            try await self.isProtected(account)
        }
        guard !isProtected else {
            self.log.decision(method, .refused, .accountProtected, about: account.subject, origin: origin)
            throw .permissionDenied
        }
        return account
    }

    /// Whether it is root's or a member's, or holds something of theirs: names and uids may have parted.
    private func isProtected(_ account: AdministeredAccount) async throws(Refusal) -> Bool {
        let identities = account.stored.map(\.identity) + (account.host.map { [$0] } ?? [])
        for identity in identities {
            guard identity.uid != 0 else { return true }
            let report = try await self.report(of: identity.name, try await self.passwordFieldKey()).report
            guard let found = report.identity else { continue }
            if found.uid == 0 || self.policy.administrators.contains(uid: found.uid, groups: report.groups) {
                return true
            }
        }
        return false
    }

    private func stored(under identity: Identity?, or name: String) async throws(Refusal) -> [Account] {
        do {
            // No account has the last uid there is: it stands for "no uid".
            return try await self.store.accounts(sharing: identity ?? Identity(name: name, uid: .max))
        } catch {
            self.log.storeFailed(error, doing: "reading an account")
            throw .named(.unavailable)
        }
    }
}
