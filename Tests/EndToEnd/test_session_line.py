"""What a person is told who has just logged in: over ssh to a shell on a terminal, and by su to a login shell."""

import signal

import pytest

import accounts
import impostor
import logins
import twinlockd

SESSION = "session optional pam_twinlock.so"
FEW = "Twinlock: 3 recovery codes left: `twinlock recovery-codes --regenerate` makes new ones."


@pytest.fixture
def ssh_in(stack, enrolled):
    """Logs the enrolled user in over ssh, to a shell on a terminal, under a session line with these options."""

    def log_in(*options):
        stack(logins.TWINLOCK, " ".join([SESSION, *options]))
        return logins.ssh_shell(enrolled, enrolled.password, enrolled.phone.next_code())

    return log_in


@pytest.fixture
def su_in(enrolled):
    """The same by su, from another one's terminal."""
    other = accounts.add_account("other")

    def log_in(*options):
        logins.write_stack("su", logins.TWINLOCK, " ".join([SESSION, *options]))
        return logins.su_shell(other, enrolled, enrolled.password, enrolled.phone.next_code())

    return log_in


@pytest.fixture(params=["ssh", "su"])
def log_in(request):
    return request.getfixturevalue(f"{request.param}_in")


def use_codes(stack, account, count):
    """Logs in with so many recovery codes."""
    stack(logins.TWINLOCK)
    for _ in range(count):
        assert logins.ssh(account, account.password, account.recovery_codes.pop()).admitted


def lines_about_us(login):
    return [line for line in login.told.replace("\r", "").split("\n") if "Twinlock" in line]


def test_where_all_is_well_nothing_is_shown(log_in):
    login = log_in()
    assert login.admitted and lines_about_us(login) == [], login


def test_with_show_remaining_the_codes_are_counted(log_in):
    login = log_in("show_remaining")
    assert login.admitted
    assert lines_about_us(login) == ["Twinlock: 10 recovery codes left."]


def test_few_codes_left_are_told_at_every_login(log_in, stack, enrolled):
    use_codes(stack, enrolled, 7)
    for _ in range(2):
        login = log_in()
        assert login.admitted
        assert lines_about_us(login) == [FEW]


def test_wrong_codes_from_elsewhere_are_told(log_in, enrolled):
    own = twinlockd.Program(enrolled)
    session = own.sign_in(password=enrolled.password)["session"]
    with pytest.raises(Exception, match="AuthenticationFailed"):
        own.verify(session, enrolled.phone.wrong_code())
    login = log_in()
    assert login.admitted
    (line,) = lines_about_us(login)
    assert line.startswith("Twinlock: 1 wrong code counts against you")


def test_who_has_no_second_factor_is_told_nothing(stack, daemon, account):
    stack(f"{logins.TWINLOCK} nullok", f"{SESSION} show_remaining")
    login = logins.ssh_shell(account, account.password)
    assert login.admitted and lines_about_us(login) == [], login


def test_an_option_that_is_none_locks_nobody_out(log_in, system_log):
    mark = system_log.mark()
    login = log_in("shwo_remaining")
    assert login.admitted and lines_about_us(login) == [], login
    system_log.wait_for('unknown option "shwo_remaining": nothing is shown', mark)


@pytest.fixture
def by_password(stack, account):
    """Logs a user in whose password another module has checked, so that only the line needs the daemon."""
    stack("auth required pam_unix.so", f"{SESSION} show_remaining")
    return lambda: logins.ssh_shell(account, account.password)


def test_the_login_goes_on_while_the_daemon_is_stopped(by_password, make_daemon, account, system_log):
    daemon = make_daemon()
    twinlockd.enrol(account)
    assert lines_about_us(by_password()) == ["Twinlock: 10 recovery codes left."]
    assert daemon.stop() == 0
    mark = system_log.mark()
    login = by_password()
    assert login.admitted and lines_about_us(login) == [], login
    system_log.wait_for("cannot reach twinlockd", mark)


def test_the_login_goes_on_while_the_daemon_hangs(by_password, daemon, account, system_log):
    twinlockd.enrol(account)
    daemon.process.send_signal(signal.SIGSTOP)
    try:
        mark = system_log.mark()
        login = by_password()
        assert login.admitted and lines_about_us(login) == [], login
        system_log.wait_for("no answer from twinlockd", mark)
    finally:
        daemon.process.send_signal(signal.SIGCONT)


def test_what_moves_a_terminals_cursor_is_not_shown(by_password, system_log):
    one = impostor.Impostor(b'{"parameters":{"notice":"Twinlock: \\u001b[2Jevil"}}\0')
    try:
        mark = system_log.mark()
        login = by_password()
        assert login.admitted and "evil" not in login.told, login
        assert one.calls == 1
        system_log.wait_for("not one line", mark)
    finally:
        one.close()


def test_a_program_of_another_user_is_told_nothing(daemon, enrolled):
    stranger = accounts.add_account("stranger")
    for caller, user in ((stranger, enrolled.name), (enrolled, "root")):
        with pytest.raises(Exception, match="PermissionDenied"):
            twinlockd.Program(caller).call(twinlockd.AUTHENTICATION, "GetNotice", user=user)
    told = twinlockd.Program(enrolled).call(twinlockd.AUTHENTICATION, "GetNotice", remaining=True)
    assert told["notice"] == "Twinlock: 10 recovery codes left."
