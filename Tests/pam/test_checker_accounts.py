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
NAMES = "usable blank locked star expired change inactive many passwd long longest".split()
UID = {name: 61100 + n for n, name in enumerate(NAMES)}
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
    "uid of usable": (LOOK_UP_UID, b"%d" % UID["usable"]),
    "name as usable calls himself": (LOOK_UP_NAME, b"root,tl-locked,0"),
    "password as usable calls himself": (CHECK_PASSWORD, b"root,tl-locked,0", PASSWORD),
}
# The field of each account under each key, as the account phase tells it.
FIELDS = {
    f"field of {name}, {which}": (CHECK_ACCOUNT, b"tl-" + name.encode(), b"", b"", b"", key)
    for name in [*NAMES, "nobody-has-this"]
    for which, key in {"a key": KEY, "another key": OTHER_KEY, "no key": b""}.items()
}
WITH_DIGEST = {
    f"{name}, with a digest": (*question, b"", b"", KEY) for name, question in QUESTIONS.items() if len(question) == 3
}
QUESTIONS |= FIELDS | WITH_DIGEST


@dataclasses.dataclass
class CountedAnswer(Answer):
    """An answer, and how many hashes it took: those of passwords and those of fields; None where not counted."""

    hashes: int | None
    digests: int | None


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
            counts = {"hashes": "x", "digests": "d"}
            noted = {what: count.read_text().count(mark) if counter else None for what, mark in counts.items()}
            answers[stack][name] = {**dataclasses.asdict(answer), **noted}
    print(json.dumps(answers))


CHANGES = [
    ("as it was", ["true"], ""),
    ("looked at again", ["true"], ""),
    ("usermod -L", ["usermod", "-L", "tl-usable"], ""),
    ("usermod -U", ["usermod", "-U", "tl-usable"], ""),
    ("passwd", ["passwd", "tl-usable"], "battery staple\nbattery staple\n"),
    ("passwd, the same again", ["passwd", "tl-usable"], "battery staple\nbattery staple\n"),
    ("chage", ["chage", "-M", "90", "tl-usable"], ""),
    ("usermod -p *", ["usermod", "-p", "*", "tl-usable"], ""),
    ("no entry in shadow", ["sed", "-i", "/^tl-usable:/d", "/etc/shadow"], ""),
]


def ask_after_each_change(program, identity):
    """Runs inside the private namespace: what the account phase tells after each change of one account."""
    answers = {}
    for name, command, answer in CHANGES:
        subprocess.run(command, input=answer, text=True, check=True, capture_output=True)
        answer, status = ask_once(program, identity, 0, request(CHECK_ACCOUNT, b"tl-usable", key=KEY))
        assert status == 0
        answers[name] = dataclasses.asdict(answer)
    print(json.dumps(answers))


