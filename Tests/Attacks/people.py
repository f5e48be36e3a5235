"""Users of a daemon that is killed again and again: what each was told, and what must be true after the next start.

Each kind of user has jobs for the clients of a round, takes note of what came of them, and afterwards asks the daemon.
What was answered is known; what was sent and not answered may have happened or not, and is in doubt until then.
"""

import phones
import twinlockd
from accounts import Authenticator
from twinlockd import ACCOUNT, AUTHENTICATION

UNLOCK = "org.twinlock.Administration.Unlock"

# What a wrong code is answered that may have been counted.
REFUSALS = ("AuthenticationFailed", "TooManyFailures")


def asked(method, account=None, **parameters):
    """A call by root or by an account's own uid, that must not be refused."""
    with twinlockd.connect(account) as connection:
        reply = twinlockd.exchange(connection, method, **parameters)
    assert "error" not in reply, reply
    return reply["parameters"]


def status(account):
    return asked(f"{ACCOUNT}.GetStatus", account)


def is_alive(session):
    """Whether a session or token is accepted."""
    reply = twinlockd.raw_call(f"{AUTHENTICATION}.GetSession", session=session)
    assert reply.get("error") in (None, f"{AUTHENTICATION}.SignInAgain"), reply
    return "error" not in reply


class OneTime:
    """Codes that were given to the daemon in a round: each may be accepted once."""

    def __init__(self):
        self.accepted = []
        self.doubtful = set()

    def note(self, event):
        if event["what"] != "code":
            return
        if event["answer"] == "signedIn":
            assert event["code"] not in self.accepted, "a code was accepted twice"
            self.accepted.append(event["code"])
        elif event["answer"] in (None, "Unavailable"):
            self.doubtful.add(event["code"])

    def check(self, account):
        """What was accepted stays used; what is in doubt was used, or can be used now and then no more."""
        for code in self.accepted:
            assert phones.verify(account, code) == "CodeAlreadyUsed", "an accepted code is free again"
        for code in self.doubtful.difference(self.accepted):
            phones.verify(account, code)
            self.accepted.append(code)
            assert phones.verify(account, code) == "CodeAlreadyUsed", "a code was accepted twice"


class WithCodes:
    """Logs in with every code of the window, from all clients."""

    def __init__(self, account):
        self.account = account
        self.decisions = 0

    def jobs(self, worker):
        if worker == 0:
            self._round = OneTime()
            self._codes = [self.account.phone.next_code() for _ in range(3)]
        return [{"do": "verify", "signIn": phones.sign_in(self.account), "code": code} for code in self._codes]

    def note(self, event):
        self._round.note(event)

    def check(self):
        self.decisions += len(self._round.accepted)
        self._round.check(self.account)
        assert status(self.account)["failedCodes"] == 0


class WithRecoveryCodes:
    """Logs in with two recovery codes a round, from all clients."""

    EACH_ROUND = 2

    def __init__(self, account):
        self.account = account
        self.decisions = 0
        self._left = list(account.recovery_codes)

    def jobs(self, worker):
        if worker == 0:
            self._round = OneTime()
            self._codes = self._left[: self.EACH_ROUND]
        return [{"do": "verify", "signIn": phones.sign_in(self.account), "code": code} for code in self._codes]

    def note(self, event):
        self._round.note(event)

    def check(self):
        spent = self._round.accepted
        at_most = len(self._left) - len(spent)
        left = status(self.account)["recoveryCodesLeft"]
        assert at_most - len(self._round.doubtful.difference(spent)) <= left <= at_most, "a recovery code is lost"
        self.decisions += len(spent)
        self._round.check(self.account)
        self._left = [code for code in self._left if code not in self._round.accepted]
        assert status(self.account)["recoveryCodesLeft"] == len(self._left)
        if len(self._left) < self.EACH_ROUND:
            proof = {"password": self.account.password, "code": self.account.phone.next_code()}
            self._left = asked(f"{ACCOUNT}.RegenerateRecoveryCodes", self.account, **proof)["recoveryCodes"]


class Guessed:
    """Wrong codes, from all clients: each that was answered is counted, and none twice."""

    def __init__(self, account):
        self.account = account
        self.decisions = 0
        self._answered = self._sent = 0

    def jobs(self, worker):
        if worker == 0:
            self._wrong = self.account.phone.wrong_code()
        return [{"do": "verify", "signIn": phones.sign_in(self.account), "code": self._wrong}]

    def note(self, event):
        if event["what"] == "code":
            assert event["answer"] in (None, "Unavailable", *REFUSALS), event
            self._sent += 1
            self._answered += event["answer"] in REFUSALS

    def check(self):
        counted = status(self.account)["failedCodes"]
        # The fifth brings a wait, in which none is counted.
        assert min(self._answered, 5) <= counted <= self._sent, "a wrong code that was answered is not counted"
        self.decisions += self._answered
        if counted:
            asked(UNLOCK, user=self.account.name)
        self._answered = self._sent = 0


