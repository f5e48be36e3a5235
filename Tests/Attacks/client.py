"""Clients at a start line, each a process of its own: `client.py SOCKET GATE DESCRIPTOR...`, by start_line.py.

Each has a socket, given by its descriptor: it reads one task a line from there, as JSON, and answers with lines of
JSON. A task is a sign-in: it is begun, and the process says so and waits at the start line, which is the pipe whose
descriptor is GATE: one byte starts one client. Then the code goes out, in one write.
"""

import contextlib
import json
import os
import socket
import sys


def exchange(connection, method, **parameters):
    """One call and its reply; {} where the other side hangs up."""
    try:
        connection.sendall(json.dumps({"method": method, "parameters": parameters}).encode() + b"\0")
        received = b""
        while not received.endswith(b"\0"):
            part = connection.recv(65536)
            if not part:
                return {}
            received += part
        return json.loads(received[:-1])
    except (BrokenPipeError, ConnectionResetError):
        return {}


def connect(path):
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(path)
    return connection


def outcome(reply):
    """A reply in a word: its error's name, or its state."""
    if "error" in reply:
        return reply["error"].rpartition(".")[2]
    return reply.get("parameters", {}).get("state", "done" if reply else "noAnswer")


def sign_in(path, gate, task, say):
    with connect(path) as connection:
        reply = exchange(connection, "org.twinlock.Authentication.SignIn", **task["signIn"])
    say(state=outcome(reply))
    session = reply.get("parameters", {}).get("session", "")
    # Where the daemon is restarted meanwhile a connection made now would be lost.
    connection = None if task.get("connectsLate") else connect(path)
    os.read(gate, 1)
    with connection or connect(path) as connection:
        reply = exchange(connection, "org.twinlock.Authentication.Verify2FACode", session=session, code=task["code"])
    say(result=outcome(reply))


def serve(descriptor, carry_out):
    """One client: carries out its tasks until nobody gives it any more."""
    with socket.socket(fileno=descriptor) as line, line.makefile("rw") as tasks:

        def say(**words):
            print(json.dumps(words), file=tasks, flush=True)

        for task in tasks:
            carry_out(json.loads(task), say)


def serve_each(descriptors, carry_out):
    """Forks once for each descriptor, and ends when all have."""
    for descriptor in descriptors:
        if os.fork() == 0:
            for other in descriptors:
                if other != descriptor:
                    os.close(other)
            # Where a test has failed nobody listens any more.
            with contextlib.suppress(BrokenPipeError):
                serve(descriptor, carry_out)
            os._exit(0)
    for descriptor in descriptors:
        os.close(descriptor)
    for _ in descriptors:
        os.wait()


def main(path, gate, *descriptors):
    serve_each(list(map(int, descriptors)), lambda task, say: sign_in(path, int(gate), task, say))


if __name__ == "__main__":
    main(*sys.argv[1:])
