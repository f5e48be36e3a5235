"""The daemon, started by hand as root, and the calls that programs make."""

import contextlib
import glob
import json
import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time

import varlink

import accounts
from waiting import wait_for

PROGRAM = "/usr/sbin/twinlockd"
SOCKET = "/run/twinlock/twinlock.socket"
STATE = pathlib.Path("/var/lib/twinlock")
SETTINGS = pathlib.Path("/etc/twinlock/twinlockd.conf")

AUTHENTICATION = "org.twinlock.Authentication"
ACCOUNT = "org.twinlock.Account"

LIBFAKETIME = "/usr/lib/*/faketime/libfaketime.so.1"


def settings_text(settings):
    """A settings file from {"section.key": value}."""
    lines = []
    for name, value in settings.items():
        section, key = name.split(".", 1)
        lines += [f"[{section}]", f"{key} = {value}"]
    return "\n".join(lines) + "\n"


class ShiftedClock:
    """A clock that a test can move, as the daemon sees it through libfaketime."""

    def __init__(self, directory):
        self.library = glob.glob(LIBFAKETIME)[0]
        self.file = pathlib.Path(directory) / "offset"
        self.offset = 0
        self.advance(0)

    def __call__(self):
        return time.time() + self.offset

    def advance(self, seconds):
        self.offset += seconds
        # Renamed into place, so that the daemon never reads half of it.
        draft = self.file.with_suffix(".new")
        draft.write_text(f"{self.offset:+d}\n")
        draft.chmod(0o644)
        draft.rename(self.file)

    def environment(self):
        return {
            "LD_PRELOAD": self.library,
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }


class Daemon:
    """One start of the daemon after another, over the same state."""

    def __init__(self, settings=None, with_clock=False, open_files=None, environment=None):
        self.settings = {"daemon.log-level": "debug", "sign-in.failure-delay": 0, **(settings or {})}
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="twinlockd-"))
        self.directory.chmod(0o755)
        self.log_file = self.directory / "log"
        self.clock = ShiftedClock(self.directory) if with_clock else None
        self.environment = environment or {}
        # Soft and hard limit, as prlimit(1) writes them.
        self.command = ["prlimit", f"--nofile={open_files}", PROGRAM] if open_files else [PROGRAM]
        self.process = None

    def start(self):
        self.begin()
        return self.await_answer()

    def await_answer(self, by_whomever=False):
        """Waits for an answer: its own, unless another daemon may be the one that serves."""
        wait_for(_answer if by_whomever else self._answers, "an answer from twinlockd")
        return self

    def begin(self):
        """Starts it, and does not wait until it answers."""
        SETTINGS.parent.mkdir(exist_ok=True)
        SETTINGS.write_text(settings_text(self.settings))
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self._whole_environment(), cwd="/"
            )

    def _whole_environment(self):
        clocks = self.clock.environment() if self.clock else {}
        preloaded = [own["LD_PRELOAD"] for own in (self.environment, clocks) if "LD_PRELOAD" in own]
        together = {"LD_PRELOAD": ":".join(preloaded)} if preloaded else {}
        return accounts.ENVIRONMENT | self.environment | clocks | together

    def _answers(self):
        assert self.process.poll() is None, f"twinlockd ended with {self.process.returncode}:\n{self.log()}"
        return _answer()

    @property
    def pid(self):
        return self.process.pid

    def log(self):
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def shared_file(self, name):
        """An empty file that every user may write to, gone with the daemon."""
        path = self.directory / name
        path.touch()
        path.chmod(0o666)
        return path

    def checker_pids(self):
        """The checker and whatever it has running."""
        return [pid for pid in processes() if program_of(pid).endswith("twinlock-checker")]

    def kill(self):
        """Ends it as a power cut would."""
        self.process.kill()
        self.process.wait()
        wait_for(lambda: not self.checker_pids(), "the checker to follow its daemon")

    def stop(self):
        """Ends it as an administrator would. Returns the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)

    def discard(self):
        """Ends it however it is, and removes what it kept."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for pid in self.checker_pids():
            os.kill(pid, signal.SIGKILL)
        for path in (STATE, pathlib.Path(SOCKET).parent, self.directory):
            shutil.rmtree(path, ignore_errors=True)
        SETTINGS.unlink(missing_ok=True)


