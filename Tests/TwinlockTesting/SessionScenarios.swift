import TwinlockAccounts
import TwinlockStore

extension Scenario {
    /// Sessions are found by digest alone, and end for good.
    static let sessions: [Scenario] = [
        Scenario("a session is there as it was made, under its digest alone") { stage in
            let session = stage.session(1)
            try await stage.store.insert(session)
            try expect(try await stage.store.session(digest: session.digest), is: session)
            try expect(try await stage.store.session(digest: stage.digest(2)), is: nil)
            try expect(try await stage.store.session(digest: Array(session.digest.dropLast())), is: nil)
            try expect(try await stage.store.session(digest: []), is: nil)
        },
        Scenario("a digest that is there is a conflict, and the session stays as it was") { stage in
            let session = stage.session(1)
            try await stage.store.insert(session)
            try await expect(.conflict) { () throws(StoreError) in
                try await stage.store.insert(stage.session(1, of: stage.identity(1)))
            }
            try expect(try await stage.store.session(digest: session.digest), is: session)
        },
        Scenario("eight sessions with one digest at the same moment: one is saved") { stage in
            let outcomes = await stage.together(8) { number throws(StoreError) -> Bool in
                try await stage.store.insert(stage.session(1, of: stage.identity(UInt32(number))))
                return true
            }
            try expect(outcomes.count { $0 == .success(true) }, is: 1)
            try expect(outcomes.count { $0 == .failure(.conflict) }, is: 7)
            let winner = outcomes.firstIndex(of: .success(true)) ?? -1
            let saved = try await stage.store.session(digest: stage.digest(1))
            try expect(saved?.identity, is: stage.identity(UInt32(winner)))
        },
        Scenario("a session's last use moves up and never down") { stage in
            var session = stage.session(1)
            try await stage.store.insert(session)
            try await stage.store.useSession(digest: session.digest, at: Stage.start + 90)
            session.lastUsed = Stage.start + 90
            try expect(try await stage.store.session(digest: session.digest), is: session)
            try await stage.store.useSession(digest: session.digest, at: Stage.start + 60)
            try expect(try await stage.store.session(digest: session.digest), is: session)
        },
        Scenario("an ended session is gone, and stays gone") { stage in
            try await stage.store.insert(stage.session(1))
            try await stage.store.insert(stage.session(2))
            try await stage.store.endSession(digest: stage.digest(1))
            try await stage.store.endSession(digest: stage.digest(1))
            try await stage.store.useSession(digest: stage.digest(1), at: Stage.start + 1)
            try expect(try await stage.store.session(digest: stage.digest(1)), is: nil)
            try expect(try await stage.store.session(digest: stage.digest(2)), is: stage.session(2))
        },
    ]

    /// Not for stages that share a store: it removes everybody's sessions.
    public static let expiry: [Scenario] = [
        Scenario("sessions that are over are removed, at the very second, and no others") { stage in
            let lifetimes = SessionLifetimes(idleSeconds: 600, absoluteSeconds: 1000)
            // Used up to just before its absolute end, which comes first.
            let long = stage.session(1)
            try await stage.store.insert(long)
            try await stage.store.useSession(digest: long.digest, at: Stage.start + 999)
            let idle = stage.session(2)
            try await stage.store.insert(idle)

            try await stage.store.removeSessions(endedAt: Stage.start + 599, lifetimes)
            try expect(try await stage.store.session(digest: idle.digest), is: idle)
            try await stage.store.removeSessions(endedAt: Stage.start + 600, lifetimes)
            try expect(try await stage.store.session(digest: idle.digest), is: nil)

            try await stage.store.removeSessions(endedAt: Stage.start + 999, lifetimes)
            try expect(try await stage.store.session(digest: long.digest)?.created, is: Stage.start)
            try await stage.store.removeSessions(endedAt: Stage.start + 1000, lifetimes)
            try expect(try await stage.store.session(digest: long.digest), is: nil)
        },
        Scenario("a session that lies in the future, because the clock was set back, is not removed") { stage in
            let session = stage.session(1)
            try await stage.store.insert(session)
            try await stage.store.removeSessions(
                endedAt: UnixSeconds(Stage.start.value - 7 * 86_400),
                .standard
            )
            try expect(try await stage.store.session(digest: session.digest), is: session)
        },
    ]

