"""The table of experiments: a committed record becomes `docs/experiments.md`.

    python -m pipeline.experiments --record reports/experiments.json --page docs/experiments.md

Each row of the record is one training: what was tried, on how much data, and macro-F1 with each label's F1 on
validation, test and `real_news_dev`, as the run printed them. Failures stay in.
"""

import argparse
import json
from typing import Any

from newsvoice.labels import EDITORIAL_FRAMING, INDEX
from newsvoice.records import write_text
from pipeline.stages.command import run

SETS = ("validation", "test", "real_news_dev")


def page(record: dict[str, Any]) -> str:
    """Return the page as Markdown: the record's introduction, a table of every run, and what was concluded."""
    columns = ["run", "what", "training sentences", "seconds", *SETS]
    columns += ["framing on real news", "pairs both right", "given"]
    lines = [
        "# Experiments",
        "",
        record["about"],
        "",
        "| " + " | ".join(columns) + " |",
        "|" + "---|" * len(columns),
        *("| " + " | ".join(_cells(row)) + " |" for row in record["rows"]),
        "",
        *(f"- {conclusion}" for conclusion in record["conclusions"]),
        "",
    ]
    return "\n".join(lines)


def _cells(row: dict[str, Any]) -> list[str]:
    # Scores are macro-F1, then F1 by label.
    framing = INDEX[EDITORIAL_FRAMING.name] + 1
    return [
        row["name"],
        row["what"],
        str(row["sentences"]),
        str(row["seconds"]),
        *(_score(row[name][0]) for name in SETS),
        _score(row["real_news_dev"][framing]),
        _score(row["contrast_both_right"]),
        "–" if row["given_article"] is None else f"{row['given_article']} of 27",
    ]


def _score(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def main(paths: argparse.Namespace) -> None:
    """Read the record, write the page."""
    write_text(paths.page, page(json.loads(paths.record.read_text(encoding="utf-8"))))


if __name__ == "__main__":
    run(__doc__, main, inputs=("record",), outputs=("page",))
