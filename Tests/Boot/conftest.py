"""The stage of the boot tests: Debian 12 and 13 in containers, with systemd as their first process.

`make test-boot` runs them. By hand, as root, after it has run once:

    .build/venv/bin/python -m pytest -p no:cacheprovider Tests/Boot -k reload
"""

import itertools
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

REPOSITORY = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(REPOSITORY / "Tests" / "EndToEnd"))

from installed import install
from machine import Machine

SUITES = {"debian12": "bookworm", "debian13": "trixie"}
ROOTS = REPOSITORY / ".build" / "boot"

_numbers = itertools.count(1)

# What a container of ours needs of the machine.
TRIAL = "umount -R /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup && systemd-nspawn --version"


def pytest_collection_modifyitems(items):
    ours = [item for item in items if pathlib.Path(__file__).parent in item.path.parents]
    why = ours and missing()
    if why:
        for item in ours:
            item.add_marker(pytest.mark.skip(reason=why))


def missing():
    """What this machine lacks for containers, in words; empty where it can."""
    if os.geteuid() != 0:
        return "boot tests start containers: run make test-boot as root"
    trial = subprocess.run(
        ["unshare", "--mount", "--propagation", "private", "sh", "-c", TRIAL], capture_output=True, text=True
    )
    return f"this machine cannot start containers: {trial.stderr.strip()}" if trial.returncode != 0 else ""


@pytest.fixture(scope="session", params=SUITES)
def root(request, tmp_path_factory):
    """The files of a system without Twinlock."""
    place = tmp_path_factory.mktemp(request.param)
    archive = ROOTS / f"{SUITES[request.param]}.tar.zst"
    subprocess.run(["tar", "-C", place, "--xattrs", "--numeric-owner", "--zstd", "-xpf", archive], check=True)
    yield request.param, place
    shutil.rmtree(place)


@pytest.fixture(scope="session")
def installed_root(root):
    """The files of a system on which the guide was followed."""
    name, lower = root
    machine = Machine(f"tl-{name}-{os.getpid()}-base", [lower])
    try:
        install(machine.start())
        machine.stop()
        yield name, [machine.work / "upper", lower]
    finally:
        machine.discard()


@pytest.fixture
def bare(root):
    """A running system without Twinlock."""
    name, lower = root
    yield from _running(name, [lower])


@pytest.fixture
def host(installed_root):
    """A running system on which the guide was followed."""
    yield from _running(*installed_root)


def _running(name, lowers):
    machine = Machine(f"tl-{name}-{os.getpid()}-{next(_numbers)}", lowers)
    try:
        yield machine.start()
    finally:
        machine.discard()
