"""One sign-in in a process of its own: `race.py USER`, as root. Reads the password and the code from standard input.

Begins the sign-in, says so, waits for a line, sends the code, and prints what came of it.
"""

import sys

import varlink

SOCKET = "unix:/run/twinlock/twinlock.socket"


def main(user):
    password, code = (sys.stdin.readline().rstrip("\n") for _ in range(2))
    with varlink.Client(address=SOCKET) as client, client.open("org.twinlock.Authentication") as twinlock:
        begun = twinlock.SignIn(user=user, password=password)
        print(begun["state"], flush=True)
        sys.stdin.readline()
        try:
            print(twinlock.Verify2FACode(session=begun["session"], code=code)["state"])
        except varlink.VarlinkError as error:
            print(error.error())


if __name__ == "__main__":
    main(sys.argv[1])
