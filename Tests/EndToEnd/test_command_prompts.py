"""Every question of the command: interrupted, on a small screen, without UTF-8 and colours, and what is left then."""

import os
import re
import signal

import pytest

import accounts
import dialogues
import twinlockd
from dialogues import CODE_OR_RECOVERY, PASSWORD, READY, SAVED, SURE, VERIFICATION, codes_in
from terminals import Pty, Tmux
from twinlockd import Program


def password(account):
    return account.password


def code(account):
    return account.phone.next_code()


def yes(account):
    return "y"


# What each command asks an account with a second factor before it changes anything, and the right answers.
QUESTIONS = {
    "enable": [(SURE, yes), (PASSWORD, password), (CODE_OR_RECOVERY, code), ("Code: ", None)],
    "disable": [(SURE, yes), (PASSWORD, password), (CODE_OR_RECOVERY, None)],
    "sign-in": [(PASSWORD, password), (VERIFICATION, None)],
    "recovery-codes": [(PASSWORD, password), (VERIFICATION, None)],
    "recovery-codes --regenerate": [(PASSWORD, password), (VERIFICATION, code), (SURE, None)],
    "recovery-codes --output codes": [(SURE, yes), (PASSWORD, password), (VERIFICATION, None)],
}

PLACES = [(command, number) for command, asked in QUESTIONS.items() for number in range(len(asked))]


def go_to(terminal, account, command, number):
    """Answers the questions before that one, and waits for it."""
    asked = QUESTIONS[command]
    for prompt, answer in asked[:number]:
        dialogues.answer(terminal, prompt, answer(account))
    terminal.read_until(asked[number][0])


@pytest.mark.parametrize(("command", "number"), PLACES)
def test_ctrl_c_at_a_question_gives_the_echo_back_and_changes_nothing(enrolled, tmp_path, command, number):
    file = os.path.join(enrolled.home, "codes")
    enrolled.run("touch", file)
    before = Program(enrolled).status()
    with dialogues.shell(enrolled) as terminal:
        terminal.send(f"twinlock {command}; echo status $?\n")
        go_to(terminal, enrolled, command, number)
        terminal.send("\x03")
        terminal.read_until(READY)
        assert "twinlock: error" not in terminal.seen
        assert dialogues.echo_of(terminal) == "echo"
        terminal.send("exit\n")
        terminal.finish()
    assert enrolled.password not in terminal.seen
    assert {**Program(enrolled).status(), "setUpBegun": False} == before
    assert os.path.getsize(file) == 0
    assert twinlockd.sessions_left(tmp_path) == 0


