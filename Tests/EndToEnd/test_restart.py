"""What survives a kill at any moment: codes that were used, failures that were counted, sign-ins that were begun."""

import pytest
import varlink

import twinlockd
from twinlockd import Program, refusal


def refused_with(call, *arguments, **named):
    with pytest.raises(varlink.VarlinkError) as raised:
        call(*arguments, **named)
    return raised.value.error()


@pytest.fixture
def own(enrolled):
    return Program(enrolled)


def test_a_sign_in_that_was_begun_goes_on_after_a_kill(daemon, enrolled, own):
    begun = own.sign_in(password=enrolled.password)
    daemon.kill()
    daemon.start()
    assert own.verify(begun["session"], enrolled.phone.next_code())["state"] == "signedIn"


def test_a_sign_in_that_was_begun_goes_on_after_a_stop(daemon, enrolled, own):
    begun = own.sign_in(password=enrolled.password)
    assert daemon.stop() == 0
    daemon.start()
    assert own.verify(begun["session"], enrolled.phone.next_code())["state"] == "signedIn"


def test_a_failed_first_factor_stays_failed_after_a_kill(daemon, enrolled, own):
    begun = own.sign_in(password="wrong")
    daemon.kill()
    daemon.start()
    assert refused_with(own.verify, begun["session"], enrolled.phone.next_code()) == refusal("AuthenticationFailed")


def test_a_code_stays_used_after_a_kill(daemon, enrolled, own):
    code = enrolled.phone.next_code()
    own.both_steps(code, password=enrolled.password)
    daemon.kill()
    daemon.start()
    root = Program()
    again = refused_with(root.both_steps, code, user=enrolled.name, password=enrolled.password)
    assert again == refusal("CodeAlreadyUsed")
    assert root.both_steps(enrolled.phone.next_code(), user=enrolled.name, password=enrolled.password)


def test_the_code_that_enrolled_stays_used_after_a_kill(daemon, enrolled):
    daemon.kill()
    daemon.start()
    code = enrolled.phone.last_code()
    assert refused_with(Program().both_steps, code, user=enrolled.name, password=enrolled.password) == refusal(
        "CodeAlreadyUsed"
    )


def test_wrong_codes_stay_counted_after_a_kill(daemon, enrolled, own):
    for count in range(1, 4):
        refused_with(own.both_steps, enrolled.phone.wrong_code(), password=enrolled.password)
        daemon.kill()
        daemon.start()
        assert own.status()["failedCodes"] == count


def test_a_wait_lasts_over_a_kill(daemon, enrolled, own):
    for _ in range(5):
        refused_with(own.both_steps, enrolled.phone.wrong_code(), password=enrolled.password)
    daemon.kill()
    daemon.start()
    assert own.status()["waitSeconds"] > 0
    code = enrolled.phone.next_code()
    assert refused_with(own.both_steps, code, password=enrolled.password) == refusal("TooManyFailures")


def test_a_session_lives_on_and_an_ended_one_stays_ended(daemon, enrolled, own):
    kept, ended = (own.both_steps(enrolled.phone.next_code(), password=enrolled.password)["session"] for _ in range(2))
    own.sign_out(ended)
    daemon.kill()
    daemon.start()
    assert own.get_session(kept)["user"] == enrolled.name
    assert refused_with(own.get_session, ended) == refusal("SignInAgain")


def test_a_second_factor_that_was_removed_stays_removed(daemon, enrolled, own):
    own.call(twinlockd.ACCOUNT, "Disable", password=enrolled.password, code=enrolled.phone.next_code())
    daemon.kill()
    daemon.start()
    assert not own.status()["enabled"]
