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
    """Return the README with `table` between the markers."""
    return with_between(readme, table, BEGIN, END, where="README.md")


def with_between(page: str, lines: str, begin: str, end: str, *, where: str) -> str:
    """Return a page with `lines` between two markers.

    Raises `NewsvoiceError` when the markers are not there exactly once; it names the page as `where`.
    """
    pattern = re.compile(rf"{re.escape(begin)}.*?{re.escape(end)}", re.S)
    if len(pattern.findall(page)) != 1:
        raise NewsvoiceError("needs one pair of markers", where=where, advice=f"{begin} … {end}")
    return pattern.sub(lambda _: f"{begin}\n{lines.strip()}\n{end}", page)


def main(paths: argparse.Namespace) -> None:
    """Rewrite README when its table is stale."""
    readme = paths.readme.read_text(encoding="utf-8")
    updated = with_table(readme, paths.table.read_text(encoding="utf-8"))
    if updated != readme:
        write_text(paths.readme, updated)


if __name__ == "__main__":
    run(__doc__, main, inputs=("table",), outputs=("readme",))
