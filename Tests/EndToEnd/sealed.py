"""What is sealed in a copy of the database, opened by another program: whoever has database and key has no need of ours."""

import contextlib
import hashlib
import hmac
import os
import shutil
import sqlite3

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from twinlockd import STATE

VERSION = b"\x01"

# Where sealed values are: their kind, and the name and uid for whom they are sealed.
PLACES = {
    "credentials": "SELECT 'totp-secret', name, uid, sealed FROM credentials JOIN accounts ON id = account",
    "set_ups": "SELECT 'totp-secret', name, uid, sealed FROM set_ups JOIN accounts ON id = account",
    "recovery_codes": "SELECT 'recovery-code', name, uid, sealed FROM recovery_codes"
    " JOIN recovery_sets AS s ON s.id = recovery_set JOIN accounts AS a ON a.id = s.account",
    "sealed_keys": "SELECT purpose, NULL, NULL, sealed FROM sealed_keys",
}


class Key:
    """A sealing key as its file has it."""

    def __init__(self, text):
        self.material = bytes.fromhex(text.removeprefix("twinlock-sealing-key-v1 "))
        assert len(self.material) == 32
        self.id = hmac.digest(self.material, b"twinlock key id", "sha256")[:8]

    @classmethod
    def from_file(cls, name="sealing.key"):
        return cls((STATE / name).read_text())

    def _cipher(self, salt):
        """HKDF (RFC 5869) with SHA-256, one block."""
        pseudorandom = hmac.digest(salt, self.material, "sha256")
        return ChaCha20Poly1305(hmac.digest(pseudorandom, b"twinlock sealed value v1\x01", "sha256"))

    def seal(self, secret, kind, owner):
        salt, nonce = os.urandom(16), os.urandom(12)
        box = self._cipher(salt).encrypt(nonce, secret, self._bound(kind, owner))
        return VERSION + self.id + salt + nonce + box

    def open(self, sealed, kind, owner):
        """The secret, whatever key the value says that it was sealed with; None if this one does not open it for this owner."""
        try:
            return self._cipher(sealed[9:25]).decrypt(sealed[25:37], sealed[37:], self._bound(kind, owner))
        except InvalidTag:
            return None

    def is_named_by(self, sealed):
        return sealed[1:9] == self.id

    def _bound(self, kind, owner):
        fields = [owner.encode(), kind.encode()]
        return VERSION + self.id + b"".join(len(field).to_bytes(4, "big") + field for field in fields)


def owner(name, uid):
    return f"{name}/{uid}"


@contextlib.contextmanager
def database(directory):
    """A copy, which a thief might have: the daemon keeps its own for itself."""
    for file in STATE.glob("twinlock.db*"):
        shutil.copy(file, directory)
    with contextlib.closing(sqlite3.connect(directory / "twinlock.db")) as copy:
        yield copy


def values(directory):
    """All that is sealed: (table, kind, owner, bytes)."""
    with database(directory) as copy:
        found = []
        for table, query in PLACES.items():
            for kind, name, uid, sealed in copy.execute(query):
                found.append((table, kind, "" if name is None else owner(name, uid), sealed))
        return found


def columns_that_hold_sealed_bytes(directory):
    """Every column of a table whose name says so, for the test that none is forgotten."""
    with database(directory) as copy:
        tables = [name for (name,) in copy.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        return {
            table
            for table in tables
            for column in copy.execute(f"PRAGMA table_info({table})")
            if column[1] == "sealed"
        }


def digest_of_secrets(key, directory):
    """One digest of all secrets, to compare before and after; fails where one does not open."""
    opened = []
    for table, kind, whose, sealed in values(directory):
        secret = key.open(sealed, kind, whose)
        assert secret is not None, f"{table}: a value of {whose or 'the daemon'} does not open"
        opened.append((table, whose, secret))
    return hashlib.sha256(repr(sorted(opened)).encode()).hexdigest(), len(opened)


def crowd(key, count, first_uid=200_000):
    """Brings that many accounts more into the store of a stopped daemon, each with a second factor and recovery codes."""
    with contextlib.closing(sqlite3.connect(STATE / "twinlock.db", isolation_level=None)) as store:
        store.execute("PRAGMA synchronous = OFF")
        store.execute("BEGIN IMMEDIATE")
        (like,) = store.execute("SELECT min(account) FROM credentials").fetchone()
        name, uid = store.execute("SELECT name, uid FROM accounts WHERE id = ?", (like,)).fetchone()
        code = store.execute(
            "SELECT c.sealed FROM recovery_codes AS c JOIN recovery_sets AS s ON s.id = c.recovery_set"
            " WHERE s.account = ? LIMIT 1",
            (like,),
        ).fetchone()[0]
        code = key.open(code, "recovery-code", owner(name, uid))
        for number in range(count):
            name, uid = f"crowd{number}", first_uid + number
            whose = owner(name, uid)
            (account,) = store.execute(
                "INSERT INTO accounts (name, uid, generation) VALUES (?, ?, 1) RETURNING id", (name, uid)
            ).fetchone()
            store.execute(
                "INSERT INTO credentials (account, sealed, algorithm, digits, time_step, last_step, confirmed_at)"
                " VALUES (?, ?, 'SHA1', 6, 30, 1, 1)",
                (account, key.seal(os.urandom(20), "totp-secret", whose)),
            )
            (codes,) = store.execute(
                "INSERT INTO recovery_sets (account, kind, issued_at) VALUES (?, 'own', 1) RETURNING id", (account,)
            ).fetchone()
            store.executemany(
                "INSERT INTO recovery_codes (recovery_set, number, sealed) VALUES (?, ?, ?)",
                [(codes, place, key.seal(code, "recovery-code", whose)) for place in range(10)],
            )
        store.execute("COMMIT")
    for file in STATE.glob("twinlock.db*"):
        # The daemon opens only what is its own.
        shutil.chown(file, *(STATE.stat().st_uid, STATE.stat().st_gid))
