"""doccano: JSON Lines for a text classification project, and its export back.

doccano imports `text` and `label` (a list) and keeps every other field as metadata, which it shows beside the
text and exports again (backend/data_import and data_export of doccano/doccano). It has no predictions: an
imported label counts as the annotator's own, looked at or not. So labels go out empty unless asked for; the
guess stands in the metadata. A project in which everybody labels for themselves exports a zip with one
`USER.jsonl` a person; a shared one exports `all.jsonl`.
"""

import json
from collections.abc import Sequence
from typing import Final

from newsvoice.annotate.candidates import Candidate
from newsvoice.annotate.exchange import Batch, fields
from newsvoice.errors import NewsvoiceError

# doccano classifies a text as a whole, so the context is part of it and the sentence is pointed at.
POINTER: Final = "▶ "


def dump(ranked: Sequence[Candidate], *, prefill: bool = False) -> str:
    """Return one JSON object a sentence; `prefill` puts the guess where the annotator's label goes."""
    lines = []
    for rank, candidate in enumerate(ranked, start=1):
        meta = fields(candidate, rank=rank)
        text = f"{meta.pop('before')}\n\n{POINTER}{candidate.text}\n\n{meta.pop('after')}"
        lines.append({"text": text, "label": [candidate.label] if prefill else [], **meta})
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def load(text: str, *, where: str, annotator: str | None = None) -> Batch:
    """Read an export in JSON Lines; raises `NewsvoiceError` naming file and line for anything else."""
    batch = Batch()
    # Not splitlines: JSON leaves U+2028 and its like inside a string.
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
        if not line.strip():
            continue
        place = f"{where}:{number}"
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise NewsvoiceError(f"not JSON ({error.msg})", where=place) from None
        if not isinstance(row, dict):
            raise NewsvoiceError("not a JSON object", where=place)
        batch.add(row, row.get("label"), annotator=annotator, where=place)
    return batch
