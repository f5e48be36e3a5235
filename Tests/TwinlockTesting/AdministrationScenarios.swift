import TwinlockAccounts
import TwinlockStore

extension Scenario {
    /// What administrators do to others' accounts.
    static let administration: [Scenario] = [
        Scenario("a reset leaves nothing of the factor, and ends sessions and tokens") { stage in
            let account = try await stage.enrol()
            _ = try await stage.attempt(.none, of: account)
            try await stage.store.insert(stage.session(1))
            _ = try await stage.store.createToken(stage.token(1), under: account.generation, at: Stage.start)
            let was = try await stage.account()
            let found = try await stage.store.reset(sharing: account.identity, keepingSessions: false)
            try expect(found, is: [was])
            var expected = account
            expected.generation += 1
            expected.credential = nil
            expected.throttle = Throttle()
            expected.recovery = nil
            try expect(try await stage.account(), is: expected)
            try expect(try await stage.store.session(digest: stage.digest(1)), is: nil)
            try expect(try await stage.store.token(digest: stage.digest(1)), is: nil)
            try await expect(.conflict) { () throws(StoreError) in
                _ = try await stage.store.recoveryCodes(account: account.id, generation: account.generation)
            }
        },
        Scenario("a reset that keeps sessions keeps tokens too") { stage in
            let account = try await stage.enrol()
            try await stage.store.insert(stage.session(1))
            _ = try await stage.store.createToken(stage.token(1), under: account.generation, at: Stage.start)
            _ = try await stage.store.reset(sharing: account.identity, keepingSessions: true)
            try expect(try await stage.account().credential, is: nil)
            try expect(try await stage.store.session(digest: stage.digest(1)), is: stage.session(1))
            try expect(try await stage.store.token(digest: stage.digest(1)), is: stage.token(1))
        },
        Scenario("a reset of an account that is not there ends its sessions") { stage in
            try await stage.store.insert(stage.session(1))
            let found = try await stage.store.reset(sharing: stage.identity(), keepingSessions: false)
            try expect(found, is: [])
            try expect(try await stage.store.session(digest: stage.digest(1)), is: nil)
        },
        Scenario("a reset after name and uid have parted lets the new owner set up, and leaves others alone") { stage in
            let (byName, byUid) = (try await stage.enrol(0), try await stage.enrol(1))
            let other = try await stage.enrol(2)
            try await stage.store.insert(stage.session(1, of: byName.identity))
            try await stage.store.insert(stage.session(2, of: byUid.identity))
            try await stage.store.insert(stage.session(3, of: other.identity))
            let mixed = Identity(name: byName.identity.name, uid: byUid.identity.uid)
            let found = try await stage.store.reset(sharing: mixed, keepingSessions: false)
            try expect(found, is: [byName, byUid])
            try expect(try await stage.store.session(digest: stage.digest(1)), is: nil)
            try expect(try await stage.store.session(digest: stage.digest(2)), is: nil)
            try expect(try await stage.store.session(digest: stage.digest(3))?.identity, is: other.identity)
            try expect(try await stage.account(2), is: other)
            let set = SetUp(secret: stage.secret(), begunAt: Stage.start)
            _ = try await stage.store.beginSetUp(set, for: mixed)
        },
        Scenario("who is adopted keeps factor, step, failures and recovery codes under the new name and uid") { stage in
            let account = try await stage.enrol()
            _ = try await stage.attemptRecovery(try await stage.match(3, of: account), of: account)
            _ = try await stage.attempt(.none, of: account)
            try await stage.store.issueRecoveryCode(
                account: account.id,
                generation: account.generation,
                sealed: [7],
                at: Stage.start,
                expires: Stage.start + 60
            )
            let before = try await stage.account()
            let codes = try await stage.codes(of: account)
            let heir = Identity(name: account.identity.name, uid: stage.identity(1).uid)
            try await stage.store.insert(stage.session(1))
            try await stage.store.insert(stage.session(2, of: heir))
            try await stage.store.adopt(
                account: account.id,
                generation: account.generation,
                by: heir,
                sealed: stage.sealedAnew(codes)
            )
            let adopted = try await stage.store.accounts(sharing: heir)
            try expect(adopted.map(\.identity), is: [heir])
            try expect(adopted.first?.generation, is: before.generation + 1)
            try expect(adopted.first?.credential, is: before.credential?.sealed(anew: [0xad]))
            try expect(adopted.first?.throttle, is: before.throttle)
            try expect(adopted.first?.recovery, is: before.recovery)
            let resealed = try await stage.store.recoveryCodes(
                account: account.id,
                generation: account.generation + 1
            )
            try expect(resealed.places.map(\.place), is: codes.places.map(\.place))
            try expect(resealed.places.map(\.sealed), is: codes.places.map { [0xad, UInt8($0.place.number)] })
            try expect(resealed.own?.codes.map(\.use), is: codes.own?.codes.map(\.use))
            try expect(try await stage.store.accounts(sharing: stage.identity(0)).map(\.identity), is: [heir])
            try expect(try await stage.store.session(digest: stage.digest(1)), is: nil)
            try expect(try await stage.store.session(digest: stage.digest(2)), is: nil)
        },
        Scenario("accounts without a factor give way to who is adopted; one with a factor does not") { stage in
            let account = try await stage.enrol(0)
            let stale = try await stage.store.beginSetUp(
                SetUp(secret: stage.secret(), begunAt: Stage.start),
                for: stage.identity(1)
            )
            let heir = Identity(name: account.identity.name, uid: stale.identity.uid)
            let sealed = stage.sealedAnew(try await stage.codes(of: account))
            try await stage.store.adopt(
                account: account.id,
                generation: account.generation,
                by: heir,
                sealed: sealed
            )
            try expect(try await stage.store.accounts(sharing: stage.identity(1)).map(\.id), is: [account.id])

            let other = try await stage.enrol(2)
            let both = Identity(name: heir.name, uid: other.identity.uid)
            try await expect(.parted) { () throws(StoreError) in
                try await stage.store.adopt(
                    account: account.id,
                    generation: account.generation + 1,
                    by: both,
                    sealed: sealed
                )
            }
            try expect(try await stage.account(2), is: other)
        },
        Scenario("nobody is adopted under another generation, or with other recovery codes") { stage in
            let account = try await stage.enrol()
            let heir = Identity(name: account.identity.name, uid: stage.identity(1).uid)
            let sealed = stage.sealedAnew(try await stage.codes(of: account))
            try await expect(.conflict) { () throws(StoreError) in
                try await stage.store.adopt(
                    account: account.id,
                    generation: account.generation + 1,
                    by: heir,
                    sealed: sealed
                )
            }
            try await stage.store.replaceRecoveryCodes(
                account: account.id,
                generation: account.generation,
                sealed: stage.recoveryCodes(2),
                at: Stage.start
            )
            let before = try await stage.account()
            try await expect(.conflict) { () throws(StoreError) in
                try await stage.store.adopt(
                    account: account.id,
                    generation: account.generation,
                    by: heir,
                    sealed: sealed
                )
            }
            try expect(try await stage.account(), is: before)
        },
    ]

