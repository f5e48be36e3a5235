"""`make install`, with what was built or with what the environment names."""

import os
import subprocess

import bed

# Where make looks for the programs, and for the module and the checker.
PLACES = {"BIN_DIR": "TWINLOCK_BIN_DIR", "PAM_DIR": "TWINLOCK_PAM_DIR"}


def make(*words):
    """Runs make at the top of the repository."""
    places = [f"{name}={os.environ[variable]}" for name, variable in PLACES.items() if variable in os.environ]
    command = ["make", "--no-print-directory", "-C", str(bed.REPOSITORY), *words, *places]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)
