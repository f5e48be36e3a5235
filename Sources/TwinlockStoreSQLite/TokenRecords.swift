import TwinlockAccounts
import TwinlockStore

/// Tokens as rows.
///
/// To be used inside a transaction.
final class TokenRecords {
    private let selectByDigest: Statement
    private let selectByID: Statement
    private let selectPage: Statement
    private let count: Statement
    private let insert: Statement
    private let update: Statement
    private let use: Statement
    private let delete: Statement
    private let deleteOver: Statement
    private let deleteWithoutCode: Statement
    private let deleteAll: Statement
    private let deleteEverybodys: Statement
    private let path: String

    /// Prepares all statements.
    init(_ database: borrowing Database) throws(StoreError) {
        self.selectByDigest = try database.prepare(Self.select + " WHERE digest = ?1", to: "read token in store")
        self.selectByID = try database.prepare(
            Self.select + " WHERE id = ?1 AND uid = ?2 AND name = ?3",
            to: "read token in store"
        )
        // Every id is greater than the empty one.
        self.selectPage = try database.prepare(
            Self.select + " WHERE uid = ?1 AND name = ?2 AND id > ?3 ORDER BY id LIMIT ?4",
            to: "list tokens in store"
        )
        self.count = try database.prepare(
            "SELECT count(*) FROM tokens WHERE uid = ?1 AND name = ?2 AND expires > ?3",
            to: "count tokens in store"
        )
        self.insert = try database.prepare(
            """
            INSERT INTO tokens (id, digest, name, uid, maker, description, opens, shows_code, password_digest,
                password_usable, created, expires, last_used)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) ON CONFLICT DO NOTHING
            """,
            to: "save token in store"
        )
        self.update = try database.prepare(
            """
            UPDATE tokens SET digest = ?2, description = ?3, opens = ?4, shows_code = ?5,
                password_digest = ?6, password_usable = ?7, expires = ?8
            WHERE id = ?1
            """,
            to: "save token in store"
        )
        self.use = try database.prepare(
            "UPDATE tokens SET last_used = ?2 WHERE digest = ?1 AND (last_used IS NULL OR last_used + ?3 <= ?2)",
            to: "save use of token in store"
        )
        self.delete = try database.prepare(
            "DELETE FROM tokens WHERE id = ?1 AND uid = ?2 AND name = ?3",
            to: "end token in store"
        )
        self.deleteOver = try database.prepare("DELETE FROM tokens WHERE expires <= ?1", to: "remove tokens in store")
        self.deleteWithoutCode = try database.prepare(
            "DELETE FROM tokens WHERE uid = ?1 AND name = ?2 AND shows_code = 0",
            to: "end tokens in store"
        )
        self.deleteEverybodys = try database.prepare("DELETE FROM tokens", to: "end tokens in store")
        self.deleteAll = try database.prepare(
            "DELETE FROM tokens WHERE uid = ?1 AND name = ?2",
            to: "end tokens in store"
        )
        self.path = database.path
    }

    /// The token of that digest, live or not.
    func token(digest: [UInt8]) throws(StoreError) -> Token? {
        try self.selectByDigest.first(.blob(digest), read: Self.read)
    }

    /// The token of that id, if it is that account's.
    func token(id: String, of identity: Identity) throws(StoreError) -> Token? {
        try self.selectByID.first(.text(id), .integer(Int64(identity.uid)), .text(identity.name), read: Self.read)
    }

    /// At most so many of an account's tokens behind that id, in the order of ids.
    func page(of identity: Identity, after id: String?, limit: Int) throws(StoreError) -> [Token] {
        try self.selectPage.rows(
            .integer(Int64(identity.uid)),
            .text(identity.name),
            .text(id ?? ""),
            .integer(Int64(limit)),
            read: Self.read
        )
    }

    /// How many of an account's tokens have not ended.
    func count(of identity: Identity, at now: UnixSeconds) throws(StoreError) -> Int {
        let count = try self.count.first(
            .integer(Int64(identity.uid)),
            .text(identity.name),
            .integer(now.value)
        ) { row throws(StoreError) in try row.integer(0, in: 0...Int.max) }
        return count ?? 0
    }

