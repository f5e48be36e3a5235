"""What a daemon needs of its disk and its database is taken away.

Each time there is a clear error, nobody gets in, nothing is lost, and as soon as the cause is gone logins work again.
"""

import contextlib
import shutil
import sqlite3
import subprocess

import pytest

import disks
import phones
import twinlockd
from faults import (
    DATABASE,
    KEY,
    assert_nothing_is_told,
    assert_nothing_was_lost,
    assert_start_is_refused,
    fresh_code,
    settle,
    through_pam,
    through_pam_is_refused,
)
from tally import FAULT, INPUT

# What is kept free on the disk for sign-ins; records stop before.
RESERVE = 16 << 20


def test_on_a_full_disk_nobody_gets_in_and_logins_work_once_there_is_room(settled, tally):
    daemon, account = settled
    code = fresh_code(daemon, account)
    filler = disks.Filler()
    # Where the log of the database still has room a login may find it.
    while phones.verify(account, code) is None:
        code = fresh_code(daemon, account)
    assert_nothing_is_told(account, code)
    assert "database or disk is full" in daemon.log()
    filler.remove()
    assert_nothing_was_lost(account, code)
    tally(FAULT, "full disk", 1)


FAILURES = {
    "a disk that has become read-only": ("write", "EROFS"),
    "a quota that is used up": ("write", "EDQUOT"),
    "a disk that cannot be written": ("write", "EIO"),
    "a disk that does not confirm what was written": ("sync", "EIO"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_nobody_gets_in_and_logins_work_once_it_is_gone(own_disk, make_daemon, rounds, tally, name):
    disk = disks.FailingDisk()
    daemon, account = settle(make_daemon, environment=disk.environment)
    count = rounds(1, 0.02)
    for number in range(count):
        code = fresh_code(daemon, account)
        disk.fail(*FAILURES[name])
        assert_nothing_is_told(account, code)
        assert "the store is unavailable" in daemon.log() or "cannot" in daemon.log()
        disk.heal()
        assert phones.verify(account, code) is None
        assert phones.verify(account, code) == "CodeAlreadyUsed"
        daemon.kill()
        daemon.start()
        assert phones.verify(account, code) == "CodeAlreadyUsed"
        assert twinlockd.Program(account).status()["failedCodes"] == 0
        assert twinlockd.Program(account).status()["recoveryCodesLeft"] == 10
    tally(FAULT, f"{name}, and then a kill", count)


def test_a_disk_that_is_read_only_at_the_start_is_named(settled, tally):
    daemon, account = settled
    code = fresh_code(daemon, account)
    assert daemon.stop() == 0
    disks.remount("ro")
    assert_start_is_refused(daemon, "read-only")
    assert through_pam_is_refused(account, code)
    disks.remount("rw")
    daemon.start()
    assert_nothing_was_lost(account, code)
    tally(FAULT, "read-only disk at the start", 1)


def test_a_database_that_is_not_the_daemons_any_more_is_named(settled, tally):
    daemon, account = settled
    code = fresh_code(daemon, account)
    assert daemon.stop() == 0
    shutil.chown(DATABASE, "root", "root")
    assert_start_is_refused(daemon, "permission denied")
    assert through_pam_is_refused(account, code)
    shutil.chown(DATABASE, "twinlock", "twinlock")
    shutil.chown(twinlockd.STATE, "root", "root")
    assert_start_is_refused(daemon, "belongs to uid 0")
    shutil.chown(twinlockd.STATE, "twinlock", "twinlock")
    daemon.start()
    assert_nothing_was_lost(account, code)
    tally(FAULT, "permission taken away at the start", 2)


def test_permission_for_its_files_that_is_taken_away_from_a_running_daemon_stops_no_login(settled, tally):
    daemon, account = settled
    code = fresh_code(daemon, account)
    for path in (DATABASE, DATABASE.with_name("twinlock.db-wal"), KEY):
        path.chmod(0)
        shutil.chown(path, "root", "root")
    assert_nothing_was_lost(account, code)
    tally(FAULT, "permission for its files taken away from a running daemon", 1)


def test_permission_for_its_directory_that_is_taken_away_stops_logins_until_it_is_given_back(settled, tally):
    """The checker's socket is in there. Passwords are not believed without a checker."""
    daemon, account = settled
    code = fresh_code(daemon, account)
    twinlockd.STATE.chmod(0)
    shutil.chown(twinlockd.STATE, "root", "root")
    assert through_pam_is_refused(account, code)
    assert "cannot check a password" in daemon.log()
    shutil.chown(twinlockd.STATE, "twinlock", "twinlock")
    twinlockd.STATE.chmod(0o700)
    assert_nothing_was_lost(account, code)
    tally(FAULT, "permission for its directory taken away from a running daemon", 1)


@contextlib.contextmanager
def holding_the_database():
    """Another process that has it locked."""
    words = ["sqlite3", DATABASE]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        other.stdin.write("BEGIN EXCLUSIVE; SELECT 'held';\n")
        other.stdin.flush()
        assert other.stdout.readline() == "held\n"
        yield
        other.stdin.close()


def test_a_database_that_another_process_holds_is_named(settled, tally):
    daemon, account = settled
    code = fresh_code(daemon, account)
    assert daemon.stop() == 0
    with holding_the_database():
        assert_start_is_refused(daemon, "another process has it open")
        assert through_pam_is_refused(account, code)
    daemon.start()
    assert_nothing_was_lost(account, code)
    tally(FAULT, "database locked by another process", 1)


def test_nobody_can_lock_the_database_of_a_running_daemon(settled, tally):
    daemon, account = settled
    code = fresh_code(daemon, account)
    before = sorted(path.name for path in twinlockd.STATE.iterdir())
    done = subprocess.run(["sqlite3", DATABASE, "BEGIN EXCLUSIVE"], capture_output=True, text=True)
    assert "database is locked" in done.stderr
    assert sorted(path.name for path in twinlockd.STATE.iterdir()) == before
    assert_nothing_was_lost(account, code)
    tally(FAULT, "attempts to lock the database of a running daemon", 1)


def overwrite(start, end=None):
    """Puts other bytes over the database from there on."""
    with open(DATABASE, "r+b") as file:
        file.seek(start)
        file.write(b"\xa5" * ((end or DATABASE.stat().st_size) - start))


@pytest.fixture
def spoilt(settled, tmp_path):
    """The daemon stopped, and how to mend the database."""
    daemon, account = settled
    code = fresh_code(daemon, account)
    assert daemon.stop() == 0
    shutil.copy(DATABASE, tmp_path)

    def mend():
        with open(DATABASE, "r+b") as file:
            file.write((tmp_path / "twinlock.db").read_bytes())
            file.truncate()

    return daemon, account, code, mend


def test_a_database_with_broken_pages_lets_nobody_in(spoilt, tally):
    """Its schema can be read, so that the daemon starts; every login then finds what is broken."""
    daemon, account, code, mend = spoilt
    with contextlib.closing(sqlite3.connect(DATABASE)) as database:
        page = database.execute("PRAGMA page_size").fetchone()[0]
        roots = [number for (number,) in database.execute("SELECT rootpage FROM sqlite_schema WHERE rootpage > 1")]
    for root in roots:
        overwrite((root - 1) * page, root * page)
    mark = len(daemon.log())
    daemon.start()
    assert phones.verify(account, code) == "Unavailable"
    assert through_pam_is_refused(account, code)
    daemon.kill()
    assert "malformed" in daemon.log()[mark:]
    mend()
    daemon.start()
    assert_nothing_was_lost(account, code)
    tally(FAULT, "database with broken pages", 1)


def test_a_file_that_is_no_database_is_named(spoilt, tally):
    daemon, account, code, mend = spoilt
    overwrite(0, 4096)
    assert_start_is_refused(daemon, "not a database")
    assert through_pam_is_refused(account, code)
    mend()
    daemon.start()
    assert_nothing_was_lost(account, code)
    tally(FAULT, "file that is no database", 1)


def test_strangers_never_fill_the_room_that_a_right_login_needs(installed, make_daemon, rounds, tally):
    """There is little more than what is kept free; a stranger's names are all different, so that no record folds."""
    with disks.mounted(RESERVE + (2 << 20)):
        daemon, account = settle(make_daemon)
        context = {**phones.CHECKED, "remoteHost": "198.51.100.9"}
        tried = 0

        def names(count):
            nonlocal tried
            for _ in range(count):
                tried += 1
                name = f"stranger-{tried}-" + "x" * 200
                twinlockd.raw_call(f"{twinlockd.AUTHENTICATION}.SignIn", user=name, context=context)

        while "are kept for sign-ins" not in daemon.log():
            names(100)
            assert tried < 20000
        names(rounds(100, 5.0))
        assert disks.free_bytes() > RESERVE - (5 << 20)
        code = fresh_code(daemon, account)
        assert_nothing_was_lost(account, code)
        assert through_pam(account, account.phone.next_code()) == "PAM_SUCCESS"
        tally(INPUT, "names of strangers on a disk that has no room for their records", tried)
