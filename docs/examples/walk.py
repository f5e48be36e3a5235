#!/usr/bin/env python3
"""Walks the whole way of a second factor: Twinlock's daemon, the stock Varlink client, a stock authenticator.

    pip install varlink pyotp
    python walk.py < file-with-the-password

Run it as the user whose account it is about; it needs no privilege. The account must have no second factor, and has
none at the end. It asks nothing. What must be refused is tried as well; the script stops where something is not as it
should be. A refusal takes the daemon two seconds by its default settings, and no code of the app works twice, so all of
it takes some two minutes.
"""

import sys
import time

import pyotp
import varlink

ADDRESS = "unix:/run/twinlock/twinlock.socket"

SIGN_IN = "org.twinlock.Authentication.SignIn"
VERIFY = "org.twinlock.Authentication.Verify2FACode"
GET_SESSION = "org.twinlock.Authentication.GetSession"
SIGN_OUT = "org.twinlock.Authentication.SignOut"

STATUS = "org.twinlock.Account.GetStatus"
BEGIN = "org.twinlock.Account.BeginSetUp"
CONFIRM = "org.twinlock.Account.ConfirmSetUp"
ACKNOWLEDGE = "org.twinlock.Account.AcknowledgeRecoveryCodes"
VIEW = "org.twinlock.Account.ViewRecoveryCodes"
REGENERATE = "org.twinlock.Account.RegenerateRecoveryCodes"
DISABLE = "org.twinlock.Account.Disable"
LIST_SESSIONS = "org.twinlock.Account.ListSessions"
REVOKE_SESSION = "org.twinlock.Account.RevokeSession"
REVOKE_SESSIONS = "org.twinlock.Account.RevokeSessions"
CREATE_TOKEN = "org.twinlock.Account.CreateToken"
LIST_TOKENS = "org.twinlock.Account.ListTokens"
EDIT_TOKEN = "org.twinlock.Account.EditToken"
REFRESH_TOKEN = "org.twinlock.Account.RefreshToken"
REVOKE_TOKEN = "org.twinlock.Account.RevokeToken"
GET_LOG = "org.twinlock.Account.GetLog"
CLEAR_FAILURES = "org.twinlock.Account.ClearFailures"

WRONG = "AuthenticationFailed"


# --- Talking to the daemon: one connection for each call ---


def call(method, **parameters):
    interface, _, name = method.rpartition(".")
    with varlink.Client(address=ADDRESS) as client, client.open(interface) as daemon:
        return getattr(daemon, name)(**parameters)


def error_of(method, **parameters):
    """Makes a call that must not work. Returns the name of the error, without its interface."""
    try:
        reply = call(method, **parameters)
    except varlink.VarlinkError as error:
        return error.error().rpartition(".")[2]
    raise SystemExit(f"{method} was to be refused, but answered {sorted(reply)}")


def expect(is_so, what):
    if not is_so:
        raise SystemExit(f"not as it should be: {what}")
    print(f"  - {what}")


def pages(method, entries, **parameters):
    """All entries of a list that comes in pages."""
    found, page = [], call(method, **parameters)
    while True:
        found += page[entries]
        if page.get("next") is None:
            return found
        page = call(method, after=page["next"], **parameters)


def expect_refusal(error, what, method, **parameters):
    expect(error_of(method, **parameters) == error, f"{what}: {error}")


# --- The person: a password, an app on a phone, and a sheet of paper with recovery codes ---


