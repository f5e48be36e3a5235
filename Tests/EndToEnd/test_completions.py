"""What a shell completes after `twinlock`, by the scripts that `make install` puts at their places."""

import re
import subprocess

import pytest

from dialogues import READY
from terminals import Pty

SCRIPTS = {
    "bash": "/usr/share/bash-completion/completions/twinlock",
    "zsh": "/usr/share/zsh/vendor-completions/_twinlock",
    "fish": "/usr/share/fish/vendor_completions.d/twinlock.fish",
}

# As the shells are after a login where completion is on. The script of zsh is found by its directory.
STARTS = {
    "bash": (["bash", "--norc", "-i"], f"source {SCRIPTS['bash']}"),
    "zsh": (
        ["zsh", "-f", "-i"],
        f"fpath=({SCRIPTS['zsh'].rpartition('/')[0]} $fpath); autoload -Uz compinit; compinit -D",
    ),
}


@pytest.mark.parametrize("shell", SCRIPTS)
def test_each_shell_takes_its_script(installed, shell):
    done = subprocess.run([shell, "-n", SCRIPTS[shell]], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("shell", STARTS)
def test_what_is_begun_is_completed_by_the_tab_key(account, shell):
    words, start = STARTS[shell]
    options = account.options()
    options["env"] |= {"PS1": READY, "TERM": "dumb"}
    with Pty(words, **options) as terminal:
        terminal.read_until(READY)
        terminal.send(f"{start}\n")
        terminal.read_until("\n")
        terminal.read_until(READY)
        for begun, rest in (
            ("twinlock tok", "ens "),
            ("twinlock clear", "-failures "),
            ("twinlock tokens cr", "eate "),
            ("twinlock tokens create --exp", "ires "),
            ("twinlock tokens create --group account.s", "essions "),
            ("twinlock sessions revoke --session-file /etc/hostn", "ame "),
        ):
            terminal.send(f"{begun}\t")
            terminal.read_until(re.escape(rest))
            terminal.send("\x15")
        terminal.send("exit\n")
        terminal.finish()


def offered(account, line):
    """What fish offers, without the descriptions."""
    done = account.run("fish", "--command", f"complete --do-complete '{line}'")
    assert (done.returncode, done.stderr) == (0, "")
    return [entry.split("\t")[0] for entry in done.stdout.splitlines()]


def test_fish_finds_its_script_by_itself_and_offers_each_once(account):
    commands = offered(account, "twinlock ")
    assert {"enable", "tokens", "sessions", "log", "clear-failures", "admin"} <= set(commands)
    assert len(commands) == len(set(commands))
    assert offered(account, "twinlock tokens cr") == ["create"]
    assert offered(account, "twinlock tokens create --group account.") == ["account.read", "account.sessions"]
