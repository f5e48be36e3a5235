"""The password checker, as a user of its own in group shadow, against pam_unix and real accounts."""

import dataclasses
import grp
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import pytest
from checker_client import *

HERE = pathlib.Path(__file__).resolve().parent
CHECKER = 54323
UID = {name: 61100 + n for n, name in enumerate("usable blank locked star expired change inactive many".split())}
PASSWORD = b"correct horse"

QUESTIONS = {
    "right": (CHECK_PASSWORD, b"tl-usable", PASSWORD),
    "wrong": (CHECK_PASSWORD, b"tl-usable", b"wrong"),
    "blank": (CHECK_PASSWORD, b"tl-blank", PASSWORD),
    "blank, empty": (CHECK_PASSWORD, b"tl-blank", b""),
    "locked": (CHECK_PASSWORD, b"tl-locked", PASSWORD),
    "star": (CHECK_PASSWORD, b"tl-star", PASSWORD),
    "expired": (CHECK_PASSWORD, b"tl-expired", PASSWORD),
    "expired, wrong": (CHECK_PASSWORD, b"tl-expired", b"wrong"),
    "change": (CHECK_PASSWORD, b"tl-change", PASSWORD),
    "inactive": (CHECK_PASSWORD, b"tl-inactive", PASSWORD),
    "unknown": (CHECK_PASSWORD, b"tl-nobody-has-this", PASSWORD),
    "many groups": (CHECK_PASSWORD, b"tl-many", PASSWORD),
    "account of usable": (CHECK_ACCOUNT, b"tl-usable"),
    "account of expired": (CHECK_ACCOUNT, b"tl-expired"),
    "account of change": (CHECK_ACCOUNT, b"tl-change"),
    "account of locked": (CHECK_ACCOUNT, b"tl-locked"),
    "name of locked": (LOOK_UP_NAME, b"tl-locked"),
    "name of usable": (LOOK_UP_NAME, b"tl-usable"),
}


@dataclasses.dataclass
class CountedAnswer(Answer):
    """An answer, and how many password hashes it took; None where they could not be counted."""

    hashes: int | None


STACKS = {"debian": [], "plain": ["--confdir", "/etc/tl-plain.d"]}


def ask_all(program, counter, identity):
    """Runs inside the private namespace: every question of every stack, each to a checker of its own.

    `counter` is the library that counts password hashes; empty where the checker cannot be started with it.
    """
    count = pathlib.Path(tempfile.mkstemp(dir="/etc")[1])  # gone with the namespace
    count.chmod(0o666)
    environment = {"LD_PRELOAD": counter, "COUNT_CRYPT": str(count)} if counter else {}
    answers = {stack: {} for stack in STACKS}
    for stack, arguments in STACKS.items():
        for name, question in QUESTIONS.items():
            count.write_text("")
            answer, status = ask_once(program, identity, 0, request(*question), *arguments, environment=environment)
            assert status == 0
            hashes = len(count.read_text()) if counter else None
            answers[stack][name] = {**dataclasses.asdict(answer), "hashes": hashes}
    print(json.dumps(answers))


@pytest.fixture(scope="module", params=["plain", "sanitized"])
def inside(request):
    """inside(uid, groups) asks all questions of a checker that runs as that user."""
    if os.geteuid() != 0:
        pytest.skip("needs root to make accounts in a private namespace")
    built = request.getfixturevalue("built" if request.param == "plain" else "sanitized")
    # AddressSanitizer's library wants to be the first that is loaded.
    counter = str(request.getfixturevalue("helpers") / "count_crypt.so") if request.param == "plain" else ""

    def run(uid, groups):
        directory = tempfile.mkdtemp(prefix="twinlock-accounts-")
        try:
            command = [sys.executable, __file__, str(built / "twinlock-checker"), counter, str(uid), *map(str, groups)]
            done = subprocess.run(
                [str(HERE / "accounts.sh"), directory, *command], capture_output=True, text=True, timeout=120
            )
        finally:
            shutil.rmtree(directory)
        if done.returncode == 99:
            pytest.skip("no private mount namespace with an overlay to be had here")
        assert done.returncode == 0, done.stderr
        return {
            stack: {name: CountedAnswer(**fields) for name, fields in answers.items()}
            for stack, answers in json.loads(done.stdout).items()
        }

    return run


@pytest.fixture(scope="module")
def all_answers(inside):
    return inside(CHECKER, [grp.getgrnam("shadow").gr_gid])


