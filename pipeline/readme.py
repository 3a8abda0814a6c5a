"""Put the generated results table between README's markers.

python -m pipeline.readme --table reports/table.md --readme README.md
"""

import argparse
import re

from newsvoice.errors import NewsvoiceError
from newsvoice.records import write_text
from pipeline.stages.command import run

BEGIN, END = "<!-- results: written by pipeline.readme -->", "<!-- end of results -->"


def with_table(readme: str, table: str) -> str:
    """Return the README with `table` between the markers.

    Raises `NewsvoiceError` when the markers are not there exactly once.
    """
    pattern = re.compile(rf"{re.escape(BEGIN)}.*?{re.escape(END)}", re.S)
    if len(pattern.findall(readme)) != 1:
        raise NewsvoiceError("needs one pair of result markers", where="README.md", advice=f"{BEGIN} … {END}")
    return pattern.sub(lambda _: f"{BEGIN}\n{table.strip()}\n{END}", readme)


def main(paths: argparse.Namespace) -> None:
    """Rewrite README when its table is stale."""
    readme = paths.readme.read_text(encoding="utf-8")
    updated = with_table(readme, paths.table.read_text(encoding="utf-8"))
    if updated != readme:
        write_text(paths.readme, updated)


if __name__ == "__main__":
    run(__doc__, main, inputs=("table",), outputs=("readme",))
