"""A login that waits at a prompt: what happens meanwhile to the daemon, to the client, and on the screen."""

import json
import os
import signal

import pytest

import impostor
import logins
import twinlockd
from at_the_prompt import CODE, Waiting
from terminals import Pty
from waiting import wait_for


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_login_at_the_code_prompt_goes_on_after_the_daemon_was_restarted(stack, daemon, enrolled, end):
    waiting = Waiting(enrolled)
    with waiting.terminal:
        getattr(daemon, end)()
        daemon.start()
        assert waiting.finish(enrolled.phone.next_code())


def test_a_login_at_the_code_prompt_is_refused_where_the_daemon_was_stopped(stack, system_log, make_daemon, account):
    daemon = make_daemon()
    twinlockd.enrol(account)
    waiting = Waiting(account)
    mark = system_log.mark()
    with waiting.terminal:
        daemon.stop()
        assert not waiting.finish(account.phone.next_code())
    system_log.wait_for("cannot reach twinlockd", mark)


def test_a_client_that_is_killed_at_the_code_prompt_has_counted_nothing_and_used_nothing(stack, daemon, enrolled):
    code = enrolled.phone.next_code()
    for _ in range(6):
        waiting = Waiting(enrolled)
        with waiting.terminal:
            os.kill(waiting.terminal.pid, signal.SIGKILL)
            os.waitpid(waiting.terminal.pid, 0)
            waiting.terminal.pid = None
    login = logins.ssh(enrolled, enrolled.password, code)
    assert login.admitted, login


# What the daemon has to show, on the screen of a real client.

ROWS = ["  ##  # " * 5 + str(row) for row in range(25)]
PICTURE = "\n".join(["Set up your second factor:", "", *ROWS, "", "  key: ABCD EFGH"])


@pytest.fixture
def showing(installed):
    """A daemon of the test's: it asks for a code of everybody, with something to show."""

    def start(user):
        answer = {"state": "codeRequired", "user": user, "session": "s"}
        answer |= {"message": PICTURE, "prompt": "Code of the app: "}
        return impostor.Impostor(json.dumps({"parameters": answer}).encode() + b"\0")

    made = []
    yield lambda user: made.append(start(user)) or made[-1]
    for one in made:
        one.close()


def test_an_ssh_client_shows_many_lines_as_they_are(stack, showing, account):
    showing(account.name)
    command = [*logins.ssh_command(account.name), "id -un"]
    with Pty(command, env={"PATH": os.environ["PATH"], "HOME": "/root", "TERM": "dumb"}) as terminal:
        terminal.read_until(r"Password: $")
        terminal.send("anything\n")
        for _ in range(2):
            shown = terminal.read_until(r"((?s:.*)Code of the app: )$").replace("\r", "")
            assert PICTURE in shown
            terminal.send("123456\n")


def test_paramiko_is_given_the_lines_with_the_prompt(stack, showing, account):
    showing(account.name)
    login = logins.paramiko_login(account, "anything", "123456")
    assert not login.admitted
    assert any(PICTURE in text for text in (*login.prompts, login.told))


def test_no_further_question_than_twelve_is_asked_over_ssh(stack, showing, account):
    fake = showing(account.name)
    login = logins.ssh(account, "anything", *["123456"] * 20)
    assert not login.admitted
    wait_for(lambda: fake.calls == 13, "the last call")
    assert len(login.prompts) == 13
