"""The bounds of the edge while others are served: who may hold how many connections, and who is cut off.

How long a connection may be idle between two calls, a minute, is left to the tests of the edge that move a clock.
"""

import contextlib
import errno
import json
import os
import pathlib
import select
import shutil
import signal
import socket
import subprocess
import tempfile

import pytest

import twinlockd
from twinlockd import AUTHENTICATION, SOCKET, connect, exchange, raw_call
from waiting import wait_for
from wire import GET_DESCRIPTION, GET_INFO, HUNG_UP, call, hung_up, replies

CONNECTIONS = 1024
FOR_ROOT = 256
FOR_EACH_UID = 64

# Uids that nobody has: places are counted by number.
UIDS = range(200_000, 200_100)

# Reached by every user, wherever the repository is.
PYTHON = "/usr/bin/python3"
CROWD = pathlib.Path(__file__).with_name("crowd.py").read_text()


class Crowd:
    """A process of some uid, and the connections that it holds."""

    def __init__(self, uid, count, manner="call"):
        words = [PYTHON, "-I", "-c", CROWD, SOCKET, str(count), manner]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.process = subprocess.Popen(words, user=uid, group=uid, extra_groups=[], cwd="/", **pipes)

    def answered(self):
        """Which of its connections were served, in the order in which they were made."""
        return json.loads(self.process.stdout.readline())

    def leave(self):
        self.process.communicate()


@pytest.fixture
def crowd():
    """Starts crowds, which stay until the end of the test unless told to leave."""
    with contextlib.ExitStack() as stack:

        def make(*arguments):
            one = Crowd(*arguments)
            stack.callback(one.leave)
            return one

        yield make


def answered(crowd, uid, count):
    """How many of so many connections of a uid are served; they are gone again after that."""
    one = crowd(uid, count)
    served = one.answered()
    one.leave()
    return sum(served)


def test_one_uid_holds_64_connections_and_nobody_else_notices(daemon, crowd):
    first = crowd(UIDS[0], FOR_EACH_UID + 1)
    assert first.answered() == [True] * FOR_EACH_UID + [False]
    assert crowd(UIDS[0], 1).answered() == [False]
    assert crowd(UIDS[1], FOR_EACH_UID).answered() == [True] * FOR_EACH_UID
    assert crowd(0, FOR_EACH_UID + 1).answered() == [True] * (FOR_EACH_UID + 1)
    first.leave()
    wait_for(lambda: answered(crowd, UIDS[0], FOR_EACH_UID) == FOR_EACH_UID, "the places to be free again")


def test_a_stranger_cannot_fill_the_log(daemon, crowd):
    """A journal that takes no more lines of a service would lose those that matter."""
    assert sum(crowd(UIDS[0], 10 * FOR_EACH_UID).answered()) == FOR_EACH_UID
    lines = [line for line in daemon.log().splitlines() if "connection refused: too many" in line]
    assert len(lines) == 1
    assert f'uid="{UIDS[0]}"' in lines[0]


def test_the_settings_say_how_many_one_uid_holds(make_daemon, crowd):
    make_daemon({"daemon.connections-per-uid": 3})
    assert crowd(UIDS[0], 4).answered() == [True] * 3 + [False]
    assert crowd(UIDS[1], 4).answered() == [True] * 3 + [False]
    assert crowd(0, 4).answered() == [True] * 4


def test_hanging_up_on_a_call_at_work_frees_no_place(make_daemon, account, crowd, password_stack, hostile_modules):
    """Otherwise one uid could have as many passwords checked at once as it likes."""
    daemon = make_daemon({"daemon.connections-per-uid": 1, "checker.deadline": 60})
    pids = daemon.shared_file("pids")
    password_stack(f"auth required {hostile_modules}/pam_test_hang.so file={pids}", "@include common-account")
    with connect(account) as connection:
        connection.sendall(call(f"{AUTHENTICATION}.SignIn", parameters={"password": account.password}))
        wait_for(pids.read_text, "the check to hang")
        before = len(open_files(daemon.pid))
    wait_for(lambda: len(open_files(daemon.pid)) < before, "the daemon to hang up, too")
    assert crowd(account.uid, 1).answered() == [False]
    os.kill(int(pids.read_text().split()[0]), signal.SIGKILL)
    wait_for(lambda: answered(crowd, account.uid, 1) == 1, "the place to be free")


