"""Access tokens by the command: made, shown once, changed, refreshed and ended; in dialogues and from scripts."""

import json
import os
import pathlib
import re
import subprocess
import time

import pytest
import varlink

import dialogues
import twinlockd
from dialogues import CODE_OR_RECOVERY, PASSWORD, READY, SURE, VERIFICATION, answer
from terminals import Pty, Tmux
from twinlockd import ACCOUNT, Program, refusal

FROM_PIPE = ["--password-file", "-", "--code-file", "-"]
PURPOSE = r"What is it for\? "
VALUE = r"twl_[0-9A-Za-z]{38}"
DAY = 86400


def tokens_of(account):
    return Program(account).call(ACCOUNT, "ListTokens")["tokens"]


def is_good(account, value):
    try:
        return Program(account).status(session=value)["user"] == account.name
    except varlink.VarlinkError as error:
        assert error.error() in (refusal("SignInAgain", ACCOUNT), refusal("SignInAgain"))
        return False


def from_pipe(account, *words, code=None, password=None):
    """`twinlock tokens` in a script."""
    password = account.password if password is None else password
    text = f"{password}\n{account.phone.next_code() if code is None else code}\n"
    return account.run("setsid", "--wait", "twinlock", "tokens", *words, *FROM_PIPE, text=text)


def make_token(account, *words, description="nightly backup"):
    """Its id and its value; a recovery code is used."""
    code = account.recovery_codes.pop()
    done = from_pipe(account, "create", "--json", "--description", description, *words, code=code)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    return told["id"], told["token"]


# Making one.


def test_a_token_is_made_in_one_dialogue_and_shown_once(enrolled, tmp_path):
    with Pty(["twinlock", "tokens", "create"], **enrolled.options()) as terminal:
        terminal.read_until("opens account.read and ends ")
        answer(terminal, PURPOSE, "nightly backup", PASSWORD, enrolled.password)
        answer(terminal, VERIFICATION, enrolled.phone.next_code())
        terminal.read_until("never shown again")
        value = terminal.read_until(rf"\n +({VALUE})\r\n")
        rest, status = terminal.finish()
    assert status == 0, rest
    (token,) = tokens_of(enrolled)
    assert f"twinlock tokens revoke {token['id']}" in rest
    assert (token["description"], token["groups"]) == ("nightly backup", ["account.read"])
    assert abs(token["expires"] - time.time() - 30 * DAY) < 120
    assert is_good(enrolled, value)
    assert terminal.seen.count(value) == 1
    assert enrolled.password not in terminal.seen
    assert twinlockd.sessions_left(tmp_path) == 0
    listed = enrolled.run("twinlock", "tokens")
    assert listed.returncode == 0
    assert listed.stdout.startswith(f"{token['id']}  nightly backup\n    opens account.read\n    made 20")
    used = time.strftime("%Y-%m-%d %H:%M", time.gmtime(tokens_of(enrolled)[0]["lastUsed"]))
    assert listed.stdout.endswith(f"last used {used}\n")
    assert value not in listed.stdout


def test_a_wrong_code_is_asked_for_again_and_the_third_makes_none(enrolled):
    wrong = enrolled.phone.wrong_code()
    with Pty(["twinlock", "tokens", "create", "--description", "x"], **enrolled.options()) as terminal:
        answer(terminal, PASSWORD, enrolled.password, VERIFICATION, wrong)
        terminal.read_until("is wrong")
        answer(terminal, VERIFICATION, enrolled.recovery_codes[0])
        terminal.read_until("That recovery code is used up; 9 left.")
        terminal.read_until(VALUE)
        assert terminal.finish()[1] == 0
    with Pty(["twinlock", "tokens", "create", "--description", "x"], **enrolled.options()) as terminal:
        answer(terminal, PASSWORD, enrolled.password, *[VERIFICATION, wrong] * 3)
        rest, status = terminal.finish()
    assert status == 1 and "is wrong" in rest
    assert len(tokens_of(enrolled)) == 1


