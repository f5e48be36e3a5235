"""The README's table of figures is what the measurements beside it say."""

import json
import pathlib
import sys

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "Benchmarks"))

import tables  # noqa: E402


def test_the_table_is_made_from_the_data_that_are_kept():
    data = json.loads(tables.KEPT.read_text())
    assert set(data) == {"logins", "scale", "soak", "times"}
    assert tables.readme_parts()[1] == tables.as_markdown(tables.rows(data))


def test_each_plot_is_shown():
    plots = {file.name for file in tables.KEPT.parent.glob("*.png")}
    shown = (REPOSITORY / "docs" / "measured.md").read_text() + tables.README.read_text()
    assert plots
    assert {name for name in plots if name not in shown} == set()
