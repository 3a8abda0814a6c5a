"""Stand-off gold annotations: passages of an article by character offset, with every annotator's vote.

An annotation names its passage twice, by offset and by text. So it survives a change of splitter (the
offsets stay true), and an edit of the article cannot slip under it (the text no longer matches, which is
an error that names the place). The gold label is derived, never stored: the adjudicator's vote where
there is one, else the label on which the passes agree.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from newsvoice.errors import NewsvoiceError
from newsvoice.labels import NAMES, NOT_PROSE
from newsvoice.records import Article, read_jsonl

ALLOWED: Final = (*NAMES, NOT_PROSE)
# The annotator whose vote settles a dispute.
ADJUDICATOR: Final = "adjudicator"
# A vote is worth this much for its label by the annotator's own confidence; the runner-up gets the rest.
CERTAINTY: Final = {3: 1.0, 2: 0.8, 1: 0.6}


@dataclass(frozen=True, slots=True)
class Vote:
    """One annotator's label; `confidence` is 3 (sure), 2 or 1 (toss-up), `runner_up` the second choice."""

    annotator: str
    label: str
    confidence: int | None = None
    runner_up: str | None = None


@dataclass(frozen=True, slots=True)
class Annotation:
    """A passage `article.text[start:end] == text` and the votes on it."""

    start: int
    end: int
    text: str
    votes: tuple[Vote, ...]

    @property
    def label(self) -> str | None:
        """The gold label, or None while the passes differ and nobody has settled it."""
        for vote in self.votes:
            if vote.annotator == ADJUDICATOR:
                return vote.label
        labels = {vote.label for vote in self.votes}
        return labels.pop() if len(labels) == 1 else None

    @property
    def disputed(self) -> bool:
        """Whether an adjudicator is needed."""
        return self.label is None

    @property
    def shares(self) -> dict[str, float]:
        """How the votes are spread over the labels, annotators' doubt counted; they sum to 1.

        A doubtful vote gives its runner-up what it withholds from its label, and keeps it where it names none.
        """
        shares: dict[str, float] = {}
        for vote in self.votes:
            certainty = CERTAINTY[vote.confidence or 3]
            for label, part in ((vote.label, certainty), (vote.runner_up or vote.label, 1 - certainty)):
                shares[label] = shares.get(label, 0.0) + part / len(self.votes)
        return shares


def read_annotations(path: Path) -> list[Annotation]:
    """Read one article's annotations, in order of offset.

    Raises `NewsvoiceError` with file and line for an unknown label or confidence, a missing field, a
    passage that is empty or overlaps the one before.
    """
    annotations: list[Annotation] = []
    for number, value in read_jsonl(path):
        where = f"{path}:{number}"
        try:
            votes = tuple(Vote(**vote) for vote in value.pop("votes"))
            annotation = Annotation(votes=votes, **value)
        except (KeyError, TypeError) as error:
            raise NewsvoiceError(
                f"broken annotation ({error})", where=where, advice="fields are start, end, text and votes"
            ) from error
        _check(annotation, previous_end=annotations[-1].end if annotations else 0, where=where)
        annotations.append(annotation)
    return annotations


def check_votes(annotation: Annotation, *, where: str) -> None:
    """Raise `NewsvoiceError` for an annotation without text or votes, or with an unknown label or confidence."""
    if not isinstance(annotation.text, str) or not annotation.text.strip():
        raise NewsvoiceError("no text", where=where)
    if not annotation.votes:
        raise NewsvoiceError("no votes", where=where)
    for vote in annotation.votes:
        for label in (vote.label, vote.runner_up or NOT_PROSE):
            if label not in ALLOWED:
                raise NewsvoiceError(f"unknown label {label!r}", where=where, advice=f"labels are {', '.join(ALLOWED)}")
        if vote.confidence is not None and vote.confidence not in CERTAINTY:
            raise NewsvoiceError(f"confidence {vote.confidence!r} is not 1, 2 or 3", where=where)


def _check(annotation: Annotation, *, previous_end: int, where: str) -> None:
    check_votes(annotation, where=where)
    if type(annotation.start) is not int or type(annotation.end) is not int:
        raise NewsvoiceError(f"offsets {annotation.start!r} and {annotation.end!r} are not whole numbers", where=where)
    if not 0 <= annotation.start < annotation.end:
        raise NewsvoiceError(f"no passage from {annotation.start} to {annotation.end}", where=where)
    if annotation.start < previous_end:
        raise NewsvoiceError(f"starts at {annotation.start}, inside the one before", where=where)


def check_against(article: Article, annotations: list[Annotation], *, where: str) -> None:
    """Raise `NewsvoiceError` at the first annotation whose text is not what the article holds there."""
    for number, annotation in enumerate(annotations, start=1):
        found = article.text[annotation.start : annotation.end]
        if found != annotation.text:
            raise NewsvoiceError(
                f"{article.id}[{annotation.start}:{annotation.end}] is {found[:60]!r}, not {annotation.text[:60]!r}",
                where=f"{where}:{number}",
                advice="the article was edited under its annotation: restore it or annotate again",
            )
