import TwinlockAccounts
import TwinlockInterface
import TwinlockOTP
import TwinlockStore
import TwinlockVarlink

// Personal access tokens. Making and changing one is a sensitive call; what one opens is the table beside the methods'.
extension TwinlockService {
    func createToken(
        _ call: AuthorizedCall<CreateTokenParameters, AccountSubject>
    ) async throws(Refusal) -> CreateTokenResult {
        let parameters = call.parameters
        let description = try self.description(parameters.description)
        let groups = try self.groups(parameters.groups)
        let expires = try self.expires(parameters.expires)
        let shown = try await self.showAll(call.with(parameters.proof), method: "CreateToken")
        let (value, digest) = self.newValue()
        let token = Token(
            id: Handle.text(self.surroundings.random(Token.idDigits / 2).withUnsafeBytes { Array($0) }),
            digest: digest,
            identity: call.subject.identity,
            maker: call.peer.uid,
            description: description,
            groups: groups,
            showsCode: shown.generation != nil,
            mark: shown.mark,
            created: self.surroundings.now(),
            expires: expires
        )
        let saved = try await self.save("CreateToken", .tokenCreated, for: call) { now throws(StoreError) in
            try await self.store.createToken(token, under: shown.generation, at: now)
        }
        return CreateTokenResult(id: saved.id, token: value)
    }

    func listTokens(_ call: AuthorizedCall<ListParameters, AccountSubject>) async throws(Refusal) -> ListTokensResult {
        let found: [Token]
        do {
            found = try await self.store.tokens(
                of: call.subject.identity,
                after: call.parameters.after,
                limit: Self.entriesPerReply
            )
        } catch {
            self.log.storeFailed(error, doing: "listing tokens")
            throw .named(.unavailable)
        }
        let now = self.surroundings.now()
        return ListTokensResult(
            tokens: found.filter { $0.expires > now }.map { token in
                TokenEntry(
                    id: token.id,
                    description: token.description,
                    groups: token.groups,
                    created: token.created.value,
                    expires: token.expires.value,
                    lastUsed: token.lastUsed?.value
                )
            },
            next: found.count == Self.entriesPerReply ? found.last?.id : nil
        )
    }

    func editToken(_ call: AuthorizedCall<EditTokenParameters, AccountSubject>) async throws(Refusal) -> Empty {
        let parameters = call.parameters
        let description = try parameters.description.map(self.description)
        let groups = try parameters.groups.map(self.groups)
        let expires = try parameters.expires.map(self.expires)
        let shown = try await self.showAll(call.with(parameters.proof), method: "EditToken")
        var change = TokenChange(showsCode: shown.generation != nil, mark: shown.mark)
        change.description = description
        change.groups = groups
        change.expires = expires
        let wanted = change
        _ = try await self.save("EditToken", .tokenEdited, for: call) { now throws(StoreError) in
            try await self.store.changeToken(
                id: parameters.id,
                of: call.subject.identity,
                by: wanted,
                under: shown.generation,
                at: now
            )
        }
        return Empty()
    }

    func refreshToken(
        _ call: AuthorizedCall<TokenParameters, AccountSubject>
    ) async throws(Refusal) -> RefreshTokenResult {
        let id = call.parameters.id
        let shown = try await self.showAll(call.with(call.parameters.proof), method: "RefreshToken")
        let (value, digest) = self.newValue()
        var change = TokenChange(showsCode: shown.generation != nil, mark: shown.mark)
        change.digest = digest
        let wanted = change
        _ = try await self.save("RefreshToken", .tokenRefreshed, for: call) { now throws(StoreError) in
            try await self.store.changeToken(
                id: id,
                of: call.subject.identity,
                by: wanted,
                under: shown.generation,
                at: now
            )
        }
        return RefreshTokenResult(token: value)
    }

