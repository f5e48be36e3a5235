"""The demonstration, unattended and with a shell for a person, each in a private world of its own."""

import pathlib
import pwd
import subprocess
import sys

import pytest

import bed
from terminals import Pty

SCRIPT = str(pathlib.Path(__file__).parent / "demo.py")


@pytest.fixture(scope="module")
def world(installed):
    """The words that run something in a world inside this one."""
    words = [sys.executable, bed.__file__]
    probe = subprocess.run([*words, "true"], capture_output=True, text=True, timeout=60)
    if probe.returncode != 0:
        pytest.skip(f"this kernel does not stack overlays so deep; run make demo by itself: {probe.stderr}")
    return words


def assert_nothing_is_left():
    with pytest.raises(KeyError):
        pwd.getpwnam("ada")


def test_unattended_it_shows_the_main_job_and_leaves_nothing(world):
    done = subprocess.run(
        [*world, sys.executable, SCRIPT], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    milestones = [
        "█▀",
        "only way back without the phone",
        "two-factor login is on, and the recovery codes are saved",
        "-> logged in",
        "-> refused: a code works once",
        "-> refused",
        "-> logged in; for 15 minutes the password alone sets up a new phone",
        "-> refused: a recovery code works once, too",
        "nine recovery codes are left",
    ]
    at = 0
    for words in milestones:
        at = done.stdout.find(words, at)
        assert at >= 0, f"{words!r} does not come in its turn:\n{done.stdout}"
    assert_nothing_is_left()


def test_a_person_tries_it_in_the_shell(world):
    with Pty([*world, sys.executable, SCRIPT, "--shell"], size=(60, 200)) as terminal:
        client = terminal.read_until(r"log in +(ssh .*@127\.0\.0\.1)")
        password = terminal.read_until(r"password: (.*?)\r")
        next_code = terminal.read_until(r"the next one +(oathtool .*?)\r")
        terminal.read_until("twinlock demo# ")
        terminal.send(next_code + "\n")
        code = terminal.read_until(r"[\r\n]([0-9]{6})\r")
        terminal.send(client + "\n")
        terminal.read_until("Password: ")
        terminal.send(password + "\n")
        terminal.read_until("Verification code: ")
        terminal.send(code + "\n")
        terminal.read_until(r"ada@\S+\$ ")
        terminal.send("id -un; exit\n")
        terminal.read_until(r"[\r\n]ada\r")
        terminal.read_until("twinlock demo# ")
        terminal.send("exit\n")
        rest, status = terminal.finish()
    assert status == 0, rest
    assert_nothing_is_left()
