"""Passwords, secrets, codes, recovery codes, sessions and tokens: planted, used, and then looked for wherever they must not be."""

import base64
import os
import re
import secrets
import signal
import subprocess
import threading
import time

import pytest

import logins
import memory
import twinlockd
from twinlockd import ACCOUNT, AUTHENTICATION, Program
from waiting import wait_for

PLACES = [twinlockd.STATE, "/run", "/var/log"]


def needles_of(account):
    return recovery_needles(account.recovery_codes) | {
        "password": account.password.encode(),
        "secret in base32": account.phone.secret.encode(),
        "secret": base64.b32decode(account.phone.secret + "=" * (-len(account.phone.secret) % 8)),
    }


def recovery_needles(codes, which="recovery code"):
    """As they are shown, and as the daemon may keep them: without the dash, in either case."""
    needles = {}
    for number, code in enumerate(codes):
        for form in (code, code.replace("-", ""), code.lower(), code.replace("-", "").lower()):
            needles[f"{which} {number} as {form}"] = form.encode()
    return needles


def use_everything_secret(call, account, session):
    """Looks at the recovery codes, replaces them, makes a token, uses and refreshes it. Returns the needles.

    `call` takes a method's full name and its parameters, and answers what the reply brings.
    """
    shown = {"session": session, "password": account.password}
    wish = {"description": "of a test", "expires": int(time.time()) + 3600, "groups": ["account.read"]}
    made = call(f"{ACCOUNT}.CreateToken", **shown, **wish)
    assert call(f"{ACCOUNT}.GetStatus", session=made["token"])["enabled"]
    refreshed = call(f"{ACCOUNT}.RefreshToken", **shown, id=made["id"])
    assert len(call(f"{ACCOUNT}.ListTokens", session=refreshed["token"])["tokens"]) == 1
    viewed = call(f"{ACCOUNT}.ViewRecoveryCodes", **shown)["recoveryCodes"]
    assert [entry["code"] for entry in viewed] == account.recovery_codes
    account.recovery_codes = call(f"{ACCOUNT}.RegenerateRecoveryCodes", **shown)["recoveryCodes"]
    tokens = {"token": made["token"].encode(), "refreshed token": refreshed["token"].encode()}
    return tokens | recovery_needles(account.recovery_codes, "new recovery code")


@pytest.fixture
def everything_happened(stack, enrolled, daemon):
    """Right and wrong logins by ssh, with codes and with recovery codes, and a program's calls. Returns the needles."""
    needles = needles_of(enrolled)
    first, second = enrolled.phone.next_code(), enrolled.phone.next_code()
    wrong = enrolled.phone.wrong_code()
    assert logins.ssh(enrolled, enrolled.password, first).admitted
    assert not logins.ssh(enrolled, enrolled.password, wrong).admitted
    assert not logins.ssh(enrolled, enrolled.password + "x", second).admitted
    used, given_away = enrolled.recovery_codes[:2]
    assert logins.ssh(enrolled, enrolled.password, used).admitted
    assert not logins.ssh(enrolled, enrolled.password, used).admitted
    assert not logins.ssh(enrolled, enrolled.password + "x", given_away).admitted
    begun = Program(enrolled).sign_in(password=enrolled.password)
    finished = Program(enrolled).verify(begun["session"], second)
    needles |= use_everything_secret(call_as(enrolled), enrolled, finished["session"])
    codes = {f"code {number}": code.encode() for number, code in enumerate((first, second, wrong))}
    sessions = {"pending session": begun["session"].encode(), "session": finished["session"].encode()}
    return needles | codes | sessions


def call_as(account):
    def call(method, **parameters):
        interface, name = method.rsplit(".", 1)
        return Program(account).call(interface, name, **parameters)

    return call


def test_no_log_has_them(everything_happened, daemon, sshd, system_log):
    logs = {
        "twinlockd": daemon.log().encode(),
        "syslog": system_log.text().encode(),
        "sshd": sshd.log_file.read_bytes(),
    }
    for name, log in logs.items():
        assert log, f"the log of {name} is empty"
        assert not [needle for needle, text in everything_happened.items() if text in log], name


def test_the_log_is_at_its_most_talkative(everything_happened, daemon, enrolled):
    assert "log-level = debug" in twinlockd.SETTINGS.read_text()
    for words in (enrolled.name, "code right", "code wrong", "password wrong"):
        assert words in daemon.log()


def test_what_is_looked_for_is_what_there_was(everything_happened):
    names = " ".join(everything_happened)
    for word in ("password", "secret", "code 0", "session", "recovery code 9", "new recovery code 9", "refreshed token"):
        assert word in names
    assert everything_happened["token"].startswith(b"twl_")


def test_no_file_has_them(everything_happened):
    for place in PLACES:
        assert memory.in_files(place, everything_happened) == []


def test_the_search_in_files_finds_what_is_there(everything_happened, enrolled):
    found = memory.in_files(twinlockd.STATE, {"name": enrolled.name.encode()})
    assert found, "the account's own name must be in the database"


def test_nothing_that_an_administrator_prints_has_them(everything_happened, enrolled):
    """It is what people attach to a question."""
    told = b""
    for words in (["doctor"], ["health"], ["list"], ["show", enrolled.name], ["log"]):
        for form in ([], ["--json"]):
            done = subprocess.run(["twinlock", "admin", *words, *form], capture_output=True, timeout=60)
            assert done.stdout, (words, done.stderr)
            told += done.stdout + done.stderr
    assert enrolled.name.encode() in told
    # Six digits of a longer number are no code.
    found = [name for name, text in everything_happened.items() if re.search(rb"(?<!\d)%b(?!\d)" % re.escape(text), told)]
    assert found == []


