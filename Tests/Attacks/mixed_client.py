"""Work of every kind, in processes that wait at a start line: `mixed_client.py SOCKET GATE DESCRIPTOR...`.

A task is a list of jobs: {"jobs": [{"do": NAME, ...}]}. They are done one after another until one gets no answer,
because the daemon is gone. The result is a list of events, in their order: what was sent, and what was answered, if
anything.
"""

import os
import sys

import pyotp

from client import connect, exchange, outcome, serve_each

AUTHENTICATION = "org.twinlock.Authentication"
ACCOUNT = "org.twinlock.Account"


class Gone(Exception):
    """The daemon does not answer any more."""


class Caller:
    """Calls the daemon on a connection each, as root or as an account's own uid, and notes what came of it."""

    def __init__(self, path):
        self._path = path
        self.events = []
        self._job = None

    def begin(self, number):
        self._job = number

    def call(self, what, method, uid=0, keep=None, **parameters):
        """One call. What is noted of it: `what`, and what the caller wants to be kept with it."""
        event = {"job": self._job, "what": what, "answer": None, **(keep or {})}
        try:
            with self._connection(uid) as connection:
                self.events.append(event)
                reply = exchange(connection, method, **parameters)
        except OSError:
            # Nothing was sent, so there is nothing to note.
            raise Gone from None
        if not reply:
            raise Gone
        event["answer"] = outcome(reply)
        event["told"] = reply.get("parameters", {})
        return reply

    def _connection(self, uid):
        os.seteuid(uid)
        try:
            return connect(self._path)
        finally:
            os.seteuid(0)


def verify(caller, job):
    """A login by root for somebody."""
    begun = caller.call("begin", f"{AUTHENTICATION}.SignIn", **job["signIn"])
    session = begun.get("parameters", {}).get("session", "")
    keep = {"code": job["code"]}
    caller.call("code", f"{AUTHENTICATION}.Verify2FACode", session=session, keep=keep, **keep)


def switch(caller, job):
    """Removes the second factor and sets one up again, and so on."""
    own = {"uid": job["uid"]}
    secret, step = job["secret"], job["step"]
    for _ in range(job["times"]):
        if secret is not None:
            code = pyotp.TOTP(secret).generate_otp(step + 1)
            done = caller.call("disable", f"{ACCOUNT}.Disable", password=job["password"], code=code, **own)
            if "error" in done:
                return
        begun = caller.call("beginSetUp", f"{ACCOUNT}.BeginSetUp", password=job["password"], **own)
        if "error" in begun:
            return
        secret = begun["parameters"]["secret"]
        code = pyotp.TOTP(secret).generate_otp(step)
        done = caller.call("confirm", f"{ACCOUNT}.ConfirmSetUp", code=code, keep={"secret": secret}, **own)
        if "error" in done:
            return


def tokens(caller, job):
    """Makes a token, refreshes it, and removes every second one."""
    own = {"uid": job["uid"], "password": job["password"]}
    for number in range(job["times"]):
        plan = {"description": "script", "expires": job["expires"], "groups": ["account.read"]}
        made = caller.call("create", f"{ACCOUNT}.CreateToken", **plan, **own)
        if "error" in made:
            return
        keep = {"id": made["parameters"]["id"]}
        caller.call("refresh", f"{ACCOUNT}.RefreshToken", keep=keep, **keep, **own)
        if number % 2:
            caller.call("revoke", f"{ACCOUNT}.RevokeToken", keep=keep, **keep, **own)


def sessions(caller, job):
    """Signs in, and out again every second time."""
    own = {"uid": job["uid"]}
    for number in range(job["times"]):
        made = caller.call("signIn", f"{AUTHENTICATION}.SignIn", password=job["password"], **own)
        session = made.get("parameters", {}).get("session")
        if number % 2 and session:
            caller.call("signOut", f"{AUTHENTICATION}.SignOut", session=session, keep={"session": session}, **own)


JOBS = {job.__name__: job for job in (verify, switch, tokens, sessions)}


def work(path, gate, task, say):
    caller = Caller(path)
    say(state="ready")
    os.read(gate, 1)
    try:
        for number, job in enumerate(task["jobs"]):
            caller.begin(number)
            JOBS[job["do"]](caller, job)
    except Gone:
        pass
    say(result=caller.events)


def main(path, gate, *descriptors):
    serve_each(list(map(int, descriptors)), lambda task, say: work(path, int(gate), task, say))


if __name__ == "__main__":
    main(*sys.argv[1:])
