"""What may answer on the daemon's socket instead of the daemon."""

import os
import pathlib
import pwd
import shutil
import socket
import threading

import twinlockd

DIRECTORY = pathlib.Path(twinlockd.SOCKET).parent

# A reply that would let anybody in if it came from the daemon.
YES = b'{"parameters":{"state":"signedIn","user":"%s","factors":["password","code"],"secondFactor":"verified"}}\0'


class Impostor:
    """Listens at the daemon's path and answers every call with the same bytes.

    - directory, owner: to whom the directory and the socket file belong
    - listener: as whom the kernel shows the other end; nobody else can be it, because it is noted at listen(2)
    """

    def __init__(self, answer, directory="twinlock", owner="twinlock", listener="twinlock", mode=0o755, closes=True):
        self._answer = answer
        self._closes = closes
        self._kept = []
        self.calls = 0
        shutil.rmtree(DIRECTORY, ignore_errors=True)
        DIRECTORY.mkdir()
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(twinlockd.SOCKET)
        os.chmod(twinlockd.SOCKET, 0o666)
        os.chown(twinlockd.SOCKET, pwd.getpwnam(owner).pw_uid, -1)
        os.chown(DIRECTORY, pwd.getpwnam(directory).pw_uid, -1)
        DIRECTORY.chmod(mode)
        uid = pwd.getpwnam(listener).pw_uid
        os.seteuid(uid)
        self._socket.listen(16)
        os.seteuid(0)
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self._kept.append(connection)
            received = b""
            while not received.endswith(b"\0"):
                part = connection.recv(65536)
                if not part:
                    break
                received += part
            if not received:
                continue
            self.calls += 1
            connection.sendall(self._answer)
            if self._closes:
                connection.close()

    def close(self):
        # Wakes the thread, which close alone would not.
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for connection in self._kept:
            connection.close()
        shutil.rmtree(DIRECTORY, ignore_errors=True)
