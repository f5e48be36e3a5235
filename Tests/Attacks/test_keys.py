"""The sealing key is taken away or changed, and more than one daemon wants the same directory."""

import pathlib
import shutil
import signal

import pytest

import accounts
import phones
import preloads
import twinlockd
from faults import KEY, assert_nothing_was_lost, assert_start_is_refused, fresh_code, through_pam_is_refused
from tally import FAULT
from waiting import wait_for


def test_a_missing_key_is_named(settled, tally, tmp_path):
    daemon, account = settled
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


def test_a_wrong_key_lets_nobody_in_and_seals_nothing(settled, tally):
    daemon, account = settled
    code = fresh_code(daemon, account)
    assert daemon.stop() == 0
    right, wrong = KEY.read_text(), another_key()
    KEY.write_text(wrong)
    mark = len(daemon.log())
    daemon.begin()
    wait_for(lambda: "was sealed with the key" in daemon.log()[mark:], "the log to tell it before anybody logs in")
    assert phones.verify(account, code) == "Unavailable"
    assert through_pam_is_refused(account, code)
    # What is sealed with it now could not be opened once the right one is back.
    reply = twinlockd.raw_call("org.twinlock.Administration.BeginSetUp", user=accounts.add_account().name)
    assert reply["error"].endswith(".Unavailable")
    daemon.kill()
    KEY.write_text(right)
    daemon.start()
    assert_nothing_was_lost(account, code)
    tally(FAULT, "wrong key", 1)


def test_a_second_daemon_on_the_same_database_is_refused_and_changes_nothing(settled, tally):
    daemon, account = settled
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
