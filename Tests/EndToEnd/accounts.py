"""Linux users for one scenario each, and the app on their phone."""

import contextlib
import dataclasses
import itertools
import os
import pwd
import secrets
import subprocess
import time

import pyotp

PERIOD = 30

# Enough to carry a code from the app to the daemon, on a slow machine too.
SLACK = 5

# What a login shell would have; nothing of the test's own environment.
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin", "LC_ALL": "C.UTF-8"}

_numbers = itertools.count(1)


class Authenticator:
    """An authenticator app: it knows a secret and the time. Codes that are to be right come from oathtool.

    The daemon accepts the codes of the step before, of the present one and of the next, each once and in this order:
    three right codes for each set-up, without waiting for the next step.
    """

    def __init__(self, secret, clock=time.time):
        self.secret = secret
        self.clock = clock
        self.used_step = -1

    @property
    def step(self):
        return int(self.clock()) // PERIOD

    def code_at(self, step):
        moment = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(step * PERIOD))
        # The key goes in on standard input: arguments can be read by everybody.
        words = ["oathtool", "--totp", "--base32", "--now", moment, "-"]
        return subprocess.run(words, input=self.secret, capture_output=True, text=True, check=True).stdout.strip()

    def next_code(self):
        """The oldest code that is right and unused."""
        step = max(self.used_step + 1, self.step - 1)
        if step < self.step:
            self._leave_edge_of_step()
            step = max(self.used_step + 1, self.step - 1)
        assert step <= self.step + 1, "the three codes of this moment are used: take another account"
        self.used_step = step
        return self.code_at(step)

    def last_code(self):
        """The code that was given last, once more."""
        return self.code_at(self.used_step)

    def wrong_code(self):
        """Six digits that are the code of no step within a quarter of an hour."""
        app = pyotp.TOTP(self.secret)
        near = {app.generate_otp(step) for step in range(self.step - PERIOD, self.step + PERIOD)}
        return next(code for code in map("{:06d}".format, itertools.count(271828)) if code not in near)

    def old_code(self):
        """The code of three steps ago, which no step that is accepted now shares."""
        accepted = {self.code_at(self.step + offset) for offset in range(-2, 3)}
        return next(code for code in map(self.code_at, range(self.step - 3, 0, -1)) if code not in accepted)

    def _leave_edge_of_step(self):
        """The code of the step before ends with the present step: begin early enough in it."""
        end = time.monotonic() + PERIOD
        while PERIOD - self.clock() % PERIOD < SLACK:
            assert time.monotonic() < end, "the clock does not move"
            time.sleep(0.05)


@dataclasses.dataclass
class Account:
    """A Linux user."""

    name: str
    password: str
    phone: Authenticator | None = None
    recovery_codes: list = dataclasses.field(default_factory=list)

    @property
    def uid(self):
        return pwd.getpwnam(self.name).pw_uid

    @property
    def gid(self):
        return pwd.getpwnam(self.name).pw_gid

    @property
    def home(self):
        return pwd.getpwnam(self.name).pw_dir

    def options(self):
        """Arguments of subprocess that make the process this user's."""
        return {
            "user": self.uid,
            "group": self.gid,
            "extra_groups": [],
            "cwd": self.home,
            "env": {**ENVIRONMENT, "HOME": self.home, "USER": self.name, "LOGNAME": self.name},
        }

    def run(self, *words, text=""):
        return subprocess.run(words, input=text, capture_output=True, text=True, timeout=60, **self.options())


def add_account(prefix="user", password=None):
    """A new user with a password of his own, and no second factor."""
    name = f"{prefix}{next(_numbers)}"
    account = Account(name, password if password is not None else f"horse {secrets.token_urlsafe(12)} battery")
    subprocess.run(["useradd", "--create-home", "--shell", "/bin/bash", name], check=True, capture_output=True)
    set_password(account, account.password)
    return account


def set_password(account, password):
    """By a hash that costs little: how dear the host's own is makes no difference to any claim here."""
    words = ["chpasswd", "--crypt-method", "SHA512", "--sha-rounds", "1000"]
    subprocess.run(words, input=f"{account.name}:{password}", text=True, check=True, capture_output=True)
    account.password = password


@contextlib.contextmanager
def acting_as(account):
    """Connections that are made meanwhile are this user's: the kernel notes effective ids at connect (unix(7))."""
    if account is None:
        yield
        return
    groups = os.getgroups()
    os.setgroups([])
    os.setegid(account.gid)
    os.seteuid(account.uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(groups)
