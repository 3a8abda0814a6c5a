"""From a text to predictions: the path that the CLI, the pipeline's examples and tests all take."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from newsvoice.errors import NewsvoiceError
from newsvoice.labels import UNCERTAIN
from newsvoice.records import Article, Block, Prediction
from newsvoice.runtime.classifier import Classifier
from newsvoice.text.segment import segment, segment_lines

_BREAK = r"(?>\r\n|\r|\n)"
_EMPTY_LINES = re.compile(rf"{_BREAK}(?:[ \t\ufeff]*{_BREAK})+")


@dataclass(frozen=True, slots=True)
class Labelled:
    """An article and a prediction for each of its sentences, in order."""

    article: Article
    predictions: list[Prediction]


def label_article(article: Article, classifier: Classifier, *, min_confidence: float = 0.0) -> Labelled:
    """Split an article into sentences and label them.

    Below `min_confidence` (probability of the best label, 0 to 1) a sentence's label is `uncertain`.
    """
    predictions = classifier.predict(segment(article))
    return Labelled(article, _doubt(predictions, min_confidence))


def label_lines(
    text: str, *, article_id: str, classifier: Classifier, min_confidence: float = 0.0, where: str = ""
) -> Iterator[Labelled]:
    """Label every line as one sentence; an empty line begins a new article.

    The first article is `article_id`, the next ones `article_id#2`, `article_id#3` …; offsets point into
    the whole text. Raises `NewsvoiceError` when there is no line to label.
    """
    number = 0
    for start, end in _line_groups(text):
        number += 1
        name = article_id if number == 1 else f"{article_id}#{number}"
        sentences = segment_lines(text, article=name, start=start, end=end)
        blocks = tuple(Block(s.start, s.end, "paragraph") for s in sentences)
        predictions = _doubt(classifier.predict(sentences), min_confidence)
        yield Labelled(Article(name, text, blocks), predictions)
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


def _doubt(predictions: list[Prediction], min_confidence: float) -> list[Prediction]:
    return [replace(p, label=UNCERTAIN) if max(p.probabilities.values()) < min_confidence else p for p in predictions]
