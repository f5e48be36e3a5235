"""What a daemon needs is taken away.

Each time there is a clear error, nobody gets in, nothing is lost, and as soon as the cause is gone logins work again.
"""

import contextlib
import pathlib
import shutil
import signal
import sqlite3
import subprocess

import pytest

import accounts
import disks
import logins
import phones
import preloads
import twinlockd
from start_line import StartLine
from tally import FAULT, INPUT
from waiting import wait_for

SERVICE = "attack"
TESTER_SERVICE = "attack-tester"

DATABASE = twinlockd.STATE / "twinlock.db"
KEY = twinlockd.STATE / "sealing.key"

# What is kept free on the disk for sign-ins; records stop before.
RESERVE = 16 << 20


@pytest.fixture
def own_disk(installed):
    with disks.mounted("64m"):
        yield


@pytest.fixture
def town(own_disk, make_daemon):
    """A daemon on a disk of its own, and a user with a second factor."""
    return settle(make_daemon)


def settle(make_daemon, **options):
    for service in (SERVICE, TESTER_SERVICE):
        logins.write_stack(service, logins.TWINLOCK)
    daemon = make_daemon(with_clock=True, **options)
    return daemon, twinlockd.enrol(accounts.add_account(), daemon.clock)


def through_pam(account, code):
    """What pam_authenticate returns for this login."""
    line = StartLine.at_pam(1, SERVICE)
    try:
        return line.race([{"user": account.name, "password": account.password, "code": code}])[0]
    finally:
        line.close()


def through_pam_is_refused(account, code):
    """Whether PAM says that it cannot know (PAM_AUTHINFO_UNAVAIL), which it may before the code is asked for."""
    told = logins.pamtester(TESTER_SERVICE, account, account.password, code).told
    return "Authentication service cannot retrieve authentication info" in told


def assert_nothing_is_told(account, code):
    """A right code, a wrong one and a recovery code are answered alike, over the socket and through PAM."""
    tried = (code, account.phone.wrong_code(), account.recovery_codes[0])
    assert [phones.verify(account, one) for one in tried] == ["Unavailable"] * 3
    assert [through_pam(account, one) for one in tried] == ["PAM_AUTHINFO_UNAVAIL"] * 3


def assert_nothing_was_lost(account, code):
    """What was refused was neither spent nor counted; what was used before stays used."""
    assert phones.verify(account, account.phone.code_at(account.phone.used_step - 1)) == "CodeAlreadyUsed"
    assert phones.verify(account, code) is None
    assert phones.verify(account, code) == "CodeAlreadyUsed"
    status = twinlockd.Program(account).status()
    assert status["failedCodes"] == 0
    assert status["recoveryCodesLeft"] == 10
    assert phones.verify(account, account.recovery_codes[0]) is None
    assert twinlockd.Program(account).status()["recoveryCodesLeft"] == 9


def assert_start_is_refused(daemon, words):
    """And the next start, when the cause is gone, works."""
    mark = len(daemon.log())
    daemon.begin()
    assert daemon.process.wait(timeout=60) == 1
    assert words in daemon.log()[mark:], daemon.log()[mark:]


def has_ended(daemon):
    return daemon.process.poll() is not None


def fresh_code(daemon, account):
    """A code that is right, after one that was used."""
    phones.move_on(daemon.clock)
    assert phones.verify(account, account.phone.next_code()) is None
    return account.phone.next_code()


def test_on_a_full_disk_nobody_gets_in_and_logins_work_once_there_is_room(town, tally):
    daemon, account = town
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


def test_a_disk_that_is_read_only_at_the_start_is_named(town, tally):
    daemon, account = town
    code = fresh_code(daemon, account)
    assert daemon.stop() == 0
    disks.remount("ro")
    assert_start_is_refused(daemon, "read-only")
    assert through_pam_is_refused(account, code)
    disks.remount("rw")
    daemon.start()
    assert_nothing_was_lost(account, code)
    tally(FAULT, "read-only disk at the start", 1)


def test_a_database_that_is_not_the_daemons_any_more_is_named(town, tally):
    daemon, account = town
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


def test_permission_for_its_files_that_is_taken_away_from_a_running_daemon_stops_no_login(town, tally):
    daemon, account = town
    code = fresh_code(daemon, account)
    for path in (DATABASE, DATABASE.with_name("twinlock.db-wal"), KEY):
        path.chmod(0)
        shutil.chown(path, "root", "root")
    assert_nothing_was_lost(account, code)
    tally(FAULT, "permission for its files taken away from a running daemon", 1)


def test_permission_for_its_directory_that_is_taken_away_stops_logins_until_it_is_given_back(town, tally):
    """The checker's socket is in there. Passwords are not believed without a checker."""
    daemon, account = town
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


def test_a_database_that_another_process_holds_is_named(town, tally):
    daemon, account = town
    code = fresh_code(daemon, account)
    assert daemon.stop() == 0
    with holding_the_database():
        assert_start_is_refused(daemon, "another process has it open")
        assert through_pam_is_refused(account, code)
    daemon.start()
    assert_nothing_was_lost(account, code)
    tally(FAULT, "database locked by another process", 1)


