"""The interface texts of the repository, and what they declare."""

import re

import bed

DIRECTORY = bed.REPOSITORY / "Sources" / "TwinlockInterface" / "Varlink"
FILES = sorted(DIRECTORY.glob("*.varlink"))
NAMES = [file.stem for file in FILES]

SERVICE = "org.varlink.service"


def members(text, kind):
    """Names of all types, methods or errors that a text declares, in its order."""
    return re.findall(rf"^{kind}\s+([A-Za-z0-9]+)", text, re.MULTILINE)


def statements(text):
    """What a text declares, without comments and layout."""
    bare = re.sub(r"#.*", "", text)
    parts = re.split(r"\b(?=(?:interface|type|method|error)\s+[A-Za-z])", bare)
    return {re.sub(r"\s+", " ", re.sub(r"\s*([():,])\s*", r"\1", part)).strip() for part in parts if part.strip()}