@pytest.fixture(params=STACKS)
def stack(request):
    return request.param


@pytest.fixture
def answers(all_answers, stack):
    return all_answers[stack]


def told(stack, account):
    """What the account phase tells: Debian's own stack makes a plain denial of every refusal."""
    return DENIED if stack == "debian" else account


def test_the_right_password_of_a_real_account_is_right(answers):
    answer = answers["right"]
    assert (answer.result, answer.account, answer.password_field) == (RIGHT, ACCOUNT_OK, USABLE)
    assert (answer.name, answer.uid, answer.gid) == ("tl-usable", UID["usable"], UID["usable"])
    assert answer.groups == [UID["usable"]]


def test_a_wrong_password_of_a_real_account_is_wrong(answers):
    assert (answers["wrong"].result, answers["wrong"].account) == (WRONG, NOT_RUN)
    assert answers["wrong"].fail_delay > 0  # pam_unix asks for one


def test_a_blank_password_under_nullok_is_no_first_factor(answers):
    assert (answers["blank"].result, answers["blank"].password_field) == (NOT_PROMPTED, UNUSABLE)
    assert (answers["blank, empty"].result, answers["blank, empty"].account) == (WRONG, NOT_RUN)


@pytest.mark.parametrize("name", ["locked", "star"])
def test_a_locked_field_is_wrong_and_told_apart_from_a_usable_one(answers, name):
    assert (answers[name].result, answers[name].account, answers[name].password_field) == (WRONG, NOT_RUN, UNUSABLE)
    assert answers[name].uid == UID[name]


def test_an_expired_account_is_told_only_with_the_right_password(answers, stack):
    assert (answers["expired"].result, answers["expired"].account) == (RIGHT, told(stack, EXPIRED))
    assert (answers["expired, wrong"].result, answers["expired, wrong"].account) == (WRONG, NOT_RUN)


def test_a_password_that_must_be_changed_is_told_apart_from_one_that_can_no_longer_be(answers, stack):
    assert (answers["change"].result, answers["change"].account) == (RIGHT, MUST_CHANGE)
    assert (answers["inactive"].result, answers["inactive"].account) == (RIGHT, told(stack, PASSWORD_EXPIRED))


def test_an_unknown_name_is_unknown(answers):
    answer = answers["unknown"]
    assert (answer.result, answer.account, answer.uid, answer.password_field) == (UNKNOWN_USER, NOT_RUN, NO_ID, UNUSABLE)


@pytest.mark.parametrize("name", ["unknown", "locked", "star", "blank", "blank, empty"])
def test_an_answer_that_the_stack_gives_without_a_hash_costs_one_all_the_same(answers, name):
    if answers[name].hashes is None:
        pytest.skip("hashes are counted with the checker as it is installed")
    assert answers[name].hashes == 1


@pytest.mark.parametrize("name", ["right", "wrong", "expired, wrong"])
def test_hashes_are_counted_where_the_stack_makes_them(answers, name):
    """One for the password, and with nullok one more: pam_unix first asks whether the password is blank."""
    if answers[name].hashes is None:
        pytest.skip("hashes are counted with the checker as it is installed")
    assert answers[name].hashes in (1, 2)


def test_an_account_in_more_groups_than_an_answer_holds_is_an_error_and_no_group_is_left_out(answers):
    assert answers["many groups"].result == ERROR
    assert answers["many groups"].groups == []


def test_the_account_phase_alone_tells_the_same(answers, stack):
    assert (answers["account of usable"].result, answers["account of usable"].account) == (RIGHT, ACCOUNT_OK)
    assert answers["account of expired"].account == told(stack, EXPIRED)
    assert answers["account of change"].account == MUST_CHANGE


def test_a_lock_shows_in_the_field_though_the_account_phase_does_not_see_it(answers):
    assert answers["account of locked"].account == ACCOUNT_OK
    assert answers["account of locked"].password_field == UNUSABLE
    assert answers["name of locked"].password_field == UNUSABLE
    assert answers["name of usable"].password_field == USABLE


def test_without_the_group_shadow_nothing_is_right_and_the_field_is_not_known(inside):
    for answers in inside(CHECKER, []).values():
        assert answers["right"].result != RIGHT
        assert answers["name of usable"].password_field == UNREADABLE


if __name__ == "__main__":
    ask_all(sys.argv[1], sys.argv[2], Identity(int(sys.argv[3]), tuple(map(int, sys.argv[4:]))))