def test_what_it_is_for_is_asked_until_it_can_be_kept(enrolled):
    with Pty(["twinlock", "tokens", "create"], **enrolled.options()) as terminal:
        for text in ("", "x" * 129, "tab\there", "x" * 600):
            answer(terminal, PURPOSE, text)
            terminal.read_until("1 to 128 bytes")
        terminal.read_until(PURPOSE)
        terminal.send("\x04")
        rest, status = terminal.finish()
    assert status == 1 and "no description was typed" in rest
    assert tokens_of(enrolled) == []


def test_a_pipe_gets_the_value_and_nothing_else(enrolled):
    done = from_pipe(enrolled, "create", "--description", "x", "--expires", "7", "--group", "account.sessions")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(VALUE + "\n", done.stdout)
    (token,) = tokens_of(enrolled)
    assert token["groups"] == ["account.sessions"] and abs(token["expires"] - time.time() - 7 * DAY) < 120


def test_a_person_whose_output_goes_to_a_file_is_asked_and_told_on_the_terminal(enrolled):
    with Pty(["bash", "-c", "twinlock tokens create >value"], **enrolled.options()) as terminal:
        answer(terminal, PURPOSE, "x", PASSWORD, enrolled.password, VERIFICATION, enrolled.phone.next_code())
        rest, status = terminal.finish()
    assert status == 0, rest
    value = (pathlib.Path(enrolled.home) / "value").read_text()
    assert re.fullmatch(VALUE + "\n", value) and is_good(enrolled, value.strip())
    assert value.strip() not in terminal.seen and "Its id is" in rest


def test_a_script_gets_id_value_and_end(enrolled):
    day = time.strftime("%F", time.gmtime(time.time() + 40 * DAY))
    done = from_pipe(enrolled, "create", "--json", "--description", "x", "--expires", day)
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert list(told) == ["id", "token", "expires"]
    assert is_good(enrolled, told["token"])
    (token,) = tokens_of(enrolled)
    assert (token["id"], token["expires"]) == (told["id"], told["expires"])
    assert time.strftime("%F %T", time.gmtime(told["expires"])) == f"{day} 23:59:59"
    listed = enrolled.run("twinlock", "tokens", "list", "--json")
    assert {**json.loads(listed.stdout), "lastUsed": None} == {**token, "lastUsed": None}


@pytest.mark.parametrize("words", [[], ["--json"]], ids=["words", "json"])
def test_a_file_gets_the_value_and_nobody_else_can_read_it(enrolled, words):
    done = from_pipe(enrolled, "create", "--description", "x", "--output", "value", *words)
    assert done.returncode == 0, done.stderr
    file = pathlib.Path(enrolled.home) / "value"
    assert file.stat().st_mode & 0o7777 == 0o600 and file.stat().st_uid == enrolled.uid
    assert re.fullmatch(VALUE + "\n", file.read_text()) and is_good(enrolled, file.read_text().strip())
    assert not re.search(VALUE, done.stdout + done.stderr)
    if words:
        assert json.loads(done.stdout)["token"] is None
    else:
        assert "is in value" in done.stdout


def test_a_file_that_is_there_stays_unless_the_person_says_otherwise(enrolled):
    file = pathlib.Path(enrolled.home) / "value"
    file.write_text("mine\n")
    words = ["create", "--description", "x", "--output", str(file)]
    done = from_pipe(enrolled, *words, code=enrolled.phone.wrong_code())
    assert done.returncode == 2 and "--yes" in done.stderr
    with Pty(["twinlock", "tokens", *words], **enrolled.options()) as terminal:
        answer(terminal, SURE, "n")
        assert terminal.finish()[1] == 1
    assert file.read_text() == "mine\n" and tokens_of(enrolled) == []
    assert Program(enrolled).status()["failedCodes"] == 0
    assert from_pipe(enrolled, *words, "--yes").returncode == 0
    assert re.fullmatch(VALUE + "\n", file.read_text())


