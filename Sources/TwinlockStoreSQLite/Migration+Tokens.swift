extension Migration {
    /// Version 6: what sessions are founded on, tokens, and the daemon's own sealed keys.
    ///
    /// Sessions of before end: what their passwords were is not known, and none lives longer than a day.
    static let tokensAndMarks = Migration(
        version: 6,
        statements: [
            "DROP TABLE sessions",
            """
            CREATE TABLE sessions (
                digest BLOB PRIMARY KEY CHECK (length(digest) = 32),
                name TEXT NOT NULL CHECK (name <> ''),
                uid INTEGER NOT NULL CHECK (uid BETWEEN 0 AND 4294967295),
                maker INTEGER NOT NULL CHECK (maker BETWEEN 0 AND 4294967295),
                shows_code INTEGER NOT NULL CHECK (shows_code IN (0, 1)),
                shows_password INTEGER NOT NULL CHECK (shows_password IN (0, 1)),
                shows_publickey INTEGER NOT NULL CHECK (shows_publickey IN (0, 1)),
                service TEXT NOT NULL,
                remote_host TEXT NOT NULL,
                tty TEXT NOT NULL,
                \(Self.markColumns),
                created INTEGER NOT NULL CHECK (created BETWEEN \(Self.moments)),
                last_used INTEGER NOT NULL CHECK (last_used BETWEEN \(Self.moments)),
                CHECK (shows_code + shows_password + shows_publickey > 0),
                \(Self.markCheck)
            ) STRICT, WITHOUT ROWID
            """,
            "CREATE INDEX sessions_by_owner ON sessions (uid, name)",
            """
            CREATE TRIGGER sessions_use_moves_up BEFORE UPDATE OF last_used ON sessions
            WHEN NEW.last_used < OLD.last_used
            BEGIN SELECT RAISE(ABORT, 'sessions.last_used only moves up'); END
            """,
            """
            CREATE TABLE tokens (
                id TEXT PRIMARY KEY CHECK (length(id) = 16),
                digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
                name TEXT NOT NULL CHECK (name <> ''),
                uid INTEGER NOT NULL CHECK (uid BETWEEN 0 AND 4294967295),
                maker INTEGER NOT NULL CHECK (maker BETWEEN 0 AND 4294967295),
                description TEXT NOT NULL CHECK (description <> ''),
                opens TEXT NOT NULL CHECK (opens <> ''),
                shows_code INTEGER NOT NULL CHECK (shows_code IN (0, 1)),
                \(Self.markColumns),
                created INTEGER NOT NULL CHECK (created BETWEEN \(Self.moments)),
                expires INTEGER NOT NULL CHECK (expires BETWEEN \(Self.moments)),
                last_used INTEGER CHECK (last_used BETWEEN \(Self.moments)),
                \(Self.markCheck)
            ) STRICT, WITHOUT ROWID
            """,
            "CREATE INDEX tokens_by_owner ON tokens (uid, name)",
            """
            CREATE TRIGGER tokens_use_moves_up BEFORE UPDATE OF last_used ON tokens
            WHEN OLD.last_used IS NOT NULL AND (NEW.last_used IS NULL OR NEW.last_used < OLD.last_used)
            BEGIN SELECT RAISE(ABORT, 'tokens.last_used only moves up'); END
            """,
            """
            CREATE TABLE sealed_keys (
                purpose TEXT PRIMARY KEY CHECK (purpose <> ''),
                sealed BLOB NOT NULL CHECK (length(sealed) > 0)
            ) STRICT, WITHOUT ROWID
            """,
        ]
    )

    /// The password field at the time: null in both columns where fields cannot be read.
    private static let markColumns = """
        password_digest BLOB CHECK (length(password_digest) = 32),
            password_usable INTEGER CHECK (password_usable IN (0, 1))
        """

    private static let markCheck = "CHECK ((password_digest IS NULL) = (password_usable IS NULL))"
}
