"""People who work on a machine, with a phone each."""

import dataclasses
import itertools
import json
import pathlib
import subprocess

import accounts
import dialogues
from terminals import Pty

_numbers = itertools.count(1)


@dataclasses.dataclass
class Person:
    """A user of one machine. `phone` is None without a second factor."""

    machine: object
    name: str
    password: str
    phone: accounts.Authenticator | None = None
    recovery_codes: list = dataclasses.field(default_factory=list)

    def both(self):
        """What this person answers to the two prompts."""
        return self.password, self.phone.next_code()


def newcomer(machine, password="correct horse battery"):
    """A new user, who may use sudo."""
    person = Person(machine, f"person{next(_numbers)}", password)
    machine.add_user(person.name, person.password)
    machine.run("usermod", "--append", "--groups", "sudo", person.name)
    return person


def inside(person, *words):
    """A command in the machine, as this person; to be run from here, on a terminal say."""
    command = ["env", "-i", "PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", "TERM=xterm-256color", *words]
    enter = ["nsenter", "--target", str(person.machine.leader), "--all", "--"]
    return [*enter, "runuser", "--user", person.name, "--", *command]


def set_up(person):
    """Sets up a second factor as a script would."""
    words = ["twinlock", "enable", "--json", "--yes", "--password-file", "-", "--code-file", "-", "--codes-saved"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(inside(person, *words), text=True, **pipes) as command:
        command.stdin.write(person.password + "\n")
        command.stdin.flush()
        line = command.stdout.readline()
        assert line, f"no set-up: {command.stderr.read()}"
        person.phone = accounts.Authenticator(json.loads(line)["secret"])
        output, errors = command.communicate(person.phone.next_code() + "\n", timeout=60)
    assert command.returncode == 0, errors
    person.recovery_codes = json.loads(output)["recoveryCodes"]
    return person


def set_up_in_dialogue(person, command):
    """Sets up a second factor as a person would, on a terminal."""
    with Pty(inside(person, *command.split())) as terminal:
        codes = dialogues.enable(terminal, person)
        terminal.send(codes[0] + "\n")
        rest, status = terminal.finish()
    assert status == 0, rest
    return person


def enrolled(machine, **options):
    """A new user with a second factor. Two codes are left for the next minute."""
    return set_up(newcomer(machine, **options))


def given_key(person):
    """An ssh key that lets this person begin."""
    machine = person.machine
    key = machine.work / f"{person.name}.key"
    machine.make_key(key)
    home = f"/home/{person.name}/.ssh"
    machine.write(f"{home}/authorized_keys", pathlib.Path(f"{key}.pub").read_text())
    machine.run("chown", "--recursive", f"{person.name}:", home)
    return key
