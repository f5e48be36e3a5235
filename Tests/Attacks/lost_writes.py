"""A disk that loses, in a power cut, what nobody waited for.

The daemon is started with lost_writes.c preloaded, which notes every change. After it was killed, `Disk.cut` takes back
what was not synchronised: of each write any of its sectors of 512 bytes may have arrived, or none, or all; of what
befell names (files made, renamed, removed) the last may be missing.
"""

import os
import pathlib
import pwd
import struct
import tempfile

import preloads
import twinlockd

SECTOR = 512

WRITE, TRUNCATE, SYNC, CREATE, UNLINK, RENAME, SYNC_DIRECTORY = range(1, 8)
RECORD = struct.Struct("=7Q")


class Record:
    """A change, or a wait for the disk."""

    def __init__(self, kind, inode, offset, size_before, path, old, new):
        self.kind, self.inode, self.offset, self.size_before = kind, inode, offset, size_before
        self.path, self.old, self.new = path.decode(), old, new


class Disk:
    """The daemon's disk, and the log of what was done to it."""

    def __init__(self, lies=False):
        self._directory = pathlib.Path(tempfile.mkdtemp(prefix="lost-writes-"))
        self._directory.chmod(0o755)
        self._log = self._directory / "log"
        self.environment = {
            "LD_PRELOAD": str(preloads.build("lost_writes")),
            "LOST_WRITES_LOG": str(self._log),
            "LOST_WRITES_DISK": str(twinlockd.STATE),
            **({"LOST_WRITES_LIE": "1"} if lies else {}),
        }
        self.lost = self.arrived = self.names_lost = 0
        self.begin()

    def begin(self):
        """Nothing was done yet."""
        self._log.write_bytes(b"")
        self._log.chmod(0o666)

    def cut(self, draw):
        """The power fails: what was not synchronised is lost, or some of it. `draw` is a random.Random."""
        unsynced, names = self._unsynced()
        share = draw.choice((0.0, 0.5, 1.0)) if draw else 0.0
        for record in reversed(unsynced):
            self._take_back(record)
        keep = draw.randint(0, len(names)) if draw else 0
        for record in reversed(names[keep:]):
            self._take_back_name(record)
        self.names_lost += len(names) - keep
        for record in unsynced:
            self._let_arrive(record, lambda: draw is not None and draw.random() < share)
        self.begin()

    def _records(self):
        data = self._log.read_bytes()
        at = 0
        while at + RECORD.size <= len(data):
            kind, inode, offset, size_before, *lengths = RECORD.unpack_from(data, at)
            at += RECORD.size
            if at + sum(lengths) > len(data):
                return  # the kill came while it was noted: the change itself was not made
            pieces = []
            for length in lengths:
                pieces.append(data[at : at + length])
                at += length
            yield Record(kind, inode, offset, size_before, *pieces)

    def _unsynced(self):
        """Changes of contents and of names since the last wait for each."""
        changes, names = [], []
        for record in self._records():
            if record.kind == SYNC:
                changes = [change for change in changes if change.inode != record.inode]
            elif record.kind == SYNC_DIRECTORY:
                names = []
            elif record.kind in (WRITE, TRUNCATE):
                changes.append(record)
            else:
                names.append(record)
        return changes, names

    @staticmethod
    def _file(inode):
        """The path of a file, unless it has been removed."""
        return next((path for path in twinlockd.STATE.iterdir() if path.lstat().st_ino == inode), None)

    def _take_back(self, record):
        path = self._file(record.inode)
        if path is None:
            return
        with open(path, "r+b") as file:
            file.seek(record.offset)
            file.write(record.old)
            file.truncate(record.size_before)

    def _let_arrive(self, record, arrives):
        """What of a write the disk has got to; the file may have become longer by what has not."""
        path = self._file(record.inode)
        if path is None:
            return
        with open(path, "r+b") as file:
            if record.kind == TRUNCATE:
                if arrives():
                    file.truncate(record.offset)
                return
            at = record.offset
            end = at + len(record.new)
            while at < end:
                part = min(end, (at // SECTOR + 1) * SECTOR)
                if arrives():
                    file.seek(at)
                    file.write(record.new[at - record.offset : part - record.offset])
                    self.arrived += 1
                else:
                    self.lost += 1
                at = part

    def _take_back_name(self, record):
        path = pathlib.Path(record.path)
        if record.kind == CREATE:
            path.unlink(missing_ok=True)
        elif record.kind == RENAME:
            target = pathlib.Path(record.new.decode())
            if target.exists():
                target.rename(path)
            if record.size_before:
                self._bring_back(target, record.old)
        elif record.kind == UNLINK:
            self._bring_back(path, record.old)

    @staticmethod
    def _bring_back(path, contents):
        path.write_bytes(contents)
        path.chmod(0o600)
        owner = pwd.getpwnam("twinlock")
        os.chown(path, owner.pw_uid, owner.pw_gid)
