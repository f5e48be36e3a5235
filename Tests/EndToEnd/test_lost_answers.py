"""Changes that the daemon made, and whose answer never came: the command says that, and how to find out."""

import os
import pathlib
import shutil
import socket
import threading
import time

import pytest

import twinlockd
from dialogues import PASSWORD, SURE, VERIFICATION, answer
from terminals import Pty
from twinlockd import ACCOUNT, Program
from waiting import wait_for

DIRECTORY = pathlib.Path("/run/twinlock-between")


class Between:
    """Stands between an account's command and the daemon, and keeps the answers of one method back."""

    def __init__(self, account, method, hangs_up):
        self.path = str(DIRECTORY / "socket")
        self.kept_back = []
        self._account = account
        self._method = f"{ACCOUNT}.{method}".encode()
        self._hangs_up = hangs_up
        self._open = []
        DIRECTORY.mkdir()
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(self.path)
        os.chmod(self.path, 0o666)
        self._socket.listen(16)
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                near, _ = self._socket.accept()
            except OSError:
                return
            self._open.append(near)
            with twinlockd.connect(self._account) as far:
                call = self._message(near)
                if not call:
                    continue
                far.sendall(call)
                reply = self._message(far)
            if self._method in call:
                self.kept_back.append(reply)
                if not self._hangs_up:
                    continue
            else:
                near.sendall(reply)
            near.close()

    @staticmethod
    def _message(connection):
        received = b""
        while not received.endswith(b"\0"):
            part = connection.recv(65536)
            if not part:
                break
            received += part
        return received

    def close(self):
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for connection in self._open:
            connection.close()
        shutil.rmtree(DIRECTORY)


@pytest.fixture
def between():
    made = []

    def make(*arguments, **named):
        made.append(Between(*arguments, **named))
        return made[-1]

    yield make
    for one in made:
        one.close()


def make_token(account):
    shown = {"password": account.password, "code": account.recovery_codes.pop()}
    plan = {"description": "x", "expires": int(time.time()) + 86400, "groups": ["account.read"]}
    return Program(account).call(ACCOUNT, "CreateToken", **plan, **shown)["id"]


def tokens_of(account):
    return Program(account).call(ACCOUNT, "ListTokens")["tokens"]


@pytest.mark.parametrize("hangs_up", [True, False], ids=["hang-up", "ctrl-c"])
@pytest.mark.parametrize("command", ["create", "refresh", "revoke"])
def test_of_a_token_that_may_have_changed_it_is_said_where_to_look(enrolled, between, command, hangs_up):
    words = ["--description", "x"] if command == "create" else [make_token(enrolled)]
    one = between(enrolled, f"{command.capitalize()}Token", hangs_up=hangs_up)
    with Pty(["twinlock", "tokens", command, "--socket", one.path, *words], **enrolled.options()) as terminal:
        if command == "revoke":
            answer(terminal, SURE, "y")
        answer(terminal, PASSWORD, enrolled.password, VERIFICATION, enrolled.phone.next_code())
        wait_for(lambda: one.kept_back, "the daemon's answer")
        if not hangs_up:
            terminal.send("\x03")
        rest, status = terminal.finish()
    assert b'"error"' not in one.kept_back[0]
    assert status == (3 if hangs_up else -2)
    said = " ".join(rest.split())
    assert "it may have been carried out all the same: look with `twinlock tokens`" in said
    assert len(tokens_of(enrolled)) == (command != "revoke")


@pytest.mark.parametrize("words", [["--all", "--yes"], []], ids=["all", "one"])
def test_of_sessions_that_may_have_ended_as_well(enrolled, between, words):
    Program(enrolled).both_steps(enrolled.phone.next_code(), password=enrolled.password)
    (session,) = Program(enrolled).call(ACCOUNT, "ListSessions")["sessions"]
    one = between(enrolled, "RevokeSession", hangs_up=True)
    done = enrolled.run("twinlock", "sessions", "revoke", "--socket", one.path, *(words or [session["id"]]))
    assert done.returncode == 3
    assert "look with `twinlock sessions`" in done.stderr
    assert Program(enrolled).call(ACCOUNT, "ListSessions")["sessions"] == []
