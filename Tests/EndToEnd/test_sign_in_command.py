"""`twinlock sign-in`: trying a sign-in on a terminal, and keeping its session for a script."""

import json
import pathlib

import pytest
import varlink

from terminals import Pty
from twinlockd import Program

SCRIPT = ["twinlock", "sign-in", "--json", "--password-file", "-", "--code-file", "-"]


def sessions_text(account, *words, code=None, password=None):
    lines = [password or account.password, *([code] if code else [])]
    return account.run(*SCRIPT, *words, text="".join(f"{line}\n" for line in lines))


def test_a_person_tries_and_no_session_is_left(enrolled):
    with Pty(["twinlock", "sign-in"], **enrolled.options()) as terminal:
        terminal.read_until("Password: ")
        terminal.send(enrolled.password + "\n")
        terminal.read_until("Verification code: ")
        terminal.send(enrolled.phone.wrong_code() + "\n")
        terminal.read_until("the password or the code is wrong")
        terminal.read_until("Verification code: ")
        terminal.send(enrolled.phone.next_code() + "\n")
        rest, status = terminal.finish()
    assert status == 0, rest
    assert f"Signed in as {enrolled.name} with password and code." in rest
    assert "has been ended" in rest
    assert enrolled.password not in terminal.seen


def test_a_wrong_password_is_told_after_the_code_and_the_third_code_is_the_last(enrolled):
    with Pty(["twinlock", "sign-in"], **enrolled.options()) as terminal:
        terminal.read_until("Password: ")
        terminal.send("wrong\n")
        for _ in range(3):
            terminal.read_until("Verification code: ")
            terminal.send(enrolled.phone.wrong_code() + "\n")
        rest, status = terminal.finish()
    assert status == 1, rest
    assert terminal.seen.count("the password or the code is wrong") == 3


def test_without_a_second_factor_the_password_is_enough(daemon, account):
    done = account.run("twinlock", "sign-in", "--json", "--password-file", "-", text=account.password + "\n")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "user": account.name, "factors": ["password"], "expires": None, "failedCodes": 0,
        "recoveryCodesLeft": None, "recoveryCodeUsed": None,
    }  # fmt: skip


def test_a_script_keeps_the_session_in_a_file_of_its_own(enrolled):
    file = pathlib.Path(enrolled.home) / "session"
    done = sessions_text(enrolled, "--session-file", str(file), code=enrolled.phone.next_code())
    assert done.returncode == 0, done.stderr
    assert file.stat().st_mode & 0o7777 == 0o600
    session = file.read_text().rstrip("\n")
    assert session not in done.stdout + done.stderr
    told = Program(enrolled).get_session(session)
    assert told["factors"] == ["password", "code"]
    assert json.loads(done.stdout)["expires"] == told["expires"]

    # A second one does not take its place unasked, and is ended, since nobody could.
    other = sessions_text(enrolled, "--session-file", str(file), code=enrolled.phone.next_code())
    assert other.returncode == 2
    assert "--yes" in other.stderr
    assert file.read_text() == session + "\n"


def test_a_file_that_cannot_be_written_is_an_error_with_its_reason(daemon, account):
    done = account.run(
        *["twinlock", "sign-in", "--password-file", "-", "--session-file", "/nonexistent/file"],
        text=account.password + "\n",
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert "cannot write /nonexistent/file: no such file or directory" in done.stderr


def test_ctrl_c_at_each_prompt_restores_the_echo_and_leaves_nothing(enrolled):
    for stop_at in ("Password: ", "Verification code: "):
        with Pty(["bash", "--norc", "-i"], **enrolled.options()) as shell:
            shell.send("PS1='ready> '; twinlock sign-in\n")
            shell.read_until("Password: ")
            if stop_at != "Password: ":
                shell.send(enrolled.password + "\n")
                shell.read_until("Verification code: ")
            shell.send("\x03")
            shell.read_until("ready> ")
            shell.send("stty -a | grep -o -- '-\\?echo '\n")
            assert shell.read_until(r"\r(-?echo) \r") == "echo"
            shell.send("exit\n")
            shell.finish()


@pytest.mark.parametrize("words", [[], ["--password-file", "-"]])
def test_without_a_terminal_what_is_needed_is_named(enrolled, words):
    done = enrolled.run("setsid", "--wait", "twinlock", "sign-in", *words, text=enrolled.password + "\n")
    assert done.returncode == 2
    assert "no terminal to ask for the" in done.stderr
    with pytest.raises(varlink.VarlinkError):
        Program(enrolled).get_session("tls_" + "A" * 43)