@pytest.mark.parametrize("after", ["while a connection is open", "when all are closed"])
def test_the_daemons_memory_forgets_them(stack, daemon, account, after):
    twinlockd.enrol(account)
    codes = [account.phone.next_code(), account.phone.next_code(), account.phone.wrong_code()]
    code_needles = {f"code {number}": code.encode() for number, code in enumerate(codes)}
    # Six digits may be anywhere by chance: those that are there before they were ever sent tell nothing.
    chance = memory.in_memory(daemon.pid, code_needles)
    needles = needles_of(account) | {name: code for name, code in code_needles.items() if name not in chance}

    quiet = len(sockets_of(daemon.pid))
    connection = twinlockd.connect(account)
    begun = sign_in(connection, account)
    needles["pending session"] = begun["session"].encode()
    refused = verify(connection, begun["session"], codes[2])
    assert refused["error"] == twinlockd.refusal("AuthenticationFailed")
    finished = verify(connection, begun["session"], codes[0])["parameters"]
    needles["session"] = finished["session"].encode()

    def call(method, **parameters):
        reply = twinlockd.exchange(connection, method, **parameters)
        assert "error" not in reply, reply
        return reply["parameters"]

    needles |= use_everything_secret(call, account, finished["session"])
    by_recovery_code = sign_in(connection, account)
    assert "error" not in verify(connection, by_recovery_code["session"], account.recovery_codes[0].lower())
    if after == "when all are closed":
        connection.close()
        wait_for(lambda: len(sockets_of(daemon.pid)) <= quiet, "the daemon to hang up")

    def left():
        found = {pid: memory.in_memory(pid, needles) for pid in [daemon.pid, *daemon.checker_pids()]}
        return {pid: what for pid, what in found.items() if what}

    # The reply is on its way before the last buffer is wiped.
    wait_for(lambda: not left(), lambda: f"the secrets to be gone, but there is {left()}")
    connection.close()


def test_memory_forgets_what_ssh_brought(stack, daemon, account):
    twinlockd.enrol(account)
    needles = needles_of(account)
    assert logins.ssh(account, account.password, account.phone.next_code()).admitted
    assert logins.ssh(account, account.password, account.recovery_codes[0]).admitted
    for pid in [daemon.pid, *daemon.checker_pids()]:
        wait_for(lambda pid=pid: not memory.in_memory(pid, needles), "the secrets to be gone")


def test_the_search_in_memory_finds_what_is_there(daemon):
    assert memory.in_memory(daemon.pid, {"path": twinlockd.SOCKET.encode()}) != {}
    # A call that is not at its end yet is still in the daemon's memory.
    with twinlockd.connect() as connection:
        needle = b"planted-" + secrets.token_hex(8).encode()
        connection.sendall(b'{"method":"org.varlink.service.GetInfo","x.' + needle)
        wait_for(lambda: memory.in_memory(daemon.pid, {"half a call": needle}), "the planted text to be found")


@pytest.fixture
def hung_check(make_daemon, account, password_stack, hostile_modules):
    """A daemon whose password checks hang, and the file in which they leave their process ids."""
    daemon = make_daemon({"checker.deadline": 60})
    twinlockd.enrol(account)
    pids = daemon.shared_file("pids")
    password_stack(f"auth required {hostile_modules}/pam_test_hang.so file={pids}", "@include common-account")
    return daemon, pids


def end_check(pids):
    os.kill(int(pids.read_text().split()[0]), signal.SIGKILL)


def test_the_search_in_memory_finds_a_password_in_use(hung_check, account):
    daemon, pids = hung_check
    with twinlockd.connect(account) as connection:
        connection.sendall(twinlockd.message(f"{AUTHENTICATION}.SignIn", password=account.password))
        wait_for(pids.read_text, "the check to hang")
        needles = {"password": account.password.encode()}
        assert memory.in_memory(daemon.pid, needles) != {}
        assert any(memory.in_memory(pid, needles) for pid in daemon.checker_pids())
        end_check(pids)
        assert connection.recv(65536)
    for pid in [daemon.pid, *daemon.checker_pids()]:
        wait_for(lambda pid=pid: not memory.in_memory(pid, needles), "the password to be gone")


def test_no_process_list_has_them_during_a_login(stack, hung_check, account):
    """Looked for while the password check hangs and everybody waits: ssh, sshd, the daemon, the checker."""
    _, pids = hung_check
    code = account.phone.next_code()
    needles = needles_of(account) | {"code": code.encode()}
    found = {}

    def look():
        wait_for(pids.read_text, "the check to hang")
        found["secrets"] = memory.in_process_lists(needles)
        found["name"] = memory.in_process_lists({"user name": account.name.encode()})
        end_check(pids)

    looking = threading.Thread(target=look)
    looking.start()
    assert not logins.ssh(account, account.password, code).admitted
    looking.join()
    assert found["secrets"] == []
    assert found["name"], "the client's own arguments name the user"


def sign_in(connection, account):
    return twinlockd.exchange(connection, f"{AUTHENTICATION}.SignIn", password=account.password)["parameters"]


def verify(connection, session, code):
    return twinlockd.exchange(connection, f"{AUTHENTICATION}.Verify2FACode", session=session, code=code)


def sockets_of(pid):
    directory = f"/proc/{pid}/fd"
    targets = [os.readlink(f"{directory}/{name}") for name in os.listdir(directory)]
    return [target for target in targets if target.startswith("socket:")]