@pytest.mark.parametrize("number", [0, 1])
def test_ctrl_c_before_the_first_code_leaves_it_off(daemon, account, number):
    with dialogues.shell(account) as terminal:
        terminal.send("twinlock enable\n")
        terminal.read_until(PASSWORD)
        if number == 1:
            terminal.send(account.password + "\n")
            terminal.read_until("Code: ")
        terminal.send("\x03")
        terminal.read_until(READY)
        assert dialogues.echo_of(terminal) == "echo"
        terminal.send("exit\n")
        terminal.finish()
    assert not Program(account).status()["enabled"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_a_signal_at_the_question_about_the_codes_says_that_it_is_on(daemon, account, number):
    with Pty(["twinlock", "enable"], **account.options()) as terminal:
        dialogues.enable(terminal, account)
        os.kill(terminal.pid, number)
        rest, status = terminal.finish()
    assert status == -number
    words = " ".join(rest.split())
    assert "two-factor login is on, but nobody has said that the recovery codes are saved" in words
    assert "`twinlock recovery-codes` shows them again" in words
    assert Program(account).status()["enabled"]
    assert list(dialogues.shown_codes(account, account.phone.next_code())) == account.recovery_codes


def test_a_hang_up_that_whoever_started_it_ignores_does_not_end_it(daemon, account):
    with Pty(["sh", "-c", "trap '' HUP; exec twinlock enable"], **account.options()) as terminal:
        codes = dialogues.enable(terminal, account)
        os.kill(terminal.pid, signal.SIGHUP)
        terminal.send(codes[0] + "\n")
        _, status = terminal.finish()
    assert status == 0
    assert Program(account).status()["recoveryCodesAcknowledged"]


def test_ctrl_c_at_the_question_about_new_codes_says_that_they_are_in_force(enrolled):
    with dialogues.shell(enrolled) as terminal:
        terminal.send("twinlock recovery-codes --regenerate --yes\n")
        dialogues.answer(terminal, PASSWORD, enrolled.password, VERIFICATION, enrolled.phone.next_code())
        new = dialogues.read_codes(terminal)
        terminal.send("\x03")
        terminal.read_until("the new codes are in force")
        terminal.read_until(READY)
        assert dialogues.echo_of(terminal) == "echo"
        terminal.send("exit\n")
        terminal.finish()
    assert list(dialogues.shown_codes(enrolled, new[0])) == new


def test_a_stop_at_the_question_about_the_codes_goes_on_where_it_was(daemon, account):
    with dialogues.shell(account) as terminal:
        terminal.send("twinlock enable; echo status $?\n")
        codes = dialogues.enable(terminal, account)
        terminal.send("\x1a")
        terminal.read_until("Stopped")
        terminal.read_until(READY)
        terminal.send(f"fg\n{codes[0]}\n")
        terminal.read_until("Try it now")
        terminal.read_until(READY)
        terminal.send("exit\n")
        terminal.finish()
    assert Program(account).status()["recoveryCodesAcknowledged"]


# Screens of 80 columns and 24 rows.


def type_all(terminal, *exchange):
    for pattern, text in zip(exchange[::2], exchange[1::2], strict=True):
        terminal.wait_for(pattern)
        terminal.type(text)


def look(terminal, *patterns):
    """Waits for words, and looks at the screen that has them."""
    for pattern in patterns:
        terminal.wait_for(pattern)
    assert terminal.broken_lines() == set()
    return terminal.text()


def enable_on(terminal, account):
    """A first set-up up to the question whether the codes are saved; returns that screen."""
    terminal.wait_for("Password:")
    terminal.type(account.password)
    terminal.wait_for("Code:$")
    secret = re.search(r"Key +([A-Z2-7 ]+)", terminal.text()).group(1).replace(" ", "")
    account.phone = accounts.Authenticator(secret)
    terminal.type(account.phone.next_code())
    return look(terminal, SAVED.strip())


ENABLE = "twinlock enable --no-qr"


def test_all_that_a_person_must_read_of_the_codes_is_on_one_small_screen(daemon, account):
    with Tmux(account, ENABLE, 80, 24) as terminal:
        screen = enable_on(terminal, account)
        account.recovery_codes = codes_in(screen)
        assert len(set(account.recovery_codes)) == 10
        for words in ("only way back without the phone", "signs in", "once", "Type one of them"):
            assert words in screen
        terminal.type("00000-00000")
        screen = look(terminal, "none of them")
        assert codes_in(screen)[:10] == account.recovery_codes, "the codes stay in sight"
        terminal.type(account.recovery_codes[9])
        screen = look(terminal, "status 0")
        assert "Try it now" in screen


def test_no_line_of_the_other_dialogues_is_broken_on_a_small_screen(enrolled):
    one, *_ = enrolled.recovery_codes
    with Tmux(enrolled, "twinlock status; twinlock recovery-codes --regenerate", 80, 24) as terminal:
        type_all(terminal, "Password:", enrolled.password, "Verification", one)
        screen = look(terminal, "y/N")
        assert len(codes_in(screen)) == 11, "ten, and the one that was typed"
        terminal.type("y")
        new = codes_in(look(terminal, "Type one of them").rpartition("only way back")[2])
        terminal.press("C-d")
        look(terminal, "status 5")
    for number in range(7):
        Program(enrolled).both_steps(new[number], password=enrolled.password)
    with Tmux(enrolled, "twinlock status; twinlock recovery-codes", 80, 24) as terminal:
        screen = look(terminal, "Password:")
        assert "3 left, not known to be saved" in screen and "`twinlock recovery-codes --regenerate`" in screen
        type_all(terminal, "Password:", enrolled.password, "Verification", enrolled.phone.next_code())
        look(terminal, "Enter alone")
        terminal.type("")
        look(terminal, "status 0")
    with Tmux(enrolled, "twinlock disable; twinlock enable", 80, 24) as terminal:
        type_all(terminal, "y/N", "y", "Password:", enrolled.password, "recovery code:", enrolled.phone.wrong_code())
        look(terminal, "is wrong")
        type_all(terminal, "y/N.$", "y", "(?s)wrong.*Password:", enrolled.password)
        terminal.wait_for("in use, or a recovery code:")
        terminal.type(new[9])
        terminal.wait_for("Code:$")
        assert terminal.broken_lines() == set()


def test_without_utf_8_and_colours_there_is_ascii_and_nothing_else(daemon, account):
    """The command's bytes, not what a terminal makes of them."""
    options = account.options()
    options["env"] |= {"LC_ALL": "C", "TERM": "dumb"}
    with Pty(["twinlock", "enable", "--no-qr"], **options) as terminal:
        codes = dialogues.enable(terminal, account)
        terminal.send(codes[0] + "\n")
        _, status = terminal.finish()
    assert status == 0
    seen = terminal.seen
    with Pty(["twinlock", "recovery-codes", "--regenerate"], **options) as terminal:
        dialogues.answer(terminal, PASSWORD, account.password, VERIFICATION, codes[1], SURE, "y")
        dialogues.read_codes(terminal)
        terminal.send("\x04")
        terminal.finish()
    seen += terminal.seen
    assert seen.isascii()
    assert "\x1b" not in seen
