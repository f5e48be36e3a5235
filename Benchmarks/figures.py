"""Figures from samples, and the one data file that the plots and the tables are made from."""

import json
import statistics

import stage

DATA = stage.BUILD / "data.json"


def summary(samples):
    """Samples in microseconds: how many, minimum, median, 90th and 99th percentile."""
    ordered = sorted(samples)
    if not ordered:
        return {"count": 0}

    def at(share):
        return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1)

    return {
        "count": len(ordered),
        "minimum": at(0),
        "median": round(statistics.median(ordered), 1),
        "p90": at(0.9),
        "p99": at(0.99),
    }


def chance_to_tell(samples, others):
    """How often a guess "the longer one is of the first kind" is right, 0 to 1: 0.5 is a coin (Mann and Whitney's U)."""
    marked = sorted([(value, 0) for value in samples] + [(value, 1) for value in others])
    ranks, at = {0: 0.0, 1: 0.0}, 0
    while at < len(marked):
        end = at
        while end < len(marked) and marked[end][0] == marked[at][0]:
            end += 1
        for _, kind in marked[at:end]:
            ranks[kind] += (at + end + 1) / 2
        at = end
    n, m = len(samples), len(others)
    return round((ranks[0] - n * (n + 1) / 2) / (n * m), 3)


def load(file=DATA):
    return json.loads(file.read_text()) if file.exists() else {}


def keep(section, values):
    """Writes one section of the data file and leaves the others."""
    data = load()
    data[section] = {"machine": stage.machine(), **values}
    DATA.parent.mkdir(parents=True, exist_ok=True)
    draft = DATA.with_suffix(".new")
    draft.write_text(json.dumps(data, indent=1) + "\n")
    draft.rename(DATA)


def table(head, rows):
    """Text in columns: the first to the left, the others to the right."""
    cells = [list(map(str, row)) for row in [head, *rows]]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    lines = []
    for row in cells:
        parts = [cell.ljust(width) if at == 0 else cell.rjust(width) for at, (cell, width) in enumerate(zip(row, widths))]
        lines.append("  ".join(parts).rstrip())
    return "\n".join(lines)
