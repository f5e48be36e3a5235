extension Migration {
    /// Version 5: what was decided.
    ///
    /// A record is made and removed, never changed: one that takes in a repeat is made anew under the next number. How
    /// many there are of each worth is kept by the database itself, so that nobody has to count a million rows to know
    /// whether one has to go.
    static let auditRecords = Migration(
        version: 5,
        statements: [
            """
            CREATE TABLE audit_records (
                number INTEGER PRIMARY KEY AUTOINCREMENT,
                at INTEGER NOT NULL CHECK (at BETWEEN -62135596800 AND 253402300799),
                first_at INTEGER NOT NULL CHECK (first_at BETWEEN -62135596800 AND 253402300799),
                count INTEGER NOT NULL CHECK (count >= 1),
                name TEXT NOT NULL,
                uid INTEGER CHECK (uid BETWEEN 0 AND 4294967295),
                service TEXT NOT NULL,
                remote_host TEXT NOT NULL,
                tty TEXT NOT NULL,
                caller INTEGER CHECK (caller BETWEEN 0 AND 4294967295),
                method TEXT NOT NULL CHECK (method <> ''),
                outcome TEXT NOT NULL CHECK (outcome IN ('accepted', 'refused', 'continued')),
                reason TEXT NOT NULL CHECK (reason <> ''),
                worth INTEGER NOT NULL CHECK (
                    worth = CASE WHEN outcome <> 'refused' THEN 2 WHEN uid IS NULL THEN 0 ELSE 1 END
                ),
                repeat_key INTEGER CHECK ((repeat_key IS NULL) = (outcome = 'accepted')),
                CHECK (count = 1 OR outcome <> 'accepted')
            ) STRICT
            """,
            """
            CREATE TRIGGER audit_records_stay BEFORE UPDATE ON audit_records
            BEGIN SELECT RAISE(ABORT, 'audit_records are made and removed, not changed'); END
            """,
            "CREATE INDEX audit_records_by_name ON audit_records (name)",
            "CREATE INDEX audit_records_by_age ON audit_records (at)",
            "CREATE INDEX audit_records_by_worth ON audit_records (worth)",
            "CREATE INDEX audit_records_repeated ON audit_records (repeat_key) WHERE repeat_key IS NOT NULL",
            """
            CREATE TABLE audit_counts (
                worth INTEGER PRIMARY KEY CHECK (worth BETWEEN 0 AND 2),
                rows INTEGER NOT NULL CHECK (rows >= 0)
            ) STRICT
            """,
            "INSERT INTO audit_counts (worth, rows) VALUES (0, 0), (1, 0), (2, 0)",
            """
            CREATE TRIGGER audit_records_one_more AFTER INSERT ON audit_records
            BEGIN UPDATE audit_counts SET rows = rows + 1 WHERE worth = NEW.worth; END
            """,
            """
            CREATE TRIGGER audit_records_one_less AFTER DELETE ON audit_records
            BEGIN UPDATE audit_counts SET rows = rows - 1 WHERE worth = OLD.worth; END
            """,
        ]
    )
}
