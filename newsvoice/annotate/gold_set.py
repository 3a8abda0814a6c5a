"""Settled labels of annotated articles as a gold set, the form in which models are judged."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from newsvoice.annotations import check_against, read_annotations
from newsvoice.labels import NOT_PROSE
from newsvoice.records import Article
from newsvoice.text.ingest import read_article


@dataclass(frozen=True, slots=True)
class GoldRows:
    """One row a sentence (`text`, `label`, `article`, `para`), and how many disputed ones were left out."""

    rows: list[dict[str, Any]]
    disputed: int

    @property
    def articles(self) -> int:
        """How many articles have a row."""
        return len({row["article"] for row in self.rows})


def gold_set(files: Mapping[str, Path], annotations: Path) -> GoldRows:
    """Collect the settled labels of articles (files by id); what is not prose is no sentence to judge by.

    An article without annotations is passed over. Raises `NewsvoiceError` where annotations do not fit their
    article.
    """
    rows: list[dict[str, Any]] = []
    disputed = 0
    for name, path in files.items():
        file = annotations / f"{name}.jsonl"
        if not file.exists():
            continue
        article = read_article(path, article_id=name)
        marks = read_annotations(file)
        check_against(article, marks, where=str(file))
        for mark in marks:
            disputed += mark.disputed
            if mark.label is not None and mark.label != NOT_PROSE:
                paragraph = _paragraph(article, mark.start)
                rows.append({"text": mark.text, "label": mark.label, "article": name, "para": paragraph})
    return GoldRows(rows, disputed)


def _paragraph(article: Article, start: int) -> int:
    return sum(block.start <= start for block in article.blocks)