    /// Saves a new token; `conflict` if its id or its digest is there.
    func add(_ token: Token) throws(StoreError) {
        let added = try self.insert.run(
            .text(token.id),
            .blob(token.digest),
            .text(token.identity.name),
            .integer(Int64(token.identity.uid)),
            .integer(Int64(token.maker)),
            .text(token.description),
            .text(token.groups.joined(separator: " ")),
            .integer(token.showsCode ? 1 : 0),
            .digest(of: token.mark),
            .isUsable(token.mark),
            .integer(token.created.value),
            .integer(token.expires.value),
            .optional(token.lastUsed?.value)
        )
        guard added == 1 else {
            throw .conflict
        }
    }

    /// Saves what a change has made of a token that is there.
    func save(_ token: Token) throws(StoreError) {
        let changed = try self.update.run(
            .text(token.id),
            .blob(token.digest),
            .text(token.description),
            .text(token.groups.joined(separator: " ")),
            .integer(token.showsCode ? 1 : 0),
            .digest(of: token.mark),
            .isUsable(token.mark),
            .integer(token.expires.value)
        )
        guard changed == 1 else {
            throw .damaged(
                reason: "cannot save token in store at \"\(self.path)\": \(changed) rows changed instead of one"
            )
        }
    }

    /// Writes a token's use down, if the last one is long ago.
    func use(_ digest: [UInt8], at now: UnixSeconds) throws(StoreError) {
        try self.use.run(.blob(digest), .integer(now.value), .integer(Int64(Token.useResolutionSeconds)))
    }

    /// Ends a token; whether the account had it.
    func end(id: String, of identity: Identity) throws(StoreError) -> Bool {
        try self.delete.run(.text(id), .integer(Int64(identity.uid)), .text(identity.name)) > 0
    }

    /// Removes tokens that have ended.
    func remove(endedAt now: UnixSeconds) throws(StoreError) {
        try self.deleteOver.run(.integer(now.value))
    }

    /// Ends those of an identity that showed no code.
    func endWithoutCode(of identity: Identity) throws(StoreError) {
        try self.deleteWithoutCode.run(.integer(Int64(identity.uid)), .text(identity.name))
    }

    /// Ends everybody's.
    func endAll() throws(StoreError) {
        try self.deleteEverybodys.run()
    }

    /// Ends all of an identity.
    func endAll(of identity: Identity) throws(StoreError) {
        try self.deleteAll.run(.integer(Int64(identity.uid)), .text(identity.name))
    }

    private static let select = """
        SELECT id, digest, name, uid, maker, description, opens, shows_code, password_digest, password_usable, created,
            expires, last_used
        FROM tokens
        """

    private static func read(_ row: borrowing Row) throws(StoreError) -> Token {
        Token(
            id: try row.text(0),
            digest: try row.blob(1),
            identity: Identity(name: try row.text(2), uid: try row.integer(3, in: 0...UInt32.max)),
            maker: try row.integer(4, in: 0...UInt32.max),
            description: try row.text(5),
            groups: try row.text(6).split(separator: " ").map(String.init),
            showsCode: try row.integer(7, in: 0...1) == 1,
            mark: try row.mark(8),
            created: try row.moment(10),
            expires: try row.moment(11),
            lastUsed: row.isNull(12) ? nil : try row.moment(12)
        )
    }
}

// The password field at the time, in two columns.

extension Value {
    /// The digest of a mark; null where fields cannot be read.
    static func digest(of mark: PasswordMark) -> Value {
        switch mark {
        case .field(let digest, _): .blob(digest)
        case .unreadable: .null
        }
    }

    /// Whether a password could match; null where fields cannot be read.
    static func isUsable(_ mark: PasswordMark) -> Value {
        switch mark {
        case .field(_, let isUsable): .integer(isUsable ? 1 : 0)
        case .unreadable: .null
        }
    }
}

extension Row {
    /// The mark whose digest is in that column, and whose usability is in the next.
    borrowing func mark(_ column: Int32) throws(StoreError) -> PasswordMark {
        switch (self.isNull(column), self.isNull(column + 1)) {
        case (true, true):
            return .unreadable
        case (false, false):
            let digest = try self.blob(column)
            guard digest.count == PasswordMark.digestBytes else {
                throw self.damaged(column)
            }
            return .field(digest: digest, isUsable: try self.integer(column + 1, in: 0...1) == 1)
        case (true, false), (false, true):
            throw self.damaged(column)
        }
    }
}
