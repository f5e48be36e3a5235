"""The command `twinlock`: on a terminal with a QR code, as a person sees it, and from a script."""

import json
import re
import subprocess
import urllib.parse

import pytest
import varlink

import accounts
import dialogues
import impostor
import logins
import pictures
import twinlockd
from terminals import Pty, Tmux


def secret_of(uri):
    """Checks an otpauth URI, and takes the secret out of it."""
    parts = urllib.parse.urlsplit(uri)
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp"), uri
    query = dict(urllib.parse.parse_qsl(parts.query, strict_parsing=True))
    assert query.get("algorithm", "SHA1") == "SHA1"
    assert query.get("digits", "6") == "6"
    assert query.get("period", "30") == "30"
    return query["secret"]


def shown_key(screen):
    """The key as text, for typing it by hand."""
    return re.search(r"Key +([A-Z2-7 ]+)", screen).group(1).replace(" ", "")


@pytest.mark.parametrize("size", [(130, 60), (80, 24)], ids=["130x60", "80x24"])
def test_the_qr_code_on_the_terminal_sets_up_a_phone(stack, daemon, account, size):
    with Tmux(account, "twinlock enable", *size) as terminal:
        terminal.wait_for("Password:")
        terminal.type(account.password)
        terminal.wait_for("Code:$")
        screen = terminal.picture()
        assert account.password not in screen
        uris = {name: pictures.read_codes(pictures.draw(screen, getattr(pictures, name))) for name in ("DARK", "LIGHT")}
        assert uris["DARK"] == uris["LIGHT"]
        assert len(uris["DARK"]) == 1, "one QR code on the screen"
        account.phone = accounts.Authenticator(secret_of(uris["DARK"][0]))
        assert account.name in urllib.parse.unquote(uris["DARK"][0])
        terminal.type(account.phone.wrong_code())
        terminal.wait_for("this code is wrong")
        terminal.type(account.phone.next_code())
        terminal.wait_for(dialogues.SAVED.rstrip())
        assert f"Two-factor login is on for {account.name}" in terminal.text()
        terminal.type(dialogues.codes_in(terminal.text())[0])
        terminal.wait_for("status 0")
    assert logins.ssh(account, account.password, account.phone.next_code()).admitted


def test_the_same_data_are_there_as_text(daemon, account):
    with Tmux(account, "twinlock enable", 130, 60) as terminal:
        terminal.wait_for("Password:")
        terminal.type(account.password)
        terminal.wait_for("Code:$")
        text, screen = terminal.text(), terminal.picture()
        (uri,) = pictures.read_codes(pictures.draw(screen, pictures.DARK))
        assert shown_key(text) == secret_of(uri)
        for words in (account.name, "SHA1", "30 seconds"):
            assert words in text


def test_a_small_terminal_gets_the_data_without_the_picture(stack, daemon, account):
    with Tmux(account, "twinlock enable", 72, 20) as terminal:
        terminal.wait_for("Password:")
        terminal.type(account.password)
        terminal.wait_for("Code:$")
        account.phone = accounts.Authenticator(shown_key(terminal.text()))
        terminal.type(account.phone.next_code())
        terminal.wait_for(dialogues.SAVED.rstrip())
        terminal.type(dialogues.codes_in(terminal.text())[0])
        terminal.wait_for("status 0")
    assert logins.ssh(account, account.password, account.phone.next_code()).admitted


def test_the_ascii_picture_can_be_read(daemon, account):
    with Tmux(account, "twinlock enable --ascii", 200, 100) as terminal:
        terminal.wait_for("Password:")
        terminal.type(account.password)
        terminal.wait_for("Code:$")
        screen = terminal.picture()
        # Without colours it can be right for one of the two backgrounds only: for the light one ink is dark.
        found = [pictures.read_codes(pictures.draw(screen, theme)) for theme in (pictures.DARK, pictures.LIGHT)]
        assert [secret_of(uri) for uris in found for uri in uris] == [shown_key(terminal.text())]


