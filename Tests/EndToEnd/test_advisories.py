"""The page about other people's advisories names tests that there are, and every test that is named after one is on it."""

import re

import pytest

import bed

PAGE = (bed.REPOSITORY / "docs" / "advisories.md").read_text()
TABLES, _, LIST = PAGE.partition("## What cannot happen here")
ROWS = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in TABLES.splitlines() if line.startswith("| ")]
ROWS = [row for row in ROWS if row[0] != "Advisory"]
TEST = re.compile(r'`([^`]+)` (?:`(test_\w+)`|"([^"]+)")')

# What looks like a number of an advisory, in prose and in the name of a test.
NUMBER = re.compile(r"CVE-\d{4}-\d+|GHSA(?:-\w{4}){3}|(?:DUO-PSA|YSA|GO|PYSEC)-\d{4}-\d+|duo_unix #\d+|pam_u2f [\d.]+\b")
NAMED = re.compile(r"(cve_\d{4}_\d+|duo_psa_\d{4}_\d{3}|duo_unix_\d+|pam_u2f_\d+_\d+_\d+)_")


def text_of(file):
    path = bed.REPOSITORY / "Tests" / file
    assert path.is_file(), file
    return path.read_text()


def named_in(row):
    return [(file, function or claim) for file, function, claim in TEST.findall(row[2])]


def claims_in(text):
    """The sentences of Swift tests and of the stores' contract."""
    return re.findall(r'(?:@Test|Scenario)\(\s*"((?:[^"\\]|\\.)*)"', text)


def test_the_rows_are_read():
    assert len(ROWS) > 80
    assert all(len(row) == 3 and all(row) for row in ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:40])
def test_each_row_names_tests_that_there_are(row):
    tests = named_in(row)
    assert tests and len(set(tests)) == len(tests)
    assert TEST.sub("", row[2]).replace("<br>", "") == "", "nothing else stands there"
    for file, name in tests:
        text = text_of(file)
        found = re.findall(r"^def (test_\w+)\(", text, re.MULTILINE) if file.endswith(".py") else claims_in(text)
        assert found.count(name) == 1, (file, name)


def test_no_advisory_is_there_twice():
    numbers = [number for row in ROWS for number in NUMBER.findall(row[0])] + NUMBER.findall(LIST)
    assert len(numbers) > 100
    assert sorted(numbers) == sorted(set(numbers))


def test_every_test_that_is_named_after_an_advisory_is_in_its_row():
    rows = {number: named_in(row) for row in ROWS for number in NUMBER.findall(row[0])}
    spelled = {re.sub(r"[^a-z0-9]+", "_", number.lower()): tests for number, tests in rows.items()}
    named = 0
    for path in (bed.REPOSITORY / "Tests").rglob("test_*.py"):
        for function in re.findall(r"^def (test_\w+)\(", path.read_text(), re.MULTILINE):
            if found := NAMED.match(function, len("test_")):
                named += 1
                file = str(path.relative_to(bed.REPOSITORY / "Tests"))
                assert (file, function) in spelled[found.group(1)], function
    assert named > 20