@pytest.fixture(scope="module", params=["plain", "sanitized"])
def inside(request):
    """inside(uid, groups) asks all questions of a checker that runs as that user."""
    if os.geteuid() != 0:
        pytest.skip("needs root to make accounts in a private namespace")
    built = request.getfixturevalue("built" if request.param == "plain" else "sanitized")
    # AddressSanitizer's library wants to be the first that is loaded.
    counter = str(request.getfixturevalue("helpers") / "count_crypt.so") if request.param == "plain" else ""

    def run(uid, groups, mode="all"):
        directory = tempfile.mkdtemp(prefix="twinlock-accounts-")
        arguments = [mode, str(built / "twinlock-checker"), counter, str(uid), *map(str, groups)]
        try:
            done = subprocess.run(
                [str(HERE / "accounts.sh"), directory, sys.executable, __file__, *arguments],
                capture_output=True,
                text=True,
                timeout=120,
            )
        finally:
            shutil.rmtree(directory)
        if done.returncode == 99:
            pytest.skip("no private mount namespace with an overlay to be had here")
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        if mode == "changes":
            return {name: Answer(**fields) for name, fields in told.items()}
        return {
            stack: {name: CountedAnswer(**fields) for name, fields in answers.items()}
            for stack, answers in told.items()
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


def test_duo_unix_394_what_somebody_writes_about_himself_is_nobodys_name(answers):
    for question in ("right", "account of usable", "name of usable", "uid of usable"):
        assert (answers[question].name, answers[question].uid) == ("tl-usable", UID["usable"]), question
    for question in ("name as usable calls himself", "password as usable calls himself"):
        assert (answers[question].result, answers[question].name) == (UNKNOWN_USER, ""), question


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


def test_without_the_group_shadow_nothing_is_right_and_no_field_is_known_or_digested(inside):
    for answers in inside(CHECKER, []).values():
        assert answers["right"].result != RIGHT
        assert answers["name of usable"].password_field == UNREADABLE
        for name in set(NAMES) - {"many"}:
            answer = answers[f"field of {name}, a key"]
            assert (answer.result, answer.password_field, answer.digest) == (RIGHT, UNREADABLE, ""), name


# The digest of the password field.


def test_a_digest_comes_with_a_key_and_with_none_there_is_none(answers):
    for name in NAMES:
        assert answers[f"field of {name}, no key"].digest == ""
        if name not in ("many", "longest"):
            assert len(answers[f"field of {name}, a key"].digest) == 43, name


def test_a_digest_is_another_under_another_key_and_shows_neither_key_nor_field(answers):
    for name in set(NAMES) - {"many", "longest"}:
        one, other = answers[f"field of {name}, a key"].digest, answers[f"field of {name}, another key"].digest
        assert one != other, name
        assert KEY.decode() not in one and "$" not in one


def test_different_fields_have_different_digests_and_an_empty_one_is_not_none(answers):
    """The hash of tl-passwd is that of tl-usable, in another file; all of one chpasswd have the same salt."""
    names = ["usable", "blank", "locked", "star", "passwd", "long", "nobody-has-this"]
    assert len({answers[f"field of {name}, a key"].digest for name in names}) == len(names)
    assert answers["field of expired, a key"].digest == answers["field of usable, a key"].digest


def test_the_check_of_a_password_tells_the_same_digest_as_the_account_phase(answers):
    assert answers["right, with a digest"].result == RIGHT
    for name in ("right", "wrong"):
        assert answers[f"{name}, with a digest"].digest == answers["field of usable, a key"].digest


def test_a_field_that_is_too_long_to_be_digested_has_no_digest(answers):
    """libcrypt takes 511 bytes, and 7 of them say where the field is from."""
    assert len(answers["field of long, a key"].digest) == 43
    assert (answers["field of longest, a key"].result, answers["field of longest, a key"].digest) == (RIGHT, "")


def test_a_digest_costs_the_same_one_hash_for_a_name_that_nobody_has(answers):
    if answers["right"].digests is None:
        pytest.skip("hashes are counted with the checker as it is installed")
    for name in ("right", "wrong", "locked", "blank", "unknown"):
        assert answers[name].digests == 0
        assert answers[f"{name}, with a digest"].digests == 1, name
        assert answers[f"{name}, with a digest"].hashes == answers[name].hashes


@pytest.fixture(scope="module")
def changes(inside):
    return inside(CHECKER, [grp.getgrnam("shadow").gr_gid], "changes")


def test_a_field_that_nobody_changed_keeps_its_digest(changes):
    for name in ("looked at again", "usermod -U"):
        assert changes[name].digest == changes["as it was"].digest != ""
        assert changes[name].password_field == USABLE
    assert changes["chage"].digest == changes["passwd, the same again"].digest


def test_usermod_l_makes_the_field_another_one_and_unusable(changes):
    assert changes["usermod -L"].password_field == UNUSABLE
    assert changes["usermod -L"].digest not in ("", changes["as it was"].digest)
    assert changes["usermod -L"].account == ACCOUNT_OK  # the account phase does not see it


def test_passwd_makes_the_field_another_one_even_for_the_same_password(changes):
    digests = [changes[name].digest for name in ("as it was", "passwd", "passwd, the same again")]
    assert len(set(digests)) == 3 and "" not in digests
    assert changes["passwd"].password_field == USABLE


def test_a_field_that_is_gone_is_told_apart_from_one_that_is_locked(changes):
    assert changes["usermod -p *"].password_field == UNUSABLE
    assert changes["no entry in shadow"].password_field == UNKNOWN_FIELD
    assert len({answer.digest for answer in changes.values()}) == 6
    assert all(len(answer.digest) == 43 for answer in changes.values())


if __name__ == "__main__":
    checker = Identity(int(sys.argv[4]), tuple(map(int, sys.argv[5:])))
    if sys.argv[1] == "changes":
        ask_after_each_change(sys.argv[2], checker)
    else:
        ask_all(sys.argv[2], sys.argv[3], checker)
