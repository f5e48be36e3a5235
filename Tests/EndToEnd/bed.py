#!/usr/bin/env python3
"""A private world for tests and demonstrations: `bed.py COMMAND [ARGUMENT...]`.

Runs the command as root in mount, network, process, host name and IPC namespaces of its own (unshare(1)). What it
writes under /etc, /home, /root, /run, /tmp, /usr and /var lands in memory, the network is a loopback interface, and
every process ends with the command: useradd, pam.d, sshd and a daemon at its default path leave the machine as it was,
even if all of it is killed. The repository alone is the real one.

Without root the command runs on the plain machine; the end-to-end tests then say that they were skipped.
"""

import os
import pathlib
import signal
import subprocess
import sys

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
HOST_NAME = "workshop"

# Set for the command, so that a test can tell where it is.
MARK = "TWINLOCK_BED"

# Seen as they are on the machine; writes stay here.
OVERLAID = ["/etc", "/home", "/root", "/tmp", "/usr", "/var"]

# Empty at first.
FRESH = {"/var/log": "0755", "/run": "0755"}

DEVICES = {"null": (1, 3), "zero": (1, 5), "full": (1, 7), "random": (1, 8), "urandom": (1, 9), "tty": (5, 0)}


def run(*words):
    subprocess.run(words, check=True)


def mount(*words):
    run("mount", *words)


def overlay(scratch):
    """Covers the directories. The scratch file system stays alive through them after it is unmounted."""
    for directory in OVERLAID:
        upper, work = (scratch / kind / directory[1:] for kind in ("upper", "work"))
        upper.mkdir(parents=True)
        work.mkdir(parents=True)
        real = os.stat(directory)
        upper.chmod(real.st_mode & 0o7777)
        layers = f"lowerdir={directory},upperdir={upper},workdir={work}"
        mount("-t", "overlay", "-o", layers, "overlay", directory)


def furnish_devices():
    """A /dev of our own: /dev/log is ours to listen on, and terminals end with us."""
    mount("-t", "tmpfs", "-o", "mode=0755", "tmpfs", "/dev")
    for name, (major, minor) in DEVICES.items():
        os.mknod(f"/dev/{name}", 0o020666, os.makedev(major, minor))
        os.chmod(f"/dev/{name}", 0o666)
    for name in ("pts", "shm"):
        os.mkdir(f"/dev/{name}")
    mount("-t", "devpts", "-o", "newinstance,ptmxmode=0666,mode=0620,gid=5", "devpts", "/dev/pts")
    mount("-t", "tmpfs", "-o", "mode=1777", "tmpfs", "/dev/shm")
    os.symlink("pts/ptmx", "/dev/ptmx")
    os.symlink("/proc/self/fd", "/dev/fd")


def furnish():
    """Turns fresh namespaces into the private world."""
    scratch = pathlib.Path("/run")
    mount("-t", "tmpfs", "-o", "mode=0755", "tmpfs", str(scratch))
    repository = scratch / "repository"
    repository.mkdir()
    mount("--bind", str(REPOSITORY), str(repository))
    overlay(scratch)
    REPOSITORY.mkdir(parents=True, exist_ok=True)
    mount("--move", str(repository), str(REPOSITORY))
    run("umount", "--lazy", str(scratch))
    for directory, mode in FRESH.items():
        mount("-t", "tmpfs", "-o", f"mode={mode}", "tmpfs", directory)
    furnish_devices()
    run("ip", "link", "set", "lo", "up")
    run("hostname", HOST_NAME)
    with open("/etc/hosts", "a") as hosts:
        hosts.write(f"\n127.0.0.1 {HOST_NAME}\n")
    os.chdir(REPOSITORY)


def serve_as_init(command):
    """Runs the command, takes in orphans, and returns its exit status. When we end, the kernel ends all the rest."""
    child = os.fork()
    if child == 0:
        # Broken pipes and interrupts as a program finds them that a shell starts.
        for number in (signal.SIGINT, signal.SIGPIPE):
            signal.signal(number, signal.SIG_DFL)
        try:
            os.execvp(command[0], command)
        except OSError as error:
            print(f"bed: cannot run {command[0]}: {error.strerror}", file=sys.stderr)
            os._exit(127)
    # Ctrl-C is for the command, which is in the same process group.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: os.kill(child, signal.SIGTERM))
    while True:
        ended, status = os.wait()
        if ended == child:
            return os.waitstatus_to_exitcode(status)


def enter(command):
    """Goes on as the first process of new namespaces. The two words in front make our own end the end of everything."""
    namespaces = ["--mount", "--net", "--pid", "--uts", "--ipc", "--propagation", "private", "--mount-proc"]
    os.execvp(
        "setpriv",
        ["setpriv", "--pdeathsig", "KILL", "unshare", *namespaces, "--fork", "--kill-child=KILL"]
        + [sys.executable, __file__, "--inside", *command],
    )


def main(arguments):
    if not arguments:
        raise SystemExit("usage: bed.py COMMAND [ARGUMENT...]")
    if arguments[0] == "--inside":
        furnish()
        os.environ[MARK] = "1"
        status = serve_as_init(arguments[1:])
        return status if status >= 0 else 128 - status
    if os.geteuid() != 0:
        print("bed: not root: no private world; what needs one is skipped", file=sys.stderr)
        os.execvp(arguments[0], arguments)
    enter(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