    func revokeToken(_ call: AuthorizedCall<TokenParameters, AccountSubject>) async throws(Refusal) -> Empty {
        let identity = call.subject.identity
        _ = try await self.passSensitive(call.with(call.parameters.proof), method: "RevokeToken")
        let wasThere: Bool
        do {
            wasThere = try await self.store.endToken(id: call.parameters.id, of: identity)
        } catch {
            self.log.storeFailed(error, doing: "ending a token")
            throw .named(.unavailable)
        }
        guard wasThere else { throw .named(.notFound) }
        self.log.decision(
            "RevokeToken",
            .accepted,
            .tokenRevoked,
            of: identity,
            origin: SignInOrigin(own: call.peer)
        )
        return Empty()
    }

    /// What a token is founded on.
    private struct Shown {
        /// Of the second factor; nil if the account has none.
        let generation: Int64?
        let mark: PasswordMark
    }

    /// Passes a sensitive call, and tells what was shown in it.
    private func showAll(
        _ call: AuthorizedCall<SensitiveParameters, AccountSubject>,
        method: StaticString
    ) async throws(Refusal) -> Shown {
        let generation: Int64?
        switch try await self.passSensitive(call, method: method) {
        case .none: generation = nil
        case .active(let account, _): generation = account.generation
        case .parted: throw .named(.unavailable)
        }
        let identity = call.subject.identity
        let key = try await self.passwordFieldKey()
        let report = try await self.report(of: identity.name, key).report
        guard report.identity == identity, let mark = key.mark(report, of: identity) else {
            self.log.failure("cannot make or change a token: the password field could not be looked at")
            self.log.decision(method, .refused, .notCarriedOut, of: identity, origin: SignInOrigin(own: call.peer))
            throw .named(.unavailable)
        }
        return Shown(generation: generation, mark: mark)
    }

    /// Saves a token, and says in the log what became of it.
    private func save<Parameters: Message>(
        _ method: StaticString,
        _ reason: DecisionLog.Reason,
        for call: AuthorizedCall<Parameters, AccountSubject>,
        _ operation: (UnixSeconds) async throws(StoreError) -> TokenVerdict
    ) async throws(Refusal) -> Token {
        let identity = call.subject.identity
        let origin = SignInOrigin(own: call.peer)
        let verdict: TokenVerdict
        do {
            verdict = try await operation(self.surroundings.now())
        } catch .conflict {
            self.log.decision(method, .refused, .factorChanged, of: identity, origin: origin)
            throw .named(.signInAgain)
        } catch {
            self.log.storeFailed(error, doing: "saving a token")
            self.log.decision(method, .refused, .notCarriedOut, of: identity, origin: origin)
            throw .named(.unavailable)
        }
        switch verdict {
        case .saved(let token):
            self.log.decision(method, .accepted, reason, of: identity, origin: origin, detail: token.id)
            return token
        case .tooMany:
            self.log.decision(method, .refused, .tooManyTokens, of: identity, origin: origin)
            throw .named(.tooManyTokens)
        case .notThere:
            throw .named(.notFound)
        }
    }

    private func newValue() -> (SecretText, [UInt8]) {
        let value = TokenValue.make(random: self.surroundings.random)
        guard let digest = TokenValue.digest(of: value) else {
            preconditionFailure("a token that was just made is one")
        }
        return (value, digest)
    }

    private func description(_ text: String) throws(Refusal) -> String {
        guard self.policy.tokens.accepts(description: text) else { throw .invalidParameter("description") }
        return text
    }

    private func groups(_ names: [String]) throws(Refusal) -> [String] {
        guard let groups = self.policy.tokens.normalized(names) else { throw .invalidParameter("groups") }
        return groups
    }

    private func expires(_ seconds: Int64) throws(Refusal) -> UnixSeconds {
        guard self.policy.tokens.accepts(expires: seconds, at: self.surroundings.now()) else {
            throw .invalidParameter("expires")
        }
        return UnixSeconds(seconds)
    }
}
