extension Migration {
    /// Version 3: by how many steps an app's clock is off, where an administrator has had it measured.
    static let drift = Migration(
        version: 3,
        statements: [
            """
            ALTER TABLE credentials ADD COLUMN drift INTEGER NOT NULL DEFAULT 0 CHECK (drift BETWEEN -1500 AND 1500)
            """
        ]
    )
}
