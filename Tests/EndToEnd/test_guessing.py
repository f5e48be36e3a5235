"""Guessing codes with the password at hand: a growing wait, and an end. The daemon's clock is moved, not waited for."""

import pytest
import varlink

import logins
import twinlockd
from twinlockd import AUTHENTICATION, Program, refusal
from waiting import wait_for
from wire import call

FIRST_WAIT = 15
LONGEST_WAIT = 900


@pytest.fixture
def scene(make_daemon, account):
    """A daemon whose clock a test moves, and a user with a second factor and an app that goes by that clock."""
    daemon = make_daemon(with_clock=True)
    twinlockd.enrol(account, daemon.clock)
    return daemon.clock, account, Program(account)


def refused_with(call, *arguments, **named):
    with pytest.raises(varlink.VarlinkError) as raised:
        call(*arguments, **named)
    return raised.value


def guess(own, account):
    return refused_with(own.both_steps, account.phone.wrong_code(), password=account.password)


def test_the_daemon_goes_by_the_clock_that_is_moved(scene):
    clock, account, own = scene
    clock.advance(86400)
    assert own.both_steps(account.phone.next_code(), password=account.password)["state"] == "signedIn"


def test_the_fifth_wrong_code_brings_a_wait(scene):
    clock, account, own = scene
    for _ in range(4):
        assert guess(own, account).error() == refusal("AuthenticationFailed")
    fifth = guess(own, account)
    assert fifth.error() == refusal("TooManyFailures")
    assert 0 < fifth.parameters()["seconds"] <= FIRST_WAIT


def test_a_right_code_during_a_wait_is_refused_and_not_spent(scene):
    clock, account, own = scene
    for _ in range(5):
        guess(own, account)
    code = account.phone.next_code()
    during = refused_with(own.both_steps, code, password=account.password)
    assert during.error() == refusal("TooManyFailures")
    assert own.status()["failedCodes"] == 5
    clock.advance(FIRST_WAIT)
    assert own.both_steps(code, password=account.password)["state"] == "signedIn"
    assert own.status()["failedCodes"] == 0


def test_a_wrong_code_during_a_wait_is_not_counted(scene):
    clock, account, own = scene
    for _ in range(8):
        guess(own, account)
    assert own.status()["failedCodes"] == 5


@pytest.mark.parametrize("manner", [{}, {"oneway": True}, {"more": True}], ids=str)
def test_a_wrong_code_counts_however_it_is_sent_and_whoever_hangs_up(scene, manner):
    clock, account, own = scene
    for count in range(1, 4):
        wrong = {"session": own.sign_in(password=account.password)["session"], "code": account.phone.wrong_code()}
        with twinlockd.connect(account) as connection:
            connection.sendall(call(f"{AUTHENTICATION}.Verify2FACode", parameters=wrong, **manner))
        wait_for(lambda: own.status()["failedCodes"] == count, "the wrong code to be counted")


def test_each_further_wrong_code_doubles_the_wait(scene):
    clock, account, own = scene
    for _ in range(4):
        guess(own, account)
    waits = []
    for _ in range(8):
        waits.append(guess(own, account).parameters()["seconds"])
        clock.advance(waits[-1])
    # A second may pass between the answer and the look at the clock.
    expected = [min(FIRST_WAIT << doublings, LONGEST_WAIT) for doublings in range(8)]
    assert all(0 <= right - wait <= 1 for wait, right in zip(waits, expected, strict=True)), waits


def test_a_clock_set_back_makes_no_wait_longer(scene):
    clock, account, own = scene
    for _ in range(5):
        guess(own, account)
    clock.advance(-86400)
    assert own.status()["waitSeconds"] <= FIRST_WAIT


def test_a_clock_set_back_frees_no_code(scene):
    clock, account, own = scene
    code = account.phone.next_code()
    own.both_steps(code, password=account.password)
    clock.advance(-30)
    again = refused_with(Program().both_steps, code, user=account.name, password=account.password)
    assert again.error() == refusal("CodeAlreadyUsed")


def test_the_hundredth_wrong_code_ends_it(scene, stack):
    clock, account, own = scene
    for count in range(1, 101):
        error = guess(own, account)
        if count < 5:
            assert error.error() == refusal("AuthenticationFailed")
        else:
            assert error.error() == refusal("TooManyFailures")
            clock.advance(error.parameters().get("seconds") or 0)
        assert own.status()["failedCodes"] == count
    assert not error.parameters().get("seconds")
    assert own.status()["exhausted"]
    clock.advance(30 * 86400)
    code = account.phone.next_code()
    last = refused_with(own.both_steps, code, password=account.password)
    assert last.error() == refusal("TooManyFailures")
    assert not last.parameters().get("seconds")
    assert not logins.ssh(account, account.password, code).admitted


def test_wrong_passwords_do_not_touch_the_count_of_codes(scene):
    clock, account, own = scene
    for _ in range(6):
        begun = own.sign_in(password="wrong")
        refused_with(own.verify, begun["session"], account.phone.wrong_code())
    assert own.status()["failedCodes"] == 0


def test_both_paths_reach_a_wait_at_the_same_answer(scene):
    """Whether the password was right or wrong, the words are the same at each try: a guesser cannot tell."""
    clock, account, own = scene
    root = Program()

    def answers(password, host):
        context = {"service": "sshd", "remoteHost": host, "purpose": "login"}
        errors = []
        for _ in range(7):
            begun = root.sign_in(user=account.name, password=password, context=context)
            errors.append(refused_with(root.verify, begun["session"], account.phone.wrong_code()).error())
        return errors

    assert answers(account.password, "192.0.2.1") == answers("wrong", "192.0.2.2")


def test_the_wait_is_told_in_words_by_ssh(scene, stack):
    clock, account, own = scene
    for _ in range(5):
        guess(own, account)
    login = logins.ssh(account, account.password, account.phone.next_code())
    assert not login.admitted
    assert login.prompts == ["Password: ", "Verification code: "]
    assert "Too many wrong codes" in login.told


def test_a_code_outside_the_window_is_named_in_the_log(make_daemon, account):
    daemon = make_daemon()
    twinlockd.enrol(account)
    own = Program(account)
    refused_with(own.both_steps, account.phone.old_code(), password=account.password)
    assert "check the clocks" in daemon.log()
