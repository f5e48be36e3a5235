"""No daemon, a daemon that hangs, or something else in its place.

Nobody gets in, every login ends by itself, and the log says why.
"""

import signal
import subprocess

import pytest

import accounts
import impostor
import logins
import twinlockd

# Short, so that a login that waits for a daemon that hangs is over soon.
PATIENCE = f"{logins.TWINLOCK} timeout=2"
PASSWORD = ["Password: "]


def assert_nobody_gets_in(stack, system_log, account, words):
    """With and without nullok, enrolled or not, known or not: the same prompts, no login, and the reason in the log."""
    others = [accounts.add_account(), "nobody-of-that-name"]
    for options in ("", " nullok"):
        stack(PATIENCE + options)
        for user in [account, *others]:
            mark = system_log.mark()
            login = logins.ssh(user, account.password, "123456")
            assert not login.admitted
            assert login.prompts == PASSWORD
            system_log.wait_for(words, mark)


def test_no_daemon(stack, system_log, account):
    assert_nobody_gets_in(stack, system_log, account, "cannot reach twinlockd")


def test_a_daemon_that_was_stopped(stack, system_log, make_daemon, account):
    daemon = make_daemon()
    twinlockd.enrol(account)
    assert daemon.stop() == 0
    assert_nobody_gets_in(stack, system_log, account, "cannot reach twinlockd")


def test_a_daemon_that_was_killed(stack, system_log, make_daemon, account):
    daemon = make_daemon()
    twinlockd.enrol(account)
    daemon.kill()
    assert_nobody_gets_in(stack, system_log, account, "cannot reach twinlockd")
    daemon.start()
    stack(logins.TWINLOCK)
    assert logins.ssh(account, account.password, account.phone.next_code()).admitted


def test_a_daemon_that_hangs(stack, system_log, daemon, account):
    twinlockd.enrol(account)
    daemon.process.send_signal(signal.SIGSTOP)
    try:
        assert_nobody_gets_in(stack, system_log, account, "no answer from twinlockd")
    finally:
        daemon.process.send_signal(signal.SIGCONT)
    stack(logins.TWINLOCK)
    assert logins.ssh(account, account.password, account.phone.next_code()).admitted


@pytest.fixture
def pretend(installed):
    """Puts something else in the daemon's place."""
    made = []

    def make(*arguments, **named):
        made.append(impostor.Impostor(*arguments, **named))
        return made[-1]

    yield make
    for one in made:
        one.close()


ANSWERS = {
    "garbage": (b"\x16\x03\x01\x02{\x01\xfc\x03\x03\0", True, "cannot be understood"),
    "half a message": (b'{"parameters":{"state":"signedIn","us', True, "connection closed"),
    "half a message and then silence": (b'{"parameters":{"state":"signedIn","us', False, "no answer"),
    "silence": (b"", False, "no answer"),
    "nothing": (b"", True, "connection closed"),
    "the reply of another method": (b'{"parameters":{"vendor":"x","product":"x"}}\0', True, ""),
    "an unknown error": (b'{"error":"org.twinlock.Authentication.Whatever","parameters":{}}\0', True, "not known here"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_a_daemon_that_answers_with(stack, system_log, account, pretend, name):
    answer, closes, words = ANSWERS[name]
    stack(PATIENCE + " nullok")
    one = pretend(answer, closes=closes)
    mark = system_log.mark()
    login = logins.ssh(account, account.password, "123456")
    assert not login.admitted
    assert login.prompts == PASSWORD
    assert one.calls == 1
    system_log.wait_for("twinlockd", mark)
    assert words in system_log.since(mark)


@pytest.mark.parametrize("name", ["another user", "nobody-of-that-name"])
def test_a_yes_for_another_name(stack, account, pretend, name):
    stack(PATIENCE + " nullok")
    one = pretend(impostor.YES % name.encode())
    assert not logins.ssh(account, account.password, "123456").admitted
    assert one.calls == 1


def test_the_impostor_could_let_somebody_in(stack, account, pretend):
    """Proves that the refusals below are the module's: said by the daemon's own user, the same words are believed."""
    stack(PATIENCE)
    answer = b'{"parameters":{"state":"signedIn","user":"%s","secondFactor":"exempt"}}\0' % account.name.encode()
    one = pretend(answer)
    assert logins.ssh(account, account.password).admitted
    assert one.calls == 1


PLACES = {
    "another user listens on the daemon's socket": {"listener": "mallory"},
    "another user's socket in the daemon's directory": {"owner": "mallory", "listener": "mallory"},
    "the daemon's socket in another user's directory": {"directory": "mallory"},
    "a directory that everybody may write to": {"mode": 0o777},
    "a directory that its group may write to": {"mode": 0o775},
}


@pytest.fixture(scope="session")
def mallory(installed):
    """A user of the host who would like to know passwords."""
    one = accounts.add_account("mallory")
    subprocess.run(["usermod", "--login", "mallory", one.name], check=True)


@pytest.mark.parametrize("place", PLACES)
def test_nothing_is_said_to(stack, system_log, account, pretend, mallory, place):
    stack(PATIENCE + " nullok")
    answer = b'{"parameters":{"state":"signedIn","user":"%s","secondFactor":"exempt"}}\0' % account.name.encode()
    one = pretend(answer, **PLACES[place])
    mark = system_log.mark()
    login = logins.ssh(account, account.password, "123456")
    assert not login.admitted
    assert login.prompts == PASSWORD
    assert one.calls == 0, "the password was told to a stranger"
    system_log.wait_for("cannot trust", mark)
