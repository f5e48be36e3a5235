"""What is random comes from the kernel; where the kernel has nothing to give, the daemon gives nothing out."""

import pathlib
import shutil
import tempfile

import pytest

import twinlockd
from twinlockd import ACCOUNT, AUTHENTICATION
from waiting import wait_for


@pytest.fixture
def daemon_without_chance(make_daemon, hostile_modules):
    """A daemon, and the file that takes the kernel's generator away from it while it is there."""
    directory = pathlib.Path(tempfile.mkdtemp(prefix="generator-"))
    directory.chmod(0o755)
    file = directory / "fails"
    preload = {"LD_PRELOAD": f"{hostile_modules}/fail_getrandom.so", "FAIL_GETRANDOM": str(file)}
    yield make_daemon(environment=preload), file
    shutil.rmtree(directory)


# What asks for a value that nobody must be able to guess, once the password is right.
CALLS = {
    "the secret of a new factor": (ACCOUNT, "BeginSetUp"),
    "a session": (AUTHENTICATION, "SignIn"),
}


@pytest.mark.parametrize("what", CALLS)
def test_a_generator_that_fails_ends_the_daemon_before_it_gives_anything_out(daemon_without_chance, account, what):
    daemon, file = daemon_without_chance
    interface, method = CALLS[what]
    file.touch()
    with twinlockd.connect(account) as connection, pytest.raises(ConnectionError):
        twinlockd.exchange(connection, f"{interface}.{method}", password=account.password)
    assert daemon.process.wait(timeout=60) != 0
    wait_for(lambda: not daemon.checker_pids(), "the checker to follow its daemon")
    file.unlink()
    daemon.start()
    twinlockd.enrol(account)
    own = twinlockd.Program(account)
    assert own.both_steps(account.phone.next_code(), password=account.password)["state"] == "signedIn"
