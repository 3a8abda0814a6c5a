"""Votes on passages: one person's label laid on an article's annotations, or taken back."""

from collections.abc import Sequence
from dataclasses import replace

from newsvoice.annotations import ALLOWED, Annotation, Vote
from newsvoice.errors import NewsvoiceError
from newsvoice.records import Article


def with_vote(
    marks: Sequence[Annotation], article: Article, *, start: int, end: int, vote: Vote, where: str
) -> list[Annotation]:
    """Return `marks` (in order of offset) with a vote on `article.text[start:end]`; everybody else's stay.

    An annotator has one vote a passage: a new one takes the place of the old. Raises `NewsvoiceError` for
    a passage outside the article or across another annotation's border, and for an unknown label.
    """
    if vote.label not in ALLOWED:
        raise NewsvoiceError(f"unknown label {vote.label!r}", where=where, advice=f"labels are {', '.join(ALLOWED)}")
    if not 0 <= start < end <= len(article.text) or not article.text[start:end].strip():
        raise NewsvoiceError(f"no passage from {start} to {end} in {article.id}", where=where)
    changed = list(marks)
    for position, mark in enumerate(changed):
        if (mark.start, mark.end) == (start, end):
            others = [old for old in mark.votes if old.annotator != vote.annotator]
            # In its old place, so that a changed mind changes one line of a diff and no more.
            place = next((n for n, old in enumerate(mark.votes) if old.annotator == vote.annotator), len(others))
            changed[position] = replace(mark, votes=(*others[:place], vote, *others[place:]))
            return changed
        if mark.start < end and start < mark.end:
            raise NewsvoiceError(
                f"{article.id}[{start}:{end}] crosses the annotated passage [{mark.start}:{mark.end}]",
                where=where,
                advice="label that passage instead",
            )
    place = sum(mark.start < start for mark in changed)
    changed.insert(place, Annotation(start, end, article.text[start:end], (vote,)))
    return changed


def without_vote(marks: Sequence[Annotation], *, start: int, end: int, annotator: str) -> list[Annotation]:
    """Return `marks` without an annotator's vote on a passage, and without the passage when nobody else spoke."""
    changed = []
    for mark in marks:
        if (mark.start, mark.end) == (start, end):
            others = tuple(vote for vote in mark.votes if vote.annotator != annotator)
            if not others:
                continue
            mark = replace(mark, votes=others)
        changed.append(mark)
    return changed


def vote_of(mark: Annotation, annotator: str) -> Vote | None:
    """Return an annotator's vote on a passage, if there is one."""
    return next((vote for vote in mark.votes if vote.annotator == annotator), None)
