"""Labelled articles as records: JSON Lines and CSV, one record a sentence, or one an article for a summary.

`newsvoice.schema` describes the records. CSV has the same fields in flat columns: `p_LABEL` for each
probability (`n_LABEL` and `share_LABEL` in a summary), JSON in `words` and `columns`.
"""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from newsvoice.labels import NAMES, UNCERTAIN
from newsvoice.predict import Labelled

VOICES = (*NAMES, UNCERTAIN)
_PROBABILITIES = tuple(f"p_{name}" for name in NAMES)
_COUNTS = tuple(f"n_{name}" for name in VOICES)
_SHARES = tuple(f"share_{name}" for name in VOICES)
CSV_FIELDS = (
    *("article", "index", "start", "end", "text", "label"),
    *_PROBABILITIES,
    *("in_quotation", "model", "truncated"),
)
SUMMARY_FIELDS = ("article", "sentences", *_COUNTS, *_SHARES, "model")


def csv_fields(*, summary: bool = False, words: bool = False, columns: bool = False) -> tuple[str, ...]:
    """Return the columns of a CSV file: those of every record, and those that were asked for or read."""
    if summary:
        return (*SUMMARY_FIELDS, *(["columns"] if columns else []))
    return (*CSV_FIELDS, *(["words"] if words else []), *(["columns"] if columns else []))


def records(labelled: Labelled, *, summary: bool = False) -> Iterator[dict[str, Any]]:
    """Yield one record a sentence, or one for the article.

    A sentence's is its prediction, with its weighted words if asked for; an article's says how many
    sentences, and how many and what share speak in each voice. Both keep the other columns of their row.
    """
    columns = {"columns": dict(labelled.columns)} if labelled.columns else {}
    if summary:
        yield _summary(labelled) | columns
        return
    for position, prediction in enumerate(labelled.predictions):
        words = {"words": [asdict(word) for word in labelled.words[position]]} if labelled.words else {}
        yield asdict(prediction) | words | columns


def _summary(labelled: Labelled) -> dict[str, Any]:
    total = len(labelled.predictions)
    counts = {name: sum(p.label == name for p in labelled.predictions) for name in VOICES}
    return {
        "article": labelled.article.id,
        "sentences": total,
        "counts": counts,
        "shares": {name: round(count / max(1, total), 4) for name, count in counts.items()},
        "model": labelled.predictions[0].model if total else "",
    }


def jsonl(labelled: Labelled, *, summary: bool = False) -> str:
    """Return one JSON object a line."""
    return "".join(dumps(record) + "\n" for record in records(labelled, summary=summary))


def dumps(value: Any) -> str:
    """Write JSON on one line: text as it is, escaped where half a character (a lone surrogate) has no UTF-8."""
    line = json.dumps(value, ensure_ascii=False)
    broken = not line.isascii() and any("\ud800" <= c <= "\udfff" for c in line)
    return json.dumps(value) if broken else line


def csv_header(fields: Sequence[str] = CSV_FIELDS) -> str:
    """Return the CSV's first line."""
    return ",".join(fields) + "\n"


def csv_rows(labelled: Labelled, fields: Sequence[str] = CSV_FIELDS) -> str:
    """Return CSV records (every text quoted, `\\n` line ends) with these columns, as `csv_fields` gives them."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    for record in records(labelled, summary="label" not in fields):
        flat = flattened(record)
        writer.writerow([_cell(flat.get(field, "")) for field in fields])
    return stream.getvalue()


def flattened(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record with a column of its own for each probability, count and share."""
    flat = dict(record)
    for nested, names in (("probabilities", _PROBABILITIES), ("counts", _COUNTS), ("shares", _SHARES)):
        if nested in flat:
            flat |= dict(zip(names, flat.pop(nested).values(), strict=True))
    return flat


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    return dumps(value) if isinstance(value, (list, dict)) else value
