"""A wrong code counts, whatever becomes of the call that brought it.

A guesser gains nothing by hanging up, by a kill, or by a call that fails.
"""

import contextlib

import pytest

import disks
import phones
import twinlockd
from tally import FAULT, INPUT
from waiting import wait_for
from wire import send, wait_until_read

UNLOCK = "org.twinlock.Administration.Unlock"


@pytest.fixture
def town(make_daemon, account):
    daemon = make_daemon()
    return daemon, twinlockd.enrol(account, daemon.clock)


def counted(account):
    return twinlockd.Program(account).status()["failedCodes"]


def pending(account):
    """A sign-in that waits for its code."""
    reply = twinlockd.raw_call(f"{twinlockd.AUTHENTICATION}.SignIn", **phones.sign_in(account))
    return reply["parameters"]["session"]


def verify_message(session, code):
    return twinlockd.message(f"{twinlockd.AUTHENTICATION}.Verify2FACode", session=session, code=code)


@pytest.mark.parametrize("how", ["closes", "shuts down", "sends one way"])
def test_a_wrong_code_counts_where_the_client_goes_away_before_the_answer(town, rounds, tally, how):
    daemon, account = town
    count = rounds(4, 0.3)
    for number in range(count):
        session = pending(account)
        if number % 4 == 0:
            twinlockd.raw_call(UNLOCK, user=account.name)
        expected = number % 4 + 1
        call = verify_message(session, account.phone.wrong_code())
        if how == "sends one way":
            call = call.replace(b'{"method"', b'{"oneway": true, "method"')
        with twinlockd.connect() as connection:
            connection.sendall(call)
            if how == "shuts down":
                connection.shutdown(twinlockd.socket.SHUT_RDWR)
        wait_for(lambda: counted(account) >= expected, "the wrong code to be counted")
        assert counted(account) == expected
    tally(INPUT, f"wrong codes whose sender {how}, each counted once", count)


def test_a_wrong_code_counts_once_or_is_not_answered_where_the_daemon_is_killed(town, rounds, tally):
    """Killed as soon as it has read the code."""
    daemon, account = town
    count = rounds(5, 0.2)
    answered = seen = 0
    for number in range(count):
        twinlockd.raw_call(UNLOCK, user=account.name)
        session = pending(account)
        with twinlockd.connect() as connection:
            send(connection, verify_message(session, account.phone.wrong_code()))
            wait_until_read(connection)
            daemon.kill()
            with contextlib.suppress(ConnectionResetError):
                received = connection.recv(65536)
        daemon.start()
        failures = counted(account)
        assert failures == 1 if received else failures in (0, 1)
        answered += bool(received)
        seen += failures
    tally(FAULT, f"kills right after a wrong code was read; {seen} had counted, {answered} were answered", count)


# Sensitive calls, with their other parameters.
CALLS = {
    "Disable": {},
    "ViewRecoveryCodes": {},
    "RegenerateRecoveryCodes": {},
    "BeginSetUp": {},
    "CreateToken": {"description": "x", "groups": ["account.read"]},
    "EditToken": {"id": "none"},
    "RefreshToken": {"id": "none"},
    "RevokeToken": {"id": "none"},
}


@pytest.mark.parametrize("method", CALLS)
def test_a_wrong_code_counts_in_a_call_that_fails(town, tally, method):
    daemon, account = town
    parameters = {"password": account.password, "code": account.phone.wrong_code(), **CALLS[method]}
    if method == "CreateToken":
        parameters["expires"] = int(daemon.clock()) + 86400
    with twinlockd.connect(account) as connection:
        reply = twinlockd.exchange(connection, f"{twinlockd.ACCOUNT}.{method}", **parameters)
    assert "error" in reply
    assert counted(account) == 1, reply
    tally(INPUT, "wrong codes in sensitive calls, each counted", 1)


def test_where_a_wrong_code_cannot_be_counted_it_is_not_answered_as_one(installed, make_daemon, account, rounds, tally):
    """Otherwise a full disk would give a guesser as many tries as he likes."""
    with disks.mounted("64m"):
        disk = disks.FailingDisk()
        daemon = make_daemon(environment=disk.environment)
        twinlockd.enrol(account, daemon.clock)
        phones.move_on(daemon.clock)
        code = account.phone.next_code()
        disk.fail("write", "ENOSPC")
        count = rounds(20, 0.5)
        for _ in range(count):
            assert phones.verify(account, account.phone.wrong_code()) == "Unavailable"
        assert phones.verify(account, code) == "Unavailable"
        disk.heal()
        assert counted(account) == 0
        assert phones.verify(account, code) is None
    tally(INPUT, "wrong codes while nothing could be saved, none told from a right one", count)
