import TwinlockAccounts
import TwinlockStore

extension Scenario {
    /// Tokens are found by digest alone, changed by their owner alone, and end for good.
    static let tokens: [Scenario] = [
        Scenario("a token is there as it was made, under its digest alone") { stage in
            let token = stage.token(1, showsCode: false)
            try expect(try await stage.create(token, under: nil), is: .saved(token))
            try expect(try await stage.store.token(digest: token.digest), is: token)
            try expect(try await stage.store.token(digest: stage.digest(2)), is: nil)
            try expect(try await stage.store.token(digest: Array(token.digest.dropLast())), is: nil)
            try expect(try await stage.store.token(digest: []), is: nil)
            try expect(try await stage.store.session(digest: token.digest), is: nil)
        },
        Scenario("a token keeps every property that it was given") { stage in
            let name = stage.identity().name + " \u{1F512}';--"
            var token = Token(
                id: stage.tokenID(1),
                digest: stage.digest(1),
                identity: Identity(name: name, uid: UInt32.max - 2),
                maker: UInt32.max,
                description: "Jörg's \u{1F512} \"x\"",
                groups: ["administration.read", "panel.deploy", "panel.x-y9"],
                showsCode: false,
                mark: .unreadable,
                created: UnixSeconds(-5),
                expires: UnixSeconds(5)
            )
            _ = try await stage.create(token, under: nil, at: UnixSeconds(-5))
            try expect(try await stage.store.token(digest: token.digest), is: token)
            let change = TokenChange(showsCode: false, mark: .field(digest: token.digest, isUsable: false))
            token.mark = change.mark
            let verdict = try await stage.change(token, by: change, under: nil, at: UnixSeconds(4))
            try expect(verdict, is: .saved(token))
            try expect(try await stage.store.token(digest: token.digest), is: token)
            // It would stand in the way of other stages on the same store.
            try expect(try await stage.store.endToken(id: token.id, of: token.identity), is: true)
        },
        Scenario("a digest or an id that is there is a conflict, and the token stays as it was") { stage in
            let token = stage.token(1, showsCode: false)
            _ = try await stage.create(token, under: nil)
            for other in [
                Token(token, id: stage.tokenID(2), of: stage.identity(1)),
                Token(token, digest: stage.digest(2), of: stage.identity(1)),
            ] {
                try await expect(.conflict) { () throws(StoreError) in
                    _ = try await stage.create(other, under: nil)
                }
            }
            try expect(try await stage.store.token(digest: token.digest), is: token)
            try expect(try await stage.store.token(digest: stage.digest(2)), is: nil)
        },
        Scenario("of eight tokens with one digest at the same moment one is saved") { stage in
            let outcomes = await stage.together(8) { number throws(StoreError) -> Bool in
                let token = stage.token(1, of: stage.identity(UInt32(number)), showsCode: false)
                return try await stage.create(Token(token, id: stage.tokenID(UInt8(number))), under: nil)
                    == .saved(
                        Token(token, id: stage.tokenID(UInt8(number)))
                    )
            }
            try expect(outcomes.count { $0 == .success(true) }, is: 1)
            try expect(outcomes.count { $0 == .failure(.conflict) }, is: 7)
        },
        Scenario("a sixty-fifth token is too many, also of a hundred at the same moment; those that ended do not count")
        {
            stage in
            let outcomes = await stage.together(100) { number throws(StoreError) -> Bool in
                try await stage.create(stage.token(UInt8(number), showsCode: false), under: nil) != .tooMany
            }
            try expect(outcomes.count { $0 == .success(true) }, is: 64)
            try expect(outcomes.count { $0 == .success(false) }, is: 36)
            let own = stage.identity()
            try expect(try await stage.store.tokens(of: own, after: nil, limit: 200).count, is: 64)
            let other = stage.token(200, of: stage.identity(1), showsCode: false)
            try expect(try await stage.create(other, under: nil), is: .saved(other))
            var later = stage.token(201, showsCode: false)
            later.expires = Stage.start + 7200
            try expect(try await stage.create(later, under: nil, at: Stage.start + 3599), is: .tooMany)
            try expect(try await stage.create(later, under: nil, at: Stage.start + 3600), is: .saved(later))
        },
        Scenario("what was shown must still be what is asked for: else a conflict, and no token") { stage in
            try await expect(.conflict) { () throws(StoreError) in
                _ = try await stage.create(stage.token(1), under: 1)
            }
            let account = try await stage.enrol()
            for generation in [nil, account.generation - 1, account.generation + 1] {
                try await expect(.conflict) { () throws(StoreError) in
                    _ = try await stage.create(stage.token(1), under: generation)
                }
            }
            let reused = Identity(name: account.identity.name, uid: stage.identity(1).uid)
            for generation in [nil, account.generation] {
                try await expect(.conflict) { () throws(StoreError) in
                    _ = try await stage.create(stage.token(1, of: reused), under: generation)
                }
            }
            try expect(try await stage.store.token(digest: stage.digest(1)), is: nil)
            let token = stage.token(1)
            try expect(try await stage.create(token, under: account.generation), is: .saved(token))
            try await stage.store.disable(account: account.id, generation: account.generation)
            let change = TokenChange(showsCode: true, mark: stage.mark(2))
            try await expect(.conflict) { () throws(StoreError) in
                _ = try await stage.change(token, by: change, under: account.generation)
            }
            try expect(try await stage.store.token(digest: token.digest), is: token)
        },
        Scenario("a change changes what it names, founds the token anew and leaves the rest") { stage in
            var token = stage.token(1, showsCode: false)
            _ = try await stage.create(token, under: nil)
            var change = TokenChange(showsCode: false, mark: stage.mark(2))
            token.mark = stage.mark(2)
            try expect(try await stage.change(token, by: change, under: nil), is: .saved(token))
            change.description = "weekly"
            token.description = "weekly"
            try expect(try await stage.change(token, by: change, under: nil), is: .saved(token))
            change = TokenChange(showsCode: false, mark: stage.mark(2))
            change.groups = ["account.sessions"]
            token.groups = ["account.sessions"]
            try expect(try await stage.change(token, by: change, under: nil), is: .saved(token))
            change = TokenChange(showsCode: false, mark: stage.mark(2))
            change.expires = Stage.start + 10
            token.expires = Stage.start + 10
            try expect(try await stage.change(token, by: change, under: nil), is: .saved(token))
            try expect(try await stage.store.token(digest: token.digest), is: token)
        },
        Scenario("a new value kills the old one, and everything else stays") { stage in
            let account = try await stage.enrol()
            var token = stage.token(1)
            _ = try await stage.create(token, under: account.generation)
            try await stage.store.useToken(digest: token.digest, at: Stage.start + 5)
            var change = TokenChange(showsCode: true, mark: stage.mark())
            change.digest = stage.digest(2)
            token.digest = stage.digest(2)
            token.lastUsed = Stage.start + 5
            try expect(try await stage.change(token, by: change, under: account.generation), is: .saved(token))
            try expect(try await stage.store.token(digest: stage.digest(1)), is: nil)
            try expect(try await stage.store.token(digest: stage.digest(2)), is: token)
        },
        Scenario("of eight new values at the same moment one is the token's, and no other is anybody's") { stage in
            let token = stage.token(1, showsCode: false)
            _ = try await stage.create(token, under: nil)
            let outcomes = await stage.together(8) { number throws(StoreError) -> TokenVerdict in
                var change = TokenChange(showsCode: false, mark: stage.mark())
                change.digest = stage.digest(UInt8(number + 10))
                return try await stage.change(token, by: change, under: nil)
            }
            try expect(outcomes.count { (try? $0.get()) != nil }, is: 8)
            var found: [Token] = []
            for number: UInt8 in [1] + (10..<18) {
                if let one = try await stage.store.token(digest: stage.digest(number)) { found.append(one) }
            }
            try expect(found.map(\.id), is: [token.id])
        },
        Scenario("a new value that another token has is a conflict, and both stay as they were") { stage in
            let tokens = [stage.token(1, showsCode: false), stage.token(2, showsCode: false)]
            for token in tokens {
                _ = try await stage.create(token, under: nil)
            }
            var change = TokenChange(showsCode: false, mark: stage.mark(2))
            change.digest = tokens[1].digest
            let collision = change
            try await expect(.conflict) { () throws(StoreError) in
                _ = try await stage.change(tokens[0], by: collision, under: nil)
            }
            try expect(try await stage.store.tokens(of: stage.identity(), after: nil, limit: 9), is: tokens)
        },
        Scenario("a token is changed and ended by its id and its owner alone") { stage in
            let token = stage.token(1, showsCode: false)
            _ = try await stage.create(token, under: nil)
            var change = TokenChange(showsCode: false, mark: stage.mark(2))
            change.description = "stolen"
            let stranger = Token(token, of: stage.identity(1))
            try expect(try await stage.change(stranger, by: change, under: nil), is: .notThere)
            try expect(try await stage.change(stage.token(2), by: change, under: nil), is: .notThere)
            try expect(try await stage.store.endToken(id: token.id, of: stranger.identity), is: false)
            try expect(try await stage.store.token(digest: token.digest), is: token)
            try expect(try await stage.store.endToken(id: token.id, of: token.identity), is: true)
            try expect(try await stage.store.endToken(id: token.id, of: token.identity), is: false)
            try expect(try await stage.store.token(digest: token.digest), is: nil)
            try expect(try await stage.change(token, by: change, under: nil), is: .notThere)
        },
        Scenario("a token that has ended is not changed any more") { stage in
            let token = stage.token(1, showsCode: false)
            _ = try await stage.create(token, under: nil)
            var change = TokenChange(showsCode: false, mark: stage.mark())
            change.expires = Stage.start + 9999
            try expect(try await stage.change(token, by: change, under: nil, at: Stage.start + 3600), is: .notThere)
            try expect(try await stage.store.token(digest: token.digest), is: token)
        },
        Scenario("an account's tokens are listed in the order of their ids, page by page, and nobody else's") { stage in
            for number: UInt8 in [3, 1, 2] {
                _ = try await stage.create(stage.token(number, showsCode: false), under: nil)
            }
            let sameName = Identity(name: stage.identity().name, uid: stage.identity(1).uid)
            let sameUid = Identity(name: stage.identity(1).name, uid: stage.identity().uid)
            for (number, other) in [(4, stage.identity(1)), (5, sameName), (6, sameUid)] {
                _ = try await stage.create(stage.token(UInt8(number), of: other, showsCode: false), under: nil)
            }
            let own = stage.identity()
            let all = (1...3).map { stage.token(UInt8($0), showsCode: false) }
            try expect(try await stage.store.tokens(of: own, after: nil, limit: 10), is: all)
            try expect(try await stage.store.tokens(of: own, after: nil, limit: 2), is: Array(all[..<2]))
            try expect(try await stage.store.tokens(of: own, after: all[1].id, limit: 2), is: [all[2]])
            try expect(try await stage.store.tokens(of: own, after: all[2].id, limit: 2), is: [])
        },
        Scenario("a token's use is written down once an hour, and never moves down") { stage in
            let token = stage.token(1, showsCode: false)
            _ = try await stage.create(token, under: nil)
            let uses = [(0, 0), (3599, 0), (3600, 3600), (7199, 3600), (-86_400, 3600), (9000, 9000)]
            for (after, written) in uses {
                try await stage.store.useToken(digest: token.digest, at: UnixSeconds(Stage.start.value + Int64(after)))
                let found = try await stage.store.token(digest: token.digest)
                try expect(found?.lastUsed, is: UnixSeconds(Stage.start.value + Int64(written)))
            }
            try await stage.store.useToken(digest: stage.digest(2), at: Stage.start)
        },
        Scenario("confirming a set-up ends the person's tokens without a code, keeps those with one and other people's")
        {
            stage in
            let account = try await stage.enrol()
            let kept = stage.token(1)
            _ = try await stage.create(kept, under: account.generation)
            try await stage.store.disable(account: account.id, generation: account.generation)
            _ = try await stage.create(stage.token(2, showsCode: false), under: nil)
            let other = stage.token(3, of: stage.identity(1), showsCode: false)
            _ = try await stage.create(other, under: nil)
            // Changed with the password alone: whoever did that may know its value.
            let weakened = stage.token(4)
            _ = try await stage.create(weakened, under: nil)
            let change = TokenChange(showsCode: false, mark: stage.mark())
            _ = try await stage.change(weakened, by: change, under: nil)
            _ = try await stage.enrol()
            for (token, isThere) in [(kept, true), (stage.token(2), false), (other, true), (weakened, false)] {
                let found = try await stage.store.token(digest: token.digest)
                try expect(found, is: isThere ? token : nil)
            }
        },
    ]

