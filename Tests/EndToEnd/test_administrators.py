"""What administrators do for others, by the command: root, and members of the group after a sign-in of their own."""

import grp
import json
import os
import subprocess
import time

import pytest

import accounts
import dialogues
import logins
import twinlockd
from dialogues import CODE, PASSWORD, SURE, VERIFICATION, answer
from terminals import Pty, Tmux
from twinlockd import Program
from waiting import wait_for

GROUP = "twinlock-admin"
ENVIRONMENT = {"env": {**accounts.ENVIRONMENT, "HOME": "/root"}}


@pytest.fixture(scope="session")
def group(installed):
    subprocess.run(["groupadd", "--force", "--system", GROUP], check=True)
    return grp.getgrnam(GROUP).gr_gid


@pytest.fixture
def member(group, daemon):
    """An administrator with a second factor of his own."""
    one = accounts.add_account("member")
    subprocess.run(["usermod", "--append", "--groups", GROUP, one.name], check=True)
    return twinlockd.enrol(one)


def options_of(member):
    return {**member.options(), "extra_groups": [grp.getgrnam(GROUP).gr_gid]}


def admin(*words, text="", by=None):
    """As root, or as a member; without a terminal."""
    options = ENVIRONMENT if by is None else options_of(by)
    words = ["setsid", "--wait", "twinlock", "admin", *words]
    return subprocess.run(words, input=text, capture_output=True, text=True, timeout=60, **options)


def done(*words, **named):
    outcome = admin(*words, **named)
    assert outcome.returncode == 0, outcome.stderr
    return outcome.stdout


def shown(name):
    return json.loads(done("show", "--json", name))


def is_on(account):
    return Program(account).status()["enabled"]


# Root's.


def test_show_tells_what_status_tells_and_more(stack, enrolled):
    assert not logins.ssh(enrolled, enrolled.password, enrolled.phone.wrong_code()).admitted
    told = shown(enrolled.name)
    assert told["accounts"] == [json.loads(enrolled.run("twinlock", "status", "--json").stdout)]
    assert (told["user"], told["uid"], told["parted"]) == (enrolled.name, enrolled.uid, False)
    assert told["failedCodes"] == [{"source": "host:127.0.0.1", "count": 1}]
    text = done("show", enrolled.name)
    assert f"{enrolled.name} (uid {enrolled.uid})" in text
    assert "1 wrong code from 127.0.0.1" in text


def test_show_of_nobody_says_so(daemon):
    outcome = admin("show", "nobody-at-all")
    assert outcome.returncode == 1
    assert "neither this host nor the daemon knows that account" in outcome.stderr


def test_root_sets_up_an_account_without_a_password_and_it_logs_in(stack, daemon, account):
    subprocess.run(["usermod", "--password", "*", account.name], check=True)
    with Pty(["twinlock", "admin", "set-up", account.name], **ENVIRONMENT) as terminal:
        dialogues.scan(terminal, account)
        terminal.read_until(f"Two-factor login is on for {account.name}")
        rest, status = terminal.finish()
    assert status == 0, rest
    codes = dialogues.codes_in(rest)
    assert len(set(codes)) == 10
    assert f"They are for {account.name} and nobody else" in rest
    account.recovery_codes = codes
    assert Program(account).status()["recoveryCodesAcknowledged"] is False
    # The account's own uid stands for the password that it has not.
    viewed = account.run("twinlock", "recovery-codes", "--json", "--password-file", "-", "--code-file", "-", text=f"\n{codes[0]}\n")
    assert viewed.returncode == 0, viewed.stderr


def test_set_up_from_a_script(daemon, account, tmp_path):
    words = ["twinlock", "admin", "set-up", "--json", "--code-file", "-", "--output", str(tmp_path / "codes"), account.name]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(words, text=True, **pipes) as command:
        phone = accounts.Authenticator(json.loads(command.stdout.readline())["secret"])
        output, errors = command.communicate(phone.next_code() + "\n", timeout=60)
    assert command.returncode == 0, errors
    told = json.loads(output)
    assert told["enabled"] is True
    written = (tmp_path / "codes").read_text()
    assert dialogues.codes_in(written) == told["recoveryCodes"]
    assert (tmp_path / "codes").stat().st_mode & 0o777 == 0o600