    /// What befalls all accounts of a store: to be run alone.
    public static let restoring: [Scenario] = [
        Scenario("after a restore no code that could have been used is right, and nothing that was begun goes on") {
            stage in
            let account = try await stage.enrol(0)
            let begun = try await stage.store.beginSetUp(
                SetUp(secret: stage.secret(), begunAt: Stage.start),
                for: stage.identity(1)
            )
            _ = try await stage.resynchronise(account, drift: 40, step: Stage.step)
            try await stage.store.insert(stage.session(1))
            _ = try await stage.store.createToken(stage.token(1), under: account.generation, at: Stage.start)
            let now = Stage.start + 3000
            try await stage.store.markRestored(at: now)
            let after = try await stage.account(0)
            try expect(after.credential?.lastStep, is: now.value / 30 + 40 + 1)
            try expect(after.generation, is: account.generation + 1)
            try expect(try await stage.account(1).setUp, is: nil)
            try expect(try await stage.account(1).generation, is: begun.generation + 1)
            try expect(try await stage.store.session(digest: stage.digest(1)), is: nil)
            try expect(try await stage.store.token(digest: stage.digest(1)), is: nil)
        },
        Scenario("a restore moves no step down, also where the clock is behind") { stage in
            let account = try await stage.enrol()
            try await stage.store.markRestored(at: UnixSeconds(-3000))
            try expect(try await stage.account().credential?.lastStep, is: account.credential?.lastStep)
        },
        Scenario("after a restore unused recovery codes are in doubt until there are new ones, and still good") {
            stage in
            let account = try await stage.enrol(0)
            _ = try await stage.attemptRecovery(
                try await stage.match(0, of: account),
                of: account,
                finishesLogin: true
            )
            try await stage.store.issueRecoveryCode(
                account: account.id,
                generation: account.generation,
                sealed: [7],
                at: Stage.start,
                expires: Stage.start + 60
            )
            let spent = try await stage.enrol(1)
            for number in 0..<RecoverySet.size {
                _ = try await stage.attemptRecovery(try await stage.match(number, of: spent), of: spent)
            }
            try await stage.store.markRestored(at: Stage.start)
            let after = try await stage.account(0)
            try expect(after.recovery?.isInDoubt, is: true)
            try expect(after.recovery?.left, is: 9)
            try expect(after.recoveryMark, is: nil)
            try expect(try await stage.codes(of: after).issued, is: nil)
            try expect(try await stage.codes(of: after).own?.isInDoubt, is: true)
            try expect(try await stage.account(1).recovery?.isInDoubt, is: false)
            let verdict = try await stage.attemptRecovery(try await stage.match(1, of: after), of: after)
            try expect(verdict, is: .accepted(left: 8))
            try await stage.store.acknowledgeRecoveryCodes(
                account: after.id,
                issuedAt: Stage.start,
                at: Stage.start + 1
            )
            try expect(try await stage.account(0).recovery?.isInDoubt, is: true)
            try await stage.store.replaceRecoveryCodes(
                account: after.id,
                generation: after.generation,
                sealed: stage.recoveryCodes(2),
                at: Stage.start + 2
            )
            try expect(try await stage.account(0).recovery?.isInDoubt, is: false)
        },
    ]
}

extension Stage {
    /// What an account has sealed, as if sealed for somebody else.
    fileprivate func sealedAnew(_ codes: RecoveryCodes) -> AdoptedSecrets {
        AdoptedSecrets(
            secret: [0xad],
            recoveryCodes: Dictionary(
                uniqueKeysWithValues: codes.places.map { ($0.place, [0xad, UInt8($0.place.number)]) }
            )
        )
    }
}
