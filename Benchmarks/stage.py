"""The stage of the benchmarks: a private world, daemons over stores on the real disk, and calls to them.

The private world is the tests' own (Tests/EndToEnd/bed.py). There /home, /run, /tmp and /var are in memory, where saving
costs nothing: whatever is to be durable lies under `on_disk`, which is a directory of the repository.
"""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time

REPOSITORY = pathlib.Path(__file__).resolve().parents[1]
BUILD = REPOSITORY / ".build" / "bench"
sys.path.insert(0, str(REPOSITORY / "Tests" / "EndToEnd"))

import accounts  # noqa: E402
import bed  # noqa: E402
import installing  # noqa: E402
import twinlockd  # noqa: E402
from waiting import wait_for  # noqa: E402

AUTHENTICATION = "org.twinlock.Authentication."
ADMINISTRATION = "org.twinlock.Administration."

# Where PAM services of the benchmarks lie: a directory without Debian's `other`, which costs each login a millisecond.
PAM = pathlib.Path("/run/bench-pam")


def require():
    """Ends the program unless it runs as root in the private world, with everything installed there."""
    if os.geteuid() != 0 or bed.MARK not in os.environ:
        raise SystemExit("benchmarks change the machine: run make bench as root, or this through Tests/EndToEnd/bed.py")
    if not pathlib.Path(twinlockd.PROGRAM).exists():
        done = installing.make("install")
        if done.returncode != 0:
            raise SystemExit(done.stdout + done.stderr)
    PAM.mkdir(exist_ok=True)


def on_disk(name):
    """An empty directory on the real disk, seen under /var/lib/bench: paths stay short, and everybody may pass."""
    real, seen = BUILD / "disk" / name, pathlib.Path("/var/lib/bench") / name
    if os.path.ismount(seen):
        subprocess.run(["umount", seen], check=True)
    shutil.rmtree(real, ignore_errors=True)
    real.mkdir(parents=True)
    real.chmod(0o755)
    seen.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "--bind", real, seen], check=True)
    return seen


def clear_disk():
    """Removes what `on_disk` made."""
    shutil.rmtree(BUILD / "disk", ignore_errors=True)


def _program_on_disk():
    """The daemon's program where a host has it, and saved: pages of a file in memory, or not yet written, would count as
    the daemon's own dirty ones."""
    program = pathlib.Path("/var/lib/bench/program/twinlockd")
    if not program.exists():
        shutil.copy(twinlockd.PROGRAM, on_disk("program"))
        with open(program, "rb+") as file:
            os.fsync(file.fileno())
    return program


def pam_service(name, *lines):
    (PAM / name).write_text("\n".join([*lines, "account required pam_permit.so"]) + "\n")


class Daemon:
    """A daemon with a socket and a store of its own, as shipped but for the settings given."""

    def __init__(self, name, settings=None):
        self.name = name
        self.state = on_disk(f"store-{name}")
        self.place = pathlib.Path("/run") / f"bench-{name}"
        self.socket = str(self.place / "socket")
        self.settings = {"daemon.socket": self.socket, "daemon.state-directory": self.state, **(settings or {})}
        self.process = None

    def start(self):
        """Starts it, and returns how long the first answer took, in seconds."""
        for directory, mode in ((self.place, 0o755), (self.state, 0o700)):
            directory.mkdir(exist_ok=True)
            directory.chmod(mode)
            shutil.chown(directory, "twinlock", "twinlock")
        program = _program_on_disk()
        file = self.place / "conf"
        file.write_text(twinlockd.settings_text(self.settings))
        with open(self.place / "log", "ab") as log:
            begun = time.monotonic()
            self.process = subprocess.Popen(
                [program, "--config", file],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=accounts.ENVIRONMENT,
                cwd="/",
            )
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() - begun > 60:
                raise SystemExit(f"twinlockd does not answer:\n{(self.place / 'log').read_text(errors='replace')}")
            time.sleep(0.0002)
        return time.monotonic() - begun

    def _answers(self):
        with contextlib.suppress(OSError):
            self.call("org.varlink.service.GetInfo")
            return True
        return False

    def connect(self):
        return twinlockd.connect(path=self.socket)

    def call(self, method, **parameters):
        """One call on a connection of its own; returns the parameters of the reply."""
        with self.connect() as connection:
            return parameters_of(twinlockd.exchange(connection, method, **parameters))

    def memory(self):
        """Resident and private dirty memory, in bytes: {"rss": n, "dirty": n} (proc(5))."""
        found = {}
        for line in pathlib.Path(f"/proc/{self.process.pid}/smaps_rollup").read_text().splitlines()[1:]:
            name, number = line.split(":")
            found[name] = int(number.split()[0]) * 1024
        return {"rss": found["Rss"], "dirty": found["Private_Dirty"]}

    def processor(self):
        """Processor time of all its threads so far, in microseconds (the first field of schedstat, proc(5))."""
        tasks = pathlib.Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(task.read_text().split()[0]) for task in tasks) / 1000

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=60)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()


def parameters_of(reply):
    if "error" in reply:
        raise RuntimeError(f"{reply['error']} {reply.get('parameters', {})}")
    return reply["parameters"]


def stopped_checkers():
    """Waits until no checker outlives its daemon."""
    wait_for(lambda: not [p for p in twinlockd.processes() if "twinlock-checker" in twinlockd.program_of(p)], "the checkers")


def machine():
    """What the figures were measured on."""
    cpu = next(line for line in open("/proc/cpuinfo") if line.startswith("model name")).split(":")[1].strip()
    release = dict(line.rstrip().split("=", 1) for line in open("/etc/os-release") if "=" in line)
    commit = subprocess.run(
        ["git", "-C", REPOSITORY, "-c", f"safe.directory={REPOSITORY}", "describe", "--always", "--dirty"],
        capture_output=True,
        text=True,
    )
    return {
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "processor": cpu,
        "cores": os.cpu_count(),
        "kernel": os.uname().release,
        "system": release["PRETTY_NAME"].strip('"'),
        "commit": commit.stdout.strip(),
    }


def exchange_all(daemon, calls, at_once=32):
    """Makes many calls as root over a few connections, and returns their replies' parameters in order.

    calls: (method, parameters) pairs.
    """
    results = []
    connections = [daemon.connect() for _ in range(min(at_once, len(calls)))]
    for start in range(0, len(calls), len(connections) or 1):
        part = list(zip(connections, calls[start : start + len(connections)]))
        for connection, (method, parameters) in part:
            connection.sendall(twinlockd.message(method, **parameters))
        for connection, _ in part:
            results.append(parameters_of(_reply(connection)))
    for connection in connections:
        connection.close()
    return results


def make_known(daemon, names):
    """Lets the daemon look these names up: what it knows of the host it keeps for a minute.

    After codes have been taken, which may wait for the next step. The daemon is started anew: of what it knew already some
    would run out during what is to be measured.
    """
    daemon.stop()
    daemon.start()
    context = {"service": "sshd", "purpose": "login", "passed": ["password"]}
    calls = [(AUTHENTICATION + "SignIn", {"user": name, "context": context}) for name in names]
    exchange_all(daemon, calls, at_once=16)


def _reply(connection: socket.socket):
    received = b""
    while not received.endswith(b"\0"):
        part = connection.recv(65536)
        if not part:
            raise ConnectionError("the daemon hung up")
        received += part
    return json.loads(received[:-1])