def test_set_up_asks_before_it_replaces_and_a_no_changes_nothing(daemon, enrolled):
    with Pty(["twinlock", "admin", "set-up", enrolled.name], **ENVIRONMENT) as terminal:
        answer(terminal, SURE, "n")
        rest, status = terminal.finish()
    assert status == 1 and "nothing was changed" in rest
    assert Program(enrolled).status()["setUpBegun"] is False


def test_an_issued_code_logs_in_and_leads_to_a_new_phone(stack, enrolled):
    code = done("issue-code", enrolled.name).strip()
    assert dialogues.codes_in(code) == [code]
    assert logins.ssh(enrolled, enrolled.password, code).admitted
    assert not logins.ssh(enrolled, enrolled.password, code).admitted
    disabled = enrolled.run("setsid", "--wait", "twinlock", "disable", "--yes", "--password-file", "-", text=f"{enrolled.password}\n")
    assert disabled.returncode == 0, disabled.stderr


def test_an_issued_code_on_a_terminal_says_what_it_is_for(enrolled):
    with Pty(["twinlock", "admin", "issue-code", "--minutes", "5", enrolled.name], **ENVIRONMENT) as terminal:
        terminal.read_until(CODE)
        rest, status = terminal.finish()
    assert status == 0
    assert f"Signs {enrolled.name} in once" in rest and "twinlock enable" in rest
    assert 0 < shown(enrolled.name)["issuedCodeUntil"] - time.time() <= 300


def test_unlock_lets_codes_in_again(stack, enrolled):
    for _ in range(5):
        logins.ssh(enrolled, enrolled.password, enrolled.phone.wrong_code())
    assert shown(enrolled.name)["accounts"][0]["waitSeconds"] > 0
    assert done("unlock", enrolled.name) == f"No wrong codes count against {enrolled.name} any more.\n"
    assert logins.ssh(enrolled, enrolled.password, enrolled.phone.next_code()).admitted


def test_a_phone_an_hour_ahead_is_resynchronised(stack, enrolled):
    ahead = accounts.Authenticator(enrolled.phone.secret, lambda: time.time() + 3600)
    step = ahead.step
    assert not logins.ssh(enrolled, enrolled.password, ahead.code_at(step)).admitted
    with Pty(["twinlock", "admin", "resynchronise", enrolled.name], **ENVIRONMENT) as terminal:
        answer(terminal, "First code: ", ahead.code_at(step - 1), "Next code: ", ahead.code_at(step))
        rest, status = terminal.finish()
    assert status == 0, rest
    assert f"{shown(enrolled.name)['clockSeconds']} seconds ahead" in rest
    assert logins.ssh(enrolled, enrolled.password, ahead.code_at(step + 1)).admitted


def test_two_codes_of_another_app_resynchronise_nothing(enrolled):
    outcome = admin("resynchronise", "--code-file", "-", enrolled.name, text="000000\n111111\n")
    assert outcome.returncode == 1
    assert "not two codes in a row" in outcome.stderr
    assert shown(enrolled.name)["clockSeconds"] == 0


def test_reset_asks_and_then_the_password_alone_signs_in(enrolled):
    with Pty(["twinlock", "admin", "reset", enrolled.name], **ENVIRONMENT) as terminal:
        terminal.read_until("Sessions and tokens end")
        answer(terminal, SURE, "y")
        rest, status = terminal.finish()
    assert status == 0, rest
    assert "the password alone signs in" in rest
    assert Program(enrolled).sign_in(password=enrolled.password)["state"] == "signedIn"


def test_reset_without_a_terminal_needs_yes(enrolled):
    outcome = admin("reset", enrolled.name)
    assert outcome.returncode == 2 and "--yes" in outcome.stderr
    assert is_on(enrolled)
    assert json.loads(done("reset", "--yes", "--json", enrolled.name)) == {"wasEnabled": True}
    assert not is_on(enrolled)


