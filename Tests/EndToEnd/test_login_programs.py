"""The stacks of docs/login-programs.md, each taken from the page and put through every result of the module."""

import pathlib
import re
import subprocess

import pytest

import accounts
import logins
import twinlockd
from stacks import BLOCKS, PAM_STACKS, lines
from terminals import Pty

SERVICE = "twinlock-stack"
PASSWORD, CODE = "Password: ", "Verification code: "
BOTH = [PASSWORD, CODE]


def without_delay(name):
    return [line for line in lines(name) if "faildelay" not in line]


def for_a_stranger(name):
    """Without what lets root in, because pamtester, which stands for the program, is root; and without what only waits."""
    return [line for line in without_delay(name) if "pam_rootok" not in line]


# Every result of the module, in every stack: pam_debug, which gives what it is told to, stands in its place.

RESULTS = [
    "success",
    "auth_err",
    "maxtries",
    "authinfo_unavail",
    "service_err",
    "perm_denied",
    "user_unknown",
    "system_err",
    "abort",
    "conv_err",
    "cred_unavail",
    "authtok_err",
]


@pytest.fixture
def in_stack(installed):
    """Whether a stack lets somebody in where the module gives a result, and what is typed is answered."""

    def run(name, result, account, answers):
        written = [re.sub(r"pam_twinlock\.so.*", f"pam_debug.so auth={result}", line) for line in for_a_stranger(name)]
        logins.write_stack(SERVICE, *written)
        return logins.pamtester(SERVICE, account, *answers).admitted

    return run


STACKS = [name for name in PAM_STACKS if "pam_twinlock" in BLOCKS[name] and name != "cron"]


@pytest.mark.parametrize("name", STACKS)
def test_only_success_lets_in(in_stack, account, name):
    asks_first = name in {"after-common-auth", "locker-with-two-questions"}
    password = [account.password] if asks_first else []
    assert in_stack(name, "success", account, password)
    for result in RESULTS[1:]:
        # The right password, as often as anything may ask for it: a refusal must be the end.
        assert not in_stack(name, result, account, [account.password] * 3), result


# Where another module has asked for the password before ours, or asks for it after.
GO_ON = {"after-common-auth", "login-with-a-way-in", "group-without-a-code", "locker-with-two-questions"}


def test_only_ignore_goes_on(in_stack, account):
    """After common-auth somebody who needs no code is in; where the module stands alone its ignoring lets nobody in."""
    for name in STACKS:
        goes_on = name in GO_ON
        assert in_stack(name, "ignore", account, [account.password]) == goes_on, name


@pytest.mark.parametrize("name", STACKS)
def test_no_stack_lets_in_without_a_daemon(installed, account, name):
    logins.write_stack(SERVICE, *for_a_stranger(name))
    assert not logins.pamtester(SERVICE, account, account.password, account.password, account.password).admitted


# The programs.


