"""The figures that have a goal, beside it: rows of (what, measured, goal, met)."""

import html
import pathlib
import statistics

REPOSITORY = pathlib.Path(__file__).resolve().parents[1]

# What the documentation's table and plots were made from.
KEPT = REPOSITORY / "docs" / "measured" / "data.json"

README = REPOSITORY / "README.md"


def readme_parts():
    """What stands in the README before the table, the table, and what stands behind it."""
    before, rest = README.read_text().split("<!-- measured -->\n")
    table, after = rest.split("<!-- end of measured -->\n")
    return before + "<!-- measured -->\n", table, "<!-- end of measured -->\n" + after


def rows(data):
    """All rows for which there are figures."""
    return [
        (what, measured, goal, "" if is_met is None else "yes" if is_met else "no")
        for part, make in (("logins", _of_logins), ("scale", _of_scale), ("soak", _of_soak), ("times", _of_times))
        if part in data
        for what, measured, goal, is_met in make(data[part])
    ]


def _of_logins(logins):
    ratios = logins["ratios"]

    def ratio(name, what, goal):
        if name not in ratios:
            return
        one = ratios[name]
        digits = 2 if goal >= 0.1 else 3
        text = f"{one['median']:.{digits}f} ({one['low']:.{digits}f} to {one['high']:.{digits}f})"
        yield what, text, f"at most {goal:g}", one["median"] <= goal

    yield from ratio("one code", "one code, time against google-authenticator", 0.6)
    yield from ratio("one code, first", "the same, of a name that the daemon has to look up", 0.6)
    yield from ratio("a wrong code", "a wrong code, time against google-authenticator", 0.2)
    yield from ratio(
        "one code, pam_oath with 100000", "one code, time against pam_oath with 100,000 users", 0.025
    )
    yield from ratio(
        "password and code, against the password alone", "password and code, time against pam_unix alone", 1.03
    )
    for kind, goal in (("ga", 2), ("pam_oath 10000", 20)):
        if kind not in logins["throughput"]:
            continue
        pairs = zip(logins["throughput"]["twinlock"]["8"]["perSecond"], logins["throughput"][kind]["8"]["perSecond"])
        value = statistics.median(ours / max(theirs, 0.1) for ours, theirs in pairs)
        name = "google-authenticator" if kind == "ga" else "pam_oath with 10,000 users"
        yield f"logins a second, 8 processes, against {name}", f"{value:.1f}", f"at least {goal}", value >= goal
    value = logins["throughput"]["twinlock"]["1"].get("daemonProcessor")
    if value is not None:
        yield "processor time of the daemon, one login", f"{value / 1000:.2f} ms", "", None


def _of_scale(scale):
    accounts = scale["accounts"]
    smallest, largest = list(accounts)[0], list(accounts)[-1]
    value = accounts[largest]["ratio"]["median"]
    what = f"one login at {int(largest):,} accounts, time against {int(smallest):,}"
    yield what, f"{value:.2f}", "at most 1.1", value <= 1.1
    crowd = scale["waiting"]["clients"]["64"]
    value = statistics.median(ours / disk for ours, disk in zip(crowd["perSecond"], crowd["syncsPerSecond"]))
    yield "durable logins a second, 64 clients, against one fdatasync at a time", f"{value:.1f}", "at least 4", value >= 4
    memory = scale["start"]["idle"]
    rss, dirty = memory["rss"] / 1e6, memory["dirty"] / 1e6
    yield "daemon idle, resident / private dirty", f"{rss:.1f} / {dirty:.1f} MB", "16 / 4 MB", rss <= 16 and dirty <= 4
    value = scale["start"]["median"]
    yield "start to first answer", f"{value:.0f} ms", "at most 25 ms", value <= 25
    value = scale["strippedBytes"] / 1e6
    yield "stripped daemon", f"{value:.1f} MB", "at most 24 MB", value <= 24


def _of_soak(soak):
    series = soak["series"]
    last = series[-1]
    then = next((one for one in series if one["logins"] >= 100_000), last)
    what = f"private dirty after {then['logins']:,} logins over {soak['accounts']:,} accounts"
    yield what, f"{then['dirty'] / 1e6:.1f} MB", "at most 10 MB", then["dirty"] <= 10e6
    yield f"the same after {last['logins']:,}", f"{last['dirty'] / 1e6:.1f} MB", "", None


def _of_times(times):
    for part, words in (("asShipped", "as shipped"), ("withoutDelay", "failure-delay = 0")):
        for method in ("SignIn", "Verify2FACode", "pam_authenticate"):
            kinds = {kind: one[method] for kind, one in times[part]["kinds"].items() if kind != times["reference"]}
            worst = max(kinds, key=lambda kind: abs(kinds[kind]["told"] - 0.5))
            ratio = kinds[worst]["ratio"]
            text = f"{ratio:.2f} ({worst})"
            yield f"{method} of a refused sign-in that differs most, {words}", text, "", None


def as_markdown(found):
    lines = ["| | measured | goal | met |", "|---|---|---|---|"]
    lines += [f"| {' | '.join(row)} |" for row in found]
    return "\n".join(lines) + "\n"


def as_html(found):
    body = "\n".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in found)
    return f"<table><tr><th></th><th>measured</th><th>goal</th><th>met</th></tr>\n{body}</table>"