@pytest.mark.parametrize("change", ["--login", "--uid"])
def test_who_was_renamed_or_given_another_uid_is_refused_until_adopted(stack, daemon, enrolled, change):
    was = (enrolled.name, enrolled.uid)
    if change == "--login":
        subprocess.run(["usermod", "--login", f"new{was[0]}", was[0]], check=True)
        enrolled.name = f"new{was[0]}"
    else:
        subprocess.run(["usermod", "--uid", str(was[1] + 5000), was[0]], check=True)
    # What it knows of names it keeps for a minute.
    assert daemon.stop() == 0
    daemon.start()
    assert not logins.ssh(enrolled, enrolled.password, enrolled.phone.next_code()).admitted
    assert shown(enrolled.name)["parted"]
    with Pty(["twinlock", "admin", "show", enrolled.name], **ENVIRONMENT) as terminal:
        rest, _ = terminal.finish()
    assert "NAME AND UID HAVE PARTED" in rest and f"twinlock admin adopt {enrolled.name}" in rest
    with Pty(["twinlock", "admin", "adopt", enrolled.name], **ENVIRONMENT) as terminal:
        answer(terminal, SURE, "y")
        rest, status = terminal.finish()
    assert status == 0, rest
    assert f"goes on with the second factor of {was[0]} (uid {was[1]})" in rest
    assert logins.ssh(enrolled, enrolled.password, enrolled.phone.next_code()).admitted
    assert logins.ssh(enrolled, enrolled.password, enrolled.recovery_codes[0]).admitted


def test_nobody_is_adopted_who_has_not_parted(enrolled):
    outcome = admin("adopt", "--yes", enrolled.name)
    assert outcome.returncode == 1 and "have not parted" in outcome.stderr


def test_after_a_restore_old_sessions_and_codes_are_over(stack, enrolled, tmp_path):
    program = Program(enrolled)
    session = program.both_steps(enrolled.phone.next_code(), password=enrolled.password)["session"]
    assert admin("restored").returncode == 2
    assert "Logins go on" in done("restored", "--yes")
    with pytest.raises(Exception, match="SignInAgain"):
        program.get_session(session)
    assert not logins.ssh(enrolled, enrolled.password, enrolled.phone.next_code()).admitted
    status = enrolled.run("twinlock", "status")
    assert "some may have been used" in status.stdout
    assert "twinlock recovery-codes --regenerate" in status.stderr
    assert logins.ssh(enrolled, enrolled.password, enrolled.recovery_codes[0]).admitted


# The log.


def test_the_log_tells_who_did_what_and_filters(stack, enrolled, member):
    assert not logins.ssh(enrolled, enrolled.password, enrolled.phone.wrong_code()).admitted
    done("unlock", enrolled.name)
    records = [json.loads(line) for line in done("log", "--json", enrolled.name).splitlines()]
    assert {record["user"] for record in records} == {enrolled.name}
    assert (records[0]["method"], records[0]["callerUid"], records[0]["reason"]) == ("Unlock", 0, "failuresCleared")
    refused = done("log", "--outcome", "refused", "--service", "sshd", "--host", "127.0.0.1", "--since", "1h")
    assert len(refused.splitlines()) == 1
    assert f"refused    {enrolled.name}: code wrong; sshd from 127.0.0.1" in refused
    assert done("log", "--since", "1h", "--method", "NoSuch") == "There are no records.\n"
    assert done("log", "--limit", "1") == done("log").splitlines(keepends=True)[0]