def test_nobody_can_lock_the_database_of_a_running_daemon(town, tally):
    daemon, account = town
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
def spoilt(town, tmp_path):
    """The town with its daemon stopped, and how to mend the database."""
    daemon, account = town
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
    daemon.begin()
    wait_for(lambda: has_ended(daemon) or "serving" in daemon.log()[mark:], "the daemon to serve or to end")
    if not has_ended(daemon):
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


def test_a_missing_key_is_named(town, tally, tmp_path):
    daemon, account = town
    code = fresh_code(daemon, account)
    assert daemon.stop() == 0
    away = tmp_path / "sealing.key"
    shutil.move(KEY, away)
    assert_start_is_refused(daemon, "is missing")
    assert through_pam_is_refused(account, code)
    assert not KEY.exists()
    shutil.move(away, KEY)
    shutil.chown(KEY, "twinlock", "twinlock")
    daemon.start()
    assert_nothing_was_lost(account, code)
    tally(FAULT, "missing key", 1)


def another_key():
    """The present one with one digit changed."""
    text = KEY.read_text()
    at = max(index for index, character in enumerate(text) if character in "0123456789abcdef")
    return text[:at] + ("0" if text[at] != "0" else "1") + text[at + 1 :]


def test_a_wrong_key_lets_nobody_in_and_seals_nothing(town, tally):
    daemon, account = town
    code = fresh_code(daemon, account)
    assert daemon.stop() == 0
    right, wrong = KEY.read_text(), another_key()
    KEY.write_text(wrong)
    mark = len(daemon.log())
    daemon.begin()
    wait_for(lambda: has_ended(daemon) or "serving" in daemon.log()[mark:], "the daemon to serve or to end")
    if not has_ended(daemon):
        assert phones.verify(account, code) == "Unavailable"
        assert through_pam_is_refused(account, code)
        # What is sealed with it now could not be opened once the right one is back.
        reply = twinlockd.raw_call("org.twinlock.Administration.BeginSetUp", user=accounts.add_account().name)
        assert reply["error"].endswith(".Unavailable")
        daemon.kill()
    assert "key" in daemon.log()[mark:]
    KEY.write_text(right)
    daemon.start()
    assert_nothing_was_lost(account, code)
    tally(FAULT, "wrong key", 1)


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


def test_a_second_daemon_on_the_same_database_is_refused_and_changes_nothing(town, tally):
    daemon, account = town
    code = fresh_code(daemon, account)
    before = sorted(path.name for path in twinlockd.STATE.iterdir())
    second = twinlockd.Daemon({"daemon.socket": "/run/twinlock/another.socket"})
    assert_start_is_refused(second, "another process has it open")
    assert sorted(path.name for path in twinlockd.STATE.iterdir()) == before
    assert_nothing_was_lost(account, code)
    tally(FAULT, "second daemon on the same database", 1)


def assert_the_key_fits(daemons):
    """One of them serves; what it seals can be opened after everything has ended."""
    daemons[0].await_answer(by_whomever=True)
    account = twinlockd.enrol(accounts.add_account())
    for one in daemons:
        one.process.kill()
        one.process.wait()
    wait_for(lambda: not daemons[0].checker_pids(), "the checkers to follow their daemons")
    last = twinlockd.Daemon()
    daemons.append(last)
    last.start()
    assert phones.verify(account, account.phone.next_code()) is None


@pytest.fixture
def daemons():
    """Daemons that are started by the test."""
    started = []
    yield started
    for one in started:
        one.discard()


def test_daemons_that_make_the_database_at_once_leave_one_with_the_key_on_the_disk(installed, daemons, rounds, tally):
    """Each would make a key. What is sealed with another key than the one that is kept is lost at the next start."""
    count = rounds(2, 0.05)
    for _ in range(count):
        daemons += [twinlockd.Daemon() for _ in range(4)]
        for one in daemons:
            one.begin()
        assert_the_key_fits(daemons)
        while daemons:
            daemons.pop().discard()
    tally(FAULT, "first starts of four daemons at once", count)


def is_held_up(daemon):
    """Whether it has stopped, or waits for a lock that another process has (proc(5))."""
    state = pathlib.Path(f"/proc/{daemon.pid}/stat").read_text().rpartition(")")[2].split()[0]
    waiting = [line.split() for line in pathlib.Path("/proc/locks").read_text().splitlines() if "->" in line]
    return state == "T" or any(str(daemon.pid) in words for words in waiting)


def drafts():
    """The key that has no name yet, if there is one, and when it was made."""
    return [(path.stat().st_ino, path.stat().st_ctime_ns) for path in twinlockd.STATE.glob("sealing.key.new")]


def test_a_first_start_takes_no_other_ones_key_away(installed, daemons, tally):
    """The worst moment: one has seen that there is no key, the other has made its own and is about to name it."""
    library = str(preloads.build("stop_at"))
    for call in ("unlink", "rename"):
        environment = {"LD_PRELOAD": library, "STOP_AT": call, "STOP_AT_FILE": "sealing.key.new"}
        daemons.append(twinlockd.Daemon(environment=environment))
        daemons[-1].begin()
        wait_for(lambda: is_held_up(daemons[-1]), "the daemon to be held up")
    before = drafts()
    for one in daemons:
        one.process.send_signal(signal.SIGCONT)
        wait_for(lambda: KEY.exists() or drafts() != before, "a key to be made")
    assert_the_key_fits(daemons)
    tally(FAULT, "first starts held up at the worst moment", 1)
