"""`make install` and `make uninstall`, and the private world that all this happens in."""

import ctypes
import os
import pathlib
import pwd
import signal
import struct
import subprocess
import sys

import pytest

import bed
import logins
from installing import make
from test_completions import SCRIPTS
from waiting import wait_for

UNITS = ("twinlockd.socket", "twinlockd.service", "twinlock-checker.socket", "twinlock-checker@.service")


def test_everything_is_at_its_place(installed):
    security = f"/usr/lib/{subprocess.run(['gcc', '-print-multiarch'], capture_output=True, text=True).stdout.strip()}"
    for path in (
        "/usr/sbin/twinlockd",
        "/usr/bin/twinlock",
        "/usr/libexec/twinlock/twinlock-checker",
        f"{security}/security/pam_twinlock.so",
        "/etc/pam.d/twinlock-password",
        *(f"/usr/lib/systemd/system/{unit}" for unit in UNITS),
        "/usr/lib/sysusers.d/twinlock.conf",
        "/usr/lib/tmpfiles.d/twinlock.conf",
        "/usr/share/pam-configs/twinlock",
        "/usr/share/pam-configs/twinlock-console",
        *SCRIPTS.values(),
    ):
        found = os.stat(path)
        assert found.st_uid == 0 and found.st_mode & 0o022 == 0, path
    for name in ("twinlock", "twinlock-pw"):
        entry = pwd.getpwnam(name)
        assert entry.pw_uid < 1000
        assert entry.pw_shell == "/usr/sbin/nologin"
        assert not os.path.exists(entry.pw_dir)


def test_installing_again_keeps_an_edited_service(installed, password_stack):
    password_stack("# ours", "@include common-auth", "@include common-account")
    done = make("install")
    assert done.returncode == 0, done.stderr
    assert (logins.PAM / "twinlock-password").read_text().startswith("# ours")


IN_MODIFY, IN_MOVED_TO, IN_CREATE, IN_DELETE = 0x2, 0x80, 0x100, 0x200


class Watch:
    """What befalls the entries of a directory from now on (inotify(7))."""

    def __init__(self, directory):
        libc = ctypes.CDLL(None, use_errno=True)
        self.descriptor = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        added = libc.inotify_add_watch(
            self.descriptor, os.fsencode(directory), IN_MODIFY | IN_MOVED_TO | IN_CREATE | IN_DELETE
        )
        assert added >= 0, os.strerror(ctypes.get_errno())

    def events(self, name):
        """Of one entry: bits of what happened, in order."""
        data, found = os.read(self.descriptor, 65536), []
        os.close(self.descriptor)
        while data:
            _, mask, _, length = struct.unpack_from("iIII", data)
            if data[16 : 16 + length].rstrip(b"\0").decode() == name:
                found.append(mask)
            data = data[16 + length :]
        return found


def test_cve_2014_3879_the_module_is_never_missing_while_it_is_installed_again(installed):
    """The new one takes the old one's place in one step: a login meanwhile is asked by one of them."""
    (module,) = pathlib.Path("/usr/lib").glob("*/security/pam_twinlock.so")
    watch = Watch(module.parent)
    done = make("install")
    assert done.returncode == 0, done.stderr
    assert watch.events(module.name) == [IN_MOVED_TO]


def test_uninstall_refuses_while_a_service_names_the_module(installed):
    logins.write_stack("twinlock-probe", logins.TWINLOCK)
    try:
        done = make("uninstall")
        assert done.returncode != 0
        assert "/etc/pam.d/twinlock-probe" in done.stderr
        assert "/etc/pam.d/twinlock-password" not in done.stderr
        assert os.path.exists("/usr/sbin/twinlockd")
    finally:
        (logins.PAM / "twinlock-probe").unlink()


def test_installing_elsewhere_touches_nothing_here_and_is_undone_whole(installed, tmp_path):
    before = pathlib.Path("/etc/passwd").read_text()
    done = make("install", f"DESTDIR={tmp_path}", "PREFIX=/opt/twinlock")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "opt/twinlock/sbin/twinlockd").exists()
    assert (tmp_path / "etc/pam.d/twinlock-password").exists()
    for unit, program in (("twinlockd", "sbin/twinlockd"), ("twinlock-checker@", "libexec/twinlock/twinlock-checker")):
        text = (tmp_path / f"opt/twinlock/lib/systemd/system/{unit}.service").read_text()
        assert f"\nExecStart=/opt/twinlock/{program} " in text
    assert pathlib.Path("/etc/passwd").read_text() == before
    done = make("uninstall", f"DESTDIR={tmp_path}", "PREFIX=/opt/twinlock")
    assert done.returncode == 0, done.stderr
    assert [path for path in tmp_path.rglob("*") if not path.is_dir()] == []


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=lambda number: number.name)
def test_the_private_world_ends_whole_when_it_is_killed(installed, number):
    """A world in this world: after the kill none of its processes is left, and its users never were here."""
    marker = f"3600.{os.getpid()}"
    script = f"useradd ghost && touch /tmp/ghost && echo ready && sleep {marker} & sleep {marker}"
    words = [sys.executable, bed.__file__, "bash", "-c", script]
    world = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert world.stdout.readline() == "ready\n"
    os.killpg(world.pid, number)
    world.wait(timeout=60)

    def left():
        return [path for path in pathlib.Path("/proc").glob("[0-9]*/cmdline") if marker.encode() in read(path)]

    wait_for(lambda: not left(), "the processes to be gone")
    with pytest.raises(KeyError):
        pwd.getpwnam("ghost")
    assert not os.path.exists("/tmp/ghost")


def read(path):
    try:
        return path.read_bytes()
    except OSError:
        return b""


def test_the_machines_own_files_are_covered(installed):
    for directory in bed.OVERLAID:
        kind = subprocess.run(["findmnt", "-n", "-o", "FSTYPE", directory], capture_output=True, text=True).stdout
        assert kind.split()[-1] == "overlay", directory
