"""What goes out to an annotation tool and what comes back, whatever the tool's format.

Every format carries the fields of `fields`; its own module says how they are wrapped. Offsets and text
come back with each label, so that no label can slip to another passage.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from newsvoice.annotate.candidates import Candidate
from newsvoice.errors import NewsvoiceError

# What a reader sees where an article begins or ends; tools refuse an empty text.
START_MARK: Final = "(start of the article)"
END_MARK: Final = "(end of the article)"


@dataclass(frozen=True, slots=True)
class Returned:
    """One label as it came back. `annotator` is the tool's name for the person, None where it gives none."""

    article: str
    start: int
    end: int
    text: str
    label: str
    annotator: str | None
    where: str


@dataclass(frozen=True, slots=True)
class Batch:
    """What one file brought: labels, and how many passages came back without one."""

    labels: list[Returned]
    unlabelled: int


def fields(candidate: Candidate, *, rank: int) -> dict[str, Any]:
    """Return what every format carries of a candidate; `sentence` names the passage apart from its context."""
    return {
        "rank": rank,
        "article": candidate.article,
        "index": candidate.index,
        "start": candidate.start,
        "end": candidate.end,
        "before": candidate.before or START_MARK,
        "sentence": candidate.text,
        "after": candidate.after or END_MARK,
        "guess": candidate.label,
        "why": candidate.why,
    }


def returned(row: Mapping[str, Any], *, label: str, annotator: object, where: str) -> Returned:
    """Read a passage's fields; raises `NewsvoiceError` where one is missing or an offset is no number."""
    try:
        article, text = row["article"], row["sentence"]
        start, end = int(row["start"]), int(row["end"])
    except KeyError as error:
        raise NewsvoiceError(
            f"no field {error.args[0]!r}", where=where, advice="keep the fields that `annotate export` wrote"
        ) from None
    except (TypeError, ValueError):
        raise NewsvoiceError(
            f"offsets {row['start']!r} and {row['end']!r} are not whole numbers", where=where
        ) from None
    if not isinstance(article, str) or not isinstance(text, str):
        raise NewsvoiceError("article or sentence is not text", where=where)
    name = str(annotator).strip() if annotator is not None else ""
    return Returned(article, start, end, text, label.strip(), name or None, where)


def only_label(labels: object, *, where: str) -> str:
    """Return the one label of a passage, "" for none; raises `NewsvoiceError` for several or for no text."""
    found = [labels] if isinstance(labels, str) else [] if labels is None else labels
    if not isinstance(found, list) or not all(isinstance(label, str) for label in found):
        raise NewsvoiceError(f"{labels!r} is not a label", where=where)
    if len(found) > 1:
        raise NewsvoiceError(f"{len(found)} labels on one sentence", where=where, advice="allow one only")
    return found[0].strip() if found else ""
