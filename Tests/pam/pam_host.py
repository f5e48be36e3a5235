"""Runs the host program once and reads what it reports."""

import dataclasses
import os
import subprocess

# Linux-PAM's _pam_types.h.
RESULTS = {
    0: "PAM_SUCCESS",
    3: "PAM_SERVICE_ERR",
    4: "PAM_SYSTEM_ERR",
    6: "PAM_PERM_DENIED",
    7: "PAM_AUTH_ERR",
    9: "PAM_AUTHINFO_UNAVAIL",
    10: "PAM_USER_UNKNOWN",
    11: "PAM_MAXTRIES",
    # What the stack of the tests turns an ignored module into; the module itself never returns PAM_CRED_UNAVAIL.
    15: "PAM_IGNORE",
}
IGNORED = 15

PASSWORD_PROMPT = ("off", "Password: ")
CODE_PROMPT = ("off", "Verification code: ")
COMBINED_PROMPT = ("off", "Password & verification code: ")

NULL = object()
"""The conversation succeeds and hands over no answer."""
FAIL = object()
"""The conversation fails, as it does when somebody types Ctrl-C."""


class SwitchUser:
    """The conversation sets PAM_USER before it gives the next answer."""

    def __init__(self, user):
        self.user = user


@dataclasses.dataclass
class Outcome:
    """What one run of the host reported."""

    results: list = dataclasses.field(default_factory=list)
    prompts: list = dataclasses.field(default_factory=list)
    messages: list = dataclasses.field(default_factory=list)
    log: list = dataclasses.field(default_factory=list)
    priorities: list = dataclasses.field(default_factory=list)
    authtok: str | None = None
    changed: list = dataclasses.field(default_factory=list)
    needles: list = dataclasses.field(default_factory=list)

    @property
    def result(self):
        assert len(self.results) == 1
        return self.results[0]

    @property
    def log_text(self):
        return "\n".join(self.log)


def _text(hexadecimal):
    return bytes.fromhex(hexadecimal).decode(errors="surrogateescape")


def parse(output):
    outcome = Outcome()
    for line in output.splitlines():
        word, _, rest = line.partition(" ")
        fields = rest.split(" ")
        if word == "prompt":
            outcome.prompts.append((fields[0], _text(fields[1])))
        elif word == "message":
            outcome.messages.append((fields[0], _text(fields[1])))
        elif word == "log":
            outcome.priorities.append(int(fields[0]))
            outcome.log.append(_text(fields[1]))
        elif word == "result":
            outcome.results.append(RESULTS.get(int(rest), f"code {rest}"))
        elif word == "authtok":
            outcome.authtok = None if rest == "none" else _text(rest)
        elif word == "changed":
            outcome.changed.append(rest)
        elif word == "needle":
            outcome.needles.append(int(fields[1]))
        else:
            raise AssertionError(f"unexpected line from the host: {line!r}")
    return outcome


def _answer_arguments(answers):
    for answer in answers:
        if answer is NULL:
            yield "--answer-null"
        elif answer is FAIL:
            yield "--answer-fail"
        elif isinstance(answer, SwitchUser):
            yield from ("--answer-switch-user", answer.user)
        else:
            yield from ("--answer", answer.encode(errors="surrogateescape").hex())


@dataclasses.dataclass
class Host:
    """The host program with one build of the module."""

    program: str
    module: str
    authtok_module: str
    confdir: object  # pathlib.Path, one test's
    environment: dict

    def write_service(self, service, options, earlier_pass=None):
        """One PAM service, in which an ignored module shows as IGNORED and a failed one as its own code.

        With `earlier_pass` a module before ours has left that password, or one of so many letters.
        """
        line = f"[success=1 ignore=ignore default=die] {self.module} {' '.join(options)}"
        lines = []
        if earlier_pass is not None:
            if isinstance(earlier_pass, int):
                left = f"leave-p={earlier_pass}"
            else:
                left = f"leave={earlier_pass.encode(errors='surrogateescape').hex()}"
            lines.append(f"auth required {self.authtok_module} {left}")
        for kind in ("auth", "account", "password"):
            lines += [f"{kind} {line}", f"{kind} requisite {self.authtok_module} result={IGNORED}"]
            lines += [f"{kind} required {self.authtok_module}"]
        lines += [f"session required {self.module} {' '.join(options)}"]
        (self.confdir / service).write_text("\n".join(lines) + "\n")
        (self.confdir / "other").write_text("auth required pam_deny.so\n")

    def command(self, answers=(), options=(), user="alice", service="tl-test", needles=(), earlier_pass=None, **arguments):
        self.write_service(service, options, earlier_pass)
        command = [self.program, str(self.confdir), service, user, *_answer_arguments(answers)]
        for needle in needles:
            command += ["--needle", needle.encode().hex()]
        for name, value in arguments.items():
            flag = f"--{name.replace('_', '-')}"
            command += [flag] if value is True else [flag, str(value)]
        return command

    def login(self, *arguments, uid=None, timeout=60, **named):
        """Runs the host to its end. A crash, or a finding of a sanitizer, fails the test."""
        done = subprocess.run(
            self.command(*arguments, **named),
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            errors="surrogateescape",
            timeout=timeout,
            user=uid,
            group=uid,
            extra_groups=[] if uid is not None else None,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == 0, f"host ended with {done.returncode}: {done.stderr}"
        outcome = parse(done.stdout)
        assert outcome.changed == [], "the module left something behind in its host"
        return outcome
