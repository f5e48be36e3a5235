"""Recovery codes by the command: saved before it ends, shown again, replaced; in dialogues and from scripts."""

import json
import pathlib
import re
import subprocess

import pytest
import varlink

import accounts
import dialogues
import logins
import twinlockd
from dialogues import CODE_OR_RECOVERY, PASSWORD, SAVED, SURE, VERIFICATION, answer, codes_in
from terminals import Pty
from twinlockd import Program

FROM_PIPE = ["--password-file", "-", "--code-file", "-"]


def status_of(account):
    return Program(account).status()


def sign_in(account, code):
    return Program(account).both_steps(code, password=account.password)


def is_refused(account, code):
    with pytest.raises(varlink.VarlinkError) as raised:
        sign_in(account, code)
    return raised.value.error() == twinlockd.refusal("AuthenticationFailed")


def enable_from_pipe(account, *words):
    """A script that sets up. Returns its exit status, the second line and standard error."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    command = ["twinlock", "enable", "--json", *FROM_PIPE, *words]
    with subprocess.Popen(command, text=True, **pipes, **account.options()) as process:
        process.stdin.write(account.password + "\n")
        process.stdin.flush()
        account.phone = accounts.Authenticator(json.loads(process.stdout.readline())["secret"])
        output, errors = process.communicate(account.phone.next_code() + "\n", timeout=60)
    told = json.loads(output)
    account.recovery_codes = told["recoveryCodes"]
    return process.returncode, told, errors


def from_pipe(account, *words, code=None):
    """`twinlock recovery-codes` in a script."""
    text = f"{account.password}\n{account.phone.next_code() if code is None else code}\n"
    return account.run("setsid", "--wait", "twinlock", "recovery-codes", *FROM_PIPE, *words, text=text)


# Saving them.


def test_the_set_up_does_not_end_before_a_code_is_typed_back(daemon, account):
    with Pty(["twinlock", "enable"], **account.options()) as terminal:
        codes = dialogues.enable(terminal, account)
        assert status_of(account)["enabled"] and not status_of(account)["recoveryCodesAcknowledged"]
        wrong = codes[0][:-1] + ("0" if codes[0][-1] != "0" else "1")
        for text in (wrong, "", "yes", account.phone.last_code(), "x" * 200, codes[0] + codes[0]):
            terminal.send(text + "\n")
            terminal.read_until("this is none of them")
            terminal.read_until(SAVED)
        terminal.send(f" {codes[7].lower().replace('-', ' ')}\n")
        rest, status = terminal.finish()
    assert status == 0, rest
    assert "Try it now" in rest
    assert status_of(account)["recoveryCodesAcknowledged"]
    # Typed back, not used up.
    assert status_of(account)["recoveryCodesLeft"] == 10
    assert sign_in(account, codes[7])["recoveryCodeUsed"]


def test_the_end_of_input_leaves_it_on_and_says_so(daemon, account):
    with Pty(["twinlock", "enable"], **account.options()) as terminal:
        dialogues.enable(terminal, account)
        terminal.send("\x04")
        rest, status = terminal.finish()
    assert status == 5
    assert "two-factor login is on, but nobody has said that the recovery codes are saved" in " ".join(rest.split())
    assert "`twinlock recovery-codes` shows them again" in rest
    assert status_of(account)["enabled"] and not status_of(account)["recoveryCodesAcknowledged"]
    # The same ones again, and the question; it may be left open once more.
    for text, is_saved in (("", False), (account.recovery_codes[2], True)):
        with Pty(["twinlock", "recovery-codes"], **account.options()) as terminal:
            answer(terminal, PASSWORD, account.password, VERIFICATION, account.phone.next_code())
            shown = terminal.seen
            terminal.read_until(r"Type one of them if they are saved \(Enter alone leaves that open\): ")
            assert codes_in(terminal.seen.removeprefix(shown)) == account.recovery_codes
            terminal.send(text + "\n")
            rest, status = terminal.finish()
        assert status == 0, rest
        assert status_of(account)["recoveryCodesAcknowledged"] is is_saved


def test_whoever_pastes_all_codes_gives_none_to_the_shell(daemon, account):
    with dialogues.shell(account) as terminal:
        terminal.send("twinlock enable; echo status $?\n")
        codes = dialogues.enable(terminal, account)
        terminal.send("\n".join(codes) + "\n")
        terminal.read_until("status 0")
        terminal.read_until(dialogues.READY)
        terminal.send("exit\n")
        rest, _ = terminal.finish()
    assert "not found" not in rest and not codes_in(rest)


def test_a_file_says_that_they_are_saved(daemon, account):
    file = pathlib.Path(account.home) / "codes"
    with Pty(["twinlock", "enable", "--output", str(file)], **account.options()) as terminal:
        answer(terminal, PASSWORD, account.password)
        dialogues.scan(terminal, account)
        rest, status = terminal.finish()
    assert status == 0, rest
    assert str(file) in rest
    assert codes_in(terminal.seen) == []
    assert file.stat().st_mode & 0o7777 == 0o600 and file.stat().st_uid == account.uid
    lines = [line for line in file.read_text().splitlines() if not line.startswith("#")]
    assert len(lines) == 10
    assert status_of(account)["recoveryCodesAcknowledged"]
    assert sign_in(account, lines[9])["recoveryCodesLeft"] == 9


@pytest.mark.parametrize("command", ["enable", "recovery-codes"])
def test_a_file_that_is_there_stays_unless_the_person_says_otherwise(daemon, account, command):
    if command != "enable":
        twinlockd.enrol(account)
    file = pathlib.Path(account.home) / "codes"
    file.write_text("mine\n")
    words = ["twinlock", command, "--output", str(file)]
    # Asked before anything is done; nobody there to ask is an error.
    with Pty(words, **account.options()) as terminal:
        answer(terminal, r"codes is there already. Replace it\? " + SURE, "n")
        rest, status = terminal.finish()
    assert status == 1, rest
    done = account.run("setsid", "--wait", *words, *FROM_PIPE, text=f"{account.password}\n")
    assert done.returncode == 2
    assert "--yes" in done.stderr
    assert file.read_text() == "mine\n"
    assert not status_of(account)["setUpBegun"]

    with Pty(words, **account.options()) as terminal:
        answer(terminal, SURE, "y", PASSWORD, account.password)
        if command == "enable":
            dialogues.scan(terminal, account)
        else:
            answer(terminal, VERIFICATION, account.phone.next_code())
        rest, status = terminal.finish()
    assert status == 0, rest
    assert len(codes_in(file.read_text())) == 10
    assert file.stat().st_mode & 0o7777 == 0o600


@pytest.mark.parametrize("place", ["/nonexistent/codes", "/usr/codes", "/tmp", "-", ""])
def test_a_file_that_cannot_be_written_stops_it_before_it_begins(daemon, account, place):
    done = account.run("twinlock", "enable", *FROM_PIPE, "--output", place, text=f"{account.password}\n")
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert "cannot write" in done.stderr or "--output takes" in done.stderr
    assert not status_of(account)["setUpBegun"]


def test_where_the_file_fails_after_all_they_are_shown_and_asked_for(daemon, account):
    directory = pathlib.Path(account.home) / "safe"
    account.run("mkdir", str(directory))
    with Pty(["twinlock", "enable", "--output", str(directory / "codes")], **account.options()) as terminal:
        answer(terminal, PASSWORD, account.password)
        terminal.read_until("Key ")
        directory.rmdir()
        terminal.send("000000\n")
        terminal.read_until("this code is wrong")
        account.phone = accounts.Authenticator(re.search(r"Key +([A-Z2-7 ]+)", terminal.seen).group(1).replace(" ", ""))
        terminal.send(account.phone.next_code() + "\n")
        codes = dialogues.read_codes(terminal)
        assert "the recovery codes are not saved: cannot write" in " ".join(terminal.seen.split())
        terminal.send(codes[0] + "\n")
        _, status = terminal.finish()
    assert status == 0


@pytest.mark.parametrize("words", [[], ["--codes-saved"], ["--output", "codes"]], ids=["silent", "said", "file"])
def test_a_script_says_that_they_are_saved_or_is_told_that_they_are_not(daemon, account, words):
    status, told, errors = enable_from_pipe(account, *words)
    assert status == 0, errors
    assert list(told) == ["enabled", "recoveryCodes", "issuedAt"]
    assert told["enabled"] is True and len(set(told["recoveryCodes"])) == 10
    assert status_of(account)["recoveryCodesAcknowledged"] is bool(words)
    assert ("count as not saved" in errors) is not bool(words)
    if "--output" in words:
        file = pathlib.Path(account.home) / "codes"
        assert codes_in(file.read_text()) == told["recoveryCodes"]
        assert file.stat().st_mode & 0o7777 == 0o600


def test_codes_that_were_replaced_meanwhile_are_not_taken_for_saved(daemon, account):
    with Pty(["twinlock", "enable"], **account.options()) as terminal:
        codes = dialogues.enable(terminal, account)
        # The sets are told apart by the second in which they were made.
        while True:
            reply = Program(account).call(
                twinlockd.ACCOUNT, "RegenerateRecoveryCodes", password=account.password, code=codes[0]
            )
            if reply["issuedAt"] != status_of(account)["enabledAt"]:
                break
            codes = reply["recoveryCodes"]
        terminal.send(account.recovery_codes[5] + "\n")
        rest, status = terminal.finish()
    assert status == 5
    assert "these recovery codes were replaced" in rest and "`twinlock recovery-codes`" in rest
    assert not status_of(account)["recoveryCodesAcknowledged"]


def test_a_daemon_that_is_gone_by_then_leaves_the_codes_good(make_daemon, account):
    daemon = make_daemon()
    with Pty(["twinlock", "enable"], **account.options()) as terminal:
        codes = dialogues.enable(terminal, account)
        assert daemon.stop() == 0
        terminal.send(codes[1] + "\n")
        rest, status = terminal.finish()
    assert status == 5
    assert "two-factor login is on, and the recovery codes are good" in " ".join(rest.split())
    daemon.start()
    assert sign_in(account, codes[1])["recoveryCodeUsed"]


# Looking at them again.


def test_used_codes_are_marked_with_when_and_where(stack, enrolled, tmp_path):
    first, second, third = enrolled.recovery_codes[:3]
    assert logins.ssh(enrolled, enrolled.password, first).admitted
    sign_in(enrolled, second)
    with Pty(["twinlock", "recovery-codes"], **enrolled.options()) as terminal:
        answer(terminal, PASSWORD, enrolled.password, VERIFICATION, third)
        rest, status = terminal.finish()
    assert status == 0, rest
    assert codes_in(rest)[-10:] == enrolled.recovery_codes
    lines = {codes_in(line)[0]: line.strip() for line in rest.splitlines() if line.startswith("    ")}
    used = r"used \d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000 for "
    assert re.search(used + r"sshd from 127\.0\.0\.1$", lines[first])
    assert re.search(used + "a program$", lines[second])
    assert re.search(used + "a program$", lines[third])
    assert all(lines[code] == code for code in enrolled.recovery_codes[3:])
    assert "7 left" in rest
    assert twinlockd.sessions_left(tmp_path) == 1, "the sign-in by a program, and none of the command's"


def test_a_pipe_gets_the_good_ones_and_nothing_else(enrolled):
    done = from_pipe(enrolled, code=enrolled.recovery_codes[4])
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == enrolled.recovery_codes[:4] + enrolled.recovery_codes[5:]


def test_a_script_gets_all_with_the_same_members(enrolled):
    done = from_pipe(enrolled, "--json", code=enrolled.recovery_codes[0])
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["acknowledged"] is True and told["issuedAt"] == status_of(enrolled)["enabledAt"]
    assert [entry["code"] for entry in told["recoveryCodes"]] == enrolled.recovery_codes
    used, *unused = told["recoveryCodes"]
    assert used["usedAt"] >= told["issuedAt"] and used["usedService"] == "varlink" and used["usedHost"] is None
    for entry in unused:
        assert {**entry, "code": None} == {"code": None, "usedAt": None, "usedService": None, "usedHost": None}


def test_a_file_has_the_good_ones_and_the_used_ones_as_comments(enrolled):
    done = from_pipe(enrolled, "--output", "codes", code=enrolled.recovery_codes[0])
    assert done.returncode == 0, done.stderr
    assert codes_in(done.stdout) == []
    lines = (pathlib.Path(enrolled.home) / "codes").read_text().splitlines()
    assert [line for line in lines if not line.startswith("#")] == enrolled.recovery_codes[1:]
    assert any(line.startswith(f"# {enrolled.recovery_codes[0]}  used ") for line in lines)
    assert enrolled.name in lines[0]


def test_a_wrong_password_or_code_shows_none(enrolled):
    wrong = enrolled.phone.wrong_code()
    for text in (f"{enrolled.password}\n{wrong}\n", f"wrong\n{enrolled.phone.next_code()}\n", f"\n{wrong}\n", "\n\n"):
        done = enrolled.run("twinlock", "recovery-codes", *FROM_PIPE, text=text)
        assert done.returncode == 1, done.stderr
        assert done.stdout == ""


def test_without_a_second_factor_there_is_nothing_to_show(daemon, account):
    done = account.run("twinlock", "recovery-codes", *FROM_PIPE, text="x\ny\n")
    assert done.returncode == 1
    assert "not on for this account" in done.stderr


@pytest.mark.parametrize("words", [[], ["--password-file", "-"], ["--regenerate", *FROM_PIPE]])
def test_without_a_terminal_what_is_needed_is_named(enrolled, words):
    done = enrolled.run("setsid", "--wait", "twinlock", "recovery-codes", *words, text=enrolled.password + "\n")
    assert done.returncode == 2
    assert "no terminal to ask" in done.stderr
    assert ("--yes" in done.stderr) is ("--regenerate" in words)


# Replacing them.


def test_one_code_serves_to_look_and_to_replace(enrolled, tmp_path):
    old = enrolled.recovery_codes
    with Pty(["twinlock", "recovery-codes", "--regenerate"], **enrolled.options()) as terminal:
        answer(terminal, PASSWORD, enrolled.password, VERIFICATION, enrolled.phone.next_code())
        terminal.read_until(SURE)
        assert codes_in(terminal.seen) == old
        terminal.send("y\n")
        new = dialogues.read_codes(terminal)
        assert not set(new) & set(old)
        assert twinlockd.sessions_left(tmp_path) == 0, "nothing is open while the person thinks"
        assert is_refused(enrolled, old[0]), "the old ones are dead from that moment"
        terminal.send(new[0] + "\n")
        rest, status = terminal.finish()
    assert status == 0, rest
    assert status_of(enrolled)["recoveryCodesAcknowledged"]
    assert sign_in(enrolled, new[0])["recoveryCodesLeft"] == 9


def test_no_leaves_the_old_ones(enrolled, tmp_path):
    with Pty(["twinlock", "recovery-codes", "--regenerate"], **enrolled.options()) as terminal:
        answer(terminal, PASSWORD, enrolled.password, VERIFICATION, enrolled.phone.next_code(), SURE, "")
        rest, status = terminal.finish()
    assert status == 1
    assert "nothing was changed" in rest
    assert twinlockd.sessions_left(tmp_path) == 0
    assert sign_in(enrolled, enrolled.recovery_codes[0])["recoveryCodeUsed"]


def test_the_end_of_input_tells_that_the_new_ones_are_in_force(enrolled):
    with Pty(["twinlock", "recovery-codes", "--regenerate", "--yes"], **enrolled.options()) as terminal:
        answer(terminal, PASSWORD, enrolled.password, VERIFICATION, enrolled.phone.next_code())
        new = dialogues.read_codes(terminal)
        assert set(codes_in(terminal.seen)) == set(new), "what is to go is not shown where nobody is asked"
        terminal.send("\x04")
        rest, status = terminal.finish()
    assert status == 5
    assert "the new codes are in force" in rest
    assert not status_of(enrolled)["recoveryCodesAcknowledged"]
    assert sign_in(enrolled, new[3])["recoveryCodeUsed"]


def test_a_script_replaces_them(enrolled):
    done = from_pipe(enrolled, "--regenerate", "--yes", "--json", "--codes-saved")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert list(told) == ["recoveryCodes", "issuedAt"]
    assert status_of(enrolled)["recoveryCodesAcknowledged"]
    # Into a pipe without JSON, unsaid.
    again = from_pipe(enrolled, "--regenerate", "--yes")
    assert again.returncode == 0
    assert "count as not saved" in again.stderr
    new = again.stdout.splitlines()
    assert len(new) == 10 and not set(new) & set(told["recoveryCodes"])
    assert not status_of(enrolled)["recoveryCodesAcknowledged"]
    assert sign_in(enrolled, new[9])["recoveryCodeUsed"]


# A session from a file, and an account whose password nobody can type.


@pytest.fixture
def session_file(make_daemon, account):
    """A daemon whose clock a test moves, and a session with both factors in a file."""
    daemon = make_daemon(with_clock=True)
    twinlockd.enrol(account, daemon.clock)
    text = f"{account.password}\n{account.phone.next_code()}\n"
    done = account.run("twinlock", "sign-in", *FROM_PIPE, "--session-file", "session", text=text)
    assert done.returncode == 0, done.stderr
    return daemon.clock


def with_session(account, *words, password=None):
    text = (account.password if password is None else password) + "\n"
    command = ["twinlock", "recovery-codes", "--session-file", "session", "--password-file", "-", *words]
    return account.run("setsid", "--wait", *command, text=text)


def test_a_session_stands_for_the_code_and_is_kept(session_file, account, tmp_path):
    shown = with_session(account)
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.splitlines() == account.recovery_codes
    replaced = with_session(account, "--regenerate", "--yes", "--json", "--codes-saved")
    assert replaced.returncode == 0, replaced.stderr
    assert with_session(account).stdout.splitlines() == json.loads(replaced.stdout)["recoveryCodes"]
    assert twinlockd.sessions_left(tmp_path) == 1


def test_a_session_does_not_stand_for_the_password(session_file, account):
    for password in ("wrong", ""):
        done = with_session(account, password=password)
        assert (done.returncode, done.stdout) == (1, "")


def test_a_session_older_than_ten_minutes_does_not_stand_for_the_code(session_file, account):
    session_file.advance(601)
    done = with_session(account)
    assert (done.returncode, done.stdout) == (1, "")
    assert "more than ten minutes old" in done.stderr and "twinlock sign-in --session-file session" in done.stderr


def test_a_session_that_has_ended_is_named(session_file, account):
    session_file.advance(9 * 3600)
    done = with_session(account)
    assert (done.returncode, done.stdout) == (1, "")
    assert "twinlock sign-in --session-file session" in done.stderr


def test_an_account_without_a_usable_password_shows_a_code_alone(enrolled):
    subprocess.run(["usermod", "--lock", enrolled.name], check=True)
    done = enrolled.run("twinlock", "recovery-codes", *FROM_PIPE, text=f"\n{enrolled.phone.next_code()}\n")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == enrolled.recovery_codes
    with Pty(["twinlock", "recovery-codes", "--regenerate"], **enrolled.options()) as terminal:
        answer(terminal, PASSWORD, "", SURE, "y", CODE_OR_RECOVERY, enrolled.recovery_codes[0])
        new = dialogues.read_codes(terminal)
        terminal.send(new[4] + "\n")
        rest, status = terminal.finish()
    assert status == 0, rest
    assert not set(new) & set(enrolled.recovery_codes)


# What they are good for besides a login.


def test_a_recovery_code_switches_off_and_moves_to_another_phone(enrolled):
    first, second = enrolled.recovery_codes[:2]
    with Pty(["twinlock", "enable"], **enrolled.options()) as terminal:
        answer(terminal, SURE, "y", PASSWORD, enrolled.password, CODE_OR_RECOVERY, first)
        old = enrolled.phone
        dialogues.scan(terminal, enrolled)
        new = dialogues.read_codes(terminal)
        terminal.send(new[0] + "\n")
        rest, status = terminal.finish()
    assert status == 0, rest
    assert is_refused(enrolled, old.next_code())
    assert is_refused(enrolled, second), "those of the old phone are dead"
    text = f"{enrolled.password}\n{new[0]}\n"
    done = enrolled.run("twinlock", "disable", "--yes", *FROM_PIPE, text=text)
    assert done.returncode == 0, done.stderr
    assert not status_of(enrolled)["enabled"]


def test_the_person_is_told_how_many_are_left_and_urged_at_three(enrolled):
    def status():
        done = enrolled.run("twinlock", "status")
        assert done.returncode == 0
        return done

    for left in range(9, -1, -1):
        text = f"{enrolled.password}\n{enrolled.recovery_codes[left]}\n"
        done = enrolled.run("twinlock", "sign-in", *FROM_PIPE, text=text)
        assert done.returncode == 0, done.stderr
        assert "with password and recovery code" in done.stdout and f"used up; {left} left" in done.stdout
        assert ("recovery-codes --regenerate" in done.stderr) is (left <= 3)
        assert ("recovery-codes --regenerate" in status().stderr) is (left <= 3)
        assert f"Recovery codes    {left} left, saved\n" in status().stdout


def test_a_script_is_told_of_the_recovery_code(enrolled):
    for code, is_recovery, left in ((enrolled.phone.next_code(), False, 10), (enrolled.recovery_codes[0], True, 9)):
        text = f"{enrolled.password}\n{code}\n"
        done = enrolled.run("twinlock", "sign-in", "--json", *FROM_PIPE, text=text)
        told = json.loads(done.stdout)
        assert (told["recoveryCodeUsed"], told["recoveryCodesLeft"]) == (is_recovery, left)
        assert done.stderr == ""


def test_unsaved_codes_show_in_the_status(daemon, account):
    enable_from_pipe(account)
    done = account.run("twinlock", "status")
    assert "10 left, not known to be saved" in done.stdout
    assert "`twinlock recovery-codes` shows" in done.stderr
    assert json.loads(account.run("twinlock", "status", "--json").stdout)["recoveryCodesAcknowledged"] is False
