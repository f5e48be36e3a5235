"""Passwords are checked by other processes: a PAM module that hangs or crashes there costs one sign-in an error."""

import os
import signal

import pytest
import varlink

import accounts
import logins
import twinlockd
from waiting import wait_for

BOTH = ["Password: ", "Verification code: "]


@pytest.fixture
def bad_for(password_stack, hostile_modules):
    """Puts a bad module into the password check of one user; everybody else's is the host's."""

    def write(account, module, options=""):
        password_stack(
            f"auth [success=ignore default=1] pam_succeed_if.so quiet user = {account.name}",
            f"auth required {hostile_modules}/{module}.so {options}",
            "@include common-auth",
            "@include common-account",
        )

    return write


def assert_others_log_in():
    other = twinlockd.enrol(accounts.add_account())
    assert logins.ssh(other, other.password, other.phone.next_code()).admitted


@pytest.fixture
def patient_daemon(make_daemon):
    return make_daemon({"checker.deadline": 2})


def test_a_module_that_never_comes_back(stack, patient_daemon, bad_for, account):
    twinlockd.enrol(account)
    pids = patient_daemon.shared_file("pids")
    bad_for(account, "pam_test_hang", f"file={pids}")
    login = logins.ssh(account, account.password, account.phone.next_code())
    assert not login.admitted
    hung = [int(line) for line in pids.read_text().split()]
    assert hung, "the module was never asked"
    for pid in hung:
        wait_for(lambda pid=pid: not os.path.exists(f"/proc/{pid}"), "the hung check to be killed")
    assert_others_log_in()
    assert_stops(patient_daemon)


def test_others_log_in_while_it_hangs(stack, make_daemon, bad_for, account):
    daemon = make_daemon({"checker.deadline": 60})
    pids = daemon.shared_file("pids")
    bad_for(account, "pam_test_hang", f"file={pids}")
    with twinlockd.connect() as connection:
        connection.sendall(sign_in_message(account))
        wait_for(pids.read_text, "the check to hang")
        assert_others_log_in()
        os.kill(int(pids.read_text().split()[0]), signal.SIGKILL)


def test_checks_that_hang_leave_room_for_others(stack, make_daemon, bad_for, account):
    """More of them than run at once: the rest waits or is refused, and everything ends by itself."""
    daemon = make_daemon({"checker.deadline": 3})
    pids = daemon.shared_file("pids")
    bad_for(account, "pam_test_hang", f"file={pids}")
    connections = [twinlockd.connect() for _ in range(16)]
    for connection in connections:
        connection.sendall(sign_in_message(account))
    for connection in connections:
        assert connection.recv(65536), "a sign-in was left without an answer"
        connection.close()
    hung = {int(line) for line in pids.read_text().split()}
    assert hung
    for pid in hung:
        wait_for(lambda pid=pid: not os.path.exists(f"/proc/{pid}"), "the hung checks to be killed")
    assert_others_log_in()
    assert_stops(daemon)


@pytest.mark.parametrize("options", ["", "signal=11", "exit=0"])
def test_a_module_that_crashes(stack, daemon, bad_for, account, options):
    twinlockd.enrol(account)
    bad_for(account, "pam_test_abort", options)
    for _ in range(2):
        login = logins.ssh(account, account.password, account.phone.wrong_code())
        assert not login.admitted
    root = twinlockd.Program()
    with pytest.raises(varlink.VarlinkError) as raised:
        reply = root.sign_in(user=account.name, password=account.password)
        root.verify(reply["session"], account.phone.next_code())
    assert raised.value.error().startswith(twinlockd.AUTHENTICATION)
    assert_others_log_in()


def test_the_code_is_not_spent_by_a_check_that_failed(stack, daemon, bad_for, account, password_stack):
    twinlockd.enrol(account)
    bad_for(account, "pam_test_abort")
    code = account.phone.next_code()
    assert not logins.ssh(account, account.password, code).admitted
    password_stack("@include common-auth", "@include common-account")
    assert logins.ssh(account, account.password, code).admitted


def test_the_daemon_ends_where_its_checker_ends(make_daemon):
    """Without root it could not start another one; whoever started it can, and is told."""
    daemon = make_daemon()
    for pid in daemon.checker_pids():
        os.kill(pid, signal.SIGKILL)
    assert daemon.process.wait(timeout=60) != 0
    assert "the checker is gone" in daemon.log()


def assert_stops(daemon):
    assert daemon.stop() == 0, daemon.log()


def sign_in_message(account):
    return twinlockd.message(f"{twinlockd.AUTHENTICATION}.SignIn", user=account.name, password=account.password)
