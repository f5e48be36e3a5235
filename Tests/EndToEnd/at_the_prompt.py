"""An ssh client on a terminal, at the question for the code."""

import os

import logins
from terminals import Pty

CODE = "Verification code: "


class Waiting:
    """A login that has answered the first question, and waits at the second."""

    def __init__(self, account, password=None):
        command = [*logins.ssh_command(account.name), "id -un"]
        self.terminal = Pty(command, env={"PATH": os.environ["PATH"], "HOME": "/root", "TERM": "dumb"})
        self.name = account.name
        self.terminal.read_until(r"Password: $")
        self.terminal.send(f"{password or account.password}\n")
        self.terminal.read_until(rf"{CODE}$")

    def give(self, code):
        """Answers the question, and does not wait for what comes of it."""
        self.terminal.send(f"{code}\n")

    def is_admitted(self):
        """Whether the code that was given let in."""
        _, status = self.terminal.finish()
        return status == 0 and self.name in self.terminal.seen.replace("\r", "").split("\n")

    def finish(self, code):
        """Whether this code lets in."""
        self.give(code)
        return self.is_admitted()
