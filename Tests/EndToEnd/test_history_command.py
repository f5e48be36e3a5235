"""Sessions, the log, and the clearing of wrong codes by the command; in dialogues and from scripts."""

import json
import re
import subprocess

import pytest
import varlink

import dialogues
import logins
import twinlockd
from dialogues import CODE_OR_RECOVERY, PASSWORD, READY, SURE, answer
from terminals import Pty, Tmux
from twinlockd import ACCOUNT, Program, refusal

FROM_PIPE = ["--password-file", "-", "--code-file", "-"]
RECOVERY = "Recovery code: "


def sessions_of(account):
    return Program(account).call(ACCOUNT, "ListSessions")["sessions"]


def twinlock(account, *words, text=""):
    """The command without a terminal."""
    return account.run("setsid", "--wait", "twinlock", *words, text=text)


def sign_in(account, file):
    """Keeps a session with both factors; a recovery code is used."""
    text = f"{account.password}\n{account.recovery_codes.pop()}\n"
    done = twinlock(account, "sign-in", "--session-file", file, *FROM_PIPE, text=text)
    assert done.returncode == 0, done.stderr


# Sessions.


def test_sessions_are_listed_with_where_from_and_by_what(enrolled):
    assert twinlock(enrolled, "sessions").stdout == "There are no sessions.\n"
    sign_in(enrolled, "session")
    context = {"service": "panel", "remoteHost": "192.0.2.7", "tty": "web"}
    begun = Program().sign_in(user=enrolled.name, password=enrolled.password, context=context)
    Program().verify(begun["session"], enrolled.phone.next_code())
    done = twinlock(enrolled, "sessions", "--session-file", "session")
    assert (done.returncode, done.stderr) == (0, "")
    for session in sessions_of(enrolled):
        assert f"{session['id']}  " in done.stdout
    ours = r"^\w+  a program, the one in session\n    since .* by password and code\n"
    assert re.search(ours, done.stdout, re.MULTILINE)
    assert re.search(r"^\w+  panel from 192\.0\.2\.7 on web\n", done.stdout, re.MULTILINE)
    assert done.stdout.count("the one in session") == 1
    listed = [json.loads(line) for line in twinlock(enrolled, "sessions", "list", "--json").stdout.splitlines()]
    assert sorted(map(str, listed)) == sorted(map(str, sessions_of(enrolled)))


def test_sessions_are_ended_by_the_beginning_of_their_ids_all_or_none(enrolled):
    for number in range(3):
        sign_in(enrolled, f"session{number}")
    first, second, third = (session["id"] for session in sessions_of(enrolled))
    done = twinlock(enrolled, "sessions", "revoke", first[:12], "0" * 32)
    assert done.returncode == 1 and f"there is no session {'0' * 32}" in done.stderr
    assert len(sessions_of(enrolled)) == 3
    done = twinlock(enrolled, "sessions", "revoke", first[:12], second, first)
    assert (done.returncode, done.stdout) == (0, "2 sessions have ended.\n")
    assert [session["id"] for session in sessions_of(enrolled)] == [third]


def test_all_sessions_are_ended_after_a_question_but_the_one_at_hand(enrolled):
    for number in range(3):
        sign_in(enrolled, f"session{number}")
    words = ["sessions", "revoke", "--all"]
    done = twinlock(enrolled, *words)
    assert done.returncode == 2 and "--yes" in done.stderr
    with Pty(["twinlock", *words], **enrolled.options()) as terminal:
        answer(terminal, SURE, "n")
        rest, status = terminal.finish()
    assert status == 1 and "nothing was changed" in rest
    assert len(sessions_of(enrolled)) == 3
    with Pty(["twinlock", *words, "--session-file", "session1"], **enrolled.options()) as terminal:
        terminal.read_until("The one in session1 stays")
        answer(terminal, r"all your other sessions\? " + SURE, "y")
        rest, status = terminal.finish()
    assert status == 0 and "2 sessions have ended" in rest
    assert len(sessions_of(enrolled)) == 1
    done = twinlock(enrolled, *words, "--yes", "--json")
    assert (done.returncode, done.stdout) == (0, '{"count":1}\n')
    assert sessions_of(enrolled) == []