def _answer():
    try:
        return raw_call("org.varlink.service.GetInfo")
    except OSError:
        return None


def processes():
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def program_of(pid):
    """What a process runs; empty if it has ended."""
    try:
        return os.readlink(f"/proc/{pid}/exe").removesuffix(" (deleted)")
    except OSError:
        return ""


def connect(as_account=None, path=SOCKET):
    connection = socket.socket(socket.AF_UNIX)
    # With a time limit it would fail at once where more wait to be accepted than may (connect(2)).
    with accounts.acting_as(as_account):
        connection.connect(path)
    connection.settimeout(60)
    return connection


def message(method, **parameters):
    """A call as it goes over the wire."""
    return json.dumps({"method": method, "parameters": parameters}).encode() + b"\0"


def exchange(connection, method, **parameters):
    """One call and the whole reply."""
    connection.sendall(message(method, **parameters))
    received = b""
    while not received.endswith(b"\0"):
        part = connection.recv(65536)
        if not part:
            raise ConnectionError("the daemon hung up")
        received += part
    return json.loads(received[:-1])


def raw_call(method, **parameters):
    with connect() as connection:
        return exchange(connection, method, **parameters)


def refusal(name, interface=AUTHENTICATION):
    """How an error of ours is spelled in full."""
    return f"{interface}.{name}"


class Program:
    """A program with the stock Varlink client, one connection for each call, run by root or by an account."""

    def __init__(self, account=None):
        self.account = account

    def call(self, interface, method, **parameters):
        with (
            varlink.Client(address=f"unix:{SOCKET}") as client,
            accounts.acting_as(self.account),
            client.open(interface) as connection,
        ):
            return getattr(connection, method)(**parameters)

    def sign_in(self, **parameters):
        return self.call(AUTHENTICATION, "SignIn", **parameters)

    def verify(self, session, code):
        return self.call(AUTHENTICATION, "Verify2FACode", session=session, code=code)

    def get_session(self, session):
        return self.call(AUTHENTICATION, "GetSession", session=session)

    def sign_out(self, session):
        return self.call(AUTHENTICATION, "SignOut", session=session)

    def status(self, **parameters):
        return self.call(ACCOUNT, "GetStatus", **parameters)

    def both_steps(self, code, **parameters):
        """Signs in with a password and a code."""
        reply = self.sign_in(**parameters)
        assert reply["state"] == "codeRequired", reply
        return self.verify(reply["session"], code)


def sessions_left(directory):
    """How many sessions there are, by a copy of the database in that directory: the daemon keeps its own for itself."""
    for file in STATE.glob("twinlock.db*"):
        shutil.copy(file, directory)
    with contextlib.closing(sqlite3.connect(directory / "twinlock.db")) as database:
        return database.execute("SELECT count(*) FROM sessions").fetchone()[0]


def enrol(account, clock=None):
    """Sets up a second factor with the command, as the account's own user would in a script that keeps the codes."""
    words = ["twinlock", "enable", "--json", "--yes", "--password-file", "-", "--code-file", "-", "--codes-saved"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(words, text=True, **pipes, **account.options()) as command:
        command.stdin.write(account.password + "\n")
        command.stdin.flush()
        line = command.stdout.readline()
        assert line, f"no set-up: {command.stderr.read()}"
        phone = accounts.Authenticator(json.loads(line)["secret"], clock or time.time)
        output, errors = command.communicate(phone.next_code() + "\n", timeout=60)
    assert command.returncode == 0, errors
    told = json.loads(output)
    assert told["enabled"] is True
    account.phone = phone
    account.recovery_codes = told["recoveryCodes"]
    return account
