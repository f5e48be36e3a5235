import TwinlockAccounts
import TwinlockStore

/// Sessions as rows.
///
/// To be used inside a transaction.
final class SessionRecords {
    private let selectByDigest: Statement
    private let selectPage: Statement
    private let countNotOver: Statement
    private let insert: Statement
    private let use: Statement
    private let delete: Statement
    private let deleteOver: Statement
    private let deleteWithoutCode: Statement
    private let deleteByHandle: Statement
    private let deleteOthers: Statement
    private let deleteEverybodys: Statement

    /// Prepares all statements.
    init(_ database: borrowing Database) throws(StoreError) {
        self.selectByDigest = try database.prepare(Self.select + " WHERE digest = ?1", to: "read session in store")
        self.selectPage = try database.prepare(
            Self.select + " WHERE uid = ?1 AND name = ?2 AND \(Self.handle) > ?3 ORDER BY digest LIMIT ?4",
            to: "list sessions in store"
        )
        self.countNotOver = try database.prepare(
            """
            SELECT count(*) FROM sessions
            WHERE uid = ?1 AND name = ?2 AND digest <> ?3 AND last_used + ?5 > ?4 AND created + ?6 > ?4
            """,
            to: "count sessions in store"
        )
        self.insert = try database.prepare(
            """
            INSERT INTO sessions (digest, name, uid, maker, shows_code, shows_password, shows_publickey, service,
                remote_host, tty, password_digest, password_usable, created, last_used)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14) ON CONFLICT (digest) DO NOTHING
            """,
            to: "save session in store"
        )
        self.use = try database.prepare(
            "UPDATE sessions SET last_used = ?2 WHERE digest = ?1 AND last_used < ?2",
            to: "save session in store"
        )
        self.delete = try database.prepare("DELETE FROM sessions WHERE digest = ?1", to: "end session in store")
        self.deleteOver = try database.prepare(
            "DELETE FROM sessions WHERE last_used + ?2 <= ?1 OR created + ?3 <= ?1",
            to: "remove sessions in store"
        )
        self.deleteWithoutCode = try database.prepare(
            "DELETE FROM sessions WHERE uid = ?1 AND name = ?2 AND shows_code = 0",
            to: "end sessions in store"
        )
        self.deleteByHandle = try database.prepare(
            "DELETE FROM sessions WHERE uid = ?1 AND name = ?2 AND \(Self.handle) = ?3",
            to: "end session in store"
        )
        self.deleteEverybodys = try database.prepare("DELETE FROM sessions", to: "end sessions in store")
        self.deleteOthers = try database.prepare(
            "DELETE FROM sessions WHERE uid = ?1 AND name = ?2 AND digest <> ?3",
            to: "end sessions in store"
        )
    }

    /// The session of that digest, live or not.
    func session(_ digest: [UInt8]) throws(StoreError) -> Session? {
        try self.selectByDigest.first(.blob(digest), read: Self.read)
    }

    /// Saves a new session; `conflict` if its digest is there.
    func add(_ session: Session) throws(StoreError) {
        let added = try self.insert.run(
            .blob(session.digest),
            .text(session.identity.name),
            .integer(Int64(session.identity.uid)),
            .integer(Int64(session.maker)),
            .shown(.code, by: session),
            .shown(.password, by: session),
            .shown(.publickey, by: session),
            .text(session.service),
            .text(session.remoteHost),
            .text(session.tty),
            .digest(of: session.mark),
            .isUsable(session.mark),
            .integer(session.created.value),
            .integer(session.lastUsed.value)
        )
        guard added == 1 else {
            throw .conflict
        }
    }

    /// Moves a session's last use up.
    func use(_ digest: [UInt8], at now: UnixSeconds) throws(StoreError) {
        try self.use.run(.blob(digest), .integer(now.value))
    }

    /// Ends a session.
    func end(_ digest: [UInt8]) throws(StoreError) {
        try self.delete.run(.blob(digest))
    }

    /// Removes sessions that are over.
    func remove(endedAt now: UnixSeconds, _ lifetimes: SessionLifetimes) throws(StoreError) {
        try self.deleteOver.run(
            .integer(now.value),
            .integer(Int64(lifetimes.idleSeconds)),
            .integer(Int64(lifetimes.absoluteSeconds))
        )
    }

    /// Ends those of an identity that showed no code.
    func endWithoutCode(of identity: Identity) throws(StoreError) {
        try self.deleteWithoutCode.run(.integer(Int64(identity.uid)), .text(identity.name))
    }

    /// At most so many of an account's sessions behind that handle, in the order of handles.
    func page(of identity: Identity, after handle: [UInt8]?, limit: Int) throws(StoreError) -> [Session] {
        // Every handle is greater than the empty one.
        try self.selectPage.rows(
            .integer(Int64(identity.uid)),
            .text(identity.name),
            .blob(handle ?? []),
            .integer(Int64(limit)),
            read: Self.read
        )
    }

    /// Ends the session of that handle; whether the account had it.
    func end(handle: [UInt8], of identity: Identity) throws(StoreError) -> Bool {
        try self.deleteByHandle.run(.integer(Int64(identity.uid)), .text(identity.name), .blob(handle)) > 0
    }

    /// Ends those of an identity but one. How many of them were not over.
    func endAll(
        of identity: Identity,
        except digest: [UInt8]?,
        at now: UnixSeconds,
        _ lifetimes: SessionLifetimes
    ) throws(StoreError) -> Int {
        let owner = (uid: Value.integer(Int64(identity.uid)), name: Value.text(identity.name))
        // No session has the empty digest.
        let kept = Value.blob(digest ?? [])
        let count = try self.countNotOver.first(
            owner.uid,
            owner.name,
            kept,
            .integer(now.value),
            .integer(Int64(lifetimes.idleSeconds)),
            .integer(Int64(lifetimes.absoluteSeconds))
        ) { row throws(StoreError) in try row.integer(0, in: 0...Int.max) }
        try self.deleteOthers.run(owner.uid, owner.name, kept)
        return count ?? 0
    }

    /// Ends everybody's.
    func endAll() throws(StoreError) {
        try self.deleteEverybodys.run()
    }

    /// Ends all of an identity.
    func endAll(of identity: Identity) throws(StoreError) {
        try self.deleteOthers.run(.integer(Int64(identity.uid)), .text(identity.name), .blob([]))
    }

    private static let select = """
        SELECT digest, name, uid, maker, shows_code, shows_password, shows_publickey, service, remote_host, tty,
            password_digest, password_usable, created, last_used
        FROM sessions
        """

    private static let handle = "substr(digest, 1, \(Session.handleBytes))"

    private static func read(_ row: borrowing Row) throws(StoreError) -> Session {
        var factors: [Factor] = []
        if try row.integer(4, in: 0...1) == 1 { factors.append(.code) }
        if try row.integer(5, in: 0...1) == 1 { factors.append(.password) }
        if try row.integer(6, in: 0...1) == 1 { factors.append(.publickey) }
        return Session(
            digest: try row.blob(0),
            identity: Identity(name: try row.text(1), uid: try row.integer(2, in: 0...UInt32.max)),
            maker: try row.integer(3, in: 0...UInt32.max),
            factors: factors,
            service: try row.text(7),
            remoteHost: try row.text(8),
            tty: try row.text(9),
            mark: try row.mark(10),
            created: try row.moment(12),
            lastUsed: try row.moment(13)
        )
    }
}

extension Value {
    fileprivate static func shown(_ factor: Factor, by session: Session) -> Value {
        .integer(session.factors.contains(factor) ? 1 : 0)
    }
}