    /// An account's sessions together.
    static let sessionLists: [Scenario] = [
        Scenario("an account's sessions are listed in the order of their handles, page by page, and nobody else's") {
            stage in
            for number: UInt8 in [3, 1, 2] {
                try await stage.store.insert(stage.session(number))
            }
            let sameName = Identity(name: stage.identity().name, uid: stage.identity(1).uid)
            let sameUid = Identity(name: stage.identity(1).name, uid: stage.identity().uid)
            for (number, other) in [(4, stage.identity(1)), (5, sameName), (6, sameUid)] {
                try await stage.store.insert(stage.session(UInt8(number), of: other))
            }
            let own = stage.identity()
            let all = (1...3).map { stage.session(UInt8($0)) }
            try expect(try await stage.store.sessions(of: own, after: nil, limit: 10), is: all)
            let first = try await stage.store.sessions(of: own, after: nil, limit: 2)
            try expect(first, is: Array(all[..<2]))
            try expect(try await stage.store.sessions(of: own, after: first[1].handle, limit: 2), is: [all[2]])
            try expect(try await stage.store.sessions(of: own, after: all[2].handle, limit: 2), is: [])
        },
        Scenario("a session is ended by its handle and its owner alone, once") { stage in
            let session = stage.session(1)
            try await stage.store.insert(session)
            try await stage.store.insert(stage.session(2))
            try expect(try await stage.store.endSession(handle: session.handle, of: stage.identity(1)), is: false)
            try expect(try await stage.store.endSession(handle: session.digest, of: stage.identity()), is: false)
            try expect(try await stage.store.session(digest: session.digest), is: session)
            try expect(try await stage.store.endSession(handle: session.handle, of: stage.identity()), is: true)
            try expect(try await stage.store.endSession(handle: session.handle, of: stage.identity()), is: false)
            try expect(try await stage.store.session(digest: session.digest), is: nil)
            try expect(try await stage.store.session(digest: stage.digest(2)), is: stage.session(2))
        },
        Scenario("all sessions but one are ended, of one account, and those that were over do not count") { stage in
            let lifetimes = SessionLifetimes(idleSeconds: 600, absoluteSeconds: 1000)
            for number: UInt8 in 1...4 {
                try await stage.store.insert(stage.session(number))
            }
            try await stage.store.insert(stage.session(5, of: stage.identity(1)))
            for number: UInt8 in 1...3 {
                try await stage.store.useSession(digest: stage.digest(number), at: Stage.start + 60)
            }
            let now = Stage.start + 600
            let ended = try await stage.store.endSessions(
                of: stage.identity(),
                except: stage.digest(2),
                at: now,
                lifetimes
            )
            try expect(ended, is: 2)
            let left = try await stage.store.sessions(of: stage.identity(), after: nil, limit: 10)
            try expect(left.map(\.digest), is: [stage.digest(2)])
            let last = try await stage.store.endSessions(of: stage.identity(), except: nil, at: now, lifetimes)
            try expect(last, is: 1)
            try expect(try await stage.store.session(digest: stage.digest(2)), is: nil)
            try expect(try await stage.store.session(digest: stage.digest(5)) != nil, is: true)
        },
        Scenario("a locked password ends the sessions and the tokens of its account, and nobody else's") { stage in
            _ = try await stage.enrol()
            let account = try await stage.account()
            let other = try await stage.enrol(1)
            for (person, own) in [(UInt32(0), account), (1, other)] {
                let number = UInt8(person * 10)
                try await stage.store.insert(stage.session(number, of: own.identity))
                _ = try await stage.create(stage.token(number + 1, of: own.identity), under: own.generation)
            }
            try await stage.store.endSessionsAndTokens(of: account.identity)
            try expect(try await stage.store.session(digest: stage.digest(0)), is: nil)
            try expect(try await stage.store.token(digest: stage.digest(1)), is: nil)
            try expect(try await stage.store.session(digest: stage.digest(10)) != nil, is: true)
            try expect(try await stage.store.token(digest: stage.digest(11)) != nil, is: true)
            try expect(try await stage.account(), is: account)
        },
    ]
}