@pytest.mark.parametrize("words", [[], ["--all", "0123456789"], ["--session-file", "x", "0123456789"]])
def test_what_is_to_be_ended_is_said_once(enrolled, words):
    done = twinlock(enrolled, "sessions", "revoke", *words)
    assert done.returncode == 2, done.stderr


# The log.


def test_the_log_has_one_line_for_each_record_the_newest_first(stack, enrolled):
    wrong = enrolled.phone.wrong_code()
    for _ in range(3):
        logins.ssh(enrolled, enrolled.password, wrong)
    assert logins.ssh(enrolled, enrolled.password, enrolled.phone.next_code()).admitted
    done = twinlock(enrolled, "log")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert all(re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  (accepted |refused  |continued)  \S", line) for line in lines)
    assert re.search(r"accepted   code right; sshd from 127\.0\.0\.1( on \S+)?$", lines[0])
    assert any(re.search(r"refused    code wrong, \d times; sshd from 127\.0\.0\.1", line) for line in lines)
    times = [line[:19] for line in lines]
    assert times == sorted(times, reverse=True)


def test_a_script_reads_the_log_whole_or_in_part(enrolled):
    for number in range(8):
        Program(enrolled).both_steps(enrolled.recovery_codes[number], password=enrolled.password)
    whole = Program(enrolled).call(ACCOUNT, "GetLog", limit=200)["records"]
    assert len(whole) > 10
    done = twinlock(enrolled, "log", "--all", "--json")
    assert [json.loads(line) for line in done.stdout.splitlines()] == whole
    done = twinlock(enrolled, "log", "--limit", "3", "--json")
    assert [json.loads(line) for line in done.stdout.splitlines()] == whole[:3]
    assert len(twinlock(enrolled, "log", "--all").stdout.splitlines()) == len(whole)


def test_a_long_log_is_read_page_by_page(make_daemon, account):
    make_daemon()
    for _ in range(230):
        Program(account).sign_out(Program(account).sign_in(password=account.password)["session"])
    done = twinlock(account, "log", "--all", "--json")
    assert done.returncode == 0, done.stderr
    ended = [line for line in done.stdout.splitlines() if json.loads(line)["reason"] == "sessionEnded"]
    assert len(ended) == 230
    assert len(twinlock(account, "log", "--limit", "207").stdout.splitlines()) == 207


def test_where_there_is_more_a_person_is_told_how_to_see_it(enrolled):
    with Pty(["twinlock", "log", "--limit", "1"], **enrolled.options()) as terminal:
        rest, status = terminal.finish()
    assert status == 0 and "--all shows them" in rest
    with Pty(["twinlock", "log", "--all"], **enrolled.options()) as terminal:
        rest, status = terminal.finish()
    assert status == 0 and "--all" not in rest


def test_nothing_yet_is_said(daemon, account):
    assert twinlock(account, "log").stdout == "There are no records.\n"
    assert twinlock(account, "log", "--json").stdout == ""


# Clearing wrong codes.


def guess(account, clock=None):
    """One wrong code after the right password; moves the clock over the wait that follows."""
    own = Program(account)
    begun = own.sign_in(password=account.password)
    with pytest.raises(varlink.VarlinkError) as raised:
        own.verify(begun["session"], account.phone.wrong_code())
    if clock is not None and raised.value.error() == refusal("TooManyFailures"):
        clock.advance(raised.value.parameters().get("seconds") or 0)


@pytest.fixture
def exhausted(make_daemon, account):
    """An account with a hundred wrong codes, and a session with both factors from before in a file."""
    daemon = make_daemon({"sessions.idle": 2592000, "sessions.absolute": 2592000}, with_clock=True)
    twinlockd.enrol(account, daemon.clock)
    sign_in(account, "session")
    while not Program(account).status()["exhausted"]:
        guess(account, daemon.clock)
    return account


def test_nothing_to_clear_is_said_before_the_password_is_asked_for(enrolled):
    with Pty(["twinlock", "clear-failures"], **enrolled.options()) as terminal:
        rest, status = terminal.finish()
    assert status == 0 and "nothing to clear" in rest


def test_a_code_clears_those_from_elsewhere_too(enrolled):
    context = {"service": "sshd", "remoteHost": "192.0.2.7", "purpose": "login"}
    for _ in range(4):
        begun = Program().sign_in(user=enrolled.name, password=enrolled.password, context=context)
        with pytest.raises(varlink.VarlinkError):
            Program().verify(begun["session"], enrolled.phone.wrong_code())
    text = f"{enrolled.password}\n{enrolled.phone.next_code()}\n"
    assert twinlock(enrolled, "sign-in", *FROM_PIPE, text=text).returncode == 0
    assert Program(enrolled).status()["failedCodes"] == 4, "a right code forgives its own source alone"
    assert "`twinlock clear-failures`" in twinlock(enrolled, "status").stderr
    with Pty(["twinlock", "clear-failures"], **enrolled.options()) as terminal:
        terminal.read_until("4 wrong codes count against")
        answer(terminal, PASSWORD, enrolled.password, CODE_OR_RECOVERY, enrolled.phone.next_code())
        rest, status = terminal.finish()
    assert status == 0 and "no longer" in rest
    assert twinlock(enrolled, "status").stderr == ""
    assert Program(enrolled).status()["failedCodes"] == 0


def test_during_a_wait_a_code_is_refused_and_a_recovery_code_is_asked_for_again(enrolled, tmp_path):
    for _ in range(5):
        guess(enrolled)
    with Pty(["twinlock", "clear-failures"], **enrolled.options()) as terminal:
        terminal.read_until("a recovery code is")
        answer(terminal, PASSWORD, enrolled.password, CODE_OR_RECOVERY, enrolled.phone.next_code())
        terminal.read_until("nothing but a recovery code is read for another")
        answer(terminal, CODE_OR_RECOVERY, enrolled.recovery_codes[0])
        rest, status = terminal.finish()
    assert status == 0, rest
    assert "That recovery code is used up; 9 left." in rest
    assert Program(enrolled).status()["failedCodes"] == 0
    assert twinlockd.sessions_left(tmp_path) == 0


def test_after_a_hundred_a_recovery_code_is_asked_for(exhausted):
    with Pty(["twinlock", "clear-failures"], **exhausted.options()) as terminal:
        terminal.read_until("100 wrong codes count against")
        answer(terminal, PASSWORD, exhausted.password, RECOVERY, "123456")
        terminal.read_until("codes are refused until the failures are")
        answer(terminal, RECOVERY, exhausted.recovery_codes[0])
        rest, status = terminal.finish()
    assert status == 0, rest
    status = Program(exhausted).status()
    assert (status["failedCodes"], status["exhausted"]) == (0, False)


def test_after_a_hundred_an_old_session_with_both_factors_and_the_password_are_enough(exhausted):
    words = ["clear-failures", "--session-file", "session", "--password-file", "-"]
    done = twinlock(exhausted, *words, text="wrong\n")
    assert done.returncode == 1 and "the password is wrong" in done.stderr
    assert Program(exhausted).status()["failedCodes"] == 100
    done = twinlock(exhausted, *words, "--json", text=exhausted.password + "\n")
    assert (done.returncode, done.stdout) == (0, '{"failedCodes":0}\n')
    assert Program(exhausted).status()["failedCodes"] == 0
    assert len(sessions_of(exhausted)) == 1


def test_a_session_that_showed_no_code_does_not_clear(make_daemon, account):
    make_daemon()
    done = twinlock(account, "sign-in", "--session-file", "s", "--password-file", "-", text=account.password + "\n")
    assert done.returncode == 0, done.stderr
    twinlockd.enrol(account)
    guess(account)
    words = ["clear-failures", "--session-file", "s", "--password-file", "-"]
    done = twinlock(account, *words, text=account.password + "\n")
    assert done.returncode == 1 and "has ended" in done.stderr
    assert Program(account).status()["failedCodes"] == 1


def test_wrong_answers_from_a_script_clear_nothing(enrolled):
    for _ in range(2):
        guess(enrolled)
    wrong = enrolled.phone.wrong_code()
    for text in (f"wrong\n{enrolled.phone.next_code()}\n", f"{enrolled.password}\n{wrong}\n", "\nx\n"):
        done = twinlock(enrolled, "clear-failures", *FROM_PIPE, text=text)
        assert (done.returncode, done.stdout) == (1, ""), done.stderr
    assert Program(enrolled).status()["failedCodes"] == 3
    done = twinlock(enrolled, "clear-failures", text="")
    assert done.returncode == 2 and "--password-file" in done.stderr
    done = twinlock(enrolled, "clear-failures", *FROM_PIPE, text=f"{enrolled.password}\n{enrolled.recovery_codes[0]}\n")
    assert done.returncode == 0, done.stderr
    assert Program(enrolled).status()["failedCodes"] == 0


def test_without_a_usable_password_a_recovery_code_clears_as_the_hint_says(enrolled):
    guess(enrolled)
    subprocess.run(["usermod", "--lock", enrolled.name], check=True)
    text = f"\n{enrolled.recovery_codes[0]}\n"
    done = twinlock(enrolled, "clear-failures", *FROM_PIPE, text=text)
    assert done.returncode == 1 and "`twinlock recovery-codes`" in done.stderr
    assert twinlock(enrolled, "recovery-codes", *FROM_PIPE, text=text).returncode == 0
    assert Program(enrolled).status()["failedCodes"] == 0


def test_without_a_second_factor_there_is_nothing_to_clear(daemon, account):
    done = twinlock(account, "clear-failures", *FROM_PIPE, text="x\ny\n")
    assert done.returncode == 1 and "not on for this account" in done.stderr


# Interrupted, and on a small screen.

QUESTIONS = {
    "sessions revoke --all": [SURE],
    "clear-failures": [PASSWORD, CODE_OR_RECOVERY],
}
PLACES = [(command, number) for command, asked in QUESTIONS.items() for number in range(len(asked))]


@pytest.mark.parametrize(("command", "number"), PLACES)
def test_ctrl_c_at_a_question_gives_the_echo_back_and_changes_nothing(enrolled, tmp_path, command, number):
    sign_in(enrolled, "session")
    guess(enrolled)
    with dialogues.shell(enrolled) as terminal:
        terminal.send(f"twinlock {command}; echo status $?\n")
        if number == 1:
            answer(terminal, PASSWORD, enrolled.password)
        terminal.read_until(QUESTIONS[command][number])
        terminal.send("\x03")
        terminal.read_until(READY)
        assert "twinlock: error" not in terminal.seen
        assert dialogues.echo_of(terminal) == "echo"
        terminal.send("exit\n")
        terminal.finish()
    assert enrolled.password not in terminal.seen
    assert Program(enrolled).status()["failedCodes"] == 1
    assert twinlockd.sessions_left(tmp_path) == 1


def test_no_line_is_broken_on_a_small_screen(exhausted):
    file = "s" * 50
    sign_in(exhausted, file)
    command = (
        f"twinlock sessions --session-file {file}; twinlock sessions revoke --all --session-file {file}; "
        "twinlock clear-failures; twinlock log --limit 12"
    )
    # The sign-in by recovery code has cleared them.
    guess(exhausted)
    with Tmux(exhausted, command, 80, 24) as terminal:
        for pattern, text in (
            ("y/N", "y"), ("Password:", exhausted.password), ("recovery code:", "000000"),
            ("(?s)wrong.*recovery code:", exhausted.recovery_codes.pop()),
        ):  # fmt: skip
            terminal.wait_for(pattern)
            assert terminal.broken_lines() == set()
            terminal.type(text)
        terminal.wait_for("status 0")
        assert terminal.broken_lines() == set()
        assert "there are older ones" in terminal.text()