class Switching:
    """Removes the second factor and sets one up again. Each is one client's own."""

    def __init__(self, account, worker, clock):
        self.account = account
        self.decisions = 0
        self._worker = worker
        self._clock = clock
        self._secret = account.phone.secret

    def jobs(self, worker):
        if worker != self._worker:
            return []
        self._possible = {self._secret}
        step = int(self._clock()) // phones.PERIOD
        own = {"uid": self.account.uid, "password": self.account.password}
        return [{"do": "switch", "secret": self._secret, "step": step, "times": 3, **own}]

    def note(self, event):
        if event["what"] == "beginSetUp":
            assert event["answer"] in (None, "done", "Unavailable"), event
            return
        after = event.get("secret")
        if event["answer"] == "done":
            self._possible = {after}
            self.decisions += 1
        else:
            assert event["answer"] in (None, "Unavailable"), event
            self._possible.add(after)

    def check(self):
        enabled = status(self.account)["enabled"]
        possible = {secret for secret in self._possible if (secret is not None) == enabled}
        assert possible, "a change of the second factor that was answered is not there"
        self._secret = next(iter(possible))
        if enabled:
            # The code of the step after the present one is used by no job: a job may have got no answer to it.
            app = Authenticator(self._secret, self._clock)
            code = app.code_at(app.step + 1)
            assert phones.verify(self.account, code) in (None, "CodeAlreadyUsed")
            assert phones.verify(self.account, code) == "CodeAlreadyUsed"


class WithTokens:
    """Makes, refreshes and removes access tokens. Each is one client's own."""

    def __init__(self, account, worker, clock):
        self.account = account
        self.decisions = 0
        self._worker = worker
        self._clock = clock
        self._alive = {}

    def jobs(self, worker):
        if worker != self._worker:
            return []
        self._dead, self._doubtful, self._made_in_doubt = set(), set(), 0
        own = {"uid": self.account.uid, "password": self.account.password}
        return [{"do": "tokens", "expires": int(self._clock()) + 86400 * 300, "times": 4, **own}]

    def note(self, event):
        assert event["answer"] in (None, "done", "Unavailable"), event
        done = event["answer"] == "done"
        self.decisions += done
        if event["what"] == "create":
            if done:
                self._alive[event["told"]["id"]] = event["told"]["token"]
            else:
                self._made_in_doubt += 1
            return
        before = self._alive.pop(event["id"])
        if not done:
            self._doubtful.add(event["id"])
            return
        self._dead.add(before)
        if event["what"] == "refresh":
            self._alive[event["id"]] = event["told"]["token"]

    def check(self):
        assert all(map(is_alive, self._alive.values())), "a token that was made is not there"
        assert not any(map(is_alive, self._dead)), "a token that was ended is there again"
        listed, after = set(), {}
        while after is not None:
            page = asked(f"{ACCOUNT}.ListTokens", self.account, **after)
            listed |= {entry["id"] for entry in page["tokens"]}
            after = {"after": page["next"]} if "next" in page else None
        assert listed >= set(self._alive)
        unexplained = listed - set(self._alive) - self._doubtful
        assert len(unexplained) <= self._made_in_doubt
        # What is in doubt goes, so that each round begins with what is known; and an account has 64 at most.
        gone = listed if len(listed) > 40 else listed - set(self._alive)
        for number in gone:
            asked(f"{ACCOUNT}.RevokeToken", self.account, id=number, password=self.account.password)
            self._alive.pop(number, None)


class WithSessions:
    """Signs in and out. Each is one client's own."""

    def __init__(self, account, worker):
        self.account = account
        self.decisions = 0
        self._worker = worker

    def jobs(self, worker):
        if worker != self._worker:
            return []
        self._alive, self._dead = set(), set()
        own = {"uid": self.account.uid, "password": self.account.password}
        return [{"do": "sessions", "times": 4, **own}]

    def note(self, event):
        assert event["answer"] in (None, "done", "signedIn", "Unavailable"), event
        self.decisions += event["answer"] in ("done", "signedIn")
        if event["what"] == "signIn":
            if event["answer"] == "signedIn":
                self._alive.add(event["told"]["session"])
            return
        self._alive.discard(event["session"])
        if event["answer"] == "done":
            self._dead.add(event["session"])

    def check(self):
        assert all(map(is_alive, self._alive)), "a session that was begun is not there"
        assert not any(map(is_alive, self._dead)), "a session that was ended is there again"
