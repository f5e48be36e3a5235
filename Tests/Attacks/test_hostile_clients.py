"""Clients that mean harm: others' logins go on meanwhile, and the daemon's memory stays within its bound.

How long a login takes meanwhile is measured and reported, never claimed: it depends on the machine.
"""

import pathlib
import statistics
import subprocess
import threading
import time

import pytest

import accounts
import faults
import logins
import phones
import twinlockd
from tally import INPUT, LOAD, MEASURE
from waiting import wait_for

PYTHON = "/usr/bin/python3"
HOSTILE = pathlib.Path(__file__).with_name("hostile.py").read_text()

# Uids that nobody has: places are counted by number.
UIDS = range(300_000, 300_100)

# What strangers can hold: 768 connections of 64 KiB each, which a buffer that grows by doubling can take twice, beside
# the daemon's own 32 MiB.
BOUND_KIB = 32 * 1024 + 768 * 2 * 64


class Crowd:
    """A process of some uid, with its connections."""

    def __init__(self, uid, manner, count):
        words = ["prlimit", "--nofile=20000:20000", "setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups"]
        words += [PYTHON, "-I", "-c", HOSTILE, twinlockd.SOCKET, manner, str(count)]
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd="/")

    def has_begun(self):
        assert self.process.stdout.readline() == "begun\n"

    def leave(self):
        """How many connections it has made."""
        output, _ = self.process.communicate("enough\n")
        return int(output)


class Town:
    """A daemon, and those whose logins go on."""

    def __init__(self, make_daemon):
        self.daemon = make_daemon()
        self.by_root = twinlockd.enrol(accounts.add_account(), self.daemon.clock)
        self.own = accounts.add_account()
        self.quiet = self.logins(12)

    def logins(self, count):
        """So many logins of each kind, all of which must succeed: the median of what each kind took, in seconds."""
        taken = {"root's": [], "a user's own": []}
        for number in range(count):
            if number % 3 == 0:
                phones.move_on(self.daemon.clock)
            code = self.by_root.phone.next_code()
            began = time.monotonic()
            assert phones.verify(self.by_root, code, service="login", remoteHost="") is None
            taken["root's"].append(time.monotonic() - began)
            began = time.monotonic()
            assert twinlockd.Program(self.own).sign_in(password=self.own.password)["state"] == "signedIn"
            taken["a user's own"].append(time.monotonic() - began)
        return {kind: statistics.median(all_) for kind, all_ in taken.items()}

    def report(self, tally, name, count):
        for kind, median in self.logins(count).items():
            ratio = round(median / self.quiet[kind], 1)
            tally(MEASURE, f"{kind} logins beside {name}: times as long as without", ratio)
            tally(MEASURE, f"{kind} logins without anybody: milliseconds", round(1000 * self.quiet[kind], 1))
        logins.write_stack(faults.SERVICE, logins.TWINLOCK)
        for _ in range(count):
            phones.move_on(self.daemon.clock)
            assert faults.through_pam(self.by_root, self.by_root.phone.next_code()) == "PAM_SUCCESS"
        tally(LOAD, f"logins of others beside {name}, all let in", 3 * count)
        self.assert_memory(tally, name)

    def assert_memory(self, tally, name):
        status = pathlib.Path(f"/proc/{self.daemon.pid}/status").read_text()
        peak = int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])
        assert peak < BOUND_KIB
        tally(MEASURE, f"most memory, MiB, beside {name} (bound {BOUND_KIB // 1024})", round(peak / 1024, 1))


@pytest.fixture
def town(make_daemon):
    return Town(make_daemon)


@pytest.fixture
def crowds():
    """Starts crowds; `end` tells how many connections they made."""
    started = []

    class Crowds:
        def start(self, uid, manner, count):
            started.append(Crowd(uid, manner, count))
            started[-1].has_begun()

        def end(self):
            return sum(started.pop().leave() for _ in list(started))

    crowds = Crowds()
    yield crowds
    crowds.end()


WORDS = {
    "slow": "senders of a byte now and then",
    "silent": "senders of nothing",
    "half": "senders of half a message",
    "megabyte": "senders of a megabyte",
    "deaf": "callers that read no reply",
    "garbage": "senders of garbage",
}


@pytest.mark.parametrize("manner", WORDS)
def test_logins_go_on_beside_twelve_uids_full_of(town, crowds, rounds, tally, manner):
    """Twelve uids fill all places that are not root's. A few are left for the user's own logins."""
    for uid in UIDS[:12]:
        crowds.start(uid, manner, 64 if uid != UIDS[0] else 56)
    town.report(tally, WORDS[manner], rounds(3, 0.03))
    tally(INPUT, f"connections of {WORDS[manner]}", crowds.end())


def test_logins_go_on_beside_ten_thousand_connections_of_one_uid(town, crowds, rounds, tally):
    """All but 64 of them are hung up on; the uid makes them again and again."""
    crowds.start(UIDS[0], "silent", 10_000)
    town.report(tally, "one uid with ten thousand connections", rounds(3, 0.03))
    made = crowds.end()
    tally(INPUT, "connections of the one uid", made)


class Flood:
    """Sign-ins without end, through root's callers, from several connections at once."""

    AT_ONCE = 16

    def __init__(self, calls):
        self._calls = calls
        self._wanted = True
        self.count = 0
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._run, args=(number,)) for number in range(self.AT_ONCE)]

    def _run(self, number):
        with twinlockd.connect() as connection:
            while self._wanted:
                with self._lock:
                    self.count += 1
                    count = self.count
                twinlockd.exchange(connection, f"{twinlockd.AUTHENTICATION}.SignIn", **self._calls(count))

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        wait_for(lambda: self.count > self.AT_ONCE, "the flood to begin")
        return self

    def __exit__(self, *_):
        self._wanted = False
        for thread in self._threads:
            thread.join()


def guess(name):
    context = {"service": "sshd", "remoteHost": "198.51.100.9", "purpose": "login"}
    return {"user": name, "password": "guess", "context": context}


@pytest.mark.parametrize("whose", ["many names", "one name", "the name of one who logs in"])
def test_logins_go_on_beside_a_flood_of_sign_ins_for(town, rounds, tally, whose):
    names = {
        "many names": lambda count: f"stranger-{count}",
        "one name": lambda count: "stranger",
        "the name of one who logs in": lambda count: town.by_root.name,
    }
    with Flood(lambda count: guess(names[whose](count))) as flood:
        town.report(tally, f"a flood of sign-ins for {whose}", rounds(3, 0.03))
    tally(INPUT, f"sign-ins of a flood for {whose}", flood.count)


def test_after_all_that_everything_works_as_before(town, crowds, tally):
    """Whatever the crowds held is free again."""
    before = len(list(pathlib.Path(f"/proc/{town.daemon.pid}/fd").iterdir()))
    for uid, manner in zip(UIDS, WORDS, strict=False):
        crowds.start(uid, manner, 64)
    town.logins(1)
    crowds.end()

    def files():
        return len(list(pathlib.Path(f"/proc/{town.daemon.pid}/fd").iterdir()))

    wait_for(lambda: files() <= before, lambda: f"{before} open files, now {files()}")
    town.logins(3)
    assert town.daemon.stop() == 0
