"""Looks for secrets: in the memory of a process, in its arguments and environment, in files."""

import os
import pathlib

# Read at once; the overlap finds what lies across two pieces.
PIECE = 1 << 22


def in_memory(pid, needles):
    """How often each needle is in the memory of a process: {name: count} for those that are there at all."""
    found = {}
    for start, end in _regions(pid):
        for name, count in _in_region(pid, start, end, needles).items():
            found[name] = found.get(name, 0) + count
    return found


def _regions(pid):
    """Every readable range of addresses, the kernel's own pages apart (proc(5))."""
    for line in pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines():
        addresses, permissions, *rest = line.split()
        if permissions.startswith("r") and not rest[-1].startswith("[v"):
            yield tuple(int(address, 16) for address in addresses.split("-"))


def _in_region(pid, start, end, needles):
    found = {}
    overlap = max(map(len, needles.values())) - 1
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        at, tail = start, b""
        while at < end:
            memory.seek(at)
            try:
                piece = memory.read(min(PIECE, end - at))
            except OSError:
                break  # a range that cannot be read holds nothing of ours: a guard page or the end of a file
            if not piece:
                break
            at += len(piece)
            for name, needle in needles.items():
                # A find that lies in the tail alone was counted with the piece before.
                count = (tail + piece).count(needle) - tail.count(needle)
                if count > 0:
                    found[name] = found.get(name, 0) + count
            tail = (tail + piece)[-overlap:] if overlap else b""
    return found


def in_files(directory, needles):
    """Which needles are in which files below a directory: [(path, name)]."""
    found = []
    for path in sorted(pathlib.Path(directory).rglob("*")):
        if path.is_file() and not path.is_symlink():
            data = path.read_bytes()
            found += [(str(path), name) for name, needle in needles.items() if needle in data]
    return found


def in_process_lists(needles):
    """Which needles are in the arguments or the environment of any process: [(pid, file, name)]."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        for file in ("cmdline", "environ"):
            try:
                data = pathlib.Path(f"/proc/{pid}/{file}").read_bytes()
            except OSError:
                continue  # it has ended meanwhile
            found += [(int(pid), file, name) for name, needle in needles.items() if needle in data]
    return found
