"""Real logins: sshd with the OpenSSH client and with paramiko, su on a terminal, pamtester."""

import dataclasses
import os
import pathlib
import socket
import subprocess
import tempfile
import threading

import accounts
from terminals import Pty
from waiting import wait_for

PORT = 2222
PAM = pathlib.Path("/etc/pam.d")

# A login that has not ended by itself after this long hangs.
BOUND = 60

TWINLOCK = "auth required pam_twinlock.so"
REST = ["@include common-account", "session required pam_permit.so", "@include common-password"]

# Gives one answer for each prompt and notes what it was asked. Answers lie in files, where no process list shows them.
ASKPASS = """#!/bin/sh
cd "${0%/*}" || exit 1
number=$(cat count)
echo $((number + 1)) > count
printf '%s' "$1" > "prompt.$number"
exec cat "answer.$number"
"""


def write_stack(service, *auth):
    """Writes a PAM service: these auth lines, then the host's own account rules."""
    (PAM / service).write_text("\n".join([*auth, *REST]) + "\n")


@dataclasses.dataclass
class Login:
    """What came of a login: whether it let the user in, what he was asked, and what he was told."""

    admitted: bool
    prompts: list
    told: str
    status: int


class Sshd:
    """A private sshd on the loopback interface. Its PAM service is written anew for each claim.

    `settings` are lines of sshd_config that stand before the others, and so win.
    """

    def __init__(self, port=PORT, settings=()):
        self.port = port
        self.settings = settings
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="sshd-"))
        self.log_file = self.directory / "log"
        self.process = None

    def start(self):
        os.makedirs("/run/sshd", mode=0o755, exist_ok=True)
        key = self.directory / "hostkey"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
        config = self.directory / "config"
        config.write_text(
            "".join(f"{line}\n" for line in self.settings)
            + f"""Port {self.port}
ListenAddress 127.0.0.1
HostKey {key}
PidFile none
UsePAM yes
KbdInteractiveAuthentication yes
PasswordAuthentication no
PubkeyAuthentication no
LogLevel DEBUG3
MaxStartups 200
UseDNS no
Subsystem sftp internal-sftp
"""
        )
        with open(self.log_file, "wb") as log:
            self.process = subprocess.Popen(
                ["/usr/sbin/sshd", "-D", "-e", "-f", config], stdin=subprocess.DEVNULL, stderr=log
            )
        wait_for(self._listens, "sshd to listen")
        return self

    def _listens(self):
        assert self.process.poll() is None, self.log_file.read_text()
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=BOUND)


def ssh_options(**more):
    """Options of the OpenSSH clients, with nothing of this machine's own settings."""
    options = {
        "UserKnownHostsFile": "/dev/null",
        "StrictHostKeyChecking": "no",
        # The client tells what sshd has to say at this level.
        "LogLevel": "INFO",
        "PreferredAuthentications": "keyboard-interactive",
        "NumberOfPasswordPrompts": "1",
        "ConnectTimeout": str(BOUND),
        "Port": str(PORT),
        **more,
    }
    return ["-F", "none", *[word for name, value in options.items() for word in ("-o", f"{name}={value}")]]


def ssh_command(user, **options):
    """The OpenSSH client."""
    return ["ssh", *ssh_options(**options), f"{user}@127.0.0.1"]


class Askpass:
    """Gives these answers to the prompts of an OpenSSH client, in order, and nothing once they are used up."""

    def __init__(self, user, answers):
        self._user = user
        self._directory = pathlib.Path(tempfile.mkdtemp(prefix="askpass-"))
        program = self._directory / "askpass"
        program.write_text(ASKPASS)
        program.chmod(0o700)
        (self._directory / "count").write_text("0\n")
        for number, answer in enumerate(answers):
            (self._directory / f"answer.{number}").write_text(answer + "\n")
        self.environment = {
            **accounts.ENVIRONMENT,
            "HOME": "/root",
            "SSH_ASKPASS": str(program),
            "SSH_ASKPASS_REQUIRE": "force",
        }

    def prompts(self):
        """What was asked."""
        asked = sorted(self._directory.glob("prompt.*"), key=lambda path: int(path.suffix[1:]))
        return [path.read_text().removeprefix(f"({self._user}@127.0.0.1) ") for path in asked]


