"""Labelled sentences from anybody's JSON Lines, to judge a model by.

A line is either a sentence, `{"text": …, "label": …}` with optional `article` and `para`, or an article,
`{"sentences": [{"text": …, "label": …}, …]}` with an optional `doc`, `id` or `article`. Sentences labelled
`none` are not prose and are left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from newsvoice.documents import half_character
from newsvoice.errors import NewsvoiceError
from newsvoice.inputs import SHEETS
from newsvoice.labels import NAMES, NOT_PROSE
from newsvoice.records import Sentence, read_jsonl
from newsvoice.text.segment import from_sentences


@dataclass(frozen=True, slots=True)
class GoldSet:
    """Sentences in reading order and the gold label of each."""

    sentences: list[Sentence]
    labels: list[str]


def read_gold(path: Path) -> GoldSet:
    """Read a labelled set in either shape.

    Raises `NewsvoiceError` with file and line for a missing field or unknown label, and for an empty set.
    """
    if path.suffix.lower() in (*SHEETS, ".parquet"):
        raise NewsvoiceError("a table", where=str(path), advice='write JSON Lines: {"text": …, "label": …} a sentence')
    articles: dict[str, list[tuple[str, str, Any]]] = {}
    for number, value in read_jsonl(path):
        where = f"{path}:{number}"
        if "sentences" in value:
            name = str(value.get("doc") or value.get("id") or value.get("article") or f"line {number}")
            if name in articles:
                raise NewsvoiceError(f"a second article {name!r}", where=where)
            rows: list[Mapping[str, Any]] = value["sentences"]
            if not isinstance(rows, list):
                raise NewsvoiceError("'sentences' is not a list", where=where)
        else:
            name = str(value.get("article", "sentences"))
            rows = [value]
        for row in rows:
            articles.setdefault(name, []).append(_row(row, where=where))
    sentences: list[Sentence] = []
    labels: list[str] = []
    for name, rows_of_article in articles.items():
        prose = [row for row in rows_of_article if row[1] != NOT_PROSE]
        sentences += from_sentences([text for text, _, _ in prose], article=name, paragraphs=_paragraphs(prose))
        labels += [label for _, label, _ in prose]
    if not sentences:
        raise NewsvoiceError("no labelled sentences in it", where=str(path))
    return GoldSet(sentences, labels)


def _row(row: Mapping[str, Any], *, where: str) -> tuple[str, str, Any]:
    try:
        text, label = row["text"], row["label"]
    except (KeyError, TypeError):
        raise NewsvoiceError("a sentence needs 'text' and 'label'", where=where) from None
    if label not in (*NAMES, NOT_PROSE):
        known = ", ".join((*NAMES, NOT_PROSE))
        raise NewsvoiceError(f"unknown label {label!r}", where=where, advice=f"labels are {known}")
    if not isinstance(text, str) or not text.strip():
        raise NewsvoiceError("an empty sentence", where=where)
    if half_character(text):
        raise NewsvoiceError(
            "a sentence with half a character (a lone surrogate)", where=where, advice="leave the character out"
        )
    return text, label, row.get("para", row.get("paragraph"))


def _paragraphs(rows: Sequence[tuple[str, str, Any]]) -> list[int]:
    """Number paragraphs from 0 by change of the given value; without values, all are one paragraph."""
    numbers: list[int] = []
    for position, (_, _, value) in enumerate(rows):
        new = position > 0 and value != rows[position - 1][2]
        numbers.append((numbers[-1] if numbers else 0) + new)
    return numbers
