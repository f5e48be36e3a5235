"""A client that means harm: `hostile.py SOCKET MANNER COUNT`, in a process of any uid.

Holds so many connections at once, as well as it is let, and treats each in its manner until its input ends; one that
the daemon ends is made anew. Then it prints how many it made.
"""

import json
import resource
import select
import socket
import sys

CALL = b'{"method":"org.varlink.service.GetInterfaceDescription","parameters":{"interface":"org.twinlock.Account"}}\0'
HALF = CALL[:-1] + b" " * 32768
MEGABYTE = b'{"method":"' + b"x" * (1 << 20)


def silent(connection):
    pass


def slow(connection):
    connection.send(b" ")


def half(connection):
    connection.send(HALF)


def megabyte(connection):
    connection.send(MEGABYTE)


def deaf(connection):
    """Calls, and reads no reply."""
    connection.send(CALL * 16)


def garbage(connection):
    connection.send(b"\x16\x03\x01\x02\0\0{}\0[]\0")


# What is done once, and what again and again.
ONCE = {silent, half, garbage}
MANNERS = {manner.__name__: manner for manner in (silent, slow, half, megabyte, deaf, garbage)}


class Crowd:
    def __init__(self, path, manner, count):
        self._path = path
        self._manner = manner
        self._count = count
        self._held = []
        self.made = 0

    def fill(self):
        """Makes what is missing, a few at a time."""
        for _ in range(min(self._count - len(self._held), 64)):
            connection = socket.socket(socket.AF_UNIX)
            connection.setblocking(False)
            try:
                connection.connect(self._path)
            except OSError:
                # The daemon has more to accept than it may have waiting.
                connection.close()
                return
            self.made += 1
            self._held.append(connection)
            if self._manner in ONCE:
                self._treat(connection)

    def _treat(self, connection):
        try:
            self._manner(connection)
        except OSError:
            pass  # full, or ended

    def go_on(self):
        if self._manner not in ONCE:
            for connection in self._held:
                self._treat(connection)
        poll = select.poll()
        for connection in self._held:
            poll.register(connection, select.POLLRDHUP | select.POLLHUP)
        ended = {descriptor for descriptor, _ in poll.poll(10)}
        for connection in [one for one in self._held if one.fileno() in ended]:
            self._held.remove(connection)
            connection.close()

    def is_wanted(self):
        return not select.select([sys.stdin], [], [], 0)[0]


def main(path, manner, count):
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    crowd = Crowd(path, MANNERS[manner], int(count))
    crowd.fill()
    print("begun", flush=True)
    while crowd.is_wanted():
        crowd.fill()
        crowd.go_on()
    print(json.dumps(crowd.made), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
