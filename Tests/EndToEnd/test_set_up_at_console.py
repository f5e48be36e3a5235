"""Set-up inside the login at the machine itself: the QR code that is only shown there, and a terminal's locker."""

import re
import urllib.parse

import pytest

import accounts
import logins
import pictures
from dialogues import CODE
from terminals import Pty
from twinlockd import Program

ENVIRONMENT = {"env": {**accounts.ENVIRONMENT, "HOME": "/root", "TERM": "linux"}}
SAVED = "Type one of them when they are saved: "

# Rows and columns of a console without a frame buffer (vga text mode).
CONSOLE = (25, 80)


@pytest.fixture
def required(make_daemon, installed):
    return make_daemon({"policy.second-factor": "required", "policy.set-up": "yes"})


def login(account, terminal_name=None):
    logins.write_stack("login", "auth required pam_twinlock.so")
    return Pty(["login", account.name], name=terminal_name, size=CONSOLE, **ENVIRONMENT)


def su(account, terminal_name=None):
    logins.write_stack("su", "auth required pam_twinlock.so")
    other = accounts.add_account()
    return Pty(
        ["su", "-", account.name, "-c", "id -un"], name=terminal_name, size=CONSOLE, **other.options()
    )


def vlock(account, terminal_name=None):
    logins.write_stack("vlock", "auth required pam_twinlock.so")
    return Pty(["vlock"], name=terminal_name, size=CONSOLE, **account.options())


def to_the_password(terminal, _):
    # vlock waits for a key first.
    if terminal.read_until("(press .ENTER.|Password: )").startswith("press"):
        terminal.send_when_waiting("\n")
        terminal.read_until("Password: ")


def to_the_key(terminal, account):
    to_the_password(terminal, account)
    terminal.send_when_waiting(account.password + "\n")
    key = terminal.read_until(r"Key +([A-Z2-7 ]+)").replace(" ", "")
    account.phone = accounts.Authenticator(key)
    terminal.read_until("Code: ")


def to_the_codes(terminal, account):
    to_the_key(terminal, account)
    terminal.send_when_waiting(account.phone.next_code() + "\n")
    save(terminal, account)


def save(terminal, account):
    terminal.read_until(SAVED)
    account.recovery_codes = re.findall(CODE, terminal.seen)
    assert len(set(account.recovery_codes)) == 10


def screen_of(terminal):
    """What a console shows of it: the last lines; none of them is as long as the screen is wide."""
    lines = terminal.seen.split("\r\n")[-CONSOLE[0] :]
    assert max(map(len, lines)) < CONSOLE[1]
    return "\n".join(lines)


@pytest.mark.parametrize(("program", "name"), [(login, "/dev/tty1"), (su, "/dev/tty63"), (vlock, "/dev/tty2")])
def test_a_phone_reads_the_qr_code_from_a_console_and_its_code_is_right(required, account, program, name):
    with program(account, name) as terminal:
        to_the_password(terminal, account)
        terminal.send_when_waiting(account.password + "\n")
        terminal.read_until("Code: ")
        (link,) = pictures.read_codes(pictures.draw(screen_of(terminal), pictures.DARK))
        assert link in terminal.seen, "the same link as text"
        told = urllib.parse.urlsplit(link)
        assert told.path.endswith(f":{account.name}")
        account.phone = accounts.Authenticator(urllib.parse.parse_qs(told.query)["secret"][0])
        terminal.send_when_waiting(account.phone.next_code() + "\n")
        save(terminal, account)
        terminal.send_when_waiting(account.recovery_codes[0] + "\n")
        if program is login:
            terminal.read_until(r"\$ ")
            terminal.send("exit\n")
        assert terminal.finish()[1] == 0, terminal.seen
    assert Program(account).status()["recoveryCodesAcknowledged"] is True


@pytest.mark.parametrize(
    ("program", "name"),
    [(login, None), (login, "/dev/ttyS0"), (login, "/dev/hvc0"), (login, "/dev/tty64"), (su, None), (vlock, None)],
)
def test_no_other_terminal_is_sent_a_qr_code(required, account, program, name):
    with program(account, name) as terminal:
        to_the_key(terminal, account)
        assert terminal.seen.isascii()
        assert pictures.read_codes(pictures.draw(terminal.seen.replace("\r", ""), pictures.DARK)) == []


def test_a_login_for_a_remote_host_is_sent_none_on_whatever_terminal(required, account):
    logins.write_stack("login", "auth required pam_twinlock.so")
    words = ["login", "-h", "192.0.2.7", account.name]
    with Pty(words, name="/dev/tty1", size=CONSOLE, **ENVIRONMENT) as terminal:
        to_the_key(terminal, account)
        assert terminal.seen.isascii()


def test_a_locker_leads_through_it_and_unlocks(required, account):
    with vlock(account) as terminal:
        to_the_codes(terminal, account)
        terminal.send_when_waiting(account.recovery_codes[3] + "\n")
        assert terminal.finish()[1] == 0, terminal.seen
    told = Program(account).status()
    assert (told["enabled"], told["recoveryCodesAcknowledged"], told["recoveryCodesLeft"]) == (True, True, 10)


@pytest.mark.parametrize("step", [to_the_password, to_the_key], ids=["password", "first code"])
def test_who_leaves_the_locker_before_the_first_code_has_nothing_half_done(required, account, step):
    with vlock(account) as terminal:
        step(terminal, account)
        terminal.break_off()
    first = account.phone
    assert not Program(account).status()["enabled"]
    with vlock(account) as terminal:
        to_the_codes(terminal, account)
        assert first is None or first.secret != account.phone.secret
        terminal.send_when_waiting(account.recovery_codes[0] + "\n")
        assert terminal.finish()[1] == 0, terminal.seen


def test_who_leaves_the_locker_before_the_codes_are_saved_is_asked_for_a_code_after_that(required, account):
    with vlock(account) as terminal:
        to_the_codes(terminal, account)
        terminal.break_off()
    told = Program(account).status()
    assert (told["enabled"], told["recoveryCodesAcknowledged"]) == (True, False)
    with vlock(account) as terminal:
        to_the_password(terminal, account)
        terminal.send_when_waiting(account.password + "\n")
        terminal.read_until("Verification code: ")
        assert "Key" not in terminal.seen
        terminal.send_when_waiting(account.phone.next_code() + "\n")
        assert terminal.finish()[1] == 0, terminal.seen
