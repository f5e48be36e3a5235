"""A Debian system with systemd as its first process, in a container, and ways into it."""

import json
import os
import pathlib
import shlex
import shutil
import subprocess
import tempfile

from accounts import ENVIRONMENT
from waiting import wait_for

HERE = pathlib.Path(__file__).parent
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

# A command that has not ended by itself after this long hangs.
BOUND = 120

# Gives one answer for each prompt, from files that lie beside it.
ASKPASS = """#!/bin/sh
cd "${0%/*}" || exit 1
number=$(cat count)
echo $((number + 1)) > count
printf '%s\\n' "$1" >> prompts
exec cat "answer.$number"
"""


class Machine:
    """One system. What it writes lasts from boot to boot, and goes with `discard`."""

    def __init__(self, name, lowers):
        self.name = name
        # Directories, the uppermost first.
        self.lower = ":".join(map(str, lowers))
        # In memory: nothing of it is to last, and disks are slow.
        self.work = pathlib.Path(tempfile.mkdtemp(prefix=f"twinlock-{name}-", dir="/dev/shm"))
        self.work.chmod(0o755)
        for part in ("upper", "work", "root"):
            (self.work / part).mkdir(mode=0o755)
        self.process = None
        self.leader = None
        etc = self.work / "upper/etc"
        etc.mkdir(mode=0o755)
        (etc / "hostname").write_text(f"{name}\n")
        (etc / "hosts").write_text(f"127.0.0.1 localhost\n127.0.1.1 {name}\n::1 localhost\n")
        (etc / "resolv.conf").write_text("")
        subprocess.run(["ip", "netns", "add", name], check=True)
        subprocess.run(["ip", "-n", name, "link", "set", "lo", "up"], check=True)

    # From the outside.

    def start(self):
        with open(self.work / "console.log", "ab") as log:
            self.process = subprocess.Popen(
                [HERE / "boot", self.name, self.lower, self.work],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.leader = wait_for(self._first_process, f"{self.name} to begin")
        wait_for(self._is_up, f"{self.name} to come up")
        return self

    def _first_process(self):
        assert self.process.poll() is None, self.console()
        for child in children(self.process.pid):
            if command_of(child) == "systemd":
                return child
        return None

    def _is_up(self):
        assert self.process.poll() is None, self.console()
        return self.run("systemctl", "is-system-running", check=False).stdout.strip() in ("running", "degraded")

    def console(self):
        return (self.work / "console.log").read_text(errors="replace")

    def stop(self):
        self.run("systemctl", "poweroff", check=False)
        try:
            self.process.wait(timeout=BOUND)
        except subprocess.TimeoutExpired:
            os.kill(self.leader, 9)
            self.process.wait(timeout=BOUND)
        self.leader = None

    def reboot(self):
        self.stop()
        return self.start()

    def discard(self):
        if self.leader is not None:
            self.stop()
        subprocess.run(["ip", "netns", "del", self.name], check=False)
        for tree in ("/sys/fs/cgroup", "/sys/fs/cgroup/unified"):
            for path, _, _ in os.walk(f"{tree}/{self.name}", topdown=False):
                os.rmdir(path)
        shutil.rmtree(self.work)

    # In it.

    def run(self, *words, text="", check=True, user=None, environment=None):
        """Runs a command in it, as root unless a user is named, and returns what came of it."""
        if user is not None:
            words = ["runuser", "--user", user, "--", *words]
        settings = {"PATH": PATH, "LC_ALL": "C.UTF-8", **(environment or {})}
        assignments = [f"{name}={value}" for name, value in settings.items()]
        done = subprocess.run(
            ["nsenter", "--target", str(self.leader), "--all", "--", "env", "-i", *assignments, *words],
            input=text,
            capture_output=True,
            text=True,
            timeout=BOUND,
        )
        assert not check or done.returncode == 0, f"{shlex.join(map(str, words))}:\n{done.stdout}{done.stderr}"
        return done

    def shell(self, script, **options):
        """Runs a script as root, which stops at the first command that fails."""
        settings = {"DEBIAN_FRONTEND": "noninteractive"}
        return self.run("sh", "-e", "-c", f"cd /root\n{script}", environment=settings, **options)

    def read(self, path):
        return self.run("cat", path).stdout

    def write(self, path, text, mode="0644"):
        self.run("install", "-D", "-m", mode, "/dev/stdin", path, text=text)

    def bring(self, file, path):
        """Copies a file of ours into it."""
        shutil.copyfile(file, f"/proc/{self.leader}/root{path}")

    def journal(self, unit):
        return self.run("journalctl", "--no-pager", "--output", "cat", "--unit", unit).stdout

    def property(self, unit, name):
        return self.run("systemctl", "show", "--value", "--property", name, unit).stdout.strip()

    # Logins.

    def add_user(self, name, password):
        self.run("useradd", "--create-home", "--shell", "/bin/bash", name)
        self.set_password(name, password)

    def set_password(self, name, password):
        self.run("chpasswd", text=f"{name}:{password}\n")

    def ssh(self, user, *answers, options=(), key=None):
        """Logs in through its sshd with the OpenSSH client of this machine. Returns whether it let the user in."""
        directory = pathlib.Path(tempfile.mkdtemp(prefix="askpass-", dir=self.work))
        askpass = directory / "askpass"
        askpass.write_text(ASKPASS)
        askpass.chmod(0o700)
        (directory / "count").write_text("0\n")
        (directory / "prompts").write_text("")
        for number, answer in enumerate(answers):
            (directory / f"answer.{number}").write_text(answer + "\n")
        done = subprocess.run(
            [*self.ssh_command(user, options=options, key=key), "id -un"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=BOUND,
            env={**ENVIRONMENT, "HOME": "/root", "SSH_ASKPASS": str(askpass), "SSH_ASKPASS_REQUIRE": "force"},
            start_new_session=True,
        )
        return done.returncode == 0 and done.stdout == f"{user}\n"

    def ssh_command(self, user, options=(), key=None):
        """The OpenSSH client of this machine, at its sshd, without settings of ours."""
        settings = {
            "UserKnownHostsFile": "/dev/null",
            "StrictHostKeyChecking": "no",
            "LogLevel": "ERROR",
            "NumberOfPasswordPrompts": "1",
            "ConnectTimeout": "20",
            "IdentitiesOnly": "yes",
            "IdentityFile": key or "none",
        }
        words = [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]
        return ["ip", "netns", "exec", self.name, "ssh", "-F", "none", *words, *options, f"{user}@127.0.0.1"]

    def make_key(self, path):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], check=True)

    def on_terminal(self, words, *script, user=None, stop=None):
        """Runs a command on a terminal in it; the script is pairs of what is awaited and what is typed then.

        The command is ended where it says what matches `stop`.

        Returns the exit status and all that it said.
        """
        if user is not None:
            words = ["runuser", "--user", user, "--", *words]
        program = (HERE / "console.py").read_text()
        done = self.run("python3", "-c", program, text=json.dumps([list(words), script, stop]))
        told = json.loads(done.stdout)
        return told["status"], told["text"]

    def login(self, user, *answers):
        """Logs in at the console. Returns whether it let the user in."""
        prompts = ["assword: $", "code: $"]
        script = [["login: $", user], *zip(prompts, answers), [r"[$#] $", "echo in as $(id -un); exit"]]
        _, text = self.on_terminal(["login"], *script, stop="Login incorrect")
        return f"in as {user}\n" in text

    def sudo(self, user, *answers, options=()):
        """Becomes root with sudo, which reads its answers from standard input. Returns whether it let the user."""
        words = ["sudo", "-k", "-S", *options, "id", "-un"]
        done = self.run(*words, user=user, text="".join(f"{answer}\n" for answer in answers), check=False)
        return done.returncode == 0 and done.stdout == "root\n"

    def su(self, user, to_user, *answers, options=()):
        """Becomes another user on a terminal. Returns whether it let him."""
        script = list(zip(["assword: $", "code: $"], answers))
        status, text = self.on_terminal(["su", *options, "--command", "id -un", to_user], *script, user=user)
        return status == 0 and text.endswith(f"{to_user}\n")


def children(pid):
    """The processes that a process has started and that are still there."""
    try:
        tasks = list(pathlib.Path(f"/proc/{pid}/task").iterdir())
        return [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except OSError:
        return []


def command_of(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""
