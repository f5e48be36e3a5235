"""A file system of its own for the daemon's state, and what can go wrong with one."""

import contextlib
import errno
import os
import pathlib
import pwd
import subprocess
import tempfile

import preloads
import twinlockd


@contextlib.contextmanager
def mounted(size):
    """In memory, so large, and the daemon's."""
    twinlockd.STATE.mkdir(mode=0o700, exist_ok=True)
    owner = pwd.getpwnam("twinlock")
    options = f"mode=0700,uid={owner.pw_uid},gid={owner.pw_gid},size={size}"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", twinlockd.STATE], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", twinlockd.STATE], check=True)
        # The daemon wants to make it itself.
        twinlockd.STATE.rmdir()


def remount(manner):
    """Read-only (`ro`) or not (`rw`)."""
    subprocess.run(["mount", "-o", f"remount,{manner}", twinlockd.STATE], check=True)


def free_bytes():
    status = os.statvfs(twinlockd.STATE)
    return status.f_bavail * status.f_frsize


class Filler:
    """A file that takes what is left of the disk, but for so many bytes."""

    def __init__(self, leaving=0):
        self._path = twinlockd.STATE / "filler"
        with open(self._path, "wb", buffering=0) as file, contextlib.suppress(OSError):
            while free_bytes() > leaving:
                file.write(bytes(min(free_bytes() - leaving, 1 << 16)))

    def remove(self):
        self._path.unlink(missing_ok=True)


class FailingDisk:
    """A disk that refuses writes, or to wait for them, when told to."""

    def __init__(self):
        directory = pathlib.Path(tempfile.mkdtemp(prefix="failing-"))
        directory.chmod(0o755)
        self._order = directory / "order"
        self.environment = {
            "LD_PRELOAD": str(preloads.build("fail_writes")),
            "FAIL_WRITES": str(self._order),
            "FAIL_WRITES_DISK": str(twinlockd.STATE),
        }

    def fail(self, kind, error):
        """From now on every `write` or `sync` fails with the error of that name."""
        # Renamed into place, so that it is never read half.
        draft = self._order.with_suffix(".new")
        draft.write_text(f"{kind} {getattr(errno, error)}")
        draft.chmod(0o644)
        draft.rename(self._order)

    def heal(self):
        self._order.unlink()
