"""CSV for a spreadsheet: one sentence a row, an empty column `label` to fill in.

A cell that begins like a formula would be run by a spreadsheet, so it goes out behind an apostrophe and
loses it again on the way in. The byte-order mark tells Excel that the file is UTF-8.
"""

import csv
import io
import re
from collections.abc import Sequence
from typing import Final

from newsvoice.annotate.candidates import Candidate
from newsvoice.annotate.exchange import Batch, fields
from newsvoice.errors import NewsvoiceError

_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_ESCAPED = re.compile(r"'+[=+\-@\t\r]")
_NEEDED: Final = ("label", "article", "start", "end", "sentence")


def dump(ranked: Sequence[Candidate], *, prefill: bool = False) -> str:
    """Return the table; `prefill` fills `label` with the guess. `annotator` may stay empty."""
    rows = [
        {**fields(candidate, rank=rank), "label": candidate.label if prefill else "", "annotator": ""}
        for rank, candidate in enumerate(ranked, start=1)
    ]
    stream = io.StringIO()
    writer = csv.DictWriter(stream, fieldnames=list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: _escaped(value) for key, value in row.items()} for row in rows)
    return "\ufeff" + stream.getvalue()


def load(text: str, *, where: str) -> Batch:
    """Read the table back, commas or semicolons between its cells; a row without label counts as unlabelled.

    Raises `NewsvoiceError` naming file and line for a table without the columns of `dump`.
    """
    text = text.removeprefix("\ufeff")
    head = text.partition("\n")[0]
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=";" if head.count(";") > head.count(",") else ",")
    for column in _NEEDED:
        if column not in (reader.fieldnames or ()):
            advice = "keep the columns of `annotate export`"
            raise NewsvoiceError(f"no column {column!r}", where=f"{where}:1", advice=advice)
    batch = Batch()
    try:
        for raw in reader:
            row = {key: _unescaped(value) for key, value in raw.items() if isinstance(value, str)}
            batch.add(row, row.get("label"), annotator=row.get("annotator"), where=f"{where}:{reader.line_num}")
    except csv.Error as error:
        raise NewsvoiceError(f"not CSV ({error})", where=f"{where}:{reader.line_num}") from None
    return batch


def _escaped(value: object) -> str:
    text = str(value)
    return f"'{text}" if _FORMULA.match(text) else text


def _unescaped(text: str) -> str:
    return text[1:] if _ESCAPED.match(text) else text