class Phone:
    """An authenticator app. Each code works once, so it waits until it shows one that was not used."""

    def __init__(self, secret):
        self.app = pyotp.TOTP(secret)
        self.used = -1

    def next_code(self):
        while True:
            # The daemon takes the code of the next half minute as well: clocks differ.
            step = max(self.used, int(time.time()) // self.app.interval - 1) + 1
            if step <= int(time.time()) // self.app.interval + 1:
                self.used = step
                return self.app.generate_otp(step)
            time.sleep(1)

    def wrong_code(self):
        near = {self.app.generate_otp(int(time.time()) // self.app.interval + offset) for offset in range(-5, 6)}
        return next(code for code in map("{:06d}".format, range(11)) if code not in near)


class Person:
    def __init__(self, password):
        self.password = password
        self.phone = None
        self.paper = []

    def status(self):
        return call(STATUS)

    def sign_in(self, code, purpose="session"):
        """Password, then a code or a recovery code. A login program's purpose is a verdict: there is no session."""
        reply = call(SIGN_IN, password=self.password, context={"purpose": purpose})
        if reply["state"] != "codeRequired":
            raise SystemExit(f"a code was to be asked for, but the state is {reply['state']}")
        return call(VERIFY, session=reply["session"], code=code)

    def expect_no_sign_in(self, code, what, password=None):
        """What is wrong is told after the code, and not which of the two it was."""
        reply = call(SIGN_IN, password=password or self.password)
        expect_refusal(WRONG, what, VERIFY, session=reply["session"], code=code)

    def take_codes(self, reply):
        self.paper = list(reply["recoveryCodes"])
        self.issued_at = reply["issuedAt"]


# --- The steps ---


def set_up(person):
    """Set up: confirm the password, take the key into the app, type the first code."""
    if person.status()["enabled"]:
        raise SystemExit("this account has a second factor: it is left alone")
    expect_refusal(WRONG, "a wrong password begins nothing", BEGIN, password="wrong")
    key = call(BEGIN, password=person.password)
    person.phone = Phone(key["secret"])
    expect(key["uri"].startswith("otpauth://totp/"), "there is a URI to draw a QR code of, and the same data as text")
    expect(not person.status()["enabled"], "nothing is active before the first code is right")
    expect_refusal(WRONG, "a wrong first code activates nothing", CONFIRM, code=person.phone.wrong_code())
    code = person.phone.next_code()
    person.take_codes(call(CONFIRM, code=code))
    expect(person.status()["enabled"], "with the right first code it is on")
    person.expect_no_sign_in(code, "the code that confirmed is used up by that")
    expect_refusal("NoSetUp", "a set-up is confirmed once", CONFIRM, code=person.phone.wrong_code())


def save_the_codes(person):
    """Save the recovery codes, and say so."""
    expect(len(set(person.paper)) == 10, "there are ten recovery codes")
    expect(not person.status()["recoveryCodesAcknowledged"], "they count as not saved until the person says so")
    other = person.issued_at - 1
    expect_refusal("RecoveryCodesReplaced", "others than these are not the saved ones", ACKNOWLEDGE, issuedAt=other)
    call(ACKNOWLEDGE, issuedAt=person.issued_at)
    expect(person.status()["recoveryCodesAcknowledged"], "now they count as saved")


def sign_in(person):
    """Sign in: a password as always, then a code, or a recovery code in its place."""
    begun = call(SIGN_IN, password=person.password)
    expect(begun["state"] == "codeRequired", "after the password a code is asked for")
    pending = begun["session"]
    expect_refusal("SignInAgain", "until then the session is good for nothing else", GET_SESSION, session=pending)
    wrong = person.phone.wrong_code()
    expect_refusal(WRONG, "a wrong code is refused", VERIFY, session=pending, code=wrong)
    code = person.phone.next_code()
    signed_in = call(VERIFY, session=pending, code=code)
    expect(signed_in["state"] == "signedIn", "the right one signs in, at the same prompt")
    person.expect_no_sign_in(code, "the same code does not sign in again")
    first, *_, last = person.paper
    signed_in = person.sign_in(first.lower().replace("-", " "))
    expect(signed_in["recoveryCodeUsed"], "a recovery code signs in, in either case, without its dash")
    person.expect_no_sign_in(first, "it does not sign in again")
    person.expect_no_sign_in(last, "after a wrong password none is looked at", password="wrong")
    expect(person.status()["recoveryCodesLeft"] == 9, "nine are left")


def use_a_session(person):
    """Programs: a session tells who signed in, until it is ended."""
    session = person.sign_in(person.paper[1])["session"]
    told = call(GET_SESSION, session=session)
    expect(told["factors"] == ["password", "code"], f"the session is {told['user']}'s, with password and code")
    call(SIGN_OUT, session=session)
    expect_refusal("SignInAgain", "one that was ended is good for nothing", GET_SESSION, session=session)


def list_sessions(person):
    """Sessions: see where you are signed in, and sign out there."""
    here = person.sign_in(person.paper[2])["session"]
    ended = call(REVOKE_SESSIONS, session=here, exceptThis=True)["count"]
    expect(ended > 0, "those that were left open in the steps before can be ended at once")
    there = person.sign_in(person.paper[3])["session"]
    listed = pages(LIST_SESSIONS, "sessions", session=here)
    expect(len(listed) == 2, "the two that there are now are listed, by an id that opens nothing")
    expect(sum(entry["current"] for entry in listed) == 1, "the one that asks is marked")
    other = next(entry["id"] for entry in listed if not entry["current"])
    call(REVOKE_SESSION, session=here, id=other)
    expect_refusal("SignInAgain", "the other one was ended from here", GET_SESSION, session=there)
    expect_refusal("NotFound", "it cannot be ended twice", REVOKE_SESSION, session=here, id=other)
    call(SIGN_OUT, session=here)


def look_and_replace(person):
    """View the recovery codes again, and replace them: one sign-in for both."""
    expect_refusal(WRONG, "the password alone shows none", VIEW, password=person.password)
    session = person.sign_in(person.paper[4])["session"]
    expect_refusal(WRONG, "nor does the session alone", VIEW, session=session)
    shown = call(VIEW, session=session, password=person.password)["recoveryCodes"]
    expect([entry["code"] for entry in shown] == person.paper, "both together show all ten, the same as before")
    used = [entry["code"] for entry in shown if entry.get("usedAt") is not None]
    expect(used == person.paper[:5], "the five that were used are marked")
    old = person.paper
    expect_refusal(WRONG, "the password alone replaces none", REGENERATE, password=person.password)
    person.take_codes(call(REGENERATE, session=session, password=person.password))
    expect(not set(person.paper) & set(old), "with the session ten new ones take their place")
    person.expect_no_sign_in(old[5], "those from before are dead")
    call(ACKNOWLEDGE, issuedAt=person.issued_at)
    call(SIGN_OUT, session=session)


def lose_the_phone(person):
    """Lost phone: a login by recovery code, then a new phone with the password alone, once."""
    # Any program may ask for a login's verdict about its own user: a screen locker does.
    reply = person.sign_in(person.paper[0], purpose="login")
    expect(reply["state"] == "signedIn" and not reply.get("session"), "a login by recovery code is let in")
    expect(person.status()["recoverySetUpUntil"] > 0, "from then on the password alone is enough, for a while")
    expect_refusal(WRONG, "without the password nothing begins", BEGIN, password="wrong")
    lost, paper = person.phone, person.paper
    key = call(BEGIN, password=person.password)
    person.phone = Phone(key["secret"])
    person.take_codes(call(CONFIRM, code=person.phone.next_code()))
    call(ACKNOWLEDGE, issuedAt=person.issued_at)
    person.expect_no_sign_in(lost.app.now(), "the lost phone's codes are refused")
    person.expect_no_sign_in(paper[1], "and so are the recovery codes that went with it")
    expect(person.status().get("recoverySetUpUntil") is None, "the leave is used up")
    expect_refusal(WRONG, "the password alone begins nothing any more", BEGIN, password=person.password)


def use_tokens(person):
    """Scripts: an access token instead of a code that nobody is there to type."""
    session = person.sign_in(person.paper[0])["session"]
    # What every change asks for, as any sensitive call does.
    shown = {"session": session, "password": person.password}
    day = int(time.time()) + 86400
    wish = {"description": "nightly report", "expires": day, "groups": ["account.read"]}
    expect_refusal(WRONG, "without the password none is made", CREATE_TOKEN, session=session, **wish)
    past = {**wish, "expires": day - 2 * 86400}
    expect_refusal("InvalidParameter", "one that has ended already is not made", CREATE_TOKEN, **shown, **past)
    made = call(CREATE_TOKEN, **shown, **wish)
    token, name = made["token"], {"id": made["id"]}
    expect(token.startswith("twl_"), "its value is told once, and can be told from any other text")

    expect(call(STATUS, session=token)["enabled"], "it is given where a session is, and opens what its groups open")
    denied = "PermissionDenied"
    expect_refusal(denied, "it opens no method outside its groups", REVOKE_SESSIONS, session=token)
    for method in (VIEW, REGENERATE, DISABLE):
        expect_refusal(denied, "it is no second factor", method, session=token, password=person.password)
    expect_refusal(denied, "it makes no other token", CREATE_TOKEN, session=token, password=person.password, **wish)
    person.expect_no_sign_in(person.paper[1], "it is no password", password=token)
    person.expect_no_sign_in(token, "it is no code")

    groups = ["account.read", "account.sessions"]
    expect_refusal(WRONG, "without the password it is not edited", EDIT_TOKEN, session=session, groups=groups, **name)
    call(EDIT_TOKEN, groups=groups, **name, **shown)
    (entry,) = pages(LIST_TOKENS, "tokens", session=token)
    expect(entry["groups"] == groups, "edited, it has another group, and the value stays good")
    expect(entry["description"] == "nightly report" and "token" not in entry, "the list shows all but the value")
    expect_refusal("NotFound", "now it may end sessions", REVOKE_SESSION, session=token, id="none of them")

    expect_refusal(WRONG, "without the password it is not refreshed", REFRESH_TOKEN, session=session, **name)
    fresh = call(REFRESH_TOKEN, **name, **shown)["token"]
    expect_refusal("SignInAgain", "refreshed, its old value is dead", STATUS, session=token)
    (entry,) = pages(LIST_TOKENS, "tokens", session=fresh)
    expect((entry["groups"], entry["expires"]) == (groups, day), "the new one has what the old one had")

    expect_refusal(WRONG, "without the password it is not revoked", REVOKE_TOKEN, session=session, **name)
    call(REVOKE_TOKEN, **name, **shown)
    expect_refusal("SignInAgain", "revoked, it opens nothing", STATUS, session=fresh)
    expect_refusal("NotFound", "there is nothing left to revoke", REVOKE_TOKEN, **name, **shown)
    call(SIGN_OUT, session=session)


def look_back(person):
    """History: see what was tried, and clear what failed."""
    session = person.sign_in(person.paper[1])["session"]
    pending = call(SIGN_IN, password=person.password)["session"]
    expect_refusal(WRONG, "somebody guesses a code", VERIFY, session=pending, code=person.phone.wrong_code())
    expect(person.status()["failedCodes"] == 1, "it counts against the account")
    newest, *_ = call(GET_LOG, session=session, limit=5)["records"]
    refused = (newest["method"], newest["outcome"], newest["reason"])
    expect(refused == ("Verify2FACode", "refused", "codeWrong"), f"the history says so: {newest['words']}")
    expect(person.password not in str(call(GET_LOG)), "it holds no password")
    expect_refusal(WRONG, "without the password nothing is cleared", CLEAR_FAILURES, session=session)
    expect_refusal("SignInAgain", "nor before a code", CLEAR_FAILURES, session=pending, password=person.password)
    call(CLEAR_FAILURES, session=session, password=person.password)
    expect(person.status()["failedCodes"] == 0, "with a session and the password it is")
    call(SIGN_OUT, session=session)


def switch_off(person):
    """Disable: the password and a code; from then on the password alone."""
    expect_refusal(WRONG, "the password alone does not switch it off", DISABLE, password=person.password)
    call(DISABLE, password=person.password, code=person.phone.next_code())
    expect(not person.status()["enabled"], "with a code it is off")
    expect_refusal("NotEnabled", "there is nothing left to switch off", DISABLE, password=person.password)
    reply = call(SIGN_IN, password=person.password)
    expect(reply["state"] == "signedIn", "the password alone signs in")
    call(SIGN_OUT, session=reply["session"])


STEPS = [
    set_up,
    save_the_codes,
    sign_in,
    use_a_session,
    list_sessions,
    look_and_replace,
    lose_the_phone,
    use_tokens,
    look_back,
    switch_off,
]


def main():
    person = Person(sys.stdin.readline().rstrip("\n"))
    for number, step in enumerate(STEPS, 1):
        print(f"{number}. {step.__doc__}", flush=True)
        step(person)
    print("All of it is as it should be.")


if __name__ == "__main__":
    main()
