"""Connections of one uid, in a process of its own: `crowd.py SOCKET COUNT call|silent`.

Opens them one after another. With `call` each makes a call, and the process says for each whether it was answered; with
`silent` none says anything. Holds them all until its input ends.
"""

import json
import socket
import sys

CALL = b'{"method":"org.varlink.service.GetInfo"}\0'


def is_answered(connection):
    connection.settimeout(60)
    try:
        connection.sendall(CALL)
        return connection.recv(65536).endswith(b"\0")
    except (BrokenPipeError, ConnectionResetError):
        return False


def main(path, count, manner):
    held, answered = [], []
    for _ in range(int(count)):
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(path)
        held.append(connection)
        if manner == "call":
            answered.append(is_answered(connection))
    print(json.dumps(answered), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