def test_the_log_is_followed_until_the_daemon_stops(daemon, enrolled):
    words = ["twinlock", "admin", "log", "--follow", "--limit", "1", "--json"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(words, text=True, **pipes) as command:
        assert json.loads(command.stdout.readline())["user"] == enrolled.name
        Program().sign_in(user="nobody-at-all", password="x")
        record = json.loads(command.stdout.readline())
        assert (record["user"], record["reason"]) == ("nobody-at-all", "userUnknown")
        assert daemon.stop() == 0
        rest, errors = command.communicate(timeout=60)
        assert rest == "" and command.returncode == 3
        assert "the daemon has stopped" in errors
    daemon.start()


def test_who_follows_and_goes_away_leaves_nothing_behind(daemon, enrolled):
    def connections():
        return len(os.listdir(f"/proc/{daemon.pid}/fd"))

    words = ["twinlock", "admin", "log", "--follow", "--limit", "1", "--json"]
    followers = [subprocess.Popen(words, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    for follower in followers:
        assert json.loads(follower.stdout.readline())["user"] == enrolled.name
    during = connections()
    for follower in followers:
        follower.kill()
        follower.wait()
        follower.stdout.close()
    wait_for(lambda: connections() <= during - 4, "no connection that is left")


# Members.


def test_a_member_signs_in_as_himself_and_changes_an_account(member, enrolled, tmp_path):
    with Pty(["twinlock", "admin", "reset", enrolled.name], **options_of(member)) as terminal:
        terminal.read_until("sign in as yourself")
        answer(terminal, PASSWORD, member.password, VERIFICATION, member.phone.next_code(), SURE, "y")
        rest, status = terminal.finish()
    assert status == 0, rest
    assert not is_on(enrolled)
    assert twinlockd.sessions_left(tmp_path) == 0
    record = json.loads(done("log", "--json", "--limit", "1", "--method", "Reset"))
    assert (record["callerUid"], record["user"]) == (member.uid, enrolled.name)


def test_a_member_changes_accounts_from_a_script(member, enrolled):
    secrets = ["--password-file", "-", "--code-file", "-"]
    outcome = admin("unlock", *secrets, enrolled.name, by=member, text=f"{member.password}\n{member.phone.next_code()}\n")
    assert outcome.returncode == 0, outcome.stderr
    kept = member.run(
        "twinlock", "sign-in", "--session-file", "kept", *secrets, text=f"{member.password}\n{member.phone.next_code()}\n"
    )
    assert kept.returncode == 0, kept.stderr
    done("issue-code", "--session-file", "kept", enrolled.name, by=member)
    done("reset", "--yes", "--session-file", "kept", enrolled.name, by=member)


def test_a_member_is_kept_from_root_and_from_members(member, group):
    secrets = ["--password-file", "-", "--code-file", "-"]
    for name in ("root", member.name):
        outcome = admin("reset", "--yes", *secrets, name, by=member, text=f"{member.password}\n{member.phone.next_code()}\n")
        assert outcome.returncode == 1
        assert "does not allow" in outcome.stderr
    assert is_on(member)


def test_who_is_no_administrator_is_told_before_he_types_a_password(enrolled, account):
    other = accounts.add_account()
    for words in (["reset", "--yes"], ["unlock"], ["issue-code"], ["adopt", "--yes"], ["show"]):
        with Pty(["twinlock", "admin", *words, account.name], **other.options()) as terminal:
            rest, status = terminal.finish()
        assert status == 1 and "does not allow" in rest
        assert "Password" not in rest


def test_a_member_without_a_second_factor_changes_nothing(group, daemon, enrolled):
    one = accounts.add_account("member")
    subprocess.run(["usermod", "--append", "--groups", GROUP, one.name], check=True)
    outcome = admin("reset", "--yes", "--password-file", "-", "--code-file", "-", enrolled.name, by=one, text=f"{one.password}\n")
    assert outcome.returncode == 1
    assert "needs two-factor login himself" in outcome.stderr
    assert is_on(enrolled)


# On a small screen, and interrupted.


def test_no_line_is_broken_on_a_small_screen(member, enrolled):
    commands = [f"show {enrolled.name}", "health", "log --limit 5", f"issue-code {enrolled.name}"]
    for command in commands:
        with Tmux(Root(), f"LC_ALL=C twinlock admin {command}", 80, 24) as screen:
            screen.wait_for(r"^status 0")
            assert screen.broken_lines() == set(), screen.text()


class Root:
    """Root on a terminal emulator."""

    uid = gid = 0

    def options(self):
        return ENVIRONMENT


@pytest.mark.parametrize(
    ("words", "prompt"),
    [
        (["set-up"], "Code: "),
        (["resynchronise"], "First code: "),
        (["reset"], SURE),
    ],
)
def test_an_interrupted_dialogue_changes_nothing(enrolled, words, prompt):
    before = shown(enrolled.name)
    with Pty(["twinlock", "admin", *words, enrolled.name], **ENVIRONMENT) as terminal:
        if words == ["set-up"]:
            answer(terminal, SURE, "y")
        terminal.read_until(prompt)
        terminal.send("\x03")
        _, status = terminal.finish()
    assert status == -2
    after = shown(enrolled.name)
    if words == ["set-up"]:
        assert after["accounts"][0].pop("setUpBegun") and not before["accounts"][0].pop("setUpBegun")
    assert after == before
