import TwinlockAccounts
import TwinlockStore

extension Scenario {
    /// What a store does for a rotation of the key that seals.
    static let resealing: [Scenario] = [
        Scenario("all that is sealed for an account comes up, each at its place") { stage in
            let account = try await stage.enrolWithEverything()
            let values = try await stage.values(of: account)
            let codes = try await stage.codes(of: account)
            try expect(values.count, is: 2 + RecoverySet.size + 1)
            try expect(values.allSatisfy { $0.identity == account.identity }, is: true)
            let byPlace = Dictionary(uniqueKeysWithValues: values.map { ($0.place, $0.sealed) })
            try expect(byPlace[.secondFactor(account: account.id)], is: account.credential?.secret.sealed)
            try expect(byPlace[.setUp(account: account.id)], is: account.setUp?.secret.sealed)
            for (place, sealed) in codes.places {
                try expect(byPlace[.recoveryCode(place)], is: sealed)
            }
        },
        Scenario("a value that is still what it was is replaced, and nothing else changes") { stage in
            let account = try await stage.enrolWithEverything()
            let other = try await stage.enrol(1)
            let (codes, values) = (try await stage.codes(of: account), try await stage.values(of: account))
            for (number, value) in values.enumerated() {
                try expect(try await stage.store.reseal(value, as: [0xaa, UInt8(number)]), is: true)
            }
            let after = try await stage.account()
            try expect(
                after.credential,
                is: account.credential?.sealed(anew: stage.anew(values, of: .secondFactor(account: account.id)))
            )
            try expect(
                after.setUp,
                is: account.setUp?.sealed(anew: stage.anew(values, of: .setUp(account: account.id)))
            )
            try expect([after.generation, Int64(after.throttle.failures.total)], is: [account.generation, 1])
            try expect(after.recovery, is: account.recovery)
            let resealed = try await stage.codes(of: after)
            try expect(resealed.places.map(\.place), is: codes.places.map(\.place))
            try expect(
                resealed.places.map(\.sealed),
                is: codes.places.map { stage.anew(values, of: .recoveryCode($0.place)) }
            )
            try expect(resealed.own?.codes.map(\.use), is: codes.own?.codes.map(\.use))
            try expect(resealed.issued?.expiresAt, is: codes.issued?.expiresAt)
            try expect(try await stage.account(1), is: other)
            try expect(try await stage.codes(of: other).places.map(\.sealed), is: stage.recoveryCodes())
        },
        Scenario("a value that somebody has changed meanwhile stays what he made of it") { stage in
            let account = try await stage.enrolWithEverything()
            let values = try await stage.values(of: account)
            try await stage.store.replaceRecoveryCodes(
                account: account.id,
                generation: account.generation,
                sealed: stage.recoveryCodes(5),
                at: Stage.start
            )
            let set = SetUp(secret: stage.secret(9), begunAt: Stage.start)
            let now = try await stage.store.beginSetUp(set, for: account.identity)
            let codes = try await stage.codes(of: account)
            for value in values {
                let isUntouched = value.place == .secondFactor(account: account.id) || value.sealed == stage.issuedCode
                try expect(try await stage.store.reseal(value, as: [0xbb]), is: isUntouched)
            }
            try expect(try await stage.account().setUp, is: now.setUp)
            try expect(try await stage.codes(of: account).own, is: codes.own)
        },
        Scenario("of an account that is gone nothing is replaced") { stage in
            let account = try await stage.enrolWithEverything()
            let values = try await stage.values(of: account)
            _ = try await stage.store.reset(sharing: account.identity, keepingSessions: false)
            for value in values {
                try expect(try await stage.store.reseal(value, as: [0xcc]), is: false)
            }
            try expect(try await stage.values(of: account), is: [])
        },
        Scenario("accounts come up in the order of their numbers, page by page, with factors and without") { stage in
            let first = try await stage.enrol(0)
            let second = try await stage.store.beginSetUp(
                SetUp(secret: stage.secret(2), begunAt: Stage.start),
                for: stage.identity(1)
            )
            let third = try await stage.enrol(2)
            _ = try await stage.store.disable(account: third.id, generation: third.generation)
            let page = try await stage.store.sealedValues(ofAccountsAfter: first.id - 1, limit: 1)
            try expect(page.accounts, is: [first.id])
            try expect(page.values.count, is: 1 + RecoverySet.size)
            var found: [Int64] = []
            while let next = try await stage.store.sealedValues(ofAccountsAfter: found.last ?? 0, limit: 2).accounts
                .last
            {
                let page = try await stage.store.sealedValues(ofAccountsAfter: found.last ?? 0, limit: 2)
                try expect(page.accounts.count <= 2 && page.accounts == page.accounts.sorted(), is: true)
                found += page.accounts
                try expect(next >= page.accounts[0], is: true)
            }
            try expect([first.id, second.id, third.id].allSatisfy(found.contains), is: true)
            try expect(try await stage.store.countAccounts() >= 3, is: true)
        },
        Scenario("a key of the daemon's own is replaced like anything else") { stage in
            let purpose = stage.identity().name
            _ = try await stage.store.sealedKey(for: purpose, orElse: [1, 2])
            let own = try await stage.store.ownSealedValues()
            guard let value = own.first(where: { $0.place == .key(purpose: purpose) }) else {
                throw Disproved(description: "it does not come up")
            }
            try expect(value, is: SealedValue(place: .key(purpose: purpose), identity: nil, sealed: [1, 2]))
            try expect(try await stage.store.reseal(value, as: [3]), is: true)
            try expect(try await stage.store.reseal(value, as: [4]), is: false)
            try expect(try await stage.store.sealedKey(for: purpose, orElse: [5]), is: [3])
        },
        Scenario("values sealed anew at the same moment as a code is used lose nothing of it") { stage in
            let account = try await stage.enrol()
            let values = try await stage.values(of: account)
            let used = try await stage.match(3, of: account)
            let results = await stage.together(values.count + 2) { number throws(StoreError) in
                switch number {
                case values.count:
                    if case .accepted = try await stage.attempt(.inWindow(steps: [Stage.step]), of: account) {
                        return true
                    }
                    return false
                case values.count + 1:
                    if case .accepted = try await stage.attemptRecovery(used, of: account) { return true }
                    return false
                default:
                    return try await stage.store.reseal(values[number], as: [0xdd, UInt8(number)])
                }
            }
            try expect(results.allSatisfy { $0 == .success(true) }, is: true)
            let after = try await stage.account()
            try expect(after.credential?.lastStep, is: Stage.step)
            let codes = try await stage.codes(of: after)
            try expect(codes.own?.codes[3].use != nil, is: true)
            try expect(codes.places.allSatisfy { $0.sealed.first == 0xdd }, is: true)
        },
    ]
}

