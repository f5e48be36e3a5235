"""The daemon's socket byte by byte: what no client library would send, and what comes of it."""

import fcntl
import json
import select
import struct
import termios
import time

from twinlockd import connect
from waiting import BOUND

SERVICE = "org.varlink.service"
GET_INFO = f"{SERVICE}.GetInfo"
GET_DESCRIPTION = f"{SERVICE}.GetInterfaceDescription"

# How the end of a connection shows: the kernel says "reset" where the other side left bytes unread.
HUNG_UP = (BrokenPipeError, ConnectionResetError)


def frame(text):
    """A message, from text or bytes."""
    return (text.encode() if isinstance(text, str) else text) + b"\0"


def call(method=GET_INFO, **members):
    """A call, with other members of the envelope as they are given."""
    return frame(json.dumps({"method": method, **members}))


def send(connection, *frames):
    """All of it in one write. The daemon may hang up in the middle."""
    try:
        connection.sendall(b"".join(frames))
    except HUNG_UP:
        pass


def next_bytes(connection):
    """What comes next; nothing where the daemon hangs up."""
    try:
        return connection.recv(65536)
    except HUNG_UP:
        return b""


def received_until_end(connection):
    """Every byte that comes until the daemon hangs up, which it must."""
    received = b""
    while part := next_bytes(connection):
        received += part
    return received


def replies(connection, count):
    """So many replies. No byte of another may have come with them."""
    received = b""
    while received.count(b"\0") < count:
        part = connection.recv(65536)
        assert part, f"the daemon hung up after {received!r}"
        received += part
    assert received.count(b"\0") == count and received.endswith(b"\0"), received
    return [json.loads(message) for message in received[:-1].split(b"\0")]


def ask(*frames):
    """The one reply to what is one call, on a connection of its own."""
    with connect() as connection:
        send(connection, *frames)
        return replies(connection, 1)[0]


def wait_until_read(connection):
    """Until the daemon has taken every byte out of the kernel (SIOCOUTQ in tcp(7), the same for Unix sockets)."""
    end = time.monotonic() + BOUND
    while struct.unpack("i", fcntl.ioctl(connection, termios.TIOCOUTQ, bytes(4)))[0] > 0:
        assert time.monotonic() < end, "the daemon does not read"
        time.sleep(0.0005)


def hung_up(connections, milliseconds=0):
    """Those that the daemon has closed, told without reading from them. Waits so long for the first."""
    poll = select.poll()
    for connection in connections:
        poll.register(connection, select.POLLRDHUP)
    ended = {descriptor for descriptor, _ in poll.poll(milliseconds)}
    return [connection for connection in connections if connection.fileno() in ended]