def test_where_the_file_fails_after_all_the_value_is_shown(enrolled):
    directory = pathlib.Path(enrolled.home) / "safe"
    enrolled.run("mkdir", str(directory))
    words = ["twinlock", "tokens", "create", "--description", "x", "--output", str(directory / "value")]
    with Pty(words, **enrolled.options()) as terminal:
        answer(terminal, PASSWORD, enrolled.password)
        terminal.read_until(VERIFICATION)
        directory.rmdir()
        terminal.send(enrolled.phone.next_code() + "\n")
        terminal.read_until("cannot write")
        assert is_good(enrolled, terminal.read_until(VALUE))
        assert terminal.finish()[1] == 0


@pytest.mark.parametrize("command", ["create", "refresh"])
def test_a_value_that_nobody_got_is_told_with_what_to_do(enrolled, command):
    """The device is always full."""
    words = ["--description", "x"] if command == "create" else make_token(enrolled)[:1]
    line = " ".join(["exec", "twinlock", "tokens", command, *words, *FROM_PIPE, ">/dev/full"])
    text = f"{enrolled.password}\n{enrolled.phone.next_code()}\n"
    done = enrolled.run("setsid", "--wait", "bash", "-c", line, text=text)
    assert done.returncode == 5
    (token,) = tokens_of(enrolled)
    assert f"`twinlock tokens refresh {token['id']}`" in done.stderr and "nobody has its value" in done.stderr


# What stops it before anybody types a password.


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["create", "--expires", "2020-01-01"], "not over"),
        (["create", "--expires", "soon"], "2026-12-31"),
        (["create", "--group", "account.raed"], "account.read"),
        (["create", "--description", ""], "--description"),
        (["create", "--description", "x", "--output", "-"], "--output"),
        (["edit", "0123456789abcdef"], "--expires"),
        (["edit"], "<id>"),
        (["create"], "--description TEXT"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, list) else None,
)
def test_what_cannot_be_is_refused_at_once(enrolled, words, named):
    done = from_pipe(enrolled, *words, code=enrolled.phone.wrong_code())
    assert done.returncode == 2, done.stderr
    assert named in done.stderr
    assert Program(enrolled).status()["failedCodes"] == 0


@pytest.mark.parametrize(
    "words", [["edit", "--expires", "9"], ["refresh"], ["revoke", "--yes"]], ids=lambda words: words[0]
)
def test_an_id_that_is_none_is_told_before_the_password_is_asked_for(enrolled, words):
    with Pty(["twinlock", "tokens", *words, "0123456789abcdef"], **enrolled.options()) as terminal:
        rest, status = terminal.finish()
    assert status == 1
    assert "there is no token 0123456789abcdef" in rest and PASSWORD not in rest


def test_without_a_terminal_what_is_needed_is_named(enrolled):
    id, _ = make_token(enrolled)
    for words, named in (
        (["create", "--description", "x"], "--password-file"),
        (["create", "--description", "x", "--password-file", "-"], "--code-file"),
        (["revoke", id, *FROM_PIPE], "--yes"),
    ):
        done = enrolled.run("setsid", "--wait", "twinlock", "tokens", *words, text=enrolled.password + "\n")
        assert done.returncode == 2 and named in done.stderr
    assert len(tokens_of(enrolled)) == 1


# What the settings decide.


def test_limit_and_groups_of_the_settings_are_told_where_they_refuse(make_daemon, account):
    make_daemon({"tokens.maximum-days": 10, "tokens.groups": "panel.deploy"})
    text = account.password + "\n"
    command = ["twinlock", "tokens", "create", "--description", "x", "--password-file", "-"]
    for words, named in ((["--expires", "30"], "--expires"), (["--expires", "9", "--group", "panel.read"], "groups")):
        done = account.run(*command, *words, text=text)
        assert (done.returncode, done.stdout) == (1, "")
        assert named in done.stderr
    assert account.run(*command, text=text).returncode == 1, "thirty days are more than ten"
    done = account.run(*command, "--expires", "10", "--group", "panel.deploy", text=text)
    assert done.returncode == 0, done.stderr
    assert tokens_of(account)[0]["groups"] == ["panel.deploy"]


# Changing, refreshing and ending one.


