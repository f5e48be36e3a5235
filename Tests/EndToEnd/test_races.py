"""Logins at the same moment, each in a process of its own."""

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


def test_eight_users_all_get_in_at_once(daemon):
    users = [twinlockd.enrol(accounts.add_account()) for _ in range(8)]
    assert race([(user, user.phone.next_code()) for user in users]) == ["signedIn"] * 8


def test_wrong_codes_at_once_are_all_counted(daemon, enrolled):
    wrong = enrolled.phone.wrong_code()
    results = race([(enrolled, wrong)] * 4)
    assert results == [twinlockd.refusal("AuthenticationFailed")] * 4
    assert twinlockd.Program(enrolled).status()["failedCodes"] == 4
