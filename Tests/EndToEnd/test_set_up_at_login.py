"""Set-up inside the login, where policy requires a second factor and lets people set it up: real ssh and su."""

import re

import pytest

import accounts
import logins
from dialogues import CODE
from terminals import Pty
from twinlockd import Program

ENVIRONMENT = {"env": {**accounts.ENVIRONMENT, "HOME": "/root"}}
SAVED = "Type one of them when they are saved: "


@pytest.fixture
def required(make_daemon, stack):
    stack("auth required pam_twinlock.so")
    return make_daemon({"policy.second-factor": "required", "policy.set-up": "yes"})


def ssh(account):
    return Pty([*logins.ssh_command(account.name), "id -un"], size=(50, 80), **ENVIRONMENT)


def to_the_key(terminal, account):
    """Types the password; the app takes the key from the screen, or follows the link."""
    terminal.read_until("Password: ")
    terminal.send(account.password + "\n")
    key = terminal.read_until(r"Key +([A-Z2-7 ]+)").replace(" ", "")
    link = terminal.read_until(r"(otpauth://totp/[!-~]+)\r\n")
    assert f"secret={key}" in link
    account.phone = accounts.Authenticator(key)
    terminal.read_until("Code: ")


def to_the_codes(terminal, account):
    terminal.send(account.phone.next_code() + "\n")
    terminal.read_until(SAVED)
    account.recovery_codes = re.findall(CODE, terminal.seen)
    assert len(set(account.recovery_codes)) == 10


def status_of(account):
    return Program(account).status()


def test_ssh_leads_through_it_and_is_in(required, account):
    with ssh(account) as terminal:
        to_the_key(terminal, account)
        terminal.send(account.phone.wrong_code() + "\n")
        terminal.read_until("This code is wrong")
        terminal.read_until("Code: ")
        to_the_codes(terminal, account)
        terminal.send("nothing like it\n")
        terminal.read_until("This is none of them")
        terminal.read_until(SAVED)
        terminal.send(account.recovery_codes[4].lower() + "\n")
        rest, status = terminal.finish()
    assert status == 0 and account.name in rest, rest
    told = status_of(account)
    assert (told["enabled"], told["recoveryCodesAcknowledged"], told["recoveryCodesLeft"]) == (True, True, 10)
    assert logins.ssh(account, account.password, account.phone.next_code()).admitted
    assert account.password not in required.log() and account.phone.secret not in required.log()


def to_the_end(terminal, account, *last):
    to_the_key(terminal, account)
    to_the_codes(terminal, account)
    terminal.send(account.recovery_codes[0] + "\n")
    for words in last:
        terminal.read_until(r"\$ ")
        terminal.send(words)
    rest, status = terminal.finish()
    assert status == 0, rest
    return rest


def test_su_leads_through_it_too(required, account):
    logins.write_stack("su", "auth required pam_twinlock.so")
    other = accounts.add_account()
    with Pty(["su", "-", account.name, "-c", "id -un"], **other.options()) as terminal:
        assert account.name in to_the_end(terminal, account)


def test_login_leads_through_it_too(required, account):
    logins.write_stack("login", "auth required pam_twinlock.so")
    with Pty(["login", account.name], **ENVIRONMENT) as terminal:
        to_the_end(terminal, account, "id -un\n", "exit\n")
        # The prompt has the name too, but not at the end of a line.
        assert f"{account.name}\r\n" in terminal.seen


def test_a_locker_that_runs_as_the_user_leads_through_it_too(required, account):
    logins.write_stack("locker", "auth required pam_twinlock.so")
    with Pty(["pamtester", "locker", account.name, "authenticate"], **account.options()) as terminal:
        assert "successfully authenticated" in to_the_end(terminal, account)


def test_every_line_that_an_ssh_client_shows_is_plain(required, account):
    with ssh(account) as terminal:
        to_the_key(terminal, account)
        to_the_codes(terminal, account)
        shown = terminal.seen
    assert re.fullmatch(r"[\r\n -~]*", shown), "ssh prints other bytes as numbers"
    assert "\\0" not in shown


def test_who_hangs_up_before_the_first_code_begins_anew_with_another_key(required, account):
    with ssh(account) as terminal:
        to_the_key(terminal, account)
    first = account.phone
    assert not status_of(account)["enabled"]
    with ssh(account) as terminal:
        to_the_key(terminal, account)
        assert account.phone.secret != first.secret
        to_the_codes(terminal, account)
        terminal.send(account.recovery_codes[0] + "\n")
        assert terminal.finish()[1] == 0
    assert status_of(account)["enabled"]


def test_who_hangs_up_before_the_codes_are_saved_is_asked_for_a_code_and_can_see_them_again(required, account):
    with ssh(account) as terminal:
        to_the_key(terminal, account)
        to_the_codes(terminal, account)
    told = status_of(account)
    assert (told["enabled"], told["recoveryCodesAcknowledged"]) == (True, False)
    login = logins.ssh(account, account.password, account.phone.next_code())
    assert login.admitted and login.prompts == ["Password: ", "Verification code: "]
    answers = f"{account.password}\n{account.recovery_codes[0]}\n"
    words = ["twinlock", "recovery-codes", "--json", "--password-file", "-", "--code-file", "-"]
    assert account.run("setsid", "--wait", *words, text=answers).returncode == 0


def test_a_wrong_password_sees_no_key(required, account):
    login = logins.ssh(account, "wrong", "123456")
    assert not login.admitted and login.prompts == ["Password: ", "Verification code: "]
    assert "Key" not in login.told
    assert not status_of(account)["setUpBegun"]
