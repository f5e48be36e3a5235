"""A clock that a test can move, as the daemon sees it."""

import os
import struct
import time

import preloads


class MovedClock:
    """The clock of one daemon, over all its starts. Unlike `twinlockd.ShiftedClock` it is right in every thread."""

    def __init__(self, directory):
        self._library = str(preloads.build("moved_clock"))
        self._path = directory / "clock"
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        self.offset = 0
        self.advance(0)

    def __call__(self):
        return time.time() + self.offset

    def advance(self, seconds):
        self.offset += seconds
        os.pwrite(self._file, struct.pack("=q", self.offset), 0)

    def environment(self):
        return {"LD_PRELOAD": self._library, "MOVED_CLOCK": str(self._path)}
