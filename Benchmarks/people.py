"""Linux users in any number, and the apps on their phones."""

import base64
import hashlib
import hmac
import os
import pathlib
import subprocess
import time

import stage

PERIOD = 30

# One password for everybody, hashed as this host hashes by default: what a real check costs is part of the figures.
PASSWORD = "correct horse battery staple"

FIRST_UID = 100_000


def name_of(number):
    """Names in no order, so that neighbours in the store are not neighbours by name."""
    return "u" + hashlib.sha256(str(number).encode()).hexdigest()[:12]


def add(numbers, home=None):
    """Adds a Linux user for each number, ahead of the host's own: looking one up costs the same wherever he stands.

    Returns their names. The files are those of the private world.
    """
    names = [name_of(number) for number in numbers]
    field = _hash()
    lines = {
        "passwd": (f"{n}:x:{FIRST_UID + i}:{FIRST_UID + i}::{home or '/nonexistent'}{'/' + n if home else ''}:/bin/sh"
                   for n, i in zip(names, numbers)),
        "shadow": (f"{n}:{field}:19000:0:99999:7:::" for n in names),
        "group": (f"{n}:x:{FIRST_UID + i}:" for n, i in zip(names, numbers)),
    }
    for file, ours in lines.items():
        path = pathlib.Path("/etc") / file
        kept = [line for line in path.read_text().splitlines() if line.split(":")[0] not in set(names)]
        # Root stays first; some programs look no further for him.
        text = "\n".join([*kept[:1], *ours, *kept[1:]]) + "\n"
        draft = path.with_name(file + ".bench")
        draft.write_text(text)
        status = path.stat()
        os.chmod(draft, status.st_mode & 0o7777)
        os.chown(draft, status.st_uid, status.st_gid)
        draft.rename(path)
    return names


_field = None


def _hash():
    global _field
    if _field is None:
        subprocess.run(["useradd", "bench-hash"], check=True, capture_output=True)
        subprocess.run(["chpasswd"], input=f"bench-hash:{PASSWORD}", text=True, check=True)
        shadow = pathlib.Path("/etc/shadow").read_text().splitlines()
        _field = next(line.split(":")[1] for line in shadow if line.startswith("bench-hash:"))
    return _field


def hotp(secret, counter):
    """RFC 4226, six digits."""
    mac = hmac.digest(secret, counter.to_bytes(8, "big"), "sha1")
    at = mac[-1] & 15
    return f"{(int.from_bytes(mac[at:at + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06d}"


def now_step():
    return int(time.time()) // PERIOD


class Phones:
    """The apps of many people. Hands out codes that are right now and that nobody has used yet."""

    def __init__(self, secrets, used=None):
        self.secrets = dict(secrets)
        self.used = {name: used if used is not None else -1 for name in secrets}

    def take(self, count, names=None, room=8):
        """`count` logins as (name, step, code), spread over all names; waits where codes run out.

        room: seconds for which all of them stay right.
        """
        names = list(names or self.secrets)
        taken = []
        while True:
            left = PERIOD - time.time() % PERIOD
            if left < room:
                time.sleep(left + 0.05)
                taken = []
            step = now_step()
            marks = dict(self.used)
            # Oldest codes first, everybody's before anybody's second.
            for at in (step - 1, step, step + 1):
                for name in names:
                    if len(taken) < count and marks[name] < at:
                        marks[name] = at
                        taken.append((name, at, hotp(self.secrets[name], at)))
            if len(taken) >= count:
                self.used = marks
                return taken
            taken = []
            time.sleep(PERIOD - time.time() % PERIOD + 0.05)

    def settle(self, taken, used):
        """Takes back codes that were not used: sets of (name, step)."""
        for name, step in taken - used:
            self.used[name] = min(self.used[name], step - 1)

    def wrong(self, name):
        """Six digits that are no code of the hour around."""
        step = now_step()
        near = {hotp(self.secrets[name], at) for at in range(step - 60, step + 60)}
        return next(code for code in map("{:06d}".format, range(271828, 10**6)) if code not in near)


class Counters:
    """Apps that count (HOTP): each login takes the next code."""

    def __init__(self, secrets):
        self.secrets = dict(secrets)
        self.next = {name: 1 for name in secrets}

    def take(self, count, names=None):
        names = list(names or self.secrets)
        taken = []
        for index in range(count):
            name = names[index % len(names)]
            taken.append((name, self.next[name], hotp(self.secrets[name], self.next[name])))
            self.next[name] += 1
        return taken

    def settle(self, taken, used):
        """Goes on behind the last code that was accepted: nobody is to count further than a verifier looks ahead."""
        for name in {name for name, _ in taken}:
            accepted = [counter for who, counter in used if who == name]
            self.next[name] = max(accepted) + 1 if accepted else min(counter for who, counter in taken if who == name)


def enrol(daemon, names):
    """Sets a second factor up for these names, as root and over the socket. Returns their phones.

    The code that confirms is the one of the step before: that of now and the next are left.
    """
    if time.time() % PERIOD > PERIOD - 10:
        time.sleep(PERIOD - time.time() % PERIOD + 0.05)
    secrets = {}
    used = []
    for start in range(0, len(names), 512):
        part = names[start : start + 512]
        begun = stage.exchange_all(daemon, [(stage.ADMINISTRATION + "BeginSetUp", {"user": name}) for name in part])
        for name, reply in zip(part, begun):
            secrets[name] = base64.b32decode(reply["secret"] + "=" * (-len(reply["secret"]) % 8))
        step = now_step() - 1
        used.append(step)
        confirm = [(stage.ADMINISTRATION + "ConfirmSetUp", {"user": n, "code": hotp(secrets[n], step)}) for n in part]
        stage.exchange_all(daemon, confirm)
    return Phones(secrets, used=max(used))
