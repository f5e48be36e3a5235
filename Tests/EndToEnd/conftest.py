"""The stage of the end-to-end tests: everything installed in a private world, one sshd, a fresh daemon for each test.

`make test` runs them. By hand, as root, with a build in .build/release:

    .build/venv/bin/python Tests/EndToEnd/bed.py .build/venv/bin/python -m pytest Tests/EndToEnd -k replay

TWINLOCK_BIN_DIR and TWINLOCK_PAM_DIR name other places for the programs and for the module and the checker.
"""

import os
import pathlib
import subprocess

import pytest

import accounts
import bed
import installing
import logins
import twinlockd

HERE = pathlib.Path(__file__).parent


def pytest_collection_modifyitems(items):
    ours = [item for item in items if HERE in item.path.parents]
    if not ours:
        return
    if os.geteuid() != 0:
        reason = "end-to-end tests make users and log in as them: run make test as root"
        for item in ours:
            item.add_marker(pytest.mark.skip(reason=reason))
    elif bed.MARK not in os.environ:
        raise pytest.UsageError(f"end-to-end tests change the machine: run them through {HERE / 'bed.py'}")


@pytest.fixture(scope="session")
def installed():
    """Everything at its place, by `make install`."""
    done = installing.make("install")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def hostile_modules():
    """The directory with PAM modules that misbehave on purpose, where every user can load them from."""
    out = pathlib.Path("/usr/local/lib/twinlock-tests")
    words = ["make", "-C", str(bed.REPOSITORY / "Tests" / "pam"), f"OUT={out}"]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return out


@pytest.fixture(scope="session")
def varlinkctl_program():
    """Where every user can run it, wherever the repository is."""
    ours = bed.REPOSITORY / ".build" / "varlinkctl"
    assert (ours / "stamp").exists(), "no varlinkctl: run make .build/varlinkctl/stamp"
    place = pathlib.Path("/usr/local/lib/twinlock-varlinkctl")
    place.mkdir()
    subprocess.run(["mount", "--bind", ours, place], check=True)
    return str(place / "varlinkctl")


@pytest.fixture(scope="session")
def system_log():
    """What login programs and PAM modules say to syslog."""
    return logins.SystemLog()


@pytest.fixture(scope="session")
def sshd(installed, system_log):
    server = logins.Sshd().start()
    yield server
    server.stop()


@pytest.fixture
def stack(sshd):
    """Sets the auth lines of sshd's PAM service; at first our module alone, and strict."""

    def write(*auth):
        logins.write_stack("sshd", *auth)

    write(logins.TWINLOCK)
    return write


@pytest.fixture
def make_daemon(installed):
    """Starts daemons with other settings, with a clock that can be moved, or with fewer open files."""
    made = []

    def make(settings=None, **options):
        made.append(twinlockd.Daemon(settings, **options))
        return made[-1].start()

    yield make
    for one in made:
        one.discard()


@pytest.fixture
def daemon(make_daemon):
    """A daemon without memory of anything before. It must still be there at the end, and stop when told to."""
    one = make_daemon()
    yield one
    assert one.process.poll() is None, f"twinlockd ended with {one.process.returncode}:\n{one.log()}"
    assert one.stop() == 0, one.log()


@pytest.fixture(scope="module")
def module_daemon(installed):
    """One daemon for a whole file of tests that leave nothing in it. In such a file there is no other."""
    one = twinlockd.Daemon().start()
    yield one
    one.discard()


@pytest.fixture
def account(installed):
    """A Linux user without a second factor."""
    return accounts.add_account()


@pytest.fixture
def enrolled(daemon, account):
    """A Linux user with a second factor; two more codes are right at once."""
    return twinlockd.enrol(account)


@pytest.fixture
def password_stack():
    """Replaces the service by which passwords are checked, until the end of the test."""
    path = logins.PAM / "twinlock-password"
    before = path.read_text()
    yield lambda *lines: path.write_text("\n".join(lines) + "\n")
    path.write_text(before)


@pytest.fixture
def common_auth():
    """Replaces the host's common-auth, until the end of the test."""
    path = logins.PAM / "common-auth"
    before = path.read_text()
    yield lambda *lines: path.write_text("\n".join(lines) + "\n")
    path.write_text(before)
