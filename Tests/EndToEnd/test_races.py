"""Logins at the same moment, each in a process of its own."""

import json
import pathlib
import subprocess
import sys

import accounts
import twinlockd

SCRIPT = pathlib.Path(__file__).parent / "race.py"


def race(entrants):
    """Sends every code at once; returns what became of each of the (account, code) pairs."""
    runners = []
    for account, code in entrants:
        words = [sys.executable, str(SCRIPT), account.name]
        runner = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        runner.stdin.write(f"{account.password}\n{code}\n")
        runner.stdin.flush()
        runners.append(runner)
    for runner in runners:
        assert runner.stdout.readline() == "codeRequired\n"
    for runner in runners:
        runner.stdin.write("go\n")
        runner.stdin.flush()
    return [runner.communicate(timeout=60)[0].strip() for runner in runners]


def test_of_eight_logins_with_one_code_one_wins(daemon, enrolled):
    code = enrolled.phone.next_code()
    results = race([(enrolled, code)] * 8)
    assert sorted(results) == sorted(["signedIn"] + [twinlockd.refusal("CodeAlreadyUsed")] * 7)


def test_of_a_hundred_logins_with_one_recovery_code_one_wins(daemon, enrolled):
    """A hundred connections: every code is on its way before the first answer is read."""
    code = enrolled.recovery_codes[0]
    connections = [twinlockd.connect() for _ in range(100)]
    calls = []
    for connection in connections:
        begun = twinlockd.exchange(
            connection, f"{twinlockd.AUTHENTICATION}.SignIn", user=enrolled.name, password=enrolled.password
        )
        session = begun["parameters"]["session"]
        calls.append(twinlockd.message(f"{twinlockd.AUTHENTICATION}.Verify2FACode", session=session, code=code))
    for connection, call in zip(connections, calls, strict=True):
        connection.sendall(call)
    replies = [json.loads(reply_on(connection)) for connection in connections]
    assert sum(reply.get("parameters", {}).get("state") == "signedIn" for reply in replies) == 1
    errors = [reply["error"] for reply in replies if "error" in reply]
    assert errors == [twinlockd.refusal("CodeAlreadyUsed")] * 99
    status = twinlockd.Program(enrolled).status()
    assert status["recoveryCodesLeft"] == 9
    assert status["failedCodes"] == 0


def reply_on(connection):
    received = b""
    while not received.endswith(b"\0"):
        received += connection.recv(65536)
    connection.close()
    return received[:-1]


def test_eight_logins_with_eight_recovery_codes_all_win_and_spend_them(daemon, enrolled):
    entrants = [(enrolled, code) for code in enrolled.recovery_codes[:8]]
    assert race(entrants) == ["signedIn"] * 8
    assert twinlockd.Program(enrolled).status()["recoveryCodesLeft"] == 2
    assert race(entrants) == [twinlockd.refusal("CodeAlreadyUsed")] * 8


def test_eight_users_all_get_in_at_once(daemon):
    users = [twinlockd.enrol(accounts.add_account()) for _ in range(8)]
    assert race([(user, user.phone.next_code()) for user in users]) == ["signedIn"] * 8


def test_wrong_codes_at_once_are_all_counted(daemon, enrolled):
    wrong = enrolled.phone.wrong_code()
    results = race([(enrolled, wrong)] * 4)
    assert results == [twinlockd.refusal("AuthenticationFailed")] * 4
    assert twinlockd.Program(enrolled).status()["failedCodes"] == 4