    /// Not for stages that share a store: it removes everybody's tokens.
    public static let tokenExpiry: [Scenario] = [
        Scenario("tokens that have ended are removed, at the very second, and no others") { stage in
            let token = stage.token(1, showsCode: false)
            _ = try await stage.create(token, under: nil)
            for earlier in [Stage.start + 3599, UnixSeconds(Stage.start.value - 7 * 86_400)] {
                try await stage.store.removeTokens(endedAt: earlier)
                try expect(try await stage.store.token(digest: token.digest), is: token)
            }
            try await stage.store.removeTokens(endedAt: Stage.start + 3600)
            try expect(try await stage.store.token(digest: token.digest), is: nil)
        }
    ]
}

extension Stage {
    func create(
        _ token: Token,
        under generation: Int64?,
        at now: UnixSeconds = Self.start
    ) async throws(StoreError) -> TokenVerdict {
        try await self.store.createToken(token, under: generation, at: now)
    }

    fileprivate func change(
        _ token: Token,
        by change: TokenChange,
        under generation: Int64?,
        at now: UnixSeconds = Self.start
    ) async throws(StoreError) -> TokenVerdict {
        try await self.store.changeToken(id: token.id, of: token.identity, by: change, under: generation, at: now)
    }
}

extension Token {
    /// The same token under another id, digest or owner.
    fileprivate init(_ token: Token, id: String? = nil, digest: [UInt8]? = nil, of identity: Identity? = nil) {
        self.init(
            id: id ?? token.id,
            digest: digest ?? token.digest,
            identity: identity ?? token.identity,
            maker: token.maker,
            description: token.description,
            groups: token.groups,
            showsCode: token.showsCode,
            mark: token.mark,
            created: token.created,
            expires: token.expires
        )
    }
}
