"""A daemon that is killed at any moment, with many clients at work of every kind; and the same with its power cut.

After each kill the database is whole, everything that was answered is there, no code is accepted twice, the next login
works at once, and no file is left behind.
"""

import contextlib
import os
import pathlib
import pwd
import random
import shutil
import signal
import sqlite3
import tempfile
import time

import pytest

import accounts
import disks
import lost_writes
import people
import phones
import twinlockd
from start_line import StartLine
from tally import FAULT, LOAD

WORKERS = 6

# Between two rounds: longer than any wait after wrong codes, so that the next ones are read.
PERIODS = 40

# What may lie in the daemon's directories while it runs, and after it has ended.
RUNNING = {"twinlock.db", "twinlock.db-wal", "sealing.key", "checker.socket"}
ENDED = {"twinlock.db", "sealing.key"}

SCRATCH = [pathlib.Path(path) for path in ("/tmp", "/var/tmp", "/dev/shm")]


def owner(path):
    """Whose a file is; others' may vanish meanwhile."""
    try:
        return path.lstat().st_uid
    except FileNotFoundError:
        return None


def scratch_files():
    """What the daemon and the checker have where anybody may write."""
    uids = [pwd.getpwnam(name).pw_uid for name in ("twinlock", "twinlock-pw")]
    return [path for directory in SCRATCH for path in directory.iterdir() if owner(path) in uids]


class Town:
    """A daemon, its users, and the clients that work for them."""

    def __init__(self, make_daemon, disk=None):
        self.disk = disk
        # Few records, so that the oldest are removed meanwhile.
        self.daemon = make_daemon(
            {"audit.rows": 1000, "daemon.log-level": "warning"},
            environment=disk.environment if disk else None,
        )
        clock = self.daemon.clock
        new = accounts.add_account

        def enrolled():
            return twinlockd.enrol(new(), clock)

        self.newcomer = enrolled()
        shared = [kind(enrolled()) for kind in (people.WithCodes, people.WithRecoveryCodes, people.Guessed)]
        self.people = [
            *shared,
            people.Switching(enrolled(), 0, clock),
            people.Switching(enrolled(), 1, clock),
            people.WithTokens(new(), 2, clock),
            people.WithTokens(new(), 3, clock),
            people.WithSessions(new(), 4),
            people.WithSessions(new(), 5),
        ]
        self.line = StartLine.with_mixed_work(WORKERS)
        self.calls = 0

    @property
    def decisions(self):
        return sum(person.decisions for person in self.people)

    def set_to_work(self, draw):
        """Lets the clients go, each with its jobs in an order of its own."""
        phones.move_on(self.daemon.clock, PERIODS)
        jobs = [[(person, job) for person in self.people for job in person.jobs(worker)] for worker in range(WORKERS)]
        for own in jobs:
            draw.shuffle(own)
        self._jobs = jobs
        self.line.gather([{"jobs": [job for _, job in own]} for own in jobs])
        self.line.release()

    def take_note(self):
        for own, events in zip(self._jobs, self.line.results(), strict=True):
            self.calls += len(events)
            for event in events:
                own[event["job"]][0].note(event)

    def check(self):
        code = self.newcomer.phone.next_code()
        assert phones.verify(self.newcomer, code) is None, "the next login does not work"
        for person in self.people:
            person.check()
        assert {path.name for path in twinlockd.STATE.iterdir()} <= RUNNING
        assert os.listdir(pathlib.Path(twinlockd.SOCKET).parent) == ["twinlock.socket"]
        assert scratch_files() == []

    def close(self):
        self.line.close()


@pytest.fixture
def make_town(make_daemon):
    with contextlib.ExitStack() as stack:

        def make(disk=None):
            town = Town(make_daemon, disk)
            stack.callback(town.close)
            return town

        yield make


def assert_whole():
    """Looks at a copy of the database as it lies there."""
    directory = pathlib.Path(tempfile.mkdtemp(prefix="copy-"))
    for file in twinlockd.STATE.glob("twinlock.db*"):
        shutil.copy(file, directory)
    with contextlib.closing(sqlite3.connect(directory / "twinlock.db")) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
    shutil.rmtree(directory)


