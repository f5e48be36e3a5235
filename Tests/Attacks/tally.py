"""What the attacks did, in numbers: kept in one file over any number of runs, and printed as a table."""

import json

LOAD = "load held"
FAULT = "faults survived"
INPUT = "bad inputs tried"
MEASURE = "measured"
KINDS = (LOAD, FAULT, INPUT, MEASURE)


class Notes:
    """The counts of one test."""

    def __init__(self, test):
        self.test = test
        self.lines = []

    def __call__(self, kind, words, count):
        """Adds to what was noted under these words; what is measured takes the place of it."""
        assert kind in KINDS
        for line in self.lines:
            if line["words"] == words and line["kind"] == kind:
                line["count"] = count if kind == MEASURE else line["count"] + count
                return
        self.lines.append({"kind": kind, "words": words, "count": count})


class Book:
    """The counts of all tests. A test that runs again replaces what it had."""

    def __init__(self, path):
        self._path = path
        self._fresh = {}

    def keep(self, notes):
        if not notes.lines:
            return
        self._fresh[notes.test] = notes.lines
        self._path.parent.mkdir(parents=True, exist_ok=True)
        kept = json.loads(self._path.read_text()) if self._path.exists() else {}
        kept[notes.test] = notes.lines
        draft = self._path.with_suffix(".new")
        draft.write_text(json.dumps(kept, indent=2, sort_keys=True) + "\n")
        draft.rename(self._path)

    def table(self):
        """The lines of the tests of this run."""
        counts = {}
        for lines in self._fresh.values():
            for line in lines:
                key = (line["kind"], line["words"])
                counts[key] = line["count"] + (0 if line["kind"] == MEASURE else counts.get(key, 0))
        rows = [(kind, f"{count:,}", words) for (kind, words), count in counts.items()]
        rows.sort(key=lambda row: KINDS.index(row[0]))
        widths = [max((len(row[column]) for row in rows), default=0) for column in range(2)]
        for kind, count, words in rows:
            yield f"{kind:{widths[0]}}  {count:>{widths[1]}}  {words}"
