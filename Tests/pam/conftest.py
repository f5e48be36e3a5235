"""Builds what the tests need and starts their parts.

TWINLOCK_PAM_DIR names the directory that holds pam_twinlock.so and twinlock-checker, built already; the default is the
repository's pam/, which is built here.
"""

import os
import pathlib
import shutil
import subprocess
import tempfile

import fake_daemon
import pam_host
import pytest

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
BUILD = REPOSITORY / ".build" / "pam-tests"


def make(directory, *arguments):
    done = subprocess.run(["make", "-C", str(directory), *arguments], capture_output=True, text=True)
    assert done.returncode == 0, f"make failed:\n{done.stdout}{done.stderr}"


@pytest.fixture(scope="session")
def for_everybody():
    """Copies what was built to where every user can run it: the repository may lie in a directory that is closed."""
    place = pathlib.Path(tempfile.mkdtemp(prefix="twinlock-built-"))
    place.chmod(0o755)

    def copy(directory, name):
        (place / name).mkdir(mode=0o755)
        for file in directory.iterdir():
            if file.is_file() and os.access(file, os.X_OK):
                shutil.copy(file, place / name)
        return place / name

    yield copy
    shutil.rmtree(place)


@pytest.fixture(scope="session")
def helpers(for_everybody):
    """The directory with the host program and the modules that misbehave."""
    make(REPOSITORY / "Tests" / "pam", f"OUT={BUILD}")
    return for_everybody(BUILD, "helpers")


@pytest.fixture(scope="session")
def built(for_everybody):
    """The directory with the module and the checker as they are installed."""
    given = os.environ.get("TWINLOCK_PAM_DIR")
    if given is None:
        make(REPOSITORY / "pam")
    return for_everybody(pathlib.Path(given).resolve() if given else REPOSITORY / "pam", "built")


@pytest.fixture(scope="session")
def sanitized(for_everybody):
    """The same with AddressSanitizer and UndefinedBehaviorSanitizer."""
    out = BUILD / "sanitized"
    make(REPOSITORY / "pam", "sanitized", f"OUT={out}")
    return for_everybody(out, "sanitized")


def sanitizer_environment():
    """A sanitized module in a plain host: the run-time library must be there first."""
    gcc = os.environ.get("CC", "gcc")
    libraries = [
        subprocess.run([gcc, f"-print-file-name={name}.so"], capture_output=True, text=True, check=True).stdout.strip()
        for name in ("libasan", "libubsan")
    ]
    return {"LD_PRELOAD": ":".join(libraries), "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=1"}


@pytest.fixture
def open_directory():
    """A directory that every user may enter and only we may write to; pytest's own is closed to other users."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="twinlock-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture(params=["plain", "sanitized"])
def host(request, helpers, open_directory):
    """The host program with the module, once as installed and once with the sanitizers."""
    directory = request.getfixturevalue("built" if request.param == "plain" else "sanitized")
    confdir = open_directory / "pam.d"
    confdir.mkdir()
    return pam_host.Host(
        program=str(helpers / "host"),
        module=str(directory / "pam_twinlock.so"),
        authtok_module=str(helpers / "pam_test_authtok.so"),
        confdir=confdir,
        environment={} if request.param == "plain" else sanitizer_environment(),
    )


@pytest.fixture
def plain_host(helpers, built, open_directory):
    """The host program with the module as installed, for tests that look at memory."""
    confdir = open_directory / "pam.d"
    confdir.mkdir()
    return pam_host.Host(
        program=str(helpers / "host"),
        module=str(built / "pam_twinlock.so"),
        authtok_module=str(helpers / "pam_test_authtok.so"),
        confdir=confdir,
        environment={},
    )


@pytest.fixture
def socket_path(open_directory):
    """Where the tests' daemon listens: in a directory of its own, as /run/twinlock is."""
    directory = open_directory / "twinlock"
    directory.mkdir(mode=0o755)
    return directory / "twinlock.socket"


@pytest.fixture
def daemon(socket_path):
    """Starts daemons: daemon(behaviour, ...) listens at socket_path; daemon(..., listener=...) on what it is given."""
    started = []

    def start(*behaviours, listener=None):
        if listener is None:
            listener = fake_daemon.listening_socket(socket_path)
        started.append(fake_daemon.FakeDaemon(listener, behaviours))
        return started[-1]

    yield start
    for one in started:
        one.close()


@pytest.fixture
def sign_in(host, socket_path):
    """sign_in(answers, option, ...) runs one login against socket_path."""

    def run(answers, *options, **named):
        return host.login(answers, [f"socket={socket_path}", "timeout=5", *options], **named)

    return run
