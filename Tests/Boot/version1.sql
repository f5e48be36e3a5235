-- Makes the database as the first version of its form had it, FILE, with the accounts and factors of the present one:
--     sqlite3 FILE <version1.sql
-- That form is never changed any more.
BEGIN;
CREATE TABLE accounts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE CHECK (name <> ''),
    uid INTEGER NOT NULL UNIQUE CHECK (uid BETWEEN 0 AND 4294967295),
    generation INTEGER NOT NULL CHECK (generation >= 0),
    wait_since INTEGER CHECK (wait_since BETWEEN -62135596800 AND 253402300799),
    wait_seconds INTEGER CHECK (wait_seconds BETWEEN 1 AND 900),
    CHECK ((wait_since IS NULL) = (wait_seconds IS NULL))
) STRICT;
CREATE TRIGGER accounts_generation_moves_up BEFORE UPDATE OF generation ON accounts
WHEN NEW.generation < OLD.generation
BEGIN SELECT RAISE(ABORT, 'accounts.generation only moves up'); END;
CREATE TABLE credentials (
    account INTEGER PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    sealed BLOB NOT NULL CHECK (length(sealed) > 0),
    algorithm TEXT NOT NULL CHECK (algorithm IN ('SHA1', 'SHA256', 'SHA512')),
    digits INTEGER NOT NULL CHECK (digits BETWEEN 6 AND 8),
    time_step INTEGER NOT NULL CHECK (time_step BETWEEN 1 AND 86400),
    last_step INTEGER CHECK (last_step >= 0),
    confirmed_at INTEGER NOT NULL CHECK (confirmed_at BETWEEN -62135596800 AND 253402300799)
) STRICT;
CREATE TRIGGER credentials_step_moves_up BEFORE UPDATE OF last_step ON credentials
WHEN OLD.last_step IS NOT NULL AND (NEW.last_step IS NULL OR NEW.last_step <= OLD.last_step)
BEGIN SELECT RAISE(ABORT, 'credentials.last_step only moves up'); END;
CREATE TABLE set_ups (
    account INTEGER PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    sealed BLOB NOT NULL CHECK (length(sealed) > 0),
    algorithm TEXT NOT NULL CHECK (algorithm IN ('SHA1', 'SHA256', 'SHA512')),
    digits INTEGER NOT NULL CHECK (digits BETWEEN 6 AND 8),
    time_step INTEGER NOT NULL CHECK (time_step BETWEEN 1 AND 86400),
    begun_at INTEGER NOT NULL CHECK (begun_at BETWEEN -62135596800 AND 253402300799),
    failures INTEGER NOT NULL CHECK (failures BETWEEN 0 AND 10)
) STRICT;
CREATE TABLE failures (
    account INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    source TEXT NOT NULL CHECK (source <> ''),
    count INTEGER NOT NULL CHECK (count BETWEEN 1 AND 100),
    PRIMARY KEY (account, source)
) STRICT, WITHOUT ROWID;
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
    created INTEGER NOT NULL CHECK (created BETWEEN -62135596800 AND 253402300799),
    last_used INTEGER NOT NULL CHECK (last_used BETWEEN -62135596800 AND 253402300799),
    CHECK (shows_code + shows_password + shows_publickey > 0)
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_owner ON sessions (uid, name);
CREATE TRIGGER sessions_use_moves_up BEFORE UPDATE OF last_used ON sessions
WHEN NEW.last_used < OLD.last_used
BEGIN SELECT RAISE(ABORT, 'sessions.last_used only moves up'); END;
PRAGMA application_id = 1417112651;
PRAGMA user_version = 1;
COMMIT;

ATTACH '/var/lib/twinlock/twinlock.db' AS present;
INSERT INTO accounts (id, name, uid, generation) SELECT id, name, uid, generation FROM present.accounts;
INSERT INTO credentials (account, sealed, algorithm, digits, time_step, last_step, confirmed_at)
    SELECT account, sealed, algorithm, digits, time_step, last_step, confirmed_at FROM present.credentials;
