"""One code and many clients, each a process of its own, held at the start line and let go at once: one gets in."""

import collections
import contextlib
import os

import pytest

import logins
import phones
import twinlockd
from at_the_prompt import Waiting
from start_line import StartLine
from tally import FAULT, LOAD

SERVICE = "attack"

# Clients, rounds in the short form, and the share of ATTACK_ROUNDS in the long one.
AT_THE_SOCKET = {"2": (2, 12, 2.0), "8": (8, 9, 2.0), "100": (100, 3, 0.3)}
THROUGH_PAM = {"2": (2, 6, 0.5), "8": (8, 3, 0.5), "100": (100, 1, 0.03)}


@pytest.fixture
def scene(make_daemon, account):
    """A daemon whose clock is moved, and a user with a second factor."""
    daemon = make_daemon()
    return daemon, twinlockd.enrol(account, daemon.clock)


@pytest.fixture
def line():
    """Start lines that are gone after the test."""
    made = []

    def make(place, *arguments):
        made.append(getattr(StartLine, place)(*arguments))
        return made[-1]

    yield make
    for one in made:
        one.close()


def task(account, code, **more):
    return {"signIn": phones.sign_in(account), "code": code, **more}


def each_code(clock, account, count):
    """So many fresh codes: the three of the window in turn, then those of another moment."""
    for number in range(count):
        if number % 3 == 0:
            phones.move_on(clock)
        yield account.phone.next_code()


def assert_one_wins(results, loss):
    assert collections.Counter(results) == {"signedIn": 1, loss: len(results) - 1}


@pytest.mark.parametrize("size", AT_THE_SOCKET)
def test_one_code_lets_one_of_so_many_in_over_the_socket(scene, line, rounds, tally, size):
    daemon, account = scene
    clients, short, share = AT_THE_SOCKET[size]
    start = line("at_the_socket", clients)
    count = rounds(short, share)
    for code in each_code(daemon.clock, account, count):
        assert_one_wins(start.race([task(account, code)] * clients), "CodeAlreadyUsed")
    assert twinlockd.Program(account).status()["failedCodes"] == 0
    tally(LOAD, f"rounds of {clients} clients with one code over the socket, one let in each time", count)


@pytest.mark.parametrize("size", THROUGH_PAM)
def test_one_code_lets_one_of_so_many_in_through_pam(scene, line, rounds, tally, size):
    daemon, account = scene
    clients, short, share = THROUGH_PAM[size]
    logins.write_stack(SERVICE, logins.TWINLOCK)
    start = line("at_pam", clients, SERVICE)
    count = rounds(short, share)
    for code in each_code(daemon.clock, account, count):
        one = {"user": account.name, "password": account.password, "code": code}
        results = start.race([one] * clients)
        assert collections.Counter(results) == {"PAM_SUCCESS": 1, "PAM_AUTH_ERR": clients - 1}
    assert twinlockd.Program(account).status()["failedCodes"] == 0
    tally(LOAD, f"rounds of {clients} clients with one code through libpam, one let in each time", count)


# A hundred clients and their sshd take half a minute to get to the question.
many = pytest.param(100, marks=pytest.mark.skipif("ATTACK_ROUNDS" not in os.environ, reason="in make attacks"))


@pytest.mark.parametrize("clients", [2, 8, many])
def test_one_code_lets_one_in_through_sshd(scene, stack, rounds, tally, clients):
    daemon, account = scene
    count = rounds(1, 0.03 if clients < 100 else 0.005)
    for code in each_code(daemon.clock, account, count):
        with contextlib.ExitStack() as open_terminals:
            waiting = []
            for _ in range(clients):
                waiting.append(Waiting(account))
                open_terminals.enter_context(waiting[-1].terminal)
            for one in waiting:
                one.give(code)
            assert sum(one.is_admitted() for one in waiting) == 1
    tally(LOAD, f"rounds of {clients} ssh clients with one code through sshd, one let in each time", count)


@pytest.mark.parametrize("clients", [2, 8, 10])
def test_different_recovery_codes_all_win_and_all_are_spent(scene, line, rounds, tally, clients):
    daemon, account = scene
    own = twinlockd.Program(account)
    start = line("at_the_socket", clients)
    count = rounds(2, 0.1)
    for fresh in each_code(daemon.clock, account, count):
        made = own.call(twinlockd.ACCOUNT, "RegenerateRecoveryCodes", password=account.password, code=fresh)
        codes = made["recoveryCodes"][:clients]
        assert start.race([task(account, code) for code in codes]) == ["signedIn"] * clients
        assert own.status()["recoveryCodesLeft"] == 10 - clients
        assert start.race([task(account, code) for code in codes]) == ["CodeAlreadyUsed"] * clients
    tally(LOAD, f"rounds of {clients} recovery codes at once, all let in and none twice", count)