@pytest.fixture
def daemon_as_a_service(make_daemon):
    """Started with the soft limit of open files that services start with (systemd.exec(5))."""
    return make_daemon(open_files="1024:")


def test_strangers_leave_a_quarter_to_root_and_root_can_sign_in(daemon_as_a_service, account, crowd):
    """With every place taken the daemon still has files to open: the database, and a connection to the checker."""
    strangers_places = CONNECTIONS - FOR_ROOT
    crowds = [crowd(uid, FOR_EACH_UID) for uid in UIDS[: strangers_places // FOR_EACH_UID]]
    assert sum(sum(one.answered()) for one in crowds) == strangers_places
    newcomer = UIDS[50]
    assert crowd(newcomer, 1).answered() == [False]

    with connect() as own:
        exchange(own, GET_INFO)
        root = crowd(0, FOR_ROOT)
        assert root.answered() == [True] * (FOR_ROOT - 1) + [False]
        assert crowd(newcomer, 1).answered() == [False]
        right = {"user": account.name, "password": account.password}
        reply = exchange(own, f"{AUTHENTICATION}.SignIn", **right)
        assert reply["parameters"]["state"] == "signedIn"
        session = reply["parameters"]["session"]
        assert exchange(own, f"{AUTHENTICATION}.GetSession", session=session)["parameters"]["user"] == account.name

        # A place that root gives back is no stranger's; one that a stranger gives back is.
        root.leave()
        wait_for(lambda: answered(crowd, 0, FOR_ROOT - 1) == FOR_ROOT - 1, "root's places to be free again")
        assert crowd(newcomer, 1).answered() == [False]
        crowds[0].leave()
        wait_for(lambda: answered(crowd, newcomer, FOR_EACH_UID) == FOR_EACH_UID, "a stranger's places to be free")
        for one in crowds[1:]:
            one.leave()
        everything = CONNECTIONS - 1
        wait_for(lambda: answered(crowd, 0, everything) == everything, "every place to be free again")


def call_until_nothing_fits(connection):
    """Calls for what is far larger than they are: where they fill a buffer, the replies do."""
    connection.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:
            connection.sendall(call(GET_DESCRIPTION, parameters={"interface": AUTHENTICATION}))


def test_who_is_slow_is_cut_off_and_keeps_nobody_waiting(daemon, crowd):
    """One says nothing, one begins a call, one sends a byte now and then, one does not read: each has ten seconds."""
    full = crowd(UIDS[0], FOR_EACH_UID, "silent")
    assert full.answered() == []
    with contextlib.ExitStack() as stack:
        silent, beginner, trickler, deaf, other = (stack.enter_context(connect()) for _ in range(5))
        beginner.sendall(b"{")
        call_until_nothing_fits(deaf)
        slow = [silent, beginner, trickler, deaf]
        others_calls = 0

        def all_are_cut_off():
            nonlocal others_calls
            with contextlib.suppress(*HUNG_UP):
                trickler.sendall(b" ")
            assert exchange(other, GET_INFO)["parameters"]["product"] == "twinlockd"
            assert raw_call(GET_INFO)["parameters"]["product"] == "twinlockd"
            others_calls += 2
            return len(hung_up(slow)) == len(slow)

        assert hung_up(slow) == []
        wait_for(all_are_cut_off, "the slow ones to be cut off")
        assert others_calls > 2
        assert hung_up([other]) == []
    log = daemon.log()
    assert log.count("connection ended: message not finished in time") == 2
    assert log.count("connection ended: reply not taken in time") == 1
    silent_ones = "connection ended: no first byte in time"
    wait_for(lambda: daemon.log().count(silent_ones) == 1 + FOR_EACH_UID, "the silent ones to be cut off")
    assert answered(crowd, UIDS[0], FOR_EACH_UID) == FOR_EACH_UID


def test_a_burst_of_connections_waits_to_be_accepted(daemon):
    """A thousand logins at one moment: none is turned away while the daemon is busy."""
    with contextlib.ExitStack() as stack:
        os.kill(daemon.pid, signal.SIGSTOP)
        try:
            waiting = []
            for _ in range(1000):
                waiting.append(stack.enter_context(socket.socket(socket.AF_UNIX)))
                waiting[-1].setblocking(False)
                waiting[-1].connect(SOCKET)
                waiting[-1].sendall(call())
        finally:
            os.kill(daemon.pid, signal.SIGCONT)
        for connection in waiting:
            connection.settimeout(60)
            assert replies(connection, 1)[0]["parameters"]["product"] == "twinlockd"


# --- Open files ---


def open_files(pid):
    return [int(name) for name in os.listdir(f"/proc/{pid}/fd")]


def leave_room(daemon, count):
    """Lets the daemon open so many files more. Its own user may ask for that; root may not everywhere."""
    limit = max(open_files(daemon.pid)) + 1 + count
    words = ["prlimit", f"--pid={daemon.pid}", f"--nofile={limit}:{limit}"]
    subprocess.run(words, user="twinlock", group="twinlock", extra_groups=[], check=True)


def processor_seconds(pid):
    """What the process has used so far (proc(5))."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_without_a_file_to_open_it_waits_and_serves_again(daemon):
    """Who cannot be accepted waits; who is served goes on being; the processor is left alone; the log says why."""
    with contextlib.ExitStack() as stack:
        served = stack.enter_context(connect())
        exchange(served, GET_INFO)
        # Not less: what the daemon opens for itself when it first needs it has to fit, too.
        leave_room(daemon, 10)
        waiting = [stack.enter_context(connect()) for _ in range(40)]
        for connection in waiting:
            connection.sendall(call())
        wait_for(lambda: "cannot accept connections: too many open files" in daemon.log(), "the log to say so")
        before = processor_seconds(daemon.pid)
        assert not is_readable(waiting[-1], milliseconds=1000)
        assert processor_seconds(daemon.pid) - before < 0.2
        exchange(served, GET_INFO)

        for connection in waiting:
            assert replies(connection, 1)[0]["parameters"]["product"] == "twinlockd"
            connection.close()
        assert daemon.log().count("cannot accept connections") == 1


def is_readable(connection, milliseconds=0):
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    return bool(poll.poll(milliseconds))


def test_a_limit_that_is_too_small_stops_the_start_with_words(installed):
    words = ["prlimit", "--nofile=64:64", twinlockd.PROGRAM]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "limit of open files (RLIMIT_NOFILE): 64 is too few, expected 1152 or more" in done.stderr
    assert not os.path.exists(SOCKET)


def test_a_soft_limit_is_raised_no_further_than_needed(daemon_as_a_service):
    limits = pathlib.Path(f"/proc/{daemon_as_a_service.pid}/limits").read_text()
    line = next(line for line in limits.splitlines() if line.startswith("Max open files"))
    assert line.split()[3] == "1152"


@pytest.fixture
def daemon_whose_accept_fails(make_daemon, hostile_modules):
    """A daemon, and the file that says with which error its accept(2) fails from then on."""
    directory = pathlib.Path(tempfile.mkdtemp(prefix="accept-"))
    directory.chmod(0o755)
    file = directory / "error"
    daemon = make_daemon(environment={"LD_PRELOAD": f"{hostile_modules}/fail_accept.so", "FAIL_ACCEPT": str(file)})
    yield daemon, file
    shutil.rmtree(directory)


def place(file, number):
    """Renamed into place, so that it is never read half."""
    draft = file.with_suffix(".new")
    draft.write_text(str(number))
    draft.chmod(0o644)
    draft.rename(file)


@pytest.mark.parametrize("name", ["ENFILE", "ENOBUFS", "ENOMEM", "ECONNABORTED"])
def test_errors_of_accept_that_pass_are_waited_for(daemon_whose_accept_fails, name):
    daemon, file = daemon_whose_accept_fails
    place(file, getattr(errno, name))
    with connect() as waiting:
        waiting.sendall(call())
        wait_for(lambda: "cannot accept connections" in daemon.log(), "the log to say so")
        assert not is_readable(waiting)
        file.unlink()
        assert replies(waiting, 1)[0]["parameters"]["product"] == "twinlockd"
    assert daemon.stop() == 0


def test_a_daemon_that_cannot_accept_any_more_ends(daemon_whose_accept_fails):
    """Nobody could reach it, and whoever started it can start it again."""
    daemon, file = daemon_whose_accept_fails
    place(file, errno.EACCES)
    with connect():
        assert daemon.process.wait(timeout=60) == 1
    assert "cannot accept connections: permission denied" in daemon.log()
    assert "the listening socket is gone" in daemon.log()
