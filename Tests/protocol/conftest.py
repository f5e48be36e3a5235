"""Starts the server of the certification interface: our protocol code, and nothing of Twinlock behind it.

`swift build --build-tests` builds it. No test here needs root. TWINLOCK_CERTIFICATION names a build at another place.
"""

import os
import pathlib
import subprocess

import pytest

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = REPOSITORY / ".build" / "debug" / "varlink-certification"


class Server:
    """One server on a socket of its own."""

    def __init__(self, path, *options):
        program = os.environ.get("TWINLOCK_CERTIFICATION", PROGRAM)
        self.path = str(path)
        self.address = f"unix:{path}"
        self.process = subprocess.Popen([program, *options, self.path], stdout=subprocess.PIPE, text=True)

    def wait_until_it_listens(self):
        assert self.process.stdout.readline() == "listening\n"
        return self

    def stop(self):
        """Ends it as an administrator would. Returns the exit status."""
        try:
            self.process.terminate()
            return self.process.wait(timeout=60)
        finally:
            self.process.kill()
            self.process.stdout.close()


@pytest.fixture
def make_server(tmp_path_factory):
    """Starts servers; each must still be there at the end, and stop when told to."""
    made = []

    def make(*options):
        # pytest's own paths hold the test's name, and a socket's path is 107 bytes at most.
        made.append(Server(tmp_path_factory.mktemp("varlink") / "socket", *options))
        return made[-1].wait_until_it_listens()

    yield make
    ended = [one.process.poll() for one in made]
    stopped = [one.stop() for one in made]
    assert ended == [None] * len(made)
    assert stopped == [0] * len(made)


@pytest.fixture
def server(make_server):
    return make_server()
