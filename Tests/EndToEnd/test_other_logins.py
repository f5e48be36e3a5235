"""The same two steps in other programs: su on a terminal, and libpam alone; and stacks of other shapes."""

import subprocess

import pytest

import accounts
import logins
import twinlockd

BOTH = ["Password: ", "Verification code: "]
SERVICE = "twinlock-probe"

# As Debian has it, with ours in front: over pam_unix and pam_deny where we say yes, the end where we say no.
COMMON_AUTH = [
    "auth [success=2 ignore=ignore default=die] pam_twinlock.so nullok",
    "auth [success=1 default=ignore] pam_unix.so nullok",
    "auth requisite pam_deny.so",
    "auth required pam_permit.so",
]


@pytest.fixture
def su(enrolled):
    """Becomes the enrolled user from another one's terminal."""
    logins.write_stack("su", logins.TWINLOCK)
    other = accounts.add_account("other")
    return lambda *answers: logins.su(other, enrolled, *answers)


def test_su_asks_for_password_and_code(su, enrolled):
    login = su(enrolled.password, enrolled.phone.next_code())
    assert login.admitted, login
    assert login.prompts == BOTH


@pytest.mark.parametrize("fault", ["wrong password", "wrong code", "empty code"])
def test_su_refuses_after_the_same_prompts(su, enrolled, fault):
    answers = {
        "wrong password": [enrolled.password + "x", enrolled.phone.next_code()],
        "wrong code": [enrolled.password, enrolled.phone.wrong_code()],
        "empty code": [enrolled.password, ""],
    }[fault]
    login = su(*answers)
    assert not login.admitted
    assert login.prompts == BOTH


def test_su_right_after_ssh_says_that_the_code_was_used(stack, su, enrolled):
    code = enrolled.phone.next_code()
    assert logins.ssh(enrolled, enrolled.password, code).admitted
    login = su(enrolled.password, code)
    assert not login.admitted
    assert "used already" in login.told
    assert su(enrolled.password, enrolled.phone.next_code()).admitted


@pytest.fixture
def probe(enrolled):
    logins.write_stack(SERVICE, logins.TWINLOCK)
    return lambda *answers: logins.pamtester(SERVICE, enrolled, *answers)


def test_libpam_alone_lets_in_with_both(probe, enrolled):
    login = probe(enrolled.password, enrolled.phone.next_code())
    assert login.admitted, login
    assert login.prompts == BOTH


@pytest.mark.parametrize("fault", ["wrong password", "wrong code", "no answer to the second prompt"])
def test_libpam_alone_refuses_after_the_same_prompts(probe, enrolled, fault):
    answers = {
        "wrong password": ["x" + enrolled.password, enrolled.phone.next_code()],
        "wrong code": [enrolled.password, enrolled.phone.wrong_code()],
        "no answer to the second prompt": [enrolled.password],
    }[fault]
    login = probe(*answers)
    assert not login.admitted
    assert login.prompts == BOTH


def test_a_program_of_the_user_himself_asks_for_both(enrolled):
    """As a screen locker does, which is not root."""
    logins.write_stack(SERVICE, logins.TWINLOCK)

    def unlock(*answers):
        text = "".join(f"{answer}\n" for answer in answers)
        return enrolled.run("pamtester", SERVICE, enrolled.name, "authenticate", text=text).returncode

    assert unlock(enrolled.password, enrolled.phone.wrong_code()) != 0
    assert unlock(enrolled.password + "x", enrolled.phone.next_code()) != 0
    assert unlock(enrolled.password, enrolled.phone.next_code()) == 0


def test_passwords_are_still_checked_where_common_auth_holds_the_module(stack, common_auth, enrolled):
    common_auth(*COMMON_AUTH)
    stack("@include common-auth")
    login = logins.ssh(enrolled, enrolled.password, enrolled.phone.next_code())
    assert login.admitted, login
    assert login.prompts == BOTH


def test_a_wrong_code_is_not_followed_by_a_login_with_the_password_alone(stack, common_auth, enrolled):
    common_auth(*COMMON_AUTH)
    stack("@include common-auth")
    for code in (enrolled.phone.wrong_code(), ""):
        login = logins.ssh(enrolled, enrolled.password, code, enrolled.password)
        assert not login.admitted
        assert login.prompts == BOTH


def test_a_blank_password_logs_nobody_in(stack, daemon, account):
    """Debian's common-auth says nullok: pam_unix alone would let this user in without a question."""
    subprocess.run(["passwd", "--delete", account.name], check=True, capture_output=True)
    assert "nullok" in (logins.PAM / "common-auth").read_text()
    logins.write_stack(SERVICE, "auth required pam_unix.so nullok")
    assert logins.pamtester(SERVICE, account).admitted, "the stack was to let a blank password in"
    stack(f"{logins.TWINLOCK} nullok")
    for password in ("", " ", "anything"):
        assert not logins.ssh(account, password, "123456").admitted
    root = twinlockd.Program()
    for password in ("", "anything"):
        assert root.sign_in(user=account.name, password=password)["state"] == "codeRequired"


def test_a_stack_that_asks_nothing_counts_as_no_password(stack, daemon, account, password_stack):
    password_stack("auth required pam_permit.so", "account required pam_permit.so")
    stack(f"{logins.TWINLOCK} nullok")
    assert not logins.ssh(account, account.password, "123456").admitted
    assert "succeeded without asking" in daemon.log()


def test_a_host_rule_in_the_account_phase_is_obeyed(stack, enrolled, password_stack):
    password_stack(
        "@include common-auth",
        f"account required pam_succeed_if.so quiet user != {enrolled.name}",
        "@include common-account",
    )
    login = logins.ssh(enrolled, enrolled.password, enrolled.phone.next_code())
    assert not login.admitted
    assert login.prompts == BOTH
