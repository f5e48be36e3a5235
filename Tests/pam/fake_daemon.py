"""A twinlockd of the tests: one canned behaviour for each connection, and a record of what arrived."""

import json
import os
import select
import socket
import threading

AUTHENTICATION = "org.twinlock.Authentication."


def reply(**parameters):
    """A reply frame."""
    return json.dumps({"parameters": parameters}).encode() + b"\0"


def error(name, **parameters):
    """An error frame; a name without a dot is one of org.twinlock.Authentication."""
    full = name if "." in name else AUTHENTICATION + name
    return json.dumps({"error": full, "parameters": parameters}).encode() + b"\0"


def code_required(user="alice", session="a-session"):
    return reply(state="codeRequired", user=user, session=session, expires=1)


def signed_in(user="alice", second_factor="verified"):
    return reply(state="signedIn", user=user, factors=["password", "code"], secondFactor=second_factor, failedCodes=0)


HANG = object()
"""Reads the call and never answers."""


class HangAfter:
    """Sends some bytes, then neither sends more nor closes."""

    def __init__(self, data):
        self.data = data


def listening_socket(path, uid=None, mode=0o666, backlog=16):
    """A listening socket at `path`. With `uid` (as root) the kernel shows that user as the one who listens."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    os.chmod(path, mode)
    if uid is None:
        listener.listen(backlog)
        return listener
    child = os.fork()
    if child == 0:
        try:
            os.setresuid(uid, uid, uid)
            listener.listen(backlog)
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    return listener


class FakeDaemon:
    """Serves connections one after the other, each by the next behaviour: bytes, HANG or HangAfter.

    `frames` has the raw bytes of each connection up to the NUL, `calls` the same decoded, `connections` their number.
    Connections beyond the behaviours are closed at once.
    """

    def __init__(self, listener, behaviours):
        self.listener = listener
        self.behaviours = behaviours
        self.connections = 0
        self.frames = []
        self._kept = []
        self._wake, self._waker = socket.socketpair()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def calls(self):
        return [json.loads(frame) for frame in self.frames]

    def close(self):
        self._waker.close()
        self._thread.join()
        for connection in self._kept:
            connection.close()
        self._wake.close()
        self.listener.close()

    def _serve(self):
        while True:
            ready, _, _ = select.select([self.listener, self._wake], [], [])
            if self.listener in ready:
                connection, _ = self.listener.accept()
                self._serve_one(connection)
            elif self._wake in ready:
                return

    def _serve_one(self, connection):
        self.connections += 1
        behaviour = self.behaviours[self.connections - 1] if self.connections <= len(self.behaviours) else b""
        frame = b""
        connection.settimeout(20)
        try:
            while not frame.endswith(b"\0"):
                part = connection.recv(65536)
                if not part:
                    break
                frame += part
            if frame:
                self.frames.append(frame.rstrip(b"\0"))
            if behaviour is not HANG:
                connection.sendall(behaviour.data if isinstance(behaviour, HangAfter) else behaviour)
        except OSError:
            pass  # the module has hung up, which the test sees by its result
        if behaviour is HANG or isinstance(behaviour, HangAfter):
            self._kept.append(connection)
        else:
            connection.close()
