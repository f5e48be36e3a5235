"""A clock that a test can move, as the daemon sees it."""

import struct
import time

import preloads


class MovedClock:
    """The clock of one daemon, over all its starts. Unlike `twinlockd.ShiftedClock` it is right in every thread."""

    def __init__(self, directory):
        self._library = str(preloads.build("moved_clock"))
        self._path = directory / "clock"
        self._path.write_bytes(bytes(8))
        self._path.chmod(0o644)
        self.offset = 0
        self.advance(0)

    def __call__(self):
        return time.time() + self.offset

    def advance(self, seconds):
        self.offset += seconds
        # In place, and at once: the daemon has these eight bytes in its memory.
        with open(self._path, "r+b", buffering=0) as file:
            file.write(struct.pack("=q", self.offset))

    def environment(self):
        return {"LD_PRELOAD": self._library, "MOVED_CLOCK": str(self._path)}
