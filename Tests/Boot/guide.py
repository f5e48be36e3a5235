"""The administrator's guide, from which the tests take their commands."""

import pathlib
import re

PAGE = pathlib.Path(__file__).parents[2] / "docs" / "administration.md"

_BLOCK = re.compile(r"^<!-- (test|dialogue): (\S+) -->\n```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def commands(name, **words):
    """The commands of one block, with the words in capitals replaced."""
    text = {block[2]: block[3] for block in _BLOCK.finditer(PAGE.read_text())}[name]
    for word, value in words.items():
        assert word in text, (word, text)
        text = re.sub(rf"\b{word}\b", value, text)
    return text


def names():
    return {block[2] for block in _BLOCK.finditer(PAGE.read_text())}


def fenced():
    """How many blocks of commands there are, named or not."""
    return PAGE.read_text().count("```sh\n")
