"""The stage of the attacks: that of the end-to-end tests, a scale for the rounds, and a tally of what was done.

`make test` runs the short form, `make attacks` the long one. One of them by hand, as root, with a build in
.build/release:

    export ATTACK_ROUNDS=1000
    .build/venv/bin/python Tests/EndToEnd/bed.py .build/venv/bin/python -m pytest Tests/Attacks -k kill

ATTACK_ROUNDS says how often the main scenarios are repeated; the others follow in proportion.
"""

import importlib.util
import os
import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).parent
END_TO_END = HERE.parent / "EndToEnd"
sys.path.insert(0, str(END_TO_END))

import bed  # noqa: E402
import clocks  # noqa: E402
import disks  # noqa: E402
import faults  # noqa: E402
import tally as tallies  # noqa: E402
import twinlockd  # noqa: E402


def _stage():
    """The end-to-end tests' own conftest.py, under another name than ours."""
    specification = importlib.util.spec_from_file_location("stage", END_TO_END / "conftest.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


_of = _stage()
installed, system_log, sshd, stack = _of.installed, _of.system_log, _of.sshd, _of.stack
account = _of.account


def pytest_collection_modifyitems(items):
    if os.geteuid() != 0:
        for item in items:
            item.add_marker(pytest.mark.skip(reason="attacks make users and log in as them: run them as root"))
    elif items and bed.MARK not in os.environ:
        raise pytest.UsageError(f"attacks change the machine: run them through {END_TO_END / 'bed.py'}")


@pytest.fixture
def make_daemon(installed):
    """Starts daemons whose clock can be moved."""
    made = []

    def make(settings=None, **options):
        made.append(twinlockd.Daemon(settings, **options))
        made[-1].clock = clocks.MovedClock(made[-1].directory)
        return made[-1].start()

    yield make
    for one in made:
        one.discard()


@pytest.fixture
def rounds():
    """How many rounds a scenario has: rounds(short, share) is `short`, or that share of ATTACK_ROUNDS if it is set."""
    asked = os.environ.get("ATTACK_ROUNDS")

    def scale(short, share=1.0):
        return max(short, round(int(asked) * share)) if asked else short

    return scale


@pytest.fixture
def own_disk(installed):
    """The daemon's state has a file system of its own."""
    with disks.mounted("64m"):
        yield


@pytest.fixture
def settled(own_disk, make_daemon):
    """A daemon on a disk of its own, and a user with a second factor."""
    return faults.settle(make_daemon)


_book = tallies.Book(bed.REPOSITORY / ".build" / "attacks" / "counts.json")


@pytest.fixture
def tally(request):
    """Notes what was done: tally("load held", "words", count). It is kept only if the test passes."""
    notes = tallies.Notes(request.node.nodeid.rpartition("/")[2])
    yield notes
    if getattr(request.node, "passed", False):
        _book.keep(notes)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    if call.when == "call":
        item.passed = outcome.get_result().passed


def pytest_terminal_summary(terminalreporter):
    for line in _book.table():
        terminalreporter.write_line(line)