def kill_at_work(daemon, draw):
    """A moment that has nothing to do with what the daemon does."""
    time.sleep(draw.uniform(0, 0.2))
    daemon.kill()


def kill_while_it_stops(daemon, draw):
    time.sleep(draw.uniform(0, 0.1))
    daemon.process.send_signal(signal.SIGTERM)
    time.sleep(draw.uniform(0, 0.03))
    daemon.kill()


def kill_while_it_starts(daemon, draw):
    """Once at work, and once more before it has answered anybody."""
    kill_at_work(daemon, draw)
    daemon.begin()
    time.sleep(draw.uniform(0, 0.1))
    daemon.kill()


MOMENTS = [
    ("at work", kill_at_work),
    ("while it stops", kill_while_it_stops),
    ("at work", kill_at_work),
    ("while it starts", kill_while_it_starts),
]


def one_round(town, draw, number, tally, fault):
    words, kill = MOMENTS[number % len(MOMENTS)]
    town.set_to_work(draw)
    kill(town.daemon, draw)
    town.take_note()
    if town.disk:
        town.disk.cut(draw)
    assert_whole()
    town.daemon.start()
    town.check()
    tally(FAULT, f"{fault} {words}", 1)


def finish(town, tally, words):
    assert town.daemon.stop() == 0
    assert {path.name for path in twinlockd.STATE.iterdir()} == ENDED
    assert not pathlib.Path(twinlockd.SOCKET).exists()
    tally(LOAD, f"calls under way or answered {words}", town.calls)
    tally(LOAD, f"decisions answered {words}, all there afterwards", town.decisions)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_kill_at_any_moment_loses_nothing_and_frees_nothing(make_town, rounds, tally, seed):
    town = make_town()
    draw = random.Random(seed)
    for number in range(rounds(8, 0.5)):
        one_round(town, draw, number, tally, "kills")
    finish(town, tally, "before kills")


@pytest.fixture
def make_disk(installed):
    with disks.mounted("256m"):
        yield lost_writes.Disk


@pytest.mark.parametrize("seed", [3, 4])
def test_a_power_cut_at_any_moment_loses_nothing_and_frees_nothing(make_disk, make_town, rounds, tally, seed):
    disk = make_disk()
    town = make_town(disk)
    draw = random.Random(seed)
    for number in range(rounds(6, 0.5)):
        one_round(town, draw, number, tally, "power cuts")
    assert disk.lost > 0
    finish(town, tally, "before power cuts")
    tally(FAULT, "sectors written and not yet synchronised that were lost", disk.lost)
    tally(FAULT, "sectors written and not yet synchronised that arrived all the same", disk.arrived)
    tally(FAULT, "changes of names not yet synchronised that were lost", disk.names_lost)


def test_a_power_cut_during_the_first_start_leaves_what_the_next_one_can_begin_with(installed, rounds, tally):
    """Of the key and the database, which belong together, either may have its name by then, or neither."""
    draw = random.Random(5)
    count = rounds(4, 0.1)
    names_lost = 0
    for _ in range(count):
        with disks.mounted("64m"):
            disk = lost_writes.Disk()
            daemon = twinlockd.Daemon(environment=disk.environment)
            try:
                daemon.begin()
                time.sleep(draw.uniform(0, 0.15))
                daemon.kill()
                disk.cut(draw)
                names_lost += disk.names_lost
                daemon.start()
                account = twinlockd.enrol(accounts.add_account())
                daemon.kill()
                disk.cut(draw)
                daemon.start()
                assert phones.verify(account, account.phone.next_code()) is None
            finally:
                daemon.discard()
    tally(FAULT, "power cuts during a first start", count)
    tally(FAULT, "files made or renamed whose names were lost during a first start", names_lost)


def test_a_disk_that_lies_shows_that_power_cuts_are_seen(make_disk, make_daemon, account):
    """Proves the test above: where a wait for the disk means nothing, what was answered is gone after a cut."""
    disk = make_disk(lies=True)
    daemon = make_daemon(environment=disk.environment)
    twinlockd.enrol(account)
    daemon.kill()
    disk.cut(None)
    daemon.start()
    assert not twinlockd.Program(account).status()["enabled"]
