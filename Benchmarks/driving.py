"""Runs the drivers, and reads what they found."""

import dataclasses
import subprocess
import tempfile

import stage

BINARIES = stage.BUILD / "bin"


@dataclasses.dataclass(frozen=True)
class Attempt:
    """One login to be made. The step is that of its code, for who keeps account of them."""

    label: str
    where: str
    user: str
    code: str
    password: str = "-"
    step: int = 0


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What became of it; times in microseconds, `begun` since some moment that all share."""

    attempt: Attempt
    accepted: bool
    status: int
    begun: float
    first: float
    second: float
    total: float


def pam(attempts, processes=1, seconds=0):
    """Makes logins through libpam. Those for which there was no time are not among the outcomes."""
    return _run("pam-logins", [str(stage.PAM), str(processes), str(seconds)], attempts)


def varlink(attempts, clients=1, seconds=0, purpose="login"):
    """Makes logins over the socket."""
    return _run("varlink-logins", [str(clients), str(seconds), purpose], attempts)


def floor(kind, count, directory):
    """How long the machine's own steps take, microseconds each (drivers/floors.c)."""
    words = [BINARIES / "floors", kind, str(count), directory]
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    return [int(line) / 1000 for line in done.stdout.split()]


def _run(program, words, attempts):
    with tempfile.NamedTemporaryFile("w") as file:
        for number, one in enumerate(attempts):
            file.write(f"{number}\t{one.where}\t{one.user}\t{one.password}\t{one.code}\n")
        file.flush()
        done = subprocess.run([BINARIES / program, *words, file.name], stdout=subprocess.PIPE, text=True, check=True)
    outcomes = []
    for line in done.stdout.splitlines():
        number, status, *times = map(int, line.split("\t"))
        outcomes.append(Outcome(attempts[number], status == 0, status, *(time / 1000 for time in times)))
    return outcomes


def per_second(outcomes):
    """Accepted logins a second, from the first beginning to the last end."""
    if not outcomes:
        return 0.0
    begun = min(one.begun for one in outcomes)
    ended = max(one.begun + one.total for one in outcomes)
    return round(sum(one.accepted for one in outcomes) / (ended - begun) * 1e6, 1)