def ssh(user, *answers, **options):
    """Logs in with the OpenSSH client and runs one command."""
    name = getattr(user, "name", user)
    askpass = Askpass(name, answers)
    done = subprocess.run(
        [*ssh_command(name, **options), "id -un"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=BOUND,
        env=askpass.environment,
        start_new_session=True,
    )
    admitted = done.returncode == 0 and done.stdout == f"{name}\n"
    return Login(admitted, askpass.prompts(), done.stderr, done.returncode)


def ssh_shell(account, *answers):
    """Logs in with the OpenSSH client to a shell on a terminal, as a person does; what he sees is what he was told."""
    askpass = Askpass(account.name, answers)
    # On a terminal that can do nothing the shell adds nothing to its output.
    with Pty(ssh_command(account.name), env={**askpass.environment, "TERM": "dumb"}) as terminal:
        terminal.send("id -un; exit\n")
        seen, status = terminal.finish()
    admitted = status == 0 and account.name in seen.replace("\r", "").split("\n")
    return Login(admitted, askpass.prompts(), seen, status)


def paramiko_login(user, *answers):
    """Logs in with paramiko, another implementation of the protocol."""
    import paramiko

    prompts, told, left = [], [], list(answers)

    def answer(title, instructions, questions):
        told.append(instructions)
        prompts.extend(text for text, _ in questions)
        return [left.pop(0) if left else "" for _ in questions]

    transport = paramiko.Transport(("127.0.0.1", PORT))
    transport.start_client(timeout=BOUND)
    try:
        transport.auth_interactive(user.name, answer)
        channel = transport.open_session(timeout=BOUND)
        channel.exec_command("id -un")
        with channel.makefile() as output:
            admitted = output.read().decode() == f"{user.name}\n"
        return Login(admitted, prompts, "\n".join(told), channel.recv_exit_status())
    except paramiko.AuthenticationException as error:
        return Login(False, prompts, f"{error}", 1)
    finally:
        transport.close()


def su(from_account, to_account, *answers, environment=None):
    """Becomes another user on a terminal, for one command."""
    words = ["su", "--command", "id -un", to_account.name]
    return _su(words, from_account, to_account, answers, environment=environment)


def su_shell(from_account, to_account, *answers):
    """Becomes another user on a terminal, in a shell as after a login: only then su passes on what modules say."""
    return _su(["su", "--login", to_account.name], from_account, to_account, answers, r"\$ $", "id -un; exit")


def _su(words, from_account, to_account, answers, *then, environment=None):
    """Answers the prompts, which end in a colon, then types a line where the shell waits for one, if it does."""
    options = from_account.options()
    options["env"] |= {"TERM": "dumb", **(environment or {})}
    with Pty(words, **options) as terminal:
        prompts = []
        for answer in answers:
            prompts.append(terminal.read_until(r"([^\r\n]+: )$"))
            terminal.send(answer + "\n")
        if then:
            prompt, line = then
            terminal.read_until(prompt)
            terminal.send(line + "\n")
        _, status = terminal.finish()
        seen = terminal.seen
    admitted = status == 0 and to_account.name in seen.replace("\r", "").split("\n")
    return Login(admitted, prompts, seen, status)


def pamtester(service, user, *answers):
    """Authenticates and checks the account through libpam alone."""
    name = getattr(user, "name", user)
    done = subprocess.run(
        ["pamtester", "-I", "rhost=192.0.2.7", service, name, "authenticate", "acct_mgmt"],
        input="".join(f"{answer}\n" for answer in answers),
        capture_output=True,
        text=True,
        timeout=BOUND,
    )
    prompts = [prompt for prompt in ("Password: ", "Verification code: ") if prompt in done.stdout + done.stderr]
    return Login(done.returncode == 0, prompts, done.stdout + done.stderr, done.returncode)


class SystemLog:
    """Listens at /dev/log, as a syslog daemon would, and keeps what login programs and modules say."""

    def __init__(self):
        self._lines = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("/dev/log")
        os.chmod("/dev/log", 0o666)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        while True:
            self._lines.append(self._socket.recv(65536).decode(errors="replace"))

    def text(self):
        return "\n".join(self._lines)

    def mark(self):
        """A place in the log; `since` gives what came after."""
        return len(self._lines)

    def since(self, mark):
        return "\n".join(self._lines[mark:])

    def wait_for(self, words, mark):
        wait_for(lambda: words in self.since(mark), f"the system log to say {words!r}")
