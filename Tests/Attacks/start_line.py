"""Processes that all wait at one start line, and are let go at once."""

import json
import os
import pathlib
import socket
import subprocess
import sys

import twinlockd

HERE = pathlib.Path(__file__).parent

# Sign-ins that may be under way at once while the clients go to the line: the daemon lets 32 of one source wait.
GROUP = 16


class Client:
    """Our end of one client."""

    def __init__(self):
        self._socket, self.theirs = socket.socketpair()
        self._lines = self._socket.makefile("rw")

    def give(self, task):
        self._lines.write(json.dumps(task) + "\n")
        self._lines.flush()

    def says(self, word):
        line = self._lines.readline()
        assert line, "a client has ended"
        return json.loads(line)[word]

    def close(self):
        self._lines.close()
        self._socket.close()


class StartLine:
    """So many clients, each a process that lives for all rounds."""

    def __init__(self, count, script, place):
        self._gate, self._lever = os.pipe()
        self._clients = [Client() for _ in range(count)]
        theirs = [one.theirs.fileno() for one in self._clients]
        words = [sys.executable, str(HERE / script), place, *map(str, [self._gate, *theirs])]
        self._process = subprocess.Popen(words, stdin=subprocess.DEVNULL, pass_fds=[self._gate, *theirs])
        for one in self._clients:
            one.theirs.close()

    @classmethod
    def at_the_socket(cls, count):
        return cls(count, "client.py", twinlockd.SOCKET)

    @classmethod
    def with_mixed_work(cls, count):
        return cls(count, "mixed_client.py", twinlockd.SOCKET)

    @classmethod
    def at_pam(cls, count, service):
        return cls(count, "pam_client.py", service)

    def gather(self, tasks):
        """Brings every client to the line, each with its task."""
        for start in range(0, len(tasks), GROUP):
            group = list(zip(self._clients, tasks, strict=True))[start : start + GROUP]
            for one, task in group:
                one.give(task)
            for one, _ in group:
                state = one.says("state")
                assert state in ("codeRequired", "ready"), state

    def release(self):
        """Lets all go with one write, which wakes them all."""
        os.write(self._lever, b"." * len(self._clients))

    def results(self):
        return [one.says("result") for one in self._clients]

    def race(self, tasks):
        """One round: what became of each task."""
        self.gather(tasks)
        self.release()
        return self.results()

    def close(self):
        for one in self._clients:
            one.close()
        # Whoever still waits at the line.
        os.write(self._lever, b"." * len(self._clients))
        os.close(self._gate)
        os.close(self._lever)
        self._process.wait()
