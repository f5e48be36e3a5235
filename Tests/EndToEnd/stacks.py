"""The blocks of docs/login-programs.md: PAM stacks and settings of sshd, each by the name that stands behind its fence."""

import pathlib
import re

PAGE = (pathlib.Path(__file__).resolve().parents[2] / "docs" / "login-programs.md").read_text()
BLOCKS = dict(re.findall(r"^```(?:pam|sshd) (\S+)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL))
PAM_STACKS = re.findall(r"^```pam (\S+)", PAGE, re.MULTILINE)


def lines(name):
    return BLOCKS[name].splitlines()