def test_su(enrolled):
    logins.write_stack("su", *lines("su"))
    other = accounts.add_account("other")
    assert logins.su(other, enrolled, enrolled.password, enrolled.phone.next_code()).admitted
    assert not logins.su(other, enrolled, enrolled.password, enrolled.phone.wrong_code()).admitted
    words = ["su", "-c", "id -un", enrolled.name]
    done = subprocess.run(words, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.stdout == f"{enrolled.name}\n", "root is asked nothing"


def sudo(account, *answers, words=("-k", "-S")):
    done = account.run("sudo", *words, "id", "-un", text="".join(f"{answer}\n" for answer in answers))
    prompts = re.findall(f"{CODE}|{PASSWORD}", done.stderr)
    return logins.Login(done.stdout == "root\n", prompts, done.stderr, done.returncode)


@pytest.fixture
def sudoer(enrolled):
    pathlib.Path("/etc/sudoers.d/twinlock-tests").write_text(
        f"{enrolled.name} ALL=(ALL:ALL) ALL\nDefaults:{enrolled.name} passwd_tries=1,!lecture\n"
    )
    return enrolled


@pytest.mark.parametrize("name", ["sudo", "after-common-auth"])
def test_sudo(sudoer, name):
    logins.write_stack("sudo", *lines(name))
    assert sudo(sudoer, sudoer.password, sudoer.phone.next_code()).admitted
    assert not sudo(sudoer, sudoer.password, sudoer.phone.wrong_code()).admitted
    assert not sudo(sudoer, sudoer.password + "x", sudoer.phone.next_code()).admitted


def test_sudo_asks_once_on_a_terminal_while_its_own_timestamp_is_good(sudoer):
    logins.write_stack("sudo", *lines("sudo"))
    with Pty(["bash", "--norc", "-i"], **sudoer.options()) as terminal:
        terminal.send("sudo id -un\n")
        for answer in (sudoer.password, sudoer.phone.next_code()):
            terminal.read_until(r"(?:password for \S+|code): $")
            terminal.send(f"{answer}\n")
        terminal.read_until(r"root\r\n(?s:.*)\$ $")
        terminal.send("sudo echo again $((40 + 2)); exit\n")
        seen, _ = terminal.finish()
    assert "again 42" in seen
    assert "code:" not in seen


def test_sudo_right_after_ssh_says_that_the_code_was_used_and_takes_the_next(sshd, sudoer):
    logins.write_stack("sshd", *lines("sshd"))
    logins.write_stack("sudo", *lines("sudo"))
    code = sudoer.phone.next_code()
    assert logins.ssh(sudoer, sudoer.password, code).admitted
    next_code = sudoer.phone.next_code()
    login = sudo(sudoer, sudoer.password, code, next_code)
    assert login.admitted, login
    assert "This code was used already; type the next one: " in login.told


def login_on_a_console(user, *answers):
    """Whether login(1) starts a shell, and what it asked."""
    with Pty(["login"]) as terminal:
        prompts = []
        for answer in (user, *answers):
            prompts.append(terminal.read_until(r"([^\r\n]+: ?)$"))
            terminal.send(f"{answer}\n")
        found = terminal.read_until(r"(Login incorrect|[$#] $)")
        return logins.Login(found != "Login incorrect", prompts[1:], terminal.seen, 0)


@pytest.mark.parametrize("name", ["login", "login-with-a-way-in"])
def test_login(enrolled, name):
    logins.write_stack("login", *without_delay(name))
    login = login_on_a_console(enrolled.name, enrolled.password, enrolled.phone.next_code())
    assert login.admitted, login
    assert login.prompts == BOTH
    assert not login_on_a_console(enrolled.name, enrolled.password, enrolled.phone.wrong_code()).admitted


def test_the_way_in_is_for_root_alone(installed, account):
    """No daemon runs."""
    logins.write_stack("login", *without_delay("login-with-a-way-in"))
    root = accounts.Account("root", "a way in of root's own")
    before = pathlib.Path("/etc/shadow").read_text()
    accounts.set_password(root, root.password)
    try:
        assert login_on_a_console("root", root.password).admitted
        assert not login_on_a_console("root", root.password + "x").admitted
        assert not login_on_a_console(account.name, account.password).admitted
    finally:
        pathlib.Path("/etc/shadow").write_text(before)


@pytest.fixture
def without_code(enrolled):
    subprocess.run(["groupadd", "--force", "no-code"], check=True)
    subprocess.run(["usermod", "--append", "--groups", "no-code", enrolled.name], check=True)
    return enrolled


def test_a_group_without_a_code_and_everybody_else_with_one(sshd, without_code):
    logins.write_stack("sshd", *lines("group-without-a-code"))
    assert logins.ssh(without_code, without_code.password).prompts == [PASSWORD]
    assert logins.ssh(without_code, without_code.password).admitted
    assert not logins.ssh(without_code, without_code.password + "x").admitted
    other = twinlockd.enrol(accounts.add_account())
    assert logins.ssh(other, other.password, other.phone.next_code()).admitted
    for answers in ([other.password, other.phone.wrong_code(), other.password], [other.password] * 3):
        assert not logins.ssh(other, *answers).admitted


def test_programs_that_ask_nobody_go_on_without_a_daemon(installed, account):
    """What cron does: it asks about the account, opens a session and takes credentials, and never authenticates."""
    (logins.PAM / SERVICE).write_text("\n".join(lines("cron")) + "\n")
    words = ["acct_mgmt", "setcred", "open_session", "close_session"]
    done = subprocess.run(["pamtester", SERVICE, account.name, *words], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("name", "port"), [("password-and-code", 2231), ("key-and-code", 2232)])
def test_the_sshd_settings(installed, system_log, enrolled, name, port):
    """Before Debian's own, as in sshd_config.d, with its switch that no prompt comes."""
    logins.write_stack("sshd", *lines("sshd"))
    server = logins.Sshd(port, [*lines(name), "KbdInteractiveAuthentication no"]).start()
    try:
        login = logins.ssh(enrolled, enrolled.password, enrolled.phone.next_code(), Port=port)
        by_password = {"PreferredAuthentications": "password", "Port": port}
        assert not logins.ssh(enrolled, enrolled.password, **by_password).admitted
    finally:
        server.stop()
    assert login.admitted == (name == "password-and-code"), login
    assert login.prompts == (BOTH if login.admitted else [])
