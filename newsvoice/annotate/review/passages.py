"""The passages of an article that a person labels, in reading order."""

from collections.abc import Sequence
from dataclasses import dataclass

from newsvoice.annotate.review.guesses import Guess
from newsvoice.annotations import Annotation
from newsvoice.labels import NOT_PROSE
from newsvoice.records import Article


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of text to label: an annotated passage, a sentence, or a block that was set aside."""

    span: tuple[int, int]
    paragraph: int
    kind: str
    mark: Annotation | None
    guess: Guess | None


def passages(article: Article, guessed: Sequence[Guess], marks: Sequence[Annotation]) -> list[Passage]:
    """Return annotated passages as they stand and, where none reaches, sentences and set-aside blocks.

    `guessed` holds a guess a sentence; `marks` are the article's annotations, in order.
    """
    guess_of = {(guess.start, guess.end): guess for guess in guessed}
    for block in article.blocks:
        if block.kind == "boilerplate":
            aside = Guess(block.start, block.end, NOT_PROSE, "Set aside as boilerplate.", doubtful=False)
            guess_of.setdefault((block.start, block.end), aside)
    mark_of = {(mark.start, mark.end): mark for mark in marks}
    free = [span for span in guess_of if not any(m.start < span[1] and span[0] < m.end for m in marks)]
    found = []
    for span in sorted([*mark_of, *free]):
        number, kind = _block(article, span[0])
        found.append(Passage(span, number, kind, mark_of.get(span), guess_of.get(span)))
    return found


def _block(article: Article, start: int) -> tuple[int, str]:
    """Return number and kind of the block that holds an offset, or of the last before it."""
    found = [(number, str(block.kind)) for number, block in enumerate(article.blocks) if block.start <= start]
    return found[-1] if found else (0, "paragraph")
