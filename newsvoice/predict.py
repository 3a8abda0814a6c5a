"""From a text to predictions: the path that the CLI, the API, archives and tests all take."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from newsvoice.errors import NewsvoiceError
from newsvoice.labels import UNCERTAIN
from newsvoice.records import Article, Block, Prediction, Sentence
from newsvoice.text.segment import segment, segment_lines

if TYPE_CHECKING:
    from newsvoice.engine import Engine

_BREAK = r"(?>\r\n|\r|\n)"
_EMPTY_LINES = re.compile(rf"{_BREAK}(?:[ \t\ufeff]*{_BREAK})+")


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a sentence, `article.text[start:end]`, and how much it speaks for the sentence's label.

    `weight`: the label's probability with the word less its probability without it, -1 to 1.
    """

    start: int
    end: int
    weight: float


@dataclass(frozen=True, slots=True)
class Labelled:
    """An article and a prediction for each of its sentences, in order.

    `words` has a sequence of weighted words for each prediction, or is empty if nobody asked; `columns`
    is what else stood in the article's row of a table.
    """

    article: Article
    predictions: list[Prediction]
    words: Sequence[Sequence[Word]] = ()
    columns: Mapping[str, Any] = field(default_factory=dict)


def label_article(article: Article, engine: "Engine", *, min_confidence: float = 0.0) -> Labelled:
    """Split an article into sentences and label them.

    Below `min_confidence` (probability of the best label, 0 to 1) a sentence's label is `uncertain`.
    """
    return Labelled(article, doubt(engine.predict(segment(article)), min_confidence))


def label_lines(
    text: str, *, article_id: str, engine: "Engine", min_confidence: float = 0.0, where: str = ""
) -> Iterator[Labelled]:
    """Label every line as one sentence; an empty line begins a new article (see `articles_of_lines`)."""
    for article, sentences in articles_of_lines(text, article_id=article_id, where=where):
        yield Labelled(article, doubt(engine.predict(sentences), min_confidence))


def articles_of_lines(text: str, *, article_id: str, where: str = "") -> Iterator[tuple[Article, list[Sentence]]]:
    """Take every line as one sentence; an empty line begins a new article.

    The first article is `article_id`, the next ones `article_id#2`, `article_id#3` …; offsets point into
    the whole text. Raises `NewsvoiceError` when there is no line to label.
    """
    number = 0
    for start, end in _line_groups(text):
        number += 1
        name = article_id if number == 1 else f"{article_id}#{number}"
        sentences = segment_lines(text, article=name, start=start, end=end)
        yield Article(name, text, tuple(Block(s.start, s.end, "paragraph") for s in sentences)), sentences
    if not number:
        raise NewsvoiceError("no lines in it", where=where or article_id, advice="give one sentence a line")


def _line_groups(text: str) -> Iterator[tuple[int, int]]:
    """Yield the offsets of the stretches between empty lines that hold any text."""
    start = 0
    for gap in _EMPTY_LINES.finditer(text):
        if text[start : gap.start()].strip(" \t\r\n\ufeff"):
            yield start, gap.start()
        start = gap.end()
    if text[start:].strip(" \t\r\n\ufeff"):
        yield start, len(text)


def doubt(predictions: Sequence[Prediction], min_confidence: float) -> list[Prediction]:
    """Return predictions with the label `uncertain` where the best probability is below `min_confidence`."""
    return [replace(p, label=UNCERTAIN) if max(p.probabilities.values()) < min_confidence else p for p in predictions]
