"""The way back without the phone: a login by recovery code, then the password alone, once, for a quarter of an hour."""

import json
import subprocess

import pytest

import accounts
import dialogues
import logins
import twinlockd
from dialogues import PASSWORD, SURE, answer
from terminals import Pty
from twinlockd import Program

BOTH = ["Password: ", "Verification code: "]
QUARTER_OF_AN_HOUR = 900


def log_in(account, code):
    return logins.ssh(account, account.password, code)


def disable(account, password=None):
    """In a script that has no code."""
    words = ["twinlock", "disable", "--yes", "--password-file", "-"]
    return account.run("setsid", "--wait", *words, text=f"{account.password if password is None else password}\n")


def set_up_again(account):
    """On a terminal, with the password alone."""
    with Pty(["twinlock", "enable"], **account.options()) as terminal:
        answer(terminal, SURE, "y")
        terminal.read_until("the password alone is enough")
        answer(terminal, PASSWORD, account.password)
        dialogues.scan(terminal, account)
        account.recovery_codes = dialogues.read_codes(terminal)
        terminal.send(account.recovery_codes[0] + "\n")
        rest, status = terminal.finish()
    assert status == 0, rest


def is_on(account):
    return Program(account).status()["enabled"]


@pytest.fixture
def moved_clock(make_daemon, account, stack):
    daemon = make_daemon(with_clock=True)
    twinlockd.enrol(account, daemon.clock)
    return daemon.clock


def test_a_recovery_code_logs_in_at_the_usual_prompts_and_only_once(stack, enrolled):
    code = enrolled.recovery_codes[0]
    login = log_in(enrolled, code.lower().replace("-", " "))
    assert login.admitted and login.prompts == BOTH
    again = log_in(enrolled, code)
    assert not again.admitted and again.prompts == BOTH


def test_then_the_password_alone_switches_off(stack, enrolled):
    assert log_in(enrolled, enrolled.recovery_codes[0]).admitted
    with Pty(["twinlock", "disable"], **enrolled.options()) as terminal:
        answer(terminal, SURE, "y")
        terminal.read_until("the password alone is enough")
        answer(terminal, PASSWORD, enrolled.password)
        rest, status = terminal.finish()
    assert status == 0, rest
    assert "code" not in rest
    assert not is_on(enrolled)
    assert not log_in(enrolled, enrolled.recovery_codes[1]).admitted, "the stack is strict, and there is no factor"


def test_then_the_password_alone_sets_up_a_new_phone_once(stack, enrolled):
    old_phone, old_codes = enrolled.phone, enrolled.recovery_codes
    assert log_in(enrolled, old_codes[0]).admitted
    set_up_again(enrolled)
    assert not log_in(enrolled, old_phone.next_code()).admitted
    assert not log_in(enrolled, old_codes[1]).admitted
    assert log_in(enrolled, enrolled.phone.next_code()).admitted
    # The leave is used up: a code is asked for again.
    assert Program(enrolled).status().get("recoverySetUpUntil") is None
    done = disable(enrolled)
    assert done.returncode == 2 and "no terminal to ask for the code on" in done.stderr
    assert is_on(enrolled)


def test_a_set_up_that_is_broken_off_does_not_use_it_up(stack, enrolled):
    assert log_in(enrolled, enrolled.recovery_codes[0]).admitted
    with Pty(["twinlock", "enable"], **enrolled.options()) as terminal:
        answer(terminal, SURE, "y", PASSWORD, enrolled.password)
        terminal.read_until("Code: ")
        terminal.send("\x03")
        terminal.finish()
    assert disable(enrolled, "wrong").returncode == 1
    set_up_again(enrolled)


def test_a_script_sets_up_again_with_the_password_alone(stack, enrolled):
    """--code-file gives the first code of the new app and nothing before it."""
    assert log_in(enrolled, enrolled.recovery_codes[0]).admitted
    assert json.loads(enrolled.run("twinlock", "status", "--json").stdout)["recoverySetUpUntil"] > 0
    twinlockd.enrol(enrolled)
    assert log_in(enrolled, enrolled.phone.next_code()).admitted


@pytest.mark.parametrize("way", [disable, set_up_again])
def test_the_last_recovery_code_is_no_dead_end(stack, enrolled, way):
    for code in enrolled.recovery_codes[:9]:
        Program(enrolled).both_steps(code, password=enrolled.password)
    login = log_in(enrolled, enrolled.recovery_codes[9])
    assert login.admitted
    status = enrolled.run("twinlock", "status").stdout
    assert "0 left" in status and "the password alone is enough" in status
    done = way(enrolled)
    assert done is None or done.returncode == 0, done.stderr
    assert is_on(enrolled) is (way is set_up_again)


def test_after_a_quarter_of_an_hour_the_password_is_not_enough(moved_clock, account):
    assert log_in(account, account.recovery_codes[0]).admitted
    moved_clock.advance(QUARTER_OF_AN_HOUR - 30)
    assert "the password alone is enough" in account.run("twinlock", "status").stdout
    moved_clock.advance(30)
    assert "the password alone is enough" not in account.run("twinlock", "status").stdout
    assert disable(account).returncode == 2
    text = f"{account.password}\n{account.phone.wrong_code()}\n"
    words = ["--yes", "--password-file", "-", "--code-file", "-"]
    assert account.run("twinlock", "disable", *words, text=text).returncode == 1
    assert is_on(account)


def test_whoever_types_too_slowly_is_told_so(moved_clock, account):
    assert log_in(account, account.recovery_codes[0]).admitted
    with Pty(["twinlock", "disable"], **account.options()) as terminal:
        answer(terminal, SURE, "y")
        terminal.read_until(PASSWORD)
        moved_clock.advance(QUARTER_OF_AN_HOUR)
        terminal.send(account.password + "\n")
        rest, status = terminal.finish()
    assert status == 1
    assert "the time after the login by recovery code is over" in rest and "a code is asked for then" in rest
    assert is_on(account)


def test_a_wrong_password_stays_a_wrong_password(stack, enrolled):
    assert log_in(enrolled, enrolled.recovery_codes[0]).admitted
    done = disable(enrolled, "wrong")
    assert done.returncode == 1
    assert "the password is wrong" in done.stderr
    assert is_on(enrolled)


def test_a_sign_in_by_a_program_gives_no_such_leave(enrolled):
    text = f"{enrolled.password}\n{enrolled.recovery_codes[0]}\n"
    words = ["twinlock", "sign-in", "--password-file", "-", "--code-file", "-"]
    assert enrolled.run(*words, text=text).returncode == 0
    assert disable(enrolled).returncode == 2
    assert is_on(enrolled)


def test_somebody_elses_login_gives_no_such_leave(stack, enrolled):
    other = twinlockd.enrol(accounts.add_account())
    assert log_in(other, other.recovery_codes[0]).admitted
    assert disable(enrolled).returncode == 2
    assert is_on(enrolled)


def test_an_account_without_a_usable_password_shows_nothing_at_all(daemon, account, stack):
    """Its logins end with a key and a code; here a recovery code as that login program would have sent it."""
    twinlockd.enrol(account)
    subprocess.run(["usermod", "--lock", account.name], check=True)
    context = {"service": "sshd", "purpose": "login", "passed": ["publickey"]}
    begun = Program().sign_in(user=account.name, context=context)
    assert begun["state"] == "codeRequired"
    Program().verify(begun["session"], account.recovery_codes[0])
    done = disable(account, "")
    assert done.returncode == 0, done.stderr
    assert not is_on(account)