def test_one_recovery_code_lets_one_of_a_hundred_in(scene, line, rounds, tally):
    daemon, account = scene
    own = twinlockd.Program(account)
    start = line("at_the_socket", 100)
    count = rounds(1, 0.05)
    codes = []
    for number in range(count):
        if not codes:
            phones.move_on(daemon.clock)
            proof = {"password": account.password, "code": account.phone.next_code()}
            codes = own.call(twinlockd.ACCOUNT, "RegenerateRecoveryCodes", **proof)["recoveryCodes"]
        assert_one_wins(start.race([task(account, codes.pop())] * 100), "CodeAlreadyUsed")
        assert own.status()["recoveryCodesLeft"] == len(codes)
    tally(LOAD, "rounds of 100 clients with one recovery code, one let in each time", count)


def test_eight_users_are_all_let_in_at_once(make_daemon, line, rounds, tally):
    daemon = make_daemon()
    users = phones.add_accounts(8, daemon.clock)
    start = line("at_the_socket", 8)
    count = rounds(6, 0.6)
    for number in range(count):
        if number % 3 == 0:
            phones.move_on(daemon.clock)
        tasks = [task(user, user.phone.next_code()) for user in users]
        assert start.race(tasks) == ["signedIn"] * 8
    tally(LOAD, "rounds of 8 users at once, all let in", count)


def test_a_clock_that_jumps_during_a_race_frees_no_code(scene, line, rounds, tally):
    """One step back and on again, while eight clients have the code of the present step."""
    daemon, account = scene
    clock = daemon.clock
    start = line("at_the_socket", 8)
    count = rounds(3, 0.2)
    for _ in range(count):
        phones.move_on(clock)
        code = account.phone.code_at(account.phone.step)
        start.gather([task(account, code)] * 8)
        start.release()
        clock.advance(-phones.PERIOD)
        clock.advance(phones.PERIOD)
        # One whose sign-in came when it had not been begun yet has to begin again.
        won = collections.Counter(start.results())
        assert won["signedIn"] + won["CodeAlreadyUsed"] + won["SignInAgain"] == 8
        assert won["signedIn"] + (phones.verify(account, code) is None) == 1
        account.phone.used_step = account.phone.step
        for jump in (-phones.PERIOD, -86400, 86400 + phones.PERIOD):
            clock.advance(jump)
            assert phones.verify(account, code) is not None
            assert (twinlockd.Program(account).status().get("waitSeconds") or 0) <= 900
        twinlockd.raw_call("org.twinlock.Administration.Unlock", user=account.name)
    tally(FAULT, "races during which the clock was set back and forward, no code freed", count)


def test_a_wait_never_outlasts_its_length_wherever_the_clock_goes(scene, rounds, tally):
    daemon, account = scene
    clock = daemon.clock
    jumps = (-30, 86400, -86400 * 30, 3600, -7200, 86400 * 365, -86400 * 400)
    count = rounds(2, 0.02)
    for _ in range(count):
        for jump in jumps:
            phones.move_on(clock)
            twinlockd.raw_call("org.twinlock.Administration.Unlock", user=account.name)
            for _ in range(5):
                refused = phones.verify(account, account.phone.wrong_code())
            assert refused == "TooManyFailures"
            clock.advance(jump)
            told = phones.answer(account, account.phone.wrong_code())["parameters"]["seconds"]
            if twinlockd.Program(account).status()["failedCodes"] == 5:
                # Not read: the wait goes on, for its length at most, and then a code is read.
                assert 0 < told <= 15
                clock.advance(told)
                phones.answer(account, account.phone.wrong_code())
            assert twinlockd.Program(account).status()["failedCodes"] == 6
    tally(FAULT, "clock set back or forward during a wait, no wait longer than its length", count * len(jumps))


@pytest.mark.parametrize("end", ["kill", "stop"])
def test_a_restart_between_the_password_and_the_code_lets_one_in_all_the_same(scene, line, rounds, tally, end):
    daemon, account = scene
    start = line("at_the_socket", 8)
    count = rounds(2, 0.1)
    for code in each_code(daemon.clock, account, count):
        start.gather([task(account, code, connectsLate=True)] * 8)
        getattr(daemon, end)()
        daemon.start()
        start.release()
        assert_one_wins(start.results(), "CodeAlreadyUsed")
        getattr(daemon, end)()
        daemon.start()
        assert phones.verify(account, code) == "CodeAlreadyUsed"
    tally(FAULT, f"restarts ({end}) between the password and the code of 8 clients, one let in each time", count)
