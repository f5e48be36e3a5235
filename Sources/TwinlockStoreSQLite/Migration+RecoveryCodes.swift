extension Migration {
    /// Version 4: recovery codes, what was tried with them, and the mark of a login that one finished.
    ///
    /// What holds after any kill is said here once more, behind the rules of the program: a used code never becomes
    /// unused and does not go before its set does, an account has one set of its own and one issued code, an issued
    /// code ends.
    static let recoveryCodes = Migration(
        version: 4,
        statements: [
            """
            CREATE TABLE recovery_sets (
                id INTEGER PRIMARY KEY AUTOINCREMENT,
                account INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
                kind TEXT NOT NULL CHECK (kind IN ('own', 'issued')),
                issued_at INTEGER NOT NULL CHECK (issued_at BETWEEN \(Self.moments)),
                acknowledged_at INTEGER CHECK (acknowledged_at BETWEEN \(Self.moments)),
                expires_at INTEGER CHECK (expires_at BETWEEN \(Self.moments)),
                UNIQUE (account, kind),
                CHECK ((kind = 'issued') = (expires_at IS NOT NULL)),
                CHECK (kind = 'own' OR acknowledged_at IS NULL),
                CHECK (expires_at > issued_at)
            ) STRICT
            """,
            """
            CREATE TABLE recovery_codes (
                recovery_set INTEGER NOT NULL REFERENCES recovery_sets (id) ON DELETE CASCADE,
                number INTEGER NOT NULL CHECK (number BETWEEN 0 AND 9),
                sealed BLOB NOT NULL CHECK (length(sealed) > 0),
                used_at INTEGER CHECK (used_at BETWEEN \(Self.moments)),
                used_service TEXT,
                used_host TEXT,
                used_tty TEXT,
                PRIMARY KEY (recovery_set, number),
                CHECK ((used_at IS NULL) = (used_service IS NULL)),
                CHECK ((used_at IS NULL) = (used_host IS NULL)),
                CHECK ((used_at IS NULL) = (used_tty IS NULL))
            ) STRICT, WITHOUT ROWID
            """,
            """
            CREATE TRIGGER recovery_codes_stay_used
            BEFORE UPDATE OF recovery_set, number, used_at, used_service, used_host, used_tty ON recovery_codes
            WHEN OLD.used_at IS NOT NULL
            BEGIN SELECT RAISE(ABORT, 'recovery_codes.used_at never changes'); END
            """,
            """
            CREATE TRIGGER recovery_codes_go_with_their_set BEFORE DELETE ON recovery_codes
            WHEN OLD.used_at IS NOT NULL AND EXISTS (SELECT 1 FROM recovery_sets WHERE id = OLD.recovery_set)
            BEGIN SELECT RAISE(ABORT, 'a used recovery code goes with its set'); END
            """,
            """
            CREATE TABLE recoveries (
                account INTEGER PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
                recovered_at INTEGER CHECK (recovered_at BETWEEN \(Self.moments)),
                failures INTEGER NOT NULL CHECK (failures BETWEEN 0 AND 10),
                failing_since INTEGER CHECK (failing_since BETWEEN \(Self.moments)),
                CHECK ((failures = 0) = (failing_since IS NULL))
            ) STRICT
            """,
        ]
    )
}