def test_a_token_is_changed_refreshed_and_ended_by_the_beginning_of_its_id(enrolled):
    id, first = make_token(enrolled)
    other, _ = make_token(enrolled, description="another")
    short = next(id[:length] for length in range(4, 17) if not other.startswith(id[:length]))
    words = ["--description", "weekly", "--group", "account.sessions", "--group", "account.read"]
    done = from_pipe(enrolled, "edit", short, *words)
    assert done.returncode == 0, done.stderr
    assert "its value is the same" in done.stdout and "opens account.read, account.sessions" in done.stdout
    token = next(token for token in tokens_of(enrolled) if token["id"] == id)
    assert (token["description"], token["groups"]) == ("weekly", ["account.read", "account.sessions"])
    assert is_good(enrolled, first)

    done = from_pipe(enrolled, "refresh", short)
    assert (done.returncode, done.stderr) == (0, "")
    second = done.stdout.strip()
    assert is_good(enrolled, second) and not is_good(enrolled, first)

    done = from_pipe(enrolled, "revoke", "--yes", "--json", short, code=enrolled.recovery_codes.pop())
    assert (done.returncode, done.stdout) == (0, '{"count":1}\n')
    assert not is_good(enrolled, second)
    assert [token["id"] for token in tokens_of(enrolled)] == [other]


def test_a_person_sees_which_token_it_is_and_can_say_no(enrolled):
    id, value = make_token(enrolled)
    with Pty(["twinlock", "tokens", "revoke", id], **enrolled.options()) as terminal:
        terminal.read_until("nightly backup")
        answer(terminal, SURE, "n")
        rest, status = terminal.finish()
    assert status == 1 and "nothing was changed" in rest
    assert is_good(enrolled, value)
    with Pty(["twinlock", "tokens", "edit", id, "--expires", "3"], **enrolled.options()) as terminal:
        terminal.read_until("nightly backup")
        answer(terminal, PASSWORD, enrolled.password, VERIFICATION, enrolled.phone.next_code())
        assert terminal.finish()[1] == 0
    with Pty(["twinlock", "tokens", "refresh", id], **enrolled.options()) as terminal:
        terminal.read_until("nightly backup")
        answer(terminal, PASSWORD, enrolled.password, VERIFICATION, enrolled.phone.next_code())
        terminal.read_until("the old one is dead")
        assert is_good(enrolled, terminal.read_until(VALUE))
        assert terminal.finish()[1] == 0
    with Pty(["twinlock", "tokens", "revoke", id], **enrolled.options()) as terminal:
        answer(terminal, SURE, "y", PASSWORD, enrolled.password, VERIFICATION, enrolled.recovery_codes[0])
        assert terminal.finish()[1] == 0
    assert tokens_of(enrolled) == []


