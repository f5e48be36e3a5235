extension Migration {
    /// Version 7: that the use of recovery codes may have been lost, because an older database was put back.
    static let recoveryCodesInDoubt = Migration(
        version: 7,
        statements: [
            """
            ALTER TABLE recovery_sets ADD COLUMN in_doubt INTEGER NOT NULL DEFAULT 0 CHECK (in_doubt IN (0, 1))
            """
        ]
    )
}
