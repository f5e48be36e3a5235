"""What a guesser reads on the socket: the same bytes for everybody, whatever was wrong and whoever it was about.

The daemon's clock stands still, so that no second passes between two guessers' games.
"""

import json
import subprocess
import time

import pytest

import accounts
import twinlockd
from twinlockd import ACCOUNT, AUTHENTICATION

SSH = {"service": "sshd", "remoteHost": "192.0.2.7", "realUid": 0, "purpose": "login"}

WRONG = ["271828", "00000-00000", "", "twl_x", "no code at all"]


def locked(account):
    subprocess.run(["usermod", "-L", account.name], check=True)


def expired(account):
    subprocess.run(["chage", "-E", "1", account.name], check=True)


def exhausted(account):
    """A hundred wrong codes, from elsewhere."""
    elsewhere = {"user": account.name, "context": {**SSH, "remoteHost": "198.51.100.1"}}
    with twinlockd.connect() as connection:
        while not twinlockd.Program(account).status()["exhausted"]:
            begun = exchange(connection, "SignIn", password=account.password, **elsewhere)
            exchange(connection, "Verify2FACode", session=json.loads(begun[:-1])["parameters"]["session"], code="1")
            account.phone.clock.advance(900)


# What is guessed of whom: (has a second factor, whether the password that is tried is the account's, what befell it).
PEOPLE = {
    "a right password, and wrong codes": (True, True, None),
    "a wrong password": (True, False, None),
    "a locked password": (True, True, locked),
    "an expired account": (True, True, expired),
    "no more codes, and a wrong password": (True, False, exhausted),
    "no second factor, and a wrong password": (False, False, None),
    "no second factor, and a locked password": (False, True, locked),
    "no second factor, and an expired account": (False, True, expired),
}


def exchange(connection, method, interface=AUTHENTICATION, **parameters):
    """One call; the reply as it came."""
    connection.sendall(twinlockd.message(f"{interface}.{method}", **parameters))
    received = b""
    while not received.endswith(b"\0"):
        part = connection.recv(65536)
        assert part, f"the daemon hung up after {received!r}"
        received += part
    return received


def sign_in(connection, seen, name, password, context):
    """Begins a sign-in, and notes the reply but for the session's value and the name. Returns the session."""
    named = {"user": name} if context else {}
    reply = exchange(connection, "SignIn", password=password, context=context, **named)
    session = json.loads(reply[:-1])["parameters"].get("session", "")
    assert session, reply
    seen.append((len(session), reply.replace(session.encode(), b"SESSION").replace(name.encode(), b"NAME")))
    return session


def game(connection, name, password, context):
    """Everything that a guesser can read: all wrong codes at one prompt, what its session is good for, and the waits."""
    seen = []
    first = sign_in(connection, seen, name, password, context)
    for method, interface in [("GetSession", AUTHENTICATION), ("GetStatus", ACCOUNT), ("ListSessions", ACCOUNT)]:
        seen.append(exchange(connection, method, interface, session=first))
    # One more than are taken for one sign-in.
    for code in [*WRONG, WRONG[0]]:
        seen.append(exchange(connection, "Verify2FACode", session=first, code=code))
    # Until a wait is told, and some further.
    for code in [*WRONG, *WRONG]:
        session = sign_in(connection, seen, name, password, context)
        seen.append(exchange(connection, "Verify2FACode", session=session, code=code))
    # Ten recovery codes a minute.
    for _ in range(3):
        session = sign_in(connection, seen, name, password, context)
        seen += [exchange(connection, "Verify2FACode", session=session, code=WRONG[1]) for _ in range(5)]
    # One that was given up.
    session = sign_in(connection, seen, name, password, context)
    for method, parameters in [("SignOut", {}), ("Verify2FACode", {"code": WRONG[0]}), ("SignOut", {})]:
        seen.append(exchange(connection, method, session=session, **parameters))
    return seen


@pytest.fixture
def clock(make_daemon):
    return make_daemon(with_clock=True).clock


def stop(clock):
    """Lets the daemon's clock stand still (libfaketime: a date without an @)."""
    draft = clock.file.with_suffix(".new")
    draft.write_text(time.strftime("%Y-%m-%d %H:%M:%S\n", time.localtime(clock())))
    draft.chmod(0o644)
    draft.rename(clock.file)


def games(clock, by_root):
    """A game about each of the people: {who: what was read}."""
    guesses = {}
    for who, (has_factor, is_right, befall) in PEOPLE.items():
        account = accounts.add_account()
        if has_factor:
            twinlockd.enrol(account, clock)
        if befall is not None:
            befall(account)
        guesses[who] = account, account.password if is_right else "a guess"
    stop(clock)
    context = SSH if by_root else None
    seen = {}
    for who, (account, password) in guesses.items():
        with twinlockd.connect(None if by_root else account) as connection:
            seen[who] = game(connection, account.name, password, context)
    if by_root:
        with twinlockd.connect() as connection:
            seen["an unknown name"] = game(connection, "nobody-here", "a guess", context)
    return seen


@pytest.mark.parametrize("by_root", [True, False], ids=["over ssh", "by the user's own program"])
def test_nobody_can_be_told_from_another(clock, by_root):
    seen = games(clock, by_root)
    standard = seen["a right password, and wrong codes"]
    told = b"".join(reply for reply in standard if isinstance(reply, bytes))
    for word in (b"AuthenticationFailed", b"TooManyFailures", b"SignInAgain"):
        assert word in told, "the game comes to all refusals"
    for who, replies in seen.items():
        assert replies == standard, who