extension Stage {
    /// What `enrolWithEverything` issues.
    fileprivate var issuedCode: [UInt8] { [7, 7, 7] }

    /// An account with all that can be sealed: a factor, a set-up, its own codes, one of them used, an issued one.
    fileprivate func enrolWithEverything() async throws -> Account {
        let account = try await self.enrol()
        _ = try await self.attemptRecovery(try await self.match(3, of: account), of: account)
        try await self.store.issueRecoveryCode(
            account: account.id,
            generation: account.generation,
            sealed: self.issuedCode,
            at: Stage.start,
            expires: Stage.start + 60
        )
        _ = try await self.store.beginSetUp(SetUp(secret: self.secret(2), begunAt: Stage.start), for: account.identity)
        _ = try await self.attempt(.none, of: account)
        return try await self.account()
    }

    fileprivate func values(of account: Account) async throws -> [SealedValue] {
        let page = try await self.store.sealedValues(ofAccountsAfter: account.id - 1, limit: 1)
        try expect(page.accounts, is: [account.id])
        return page.values
    }

    /// What the value of that place was given, if each was given its number.
    fileprivate func anew(_ values: [SealedValue], of place: SealedValue.Place) -> [UInt8] {
        [0xaa, UInt8(values.firstIndex { $0.place == place } ?? 255)]
    }
}
