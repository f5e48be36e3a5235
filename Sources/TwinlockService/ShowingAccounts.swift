import TwinlockAccounts
import TwinlockInterface
import TwinlockStore

// `ShowAccount`: all that is known about one account.
extension TwinlockService {
    /// Sessions that are counted at most.
    static let countedSessions = 1000

    func showAccount(
        _ call: AuthorizedCall<AdministrationParameters, Administrator>
    ) async throws(Refusal) -> ShowAccountResult {
        let account = try await self.account(named: call.parameters.user, for: call.subject, "ShowAccount")
        let now = self.surroundings.now()
        var result = ShowAccountResult(
            user: account.host?.name ?? account.givenName,
            uid: account.host.map { Int64($0.uid) },
            parted: account.enrolment == .parted,
            accounts: account.stored.map { GetStatusResult($0, of: $0.identity, at: now) },
            failedCodes: [],
            clockSeconds: nil,
            issuedCodeUntil: nil,
            sessions: 0,
            tokens: 0
        )
        do {
            if case .active(let active, let credential) = account.enrolment {
                result.failedCodes = active.throttle.failures.bySource
                    .map { FailedCodes(source: $0.key.key, count: Int64($0.value)) }
                    .sorted { ($1.count, $0.source) < ($0.count, $1.source) }
                result.clockSeconds = Int64(credential.drift * credential.secret.timeStep)
                let issued = try await self.store.recoveryCodes(account: active.id, generation: active.generation)
                    .issued
                result.issuedCodeUntil = issued.flatMap { issued in
                    issued.isOpen(at: now) && issued.code.use == nil ? issued.expiresAt.value : nil
                }
            }
            if let identity = account.identity {
                let sessions = try await self.store.sessions(of: identity, after: nil, limit: Self.countedSessions)
                let tokens = try await self.store.tokens(of: identity, after: nil, limit: Token.maximumPerAccount)
                result.sessions = Int64(sessions.count { $0.isLive(at: now, self.policy.sessionLifetimes) })
                result.tokens = Int64(tokens.count { $0.isLive(at: now) })
            }
        } catch .conflict {
            // Changed between two looks: the caller looks again.
            throw .named(.signInAgain)
        } catch {
            self.log.storeFailed(error, doing: "looking at an account")
            throw .named(.unavailable)
        }
        return result
    }
}