def test_the_qr_code_is_drawn_without_a_network_and_no_web_address_is_shown(daemon, account):
    """Who lets a web site draw it has given the secret away."""
    who = [f"--reuid={account.uid}", f"--regid={account.gid}", "--clear-groups"]
    with Pty(["unshare", "--net", "setpriv", *who, "twinlock", "enable"]) as terminal:
        terminal.read_until("Password: ")
        terminal.send(f"{account.password}\n")
        terminal.read_until("Code: $")
        assert "▀" in terminal.seen and "Key" in terminal.seen
        assert not re.search("https?:|www", terminal.seen)


def test_no_secret_is_drawn_where_there_is_no_terminal(daemon, account):
    """The picture goes to terminals only: a file or a pipe gets the text."""
    text = f"{account.password}\n000000\n"
    done = account.run("twinlock", "enable", "--password-file", "-", "--code-file", "-", text=text)
    assert done.returncode == 1
    assert "█" not in done.stdout and "▀" not in done.stdout
    assert "Key" in done.stdout


def test_a_script_sets_up_looks_and_disables(daemon, account):
    twinlockd.enrol(account)
    status = account.run("twinlock", "status", "--json")
    assert status.returncode == 0
    told = json.loads(status.stdout)
    assert told["user"] == account.name and told["uid"] == account.uid and told["enabled"] is True
    text = f"{account.password}\n{account.phone.next_code()}\n"
    done = account.run("twinlock", "disable", "--yes", "--json", "--password-file", "-", "--code-file", "-", text=text)
    assert (done.returncode, json.loads(done.stdout)) == (0, {"enabled": False})
    assert json.loads(account.run("twinlock", "status", "--json").stdout)["enabled"] is False


def test_moving_to_another_phone_takes_a_code_of_the_old_one(enrolled):
    words = ["twinlock", "enable", "--json", "--yes", "--password-file", "-", "--code-file", "-"]
    refused = enrolled.run(*words, text=f"{enrolled.password}\n{enrolled.phone.wrong_code()}\n000000\n")
    assert refused.returncode == 1
    assert refused.stdout == ""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(words, text=True, **pipes, **enrolled.options()) as command:
        command.stdin.write(f"{enrolled.password}\n{enrolled.phone.next_code()}\n")
        command.stdin.flush()
        new = accounts.Authenticator(json.loads(command.stdout.readline())["secret"])
        command.communicate(new.next_code() + "\n", timeout=60)
    assert command.returncode == 0
    program = twinlockd.Program(enrolled)
    assert program.both_steps(new.next_code(), password=enrolled.password)["state"] == "signedIn"
    with pytest.raises(varlink.VarlinkError):
        program.both_steps(enrolled.phone.next_code(), password=enrolled.password)


def test_exit_statuses(make_daemon, account):
    secrets = ["--password-file", "-", "--code-file", "-"]
    assert account.run("twinlock", "status").returncode == 3
    make_daemon()
    assert account.run("twinlock", "status").returncode == 0
    assert account.run("twinlock", "no-such-command").returncode == 2
    assert account.run("twinlock", "enable", *secrets, text="wrong\n").returncode == 1
    assert account.run("twinlock", "disable", "--yes", *secrets, text="x\n").returncode == 1
    assert account.run("twinlock", "enable", text="").returncode == 2


def test_it_tells_a_stranger_on_the_daemons_socket_nothing(installed, account):
    other = accounts.add_account()
    one = impostor.Impostor(b'{"parameters":{}}\0', listener=other.name)
    try:
        text = f"{account.password}\n"
        done = account.run("twinlock", "enable", "--password-file", "-", "--code-file", "-", text=text)
    finally:
        one.close()
    assert done.returncode == 3
    assert twinlockd.SOCKET in done.stderr
    assert one.calls == 0
