"""Archives of any size for measurements: the corpus's own articles, again and again."""

import json
from collections.abc import Sequence
from itertools import cycle
from pathlib import Path

from newsvoice.records import read_articles
from newsvoice.text.segment import segment


def write_archive(articles: Path, tables: Sequence[Path], *, sentences: int) -> int:
    """Write whole articles as rows, in turn to each table, until there are `sentences`; return how many there are.

    `articles` is what the ingest stage wrote.
    """
    texts = [(json.dumps({"text": a.text, "id": a.id}) + "\n", len(segment(a))) for a in read_articles(articles)]
    files = [table.open("w", encoding="utf-8") for table in tables]
    written = 0
    for (row, count), file in zip(cycle(texts), cycle(files), strict=False):
        file.write(row)
        written += count
        if written >= sentences:
            break
    for file in files:
        file.close()
    return written
