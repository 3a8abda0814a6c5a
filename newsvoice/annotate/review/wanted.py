"""A list of passages to walk through, as `make suspects` writes it: where, and why somebody should look."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from newsvoice.errors import NewsvoiceError


@dataclass(frozen=True, slots=True)
class Wanted:
    """A passage to look at: its label when the list was made, who had voted by then, and the reason in words.

    `text` is what the passage said then (empty: the list does not say).
    """

    start: int
    end: int
    given: str
    annotators: tuple[str, ...]
    why: str
    text: str = ""

    def answered(self, annotator: str, label: str | None) -> bool:
        """Whether an annotator's vote (None: none) is an answer to the list rather than older than it."""
        return label is not None and (annotator not in self.annotators or label != self.given)


def read_wanted(path: Path) -> dict[str, list[Wanted]]:
    """Read `{"rows": [{article, start, end, given, …}]}`; articles come in the order of their first row.

    Raises `NewsvoiceError` naming file and row for anything else, and for a list without rows.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise NewsvoiceError(f"cannot read ({error.strerror})", where=str(path)) from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise NewsvoiceError(f"not JSON ({error})", where=str(path)) from error
    rows = value.get("rows") if isinstance(value, dict) else None
    if not isinstance(rows, list) or not rows:
        raise NewsvoiceError("no rows in it", where=str(path), advice="make suspects")
    found: dict[str, list[Wanted]] = {}
    for number, row in enumerate(rows, start=1):
        try:
            found.setdefault(str(row["article"]), []).append(_wanted(row))
        except (KeyError, TypeError, ValueError) as error:
            raise NewsvoiceError(
                f"broken row ({error!r})", where=f"{path}: row {number}", advice="make suspects"
            ) from error
    return found


def _wanted(row: Mapping[str, Any]) -> Wanted:
    why = f"Listed: labelled {row['given']}"
    if "suggested" in row:
        why += f", unseen it looks like {row['suggested']}"
    return Wanted(
        int(row["start"]),
        int(row["end"]),
        str(row["given"]),
        tuple(row.get("annotators", ())),
        f"{why}.",
        str(row.get("text", "")),
    )
