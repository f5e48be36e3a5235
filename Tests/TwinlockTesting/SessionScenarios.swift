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
            // Used up to just before its absolute end, which comes first.
            let long = stage.session(1)
            try await stage.store.insert(long)
            let absoluteEnd = Stage.start + Session.absoluteSeconds
            try await stage.store.useSession(digest: long.digest, at: Stage.start + (Session.absoluteSeconds - 1))
            let idle = stage.session(2)
            try await stage.store.insert(idle)
            let idleEnd = Stage.start + Session.idleSeconds

            try await stage.store.removeSessions(endedAt: Stage.start + (Session.idleSeconds - 1))
            try expect(try await stage.store.session(digest: idle.digest), is: idle)
            try await stage.store.removeSessions(endedAt: idleEnd)
            try expect(try await stage.store.session(digest: idle.digest), is: nil)

            try await stage.store.removeSessions(endedAt: Stage.start + (Session.absoluteSeconds - 1))
            try expect(try await stage.store.session(digest: long.digest)?.created, is: Stage.start)
            try await stage.store.removeSessions(endedAt: absoluteEnd)
            try expect(try await stage.store.session(digest: long.digest), is: nil)
        },
        Scenario("a session that lies in the future, because the clock was set back, is not removed") { stage in
            let session = stage.session(1)
            try await stage.store.insert(session)
            try await stage.store.removeSessions(endedAt: UnixSeconds(Stage.start.value - 7 * 86_400))
            try expect(try await stage.store.session(digest: session.digest), is: session)
        },
    ]
}
