import TwinlockAccounts
import TwinlockInterface
import TwinlockStore

// `org.twinlock.Administration`: what administrators see of everybody's accounts.
extension TwinlockService {
    /// Tries what logins need, now and for real. What fails is part of the answer and no error.
    func getHealth(_ call: AuthorizedCall<AdministratorParameters, Administrator>) async throws(Refusal)
        -> GetHealthResult
    {
        let now = self.surroundings.now()
        async let store = self.storeCondition(at: now)
        async let checker = self.checkerCondition()
        async let rotation = self.unfinishedRotation()
        return GetHealthResult(
            version: self.version,
            started: self.started.value,
            time: now.value,
            store: await store,
            checker: await checker,
            keyRotation: await rotation
        )
    }

    /// Answers with one page, or sends all of them to a caller that takes more than one reply.
    func listAccounts(
        _ call: AuthorizedCall<ListAccountsParameters, Administrator>,
        _ replies: Replies<ListAccountsResult>
    ) async throws(Refusal) -> ListAccountsResult {
        let limit = call.parameters.limit ?? ListAccountsParameters.maximumLimit
        guard (1...ListAccountsParameters.maximumLimit).contains(limit) else { throw .invalidParameter("limit") }
        var page = try await self.page(after: call.parameters.after, limit: Int(limit))
        while replies.areWelcome, let next = page.next, await replies.send(page) {
            page = try await self.page(after: next, limit: Int(limit))
        }
        return page
    }

    private func page(after name: String?, limit: Int) async throws(Refusal) -> ListAccountsResult {
        let found: [Account]
        do {
            // One more than asked for tells whether there is a next page.
            found = try await self.store.accounts(after: name, limit: limit + 1)
        } catch {
            self.log.storeFailed(error, doing: "listing accounts")
            throw .named(.unavailable)
        }
        let now = self.surroundings.now()
        let page = found.prefix(limit)
        return ListAccountsResult(
            accounts: page.map { GetStatusResult($0, of: $0.identity, at: now) },
            next: found.count > limit ? page.last?.identity.name : nil
        )
    }

    private func storeCondition(at now: UnixSeconds) async -> Administration.Condition {
        do {
            try await self.store.tryToSave(at: now)
            return .working
        } catch {
            self.log.storeFailed(error, doing: "trying to save")
            return .failing
        }
    }

    /// Whether the checker answers: by a question whose answer everybody knows, and none that is kept from before.
    private func checkerCondition() async -> Administration.Condition {
        do {
            _ = try await self.checker.identity(uid: overflowUid)
            return .working
        } catch {
            self.log.failure("the checker does not answer: \(error)")
            return .failing
        }
    }
}
