import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from newsvoice.errors import NewsvoiceError
from pipeline.readme import BEGIN, END, with_table

ROOT = Path(__file__).parents[2]
TABLE = "| model | F1 |\n|---|---|\n| rules | 0.5 |\n"


@pytest.mark.parametrize("old", ["", "\n", "\n| model |\n|---|\n| stale |\n"])
def test_the_table_goes_between_the_markers_and_nothing_else_changes(old: str) -> None:
    readme = f"# Title\n\n{BEGIN}{old}{END}\n\nMore text.\n"
    assert with_table(readme, TABLE) == f"# Title\n\n{BEGIN}\n{TABLE}{END}\n\nMore text.\n"


def test_writing_twice_changes_nothing() -> None:
    once = with_table(f"{BEGIN}{END}", TABLE)
    assert with_table(once, TABLE) == once


def test_a_table_is_taken_literally() -> None:
    assert r"\1 \g<0> \n" in with_table(f"{BEGIN}{END}", r"| \1 \g<0> \n |")


@pytest.mark.parametrize(
    "readme",
    ["", BEGIN, END, f"{END}{BEGIN}", f"{BEGIN}{END}\n{BEGIN}{END}"],
    ids=["none", "begin", "end", "turned", "two"],
)
def test_other_than_one_pair_of_markers_is_an_error(readme: str) -> None:
    with pytest.raises(NewsvoiceError, match=r"README\.md: needs one pair of markers"):
        with_table(readme, TABLE)


def test_the_table_in_readme_is_the_reports() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    table = (ROOT / "reports/table.md").read_text(encoding="utf-8")
    assert with_table(readme, table) == readme


def figures_of(value: Any) -> Iterator[str]:
    """Every number of a metrics file as README writes it: a count, or a score with three digits."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from figures_of(inner)
    elif isinstance(value, int) and not isinstance(value, bool):
        yield str(value)
    elif isinstance(value, float):
        yield f"{value:.3f}"


def test_every_figure_in_readmes_table_stands_in_a_metrics_file() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    between = readme[readme.index(BEGIN) + len(BEGIN) : readme.index(END)]
    told = set(re.findall(r"\d+(?:\.\d+)?", re.sub(r"macro-F1|\bF1\b|95 %", "", between)))
    files = ("results", "external")
    known = {
        figure
        for name in files
        for figure in figures_of(json.loads((ROOT / f"reports/{name}.json").read_text(encoding="utf-8")))
    }
    assert len(told) > 40
    assert sorted(told - known) == []


# What is no measurement: a version, an exit code, a name.
NO_FIGURES = {"3.11", "3"}


def test_no_figure_in_readme_is_written_by_hand() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    told_elsewhere = rf"{re.escape(BEGIN)}.*?{re.escape(END)}|```.*?```|`[^`]*`|<img [^>]*>|\]\([^)]*\)"
    prose = re.sub(told_elsewhere, " ", readme, flags=re.S)
    assert sorted(set(re.findall(r"(?<![\w.-])\d[\d.,]*\d|(?<![\w.-])\d", prose)) - NO_FIGURES) == []
