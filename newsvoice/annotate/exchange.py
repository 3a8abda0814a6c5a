"""What goes out to an annotation tool and what comes back, whatever the tool's format.

Every format carries the fields of `fields`; its own module says how they are wrapped. Offsets and text
come back with each label, so that no label can slip to another passage.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from newsvoice.annotate.candidates import Candidate
from newsvoice.annotations import ALLOWED
from newsvoice.errors import NewsvoiceError
from newsvoice.labels import BY_LETTER, NOT_PROSE

# What a reader sees where an article begins or ends; tools refuse an empty text.
START_MARK: Final = "(start of the article)"
END_MARK: Final = "(end of the article)"
# What people write for a label, in whatever case: its name with spaces or underscores, as page and report show it,
# or its letter.
_WRITTEN: Final = (
    {name.replace("_", " "): name for name in ALLOWED}
    | {letter.lower(): label.name for letter, label in BY_LETTER.items()}
    | {"not prose": NOT_PROSE, "n": NOT_PROSE}
)


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


@dataclass(slots=True)
class Batch:
    """What one file brought: labels, how many passages came back without one, and rows that cannot be read."""

    labels: list[Returned] = field(default_factory=list)
    unlabelled: int = 0
    problems: list[str] = field(default_factory=list)

    def add(self, row: Mapping[str, Any], label: object, *, annotator: object, where: str) -> None:
        """Read a passage's fields and its label, if it has one; what is wrong with them joins `problems`."""
        try:
            name = _only_label(label, where=where)
            if name:
                self.labels.append(_returned(row, label=name, annotator=annotator, where=where))
            self.unlabelled += not name
        except NewsvoiceError as error:
            self.problems.append(str(error))


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


def _returned(row: Mapping[str, Any], *, label: str, annotator: object, where: str) -> Returned:
    try:
        article, text = row["article"], row["sentence"]
        start, end = _offset(row["start"]), _offset(row["end"])
    except KeyError as error:
        raise NewsvoiceError(
            f"no field {error.args[0]!r}", where=where, advice="keep the fields that `annotate export` wrote"
        ) from None
    if start is None or end is None:
        wrong = [f"{key} {row[key]!r}" for key, value in (("start", start), ("end", end)) if value is None]
        raise NewsvoiceError(f"not a whole number: {', '.join(wrong)}", where=where)
    if not isinstance(article, str) or not isinstance(text, str):
        raise NewsvoiceError("article or sentence is not text", where=where)
    name = str(annotator).strip() if annotator is not None else ""
    return Returned(article, start, end, text, label, name or None, where)


def _offset(value: object) -> int | None:
    try:
        return int(str(value))
    except ValueError:
        return None


def _only_label(labels: object, *, where: str) -> str:
    """Return the one label of a passage, by its name if it is known, "" for none."""
    found = [labels] if isinstance(labels, str) else [] if labels is None else labels
    if not isinstance(found, list) or not all(isinstance(label, str) for label in found):
        raise NewsvoiceError(f"{labels!r} is not a label", where=where)
    if len(found) > 1:
        raise NewsvoiceError(f"{len(found)} labels on one sentence", where=where, advice="allow one only")
    written = found[0].strip() if found else ""
    return _WRITTEN.get(" ".join(written.lower().replace("_", " ").split()), written)
