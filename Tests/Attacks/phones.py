"""Accounts whose phones go by a clock that a test moves, so that no round waits for the next code."""

import accounts
import twinlockd

PERIOD = accounts.PERIOD

# Root says that it has checked the password, as a login program does behind pam_unix: no round spends a hash.
CHECKED = {"service": "sshd", "remoteHost": "192.0.2.7", "passed": ["password"]}


def move_on(clock, periods=3):
    """Goes so many periods on, to the first second of one: with three, all codes of the window are fresh."""
    clock.advance(PERIOD * periods - int(clock()) % PERIOD)


def sign_in(account, **context):
    """The parameters of SignIn by root for an account."""
    return {"user": account.name, "context": {**CHECKED, **context}}


def add_accounts(count, clock):
    return [twinlockd.enrol(accounts.add_account(), clock) for _ in range(count)]


def answer(account, code, **context):
    """The reply to root's sign-in for an account with this code."""
    begun = twinlockd.raw_call(f"{twinlockd.AUTHENTICATION}.SignIn", **sign_in(account, **context))
    if "error" in begun:
        return begun
    session = begun["parameters"]["session"]
    return twinlockd.raw_call(f"{twinlockd.AUTHENTICATION}.Verify2FACode", session=session, code=code)


def verify(account, code, **context):
    """The same, in a word: the name of the error, or None where it lets in."""
    return answer(account, code, **context).get("error", "").rpartition(".")[2] or None
