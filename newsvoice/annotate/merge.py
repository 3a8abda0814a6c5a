"""Labels that came back from an annotation tool become votes in stand-off files: all of them, or none."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from newsvoice.annotate.exchange import Batch, Returned
from newsvoice.annotate.votes import vote_of, with_vote
from newsvoice.annotations import Annotation, Vote, check_against, read_annotations
from newsvoice.errors import NewsvoiceError
from newsvoice.records import Article

# An error message names this many places; a file that fits no article would name thousands.
SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Merged:
    """The annotations of every article that labels came for, and what changed: votes added, altered, as before."""

    annotations: Mapping[str, list[Annotation]]
    added: int
    altered: int
    same: int


def merge(
    batch: Batch,
    *,
    article_of: Callable[[str], Article | None],
    annotations: Path,
    name_of: Callable[[str | None], str | None],
) -> Merged:
    """Lay a batch's labels on the annotations in a folder, without writing any.

    `article_of` finds an article by id, `name_of` gives an annotator's name by the tool's name for the
    person. Raises one `NewsvoiceError` that lists the rows that could not be read and every place where a
    label fits no article, another text, a passage across an annotation's border, no label of the codebook or
    no known annotator, or where one annotator says two things of one passage.
    """
    marks: dict[str, list[Annotation]] = {}
    said: dict[tuple[str, int, int, str], str] = {}
    problems = list(batch.problems)
    counts = {"added": 0, "altered": 0, "same": 0}
    for label in batch.labels:
        try:
            article = _article(label, article_of)
            annotator = _annotator(label, name_of)
            key = (label.article, label.start, label.end, annotator)
            if said.setdefault(key, label.label) != label.label:
                raise NewsvoiceError(f"{annotator} calls it {said[key]} and {label.label}", where=label.where)
            if label.article not in marks:
                marks[label.article] = _existing(article, annotations)
            before = _vote(marks[label.article], label, annotator)
            # What an annotator confirms keeps the doubt that was noted with it.
            if before is None or before.label != label.label:
                marks[label.article] = with_vote(
                    marks[label.article],
                    article,
                    start=label.start,
                    end=label.end,
                    vote=Vote(annotator, label.label),
                    where=label.where,
                )
            counts["added" if before is None else "same" if before.label == label.label else "altered"] += 1
        except NewsvoiceError as error:
            problems.append(str(error))
    if problems:
        more = [f"… and {len(problems) - SHOWN} more"] if len(problems) > SHOWN else []
        raise NewsvoiceError("\n".join([*problems[:SHOWN], *more, "nothing was imported"]))
    return Merged(marks, **counts)


def _article(label: Returned, article_of: Callable[[str], Article | None]) -> Article:
    article = article_of(label.article)
    if article is None:
        raise NewsvoiceError(f"no article {label.article!r}", where=label.where, advice="name its folder: --articles")
    found = article.text[max(0, label.start) : max(0, label.end)]
    # Tools and spreadsheets rewrite line breaks; the offsets say which passage is meant, and it is stored as it stands.
    if found.split() != label.text.split():
        raise NewsvoiceError(
            f"{label.article}[{label.start}:{label.end}] is {found[:60]!r}, not {label.text[:60]!r}",
            where=label.where,
            advice="the article was edited since the export: export again",
        )
    return article


def _annotator(label: Returned, name_of: Callable[[str | None], str | None]) -> str:
    name = name_of(label.annotator)
    if name is None:
        person = "nobody named" if label.annotator is None else repr(label.annotator)
        advice = "--annotator NAME" if label.annotator is None else f"--annotator {label.annotator}=NAME"
        raise NewsvoiceError(f"labelled by {person}", where=label.where, advice=f"say who that is: {advice}")
    return name


def _existing(article: Article, folder: Path) -> list[Annotation]:
    file = folder / f"{article.id}.jsonl"
    if not file.exists():
        return []
    marks = read_annotations(file)
    check_against(article, marks, where=str(file))
    return marks


def _vote(marks: Sequence[Annotation], label: Returned, annotator: str) -> Vote | None:
    for mark in marks:
        if (mark.start, mark.end) == (label.start, label.end):
            return vote_of(mark, annotator)
    return None