def test_a_script_is_told_the_token_as_it_is_now(enrolled):
    id, _ = make_token(enrolled)
    done = from_pipe(enrolled, "edit", id, "--description", "other", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert {key: value for key, value in json.loads(done.stdout).items() if value is not None} == tokens_of(enrolled)[0]


# What stands for the code.


def test_a_session_stands_for_the_code_not_for_the_password(enrolled, tmp_path):
    text = f"{enrolled.password}\n{enrolled.phone.next_code()}\n"
    assert enrolled.run("twinlock", "sign-in", "--session-file", "session", *FROM_PIPE, text=text).returncode == 0
    command = ["setsid", "--wait", "twinlock", "tokens", "create", "--description", "x", "--session-file", "session"]
    done = enrolled.run(*command, "--password-file", "-", text="wrong\n")
    assert (done.returncode, done.stdout) == (1, "")
    done = enrolled.run(*command, "--password-file", "-", text=enrolled.password + "\n")
    assert done.returncode == 0, done.stderr
    assert is_good(enrolled, done.stdout.strip())
    assert twinlockd.sessions_left(tmp_path) == 1


def test_without_a_second_factor_the_password_is_enough(daemon, account):
    with Pty(["twinlock", "tokens", "create", "--description", "x"], **account.options()) as terminal:
        answer(terminal, PASSWORD, "wrong")
        rest, status = terminal.finish()
    assert status == 1 and "the password is wrong" in rest and "code" not in rest
    done = account.run(
        "setsid", "--wait", "twinlock", "tokens", "create", "--description", "x", "--password-file", "-",
        text=account.password + "\n",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert is_good(account, done.stdout.strip())


def test_an_account_without_a_usable_password_shows_a_code_alone(enrolled):
    subprocess.run(["usermod", "--lock", enrolled.name], check=True)
    with Pty(["twinlock", "tokens", "create", "--description", "x"], **enrolled.options()) as terminal:
        answer(terminal, PASSWORD, "", CODE_OR_RECOVERY, enrolled.phone.next_code())
        terminal.read_until(VALUE)
        assert terminal.finish()[1] == 0
    assert len(tokens_of(enrolled)) == 1


# Interrupted, and on a small screen.

QUESTIONS = {
    "create": [PURPOSE, PASSWORD, VERIFICATION],
    "create --output file": [SURE, PURPOSE, PASSWORD, VERIFICATION],
    "edit --expires 3 ID": [PASSWORD, VERIFICATION],
    "refresh ID": [PASSWORD, VERIFICATION],
    "refresh --output file ID": [SURE, PASSWORD, VERIFICATION],
    "revoke ID": [SURE, PASSWORD, VERIFICATION],
}
PLACES = [(command, number) for command, asked in QUESTIONS.items() for number in range(len(asked))]


@pytest.mark.parametrize(("command", "number"), PLACES)
def test_ctrl_c_at_a_question_gives_the_echo_back_and_changes_nothing(enrolled, tmp_path, command, number):
    id, value = make_token(enrolled)
    enrolled.run("touch", "file")
    before = tokens_of(enrolled)
    answers = {SURE: "y", PURPOSE: "x", PASSWORD: enrolled.password}
    with dialogues.shell(enrolled) as terminal:
        terminal.send(f"twinlock tokens {command.replace('ID', id)}; echo status $?\n")
        asked = QUESTIONS[command]
        for prompt in asked[:number]:
            answer(terminal, prompt, answers[prompt])
        terminal.read_until(asked[number])
        terminal.send("\x03")
        terminal.read_until(READY)
        assert "twinlock: error" not in terminal.seen
        assert dialogues.echo_of(terminal) == "echo"
        terminal.send("exit\n")
        terminal.finish()
    assert enrolled.password not in terminal.seen
    assert tokens_of(enrolled) == before
    assert is_good(enrolled, value)
    assert os.path.getsize(os.path.join(enrolled.home, "file")) == 0
    assert twinlockd.sessions_left(tmp_path) == 0


def test_no_line_is_broken_on_a_small_screen(enrolled):
    codes = iter(enrolled.recovery_codes)
    long = " ".join(["purpose"] * 16)
    groups = "--group account.sessions --group account.read --group administration.read"

    def go(command, *patterns):
        with Tmux(enrolled, command, 80, 24) as terminal:
            for pattern, text in patterns:
                terminal.wait_for(pattern)
                terminal.type(text)
            terminal.wait_for("status 0")
            assert terminal.broken_lines() == set()
            return terminal.text()

    both = [("Password:", enrolled.password), ("Verification", next(codes))]
    screen = go(f"twinlock tokens create {groups} --description '{long}'; twinlock tokens", *both)
    assert re.search(f"^    {VALUE}$", screen, re.MULTILINE)
    id = tokens_of(enrolled)[0]["id"]
    both[1] = ("Verification", next(codes))
    go(f"twinlock tokens refresh {id} --output '{'f' * 60}'", *both)
    both[1] = ("Verification", next(codes))
    go(f"twinlock tokens revoke {id}; twinlock tokens", ("y/N", "y"), *both)


def test_without_utf_8_and_colours_there_is_ascii_and_nothing_else(enrolled):
    options = enrolled.options()
    options["env"] |= {"LC_ALL": "C", "TERM": "dumb"}
    with Pty(["bash", "-c", "twinlock tokens create; twinlock tokens; twinlock log"], **options) as terminal:
        answer(terminal, PURPOSE, "x", PASSWORD, enrolled.password, VERIFICATION, enrolled.phone.next_code())
        assert terminal.finish()[1] == 0
    assert terminal.seen.isascii()
    assert "\x1b" not in terminal.seen
