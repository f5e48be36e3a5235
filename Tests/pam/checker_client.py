"""Speaks the password checker's protocol (pam/checker.h) and starts checkers."""

import dataclasses
import os
import socket
import struct
import subprocess
import time

CHECK_PASSWORD, LOOK_UP_NAME, LOOK_UP_UID, CHECK_ACCOUNT = 1, 2, 3, 4
RIGHT, WRONG, NOT_PROMPTED, MORE_PROMPTS, UNKNOWN_USER, ERROR = range(6)
ACCOUNT_OK, MUST_CHANGE, EXPIRED, DENIED, ACCOUNT_UNKNOWN, ACCOUNT_ERROR, NOT_RUN, PASSWORD_EXPIRED = range(8)
USABLE, UNUSABLE, UNKNOWN_FIELD, UNREADABLE = range(4)
NO_ID = 0xFFFFFFFF
KEY, OTHER_KEY = b"./abcdefghijkXYZ", b"0123456789ABCDEF"


@dataclasses.dataclass
class Answer:
    result: int
    account: int
    password_field: int
    uid: int
    gid: int
    fail_delay: int
    name: str
    groups: list
    digest: str


def request(op, user, password=b"", rhost=b"", tty=b"", key=b""):
    header = struct.pack(">4sBBHHHHH", b"TLC2", op, 0, len(user), len(password), len(rhost), len(tty), len(key))
    return header + user + password + rhost + tty + key


def receive(connection):
    """Everything until the checker closes; None if it closes without an answer."""
    data = b""
    while part := connection.recv(65536):
        data += part
    if not data:
        return None
    magic, result, account, field, digest_length, uid, gid, delay, name_length, count = struct.unpack(
        ">4sBBBBIIIHH", data[:24]
    )
    assert magic == b"TLR2"
    assert digest_length in (0, 43)
    assert len(data) == 24 + name_length + 4 * count + digest_length
    name, rest = data[24 : 24 + name_length].decode(), data[24 + name_length :]
    groups, digest = list(struct.unpack(f">{count}I", rest[: 4 * count])), rest[4 * count :].decode("ascii")
    return Answer(result, account, field, uid, gid, delay, name, groups, digest)


@dataclasses.dataclass
class Identity:
    """Who a checker runs as. None: as we do."""

    uid: int | None = None
    groups: tuple = ()

    def arguments(self):
        if self.uid is None:
            return {}
        return {"user": self.uid, "group": self.uid, "extra_groups": list(self.groups)}


class ControlledChecker:
    """A checker with a listening socket, as twinlockd starts it."""

    def __init__(self, program, identity, peer, path, *arguments, inherit=()):
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(str(path))
        os.chmod(path, 0o666)
        self.listener.listen(64)
        self.path = path
        self.control, theirs = socket.socketpair()
        self.process = subprocess.Popen(
            [program, "--control", str(theirs.fileno()), "--peer", str(peer), *arguments],
            pass_fds=[theirs.fileno(), *inherit],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            **identity.arguments(),
        )
        theirs.close()
        socket.send_fds(self.control, [b"x"], [self.listener.fileno()])

    def connect(self):
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(30)
        connection.connect(str(self.path))
        return connection

    def ask(self, *arguments, **named):
        with self.connect() as connection:
            connection.sendall(request(*arguments, **named))
            return receive(connection)

    def close(self):
        self.control.close()
        self.listener.close()
        try:
            self.process.wait(timeout=20)
        finally:
            self.process.kill()
            self.errors = self.process.stderr.read().decode()
            self.process.stderr.close()


def ask_once(program, identity, peer, data, *arguments, pair=None, environment=None):
    """A checker with the connection as its standard streams, as systemd starts it. Returns (answer, exit status)."""
    ours, theirs = pair or socket.socketpair()
    process = subprocess.Popen(
        [program, "--peer", str(peer), *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment,
        **identity.arguments(),
    )
    theirs.close()
    ours.settimeout(30)
    with ours:
        try:
            ours.sendall(data)
            answer = receive(ours)
        except ConnectionError:
            answer = None  # closed before the request was sent, or with it unread
    return answer, process.wait(timeout=20)


def wait_until(condition, seconds=20):
    """Looks until it is so. The bound is for a failing test; a passing one does not get near it."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


def is_gone(pid):
    """Whether a process is no more. A zombie is gone too: it only waits for somebody to notice."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True
