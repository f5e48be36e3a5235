"""Logging in through a real sshd: who gets in, who does not, and that nobody can tell why from what he is asked."""

import subprocess

import pytest

import accounts
import logins
import twinlockd

PASSWORD = "Password: "
CODE = "Verification code: "
BOTH = [PASSWORD, CODE]


def test_right_password_and_code_log_in(stack, enrolled):
    login = logins.ssh(enrolled, enrolled.password, enrolled.phone.next_code())
    assert login.admitted, login
    assert login.prompts == BOTH


def test_the_next_code_logs_in_right_after(stack, enrolled):
    for _ in range(2):
        assert logins.ssh(enrolled, enrolled.password, enrolled.phone.next_code()).admitted


def test_another_client_sees_the_same(stack, enrolled):
    login = logins.paramiko_login(enrolled, enrolled.password, enrolled.phone.next_code())
    assert login.admitted, login
    assert login.prompts == BOTH
    refused = logins.paramiko_login(enrolled, enrolled.password, enrolled.phone.wrong_code())
    assert not refused.admitted
    assert refused.prompts == BOTH


def test_a_password_may_hold_any_printable_character(stack, daemon, account):
    accounts.set_password(account, 'quote " backslash \\ snowman \u2603 slash / end ')
    twinlockd.enrol(account)
    assert logins.ssh(account, account.password, account.phone.next_code()).admitted


def wrong_password(account):
    return account, [account.password + "x", account.phone.next_code()]


def empty_password(account):
    return account, ["", account.phone.next_code()]


def swapped_case_of_password(account):
    return account, [account.password.swapcase(), account.phone.next_code()]


def wrong_code(account):
    return account, [account.password, account.phone.wrong_code()]


def empty_code(account):
    return account, [account.password, ""]


def code_of_another_shape(account):
    return account, [account.password, account.phone.next_code() + "0"]


def words_for_a_code(account):
    return account, [account.password, "let me in"]


def old_code(account):
    return account, [account.password, account.phone.old_code()]


def code_of_enrolment(account):
    return account, [account.password, account.phone.last_code()]


def password_twice(account):
    return account, [account.password, account.password]


def unknown_user(account):
    return "nobody-of-that-name", [account.password, account.phone.next_code()]


def expired_account(account):
    subprocess.run(["chage", "--expiredate", "0", account.name], check=True)
    return account, [account.password, account.phone.next_code()]


def locked_account(account):
    subprocess.run(["usermod", "--lock", account.name], check=True)
    return account, [account.password, account.phone.next_code()]


def root_without_second_factor(account):
    return "root", [account.password, account.phone.next_code()]


REFUSED = [
    wrong_password,
    empty_password,
    swapped_case_of_password,
    wrong_code,
    empty_code,
    code_of_another_shape,
    words_for_a_code,
    old_code,
    code_of_enrolment,
    password_twice,
    unknown_user,
    expired_account,
    locked_account,
    root_without_second_factor,
]


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.__name__)
def test_refused_after_the_same_prompts(stack, enrolled, case):
    user, answers = case(enrolled)
    login = logins.ssh(user, *answers)
    assert not login.admitted
    assert login.status == 255
    assert login.prompts == BOTH


def test_a_code_that_logged_in_is_refused_the_second_time(stack, enrolled, system_log):
    code = enrolled.phone.next_code()
    assert logins.ssh(enrolled, enrolled.password, code).admitted
    mark = system_log.mark()
    replayed = logins.ssh(enrolled, enrolled.password, code)
    assert not replayed.admitted
    assert replayed.prompts == BOTH
    assert "This code was used already" in replayed.told
    system_log.wait_for("has been used already", mark)


def test_a_refused_login_does_not_spend_the_code(stack, enrolled):
    code = enrolled.phone.next_code()
    assert not logins.ssh(enrolled, enrolled.password + "x", code).admitted
    assert logins.ssh(enrolled, enrolled.password, code).admitted


def test_spaces_in_a_code_are_ignored(stack, enrolled):
    code = enrolled.phone.next_code()
    assert logins.ssh(enrolled, enrolled.password, f" {code[:3]} {code[3:]} ").admitted


def test_an_expired_password_is_changed_after_both_factors(stack, enrolled):
    subprocess.run(["chage", "--lastday", "0", enrolled.name], check=True)
    new = "a quite different " + enrolled.password[6:18]
    login = logins.ssh(enrolled, enrolled.password, enrolled.phone.next_code(), enrolled.password, new, new)
    assert login.prompts[:2] == BOTH
    assert [prompt.splitlines()[-1] for prompt in login.prompts[2:]] == [
        "Current password: ",
        "New password: ",
        "Retype new password: ",
    ]
    assert login.admitted, login
    enrolled.password = new
    assert logins.ssh(enrolled, new, enrolled.phone.next_code()).admitted


def test_nullok_lets_in_with_the_password_alone_who_has_no_second_factor(stack, daemon, account):
    stack(f"{logins.TWINLOCK} nullok")
    login = logins.ssh(account, account.password)
    assert login.admitted, login
    assert login.prompts == [PASSWORD]


def test_without_nullok_who_has_no_second_factor_is_refused_after_the_same_prompts(stack, daemon, account, system_log):
    mark = system_log.mark()
    login = logins.ssh(account, account.password, "123456")
    assert not login.admitted
    assert login.prompts == BOTH
    system_log.wait_for("no second factor is set up", mark)


def test_nullok_spares_nobody_the_password(stack, daemon, account):
    stack(f"{logins.TWINLOCK} nullok")
    for password in (account.password + "x", ""):
        login = logins.ssh(account, password, "123456")
        assert not login.admitted
        assert login.prompts == BOTH


def test_nullok_spares_nobody_a_code_who_has_a_second_factor(stack, enrolled):
    stack(f"{logins.TWINLOCK} nullok")
    for answers in ([enrolled.password], [enrolled.password, ""], [enrolled.password, enrolled.phone.wrong_code()]):
        login = logins.ssh(enrolled, *answers)
        assert not login.admitted
        assert login.prompts == BOTH
    assert logins.ssh(enrolled, enrolled.password, enrolled.phone.next_code()).admitted


def test_code_only_asks_for_the_code_after_another_module_has_asked_for_the_password(stack, enrolled):
    stack("auth requisite pam_unix.so", f"{logins.TWINLOCK} code_only")
    login = logins.ssh(enrolled, enrolled.password, enrolled.phone.next_code())
    assert login.admitted, login
    assert login.prompts == BOTH
    assert not logins.ssh(enrolled, enrolled.password, enrolled.phone.wrong_code()).admitted
    assert not logins.ssh(enrolled, enrolled.password + "x", enrolled.phone.next_code()).admitted


def test_an_unknown_option_refuses_and_is_named(stack, enrolled, system_log):
    stack(f"{logins.TWINLOCK} nulok")
    mark = system_log.mark()
    assert not logins.ssh(enrolled, enrolled.password, enrolled.phone.next_code()).admitted
    system_log.wait_for('unknown option "nulok"', mark)


def test_after_disabling_the_password_alone_logs_in(stack, enrolled):
    stack(f"{logins.TWINLOCK} nullok")
    text = f"{enrolled.password}\n{enrolled.phone.next_code()}\n"
    done = enrolled.run("twinlock", "disable", "--yes", "--password-file", "-", "--code-file", "-", text=text)
    assert done.returncode == 0, done.stderr
    login = logins.ssh(enrolled, enrolled.password)
    assert login.admitted
    assert login.prompts == [PASSWORD]
