"""The examples of README.md and docs/programming.md, as a person would paste and answer them."""

import os
import pathlib
import re
import subprocess
import sys

import pytest

import bed
from terminals import Pty
from twinlockd import Program, refusal

PAGES = {name: (bed.REPOSITORY / name).read_text() for name in ("README.md", "docs/programming.md")}


def examples(page, language):
    return re.findall(rf"```{language}\n(.*?)```", PAGES[page], re.DOTALL)


@pytest.fixture(scope="session")
def python():
    """The test environment's python at a place that every user may go to, wherever the repository is."""
    place = pathlib.Path("/usr/local/lib/twinlock-venv")
    place.mkdir()
    subprocess.run(["mount", "--bind", sys.prefix, place], check=True)
    return str(place / "bin" / "python")


@pytest.fixture(params=["README.md: python", "docs/programming.md: python", "docs/programming.md: bash"])
def program(request, python, varlinkctl_program):
    """One example that signs in, and how to run it."""
    page, language = request.param.split(": ")
    (text,) = examples(page, language)
    path = pathlib.Path("/tmp/example")
    path.write_text(text)
    path.chmod(0o644)
    return [python if language == "python" else "/bin/bash", str(path)]


@pytest.fixture
def options(enrolled, varlinkctl_program):
    """The account's own, with varlinkctl where the shell finds it."""
    found = enrolled.options()
    found["env"]["PATH"] = f"{os.path.dirname(varlinkctl_program)}:{found['env']['PATH']}"
    return found


def test_an_example_signs_in(program, options, enrolled):
    with Pty(program, **options) as terminal:
        terminal.read_until("Password: ")
        terminal.send(enrolled.password + "\n")
        terminal.read_until("Verification code: ")
        terminal.send(enrolled.phone.next_code() + "\n")
        rest, status = terminal.finish()
    assert status == 0, rest
    assert f"signed in as {enrolled.name}" in rest
    assert enrolled.password not in terminal.seen


def test_an_example_refuses_a_wrong_code(program, options, enrolled):
    with Pty(program, **options) as terminal:
        terminal.read_until("Password: ")
        terminal.send(enrolled.password + "\n")
        terminal.read_until("Verification code: ")
        terminal.send(enrolled.phone.wrong_code() + "\n")
        terminal.read_until(f"{re.escape(refusal('AuthenticationFailed'))}|The password or the code is wrong.")
        assert "signed in as" not in terminal.seen


def test_the_longer_python_example_asks_again_after_a_slip(python, options, enrolled):
    path = pathlib.Path("/tmp/example")
    path.write_text(examples("docs/programming.md", "python")[0])
    path.chmod(0o644)
    with Pty([python, str(path)], **options) as terminal:
        terminal.read_until("Password: ")
        terminal.send(enrolled.password + "\n")
        for code in (enrolled.phone.wrong_code(), enrolled.phone.next_code()):
            terminal.read_until("Verification code: ")
            terminal.send(code + "\n")
        rest, status = terminal.finish()
    assert status == 0, rest
    assert f"signed in as {enrolled.name}" in rest


def test_the_walk_goes_the_whole_way_and_leaves_the_account_as_it_was(python, daemon, account):
    script = bed.REPOSITORY / "docs" / "examples" / "walk.py"
    path = pathlib.Path("/tmp/walk.py")
    path.write_text(script.read_text())
    path.chmod(0o644)
    done = account.run(python, str(path), text=account.password + "\n")
    assert done.returncode == 0, done.stdout + done.stderr
    steps = re.findall(r"^(\d+)\. (\w+)", done.stdout, re.MULTILINE)
    assert [number for number, _ in steps] == [str(number) for number in range(1, 11)]
    words = ["Set", "Save", "Sign", "Programs", "Sessions", "View", "Lost", "Scripts", "History", "Disable"]
    assert [word for _, word in steps] == words
    assert done.stdout.endswith("All of it is as it should be.\n")
    assert not Program(account).status()["enabled"]


def test_the_walk_says_where_something_is_not_as_it_should_be(python, enrolled):
    path = pathlib.Path("/tmp/walk.py")
    path.write_text((bed.REPOSITORY / "docs" / "examples" / "walk.py").read_text())
    path.chmod(0o644)
    done = enrolled.run(python, str(path), text=enrolled.password + "\n")
    assert done.returncode == 1
    assert "it is left alone" in done.stderr
    assert Program(enrolled).status()["enabled"]


def test_the_commands_of_the_page_for_programmers_run(daemon, options):
    commands = [line for block in examples("docs/programming.md", "sh") for line in block.splitlines()]
    assert len(commands) > 1
    for command in commands:
        done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=60, **options)
        assert done.returncode == 0, f"{command}: {done.stderr}"
        assert done.stdout


def test_links_of_the_pages_lead_to_files_of_the_repository():
    for name, text in PAGES.items():
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", text):
            assert ((bed.REPOSITORY / name).parent / target).exists(), f"{name}: {target}"
