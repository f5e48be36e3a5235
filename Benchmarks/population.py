"""Stores with any number of accounts.

Accounts that will sign in get their second factor from the daemon, over the socket. The others are copies of one of
these under names and uids of their own, written into the store of the stopped daemon by its own schema, with all of its
checks and triggers at work: as many rows and bytes as real ones, but what is sealed in them opens for nobody, and nobody
tries. Both kinds alternate by number, and by name stand in no order: those who sign in are spread over the whole store.
"""

import contextlib
import sqlite3

import people



def fill(daemon, numbers, total):
    """Brings the store of a stopped daemon, which has the accounts of these numbers, to so many accounts."""
    with contextlib.closing(sqlite3.connect(daemon.state / "twinlock.db", isolation_level=None)) as store:
        store.execute("PRAGMA foreign_keys = OFF")
        store.execute("PRAGMA journal_mode = WAL")
        store.execute("PRAGMA synchronous = OFF")
        store.execute("PRAGMA cache_size = -200000")
        store.create_function("name_of", 1, people.name_of, deterministic=True)
        store.execute("BEGIN IMMEDIATE")
        _move(store, numbers)
        _copy(store, total)
        store.execute("COMMIT")
        wrong = store.execute("PRAGMA foreign_key_check").fetchone()
        if wrong:
            raise SystemExit(f"the store is wrong: {wrong}")
        count = store.execute("SELECT count(*) FROM accounts").fetchone()[0]
        if count != total:
            raise SystemExit(f"the store has {count} accounts instead of {total}")
        store.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def numbers(total, active):
    """The numbers of those who sign in, among 1 to total."""
    active = min(total, active)
    return [1 + index * total // active for index in range(active)]


def _move(store, numbers):
    """Gives each account the row that is its number. Downwards in two steps, so that none meets another."""
    uid = f"uid - {people.FIRST_UID}"
    referring = [
        (table, column[3])
        for (table,) in store.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
        for column in store.execute(f"PRAGMA foreign_key_list({table})").fetchall()
        if column[2] == "accounts"
    ]
    for table, column in referring:
        store.execute(f"UPDATE {table} SET {column} = -(SELECT {uid} FROM accounts WHERE id = {table}.{column})")
        store.execute(f"UPDATE {table} SET {column} = -{column}")
    store.execute(f"UPDATE accounts SET id = -({uid})")
    store.execute("UPDATE accounts SET id = -id")


def _copy(store, total):
    (pattern,) = store.execute("SELECT min(id) FROM accounts").fetchone()
    store.execute("CREATE TEMP TABLE free (fresh INTEGER PRIMARY KEY)")
    store.execute(
        "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
        " INSERT INTO free SELECT i FROM n WHERE i NOT IN (SELECT id FROM accounts)",
        (total,),
    )
    own = {"id": "fresh", "name": "name_of(fresh)", "uid": f"fresh + {people.FIRST_UID}"}
    _copy_rows(store, "accounts", own, "id", pattern)
    _copy_rows(store, "credentials", {"account": "fresh"}, "account", pattern)
    # Sets have numbers of their own; those of copies lie beyond all that the daemon gave.
    (last,) = store.execute("SELECT coalesce(max(id), 0) FROM recovery_sets").fetchone()
    found = store.execute("SELECT id FROM recovery_sets WHERE account = ?", (pattern,)).fetchone()
    if found:
        _copy_rows(store, "recovery_sets", {"id": f"fresh + {last}", "account": "fresh"}, "account", pattern)
        _copy_rows(store, "recovery_codes", {"recovery_set": f"fresh + {last}"}, "recovery_set", found[0])
    store.execute("DROP TABLE temp.free")


def _copy_rows(store, table, own, key, value):
    columns = [column[1] for column in store.execute(f"PRAGMA table_info({table})").fetchall()]
    values = ", ".join(own.get(column, column) for column in columns)
    store.execute(
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM temp.free, {table} WHERE {key} = ?"
        " ORDER BY fresh",
        (value,),
    )
