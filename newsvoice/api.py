"""The Python surface: load a model once, then label as many texts as you like.

>>> from newsvoice.api import load
>>> newsvoice = load()
>>> for sentence in newsvoice.predict("The council met. “We pay for it all,” he said."):
...     print(sentence.index, sentence.in_quotation, sentence.text)
0 False The council met.
1 True “We pay for it all,” he said.
>>> sentence.label in sentence.probabilities
True

Many texts are read, labelled and forgotten in turn, so that an iterable may be longer than memory:

>>> texts = ["Ships pay.", "Tugs pay. Boats do not."]
>>> [len(sentences) for sentences in newsvoice.predict_many(texts)]
[1, 2]
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from newsvoice.documents import half_character
from newsvoice.engine import Engine, load_engine
from newsvoice.errors import NewsvoiceError
from newsvoice.explain import explain
from newsvoice.predict import Word, doubt
from newsvoice.records import Prediction, Sentence
from newsvoice.text.ingest import parse_article
from newsvoice.text.segment import segment

# Texts that share the model's batches: enough to sort sentences by length.
TOGETHER = 16


@dataclass(frozen=True, slots=True)
class Newsvoice:
    """A loaded model.

    `min_confidence`: below this probability of the best label (0 to 1) a sentence's label is `uncertain`.
    """

    engine: Engine
    min_confidence: float = 0.0

    def predict(self, text: str) -> list[Prediction]:
        """Label the sentences of one article, in order; boilerplate (bylines, captions) is left out.

        `start` and `end` of a prediction are offsets into `text`. Raises `NewsvoiceError` when no prose is in it, or
        half a character (a lone surrogate), `TypeError` for what is no text.

        >>> text = "By Ada Low\\n\\nThe fee rose. Nobody asked why."
        >>> [text[p.start : p.end] for p in load().predict(text)]
        ['The fee rose.', 'Nobody asked why.']
        """
        return doubt(self.engine.predict(_sentences(text)), self.min_confidence)

    def predict_many(self, texts: Iterable[str]) -> Iterator[list[Prediction]]:
        """Yield the predictions of each text, in order; their `article` is the text's number, from 0.

        A text without prose, or with half a character, yields an empty list, so that it ends no long run.
        Raises `TypeError` for what is no text, and for one string: its letters are no texts.

        >>> [len(sentences) for sentences in load().predict_many(["Ships pay.", "", "Tugs do not."])]
        [1, 0, 1]
        """
        if isinstance(texts, str):
            raise TypeError("one text is for `predict`; `predict_many` takes an iterable of texts")
        return self._in_turn(texts)

    def _in_turn(self, texts: Iterable[str]) -> Iterator[list[Prediction]]:
        numbered = enumerate(texts)
        while together := list(islice(numbered, TOGETHER)):
            articles = [_sentences_or_none(text, number) for number, text in together]
            answers = iter(self.engine.predict([sentence for sentences in articles for sentence in sentences]))
            for sentences in articles:
                yield doubt([next(answers) for _ in sentences], self.min_confidence)

    def explain(self, text: str) -> list[tuple[Prediction, tuple[Word, ...]]]:
        """Label the sentences of one article and weigh their words: some 60 times the work of `predict`.

        >>> [(sentence, words)] = load().explain("The mayor said so.")
        >>> [sentence.text[word.start : word.end] for word in words]
        ['The', 'mayor', 'said', 'so']
        """
        sentences = _sentences(text)
        predictions = self.engine.predict(sentences)
        words = explain(sentences, predictions, self.engine)
        return list(zip(doubt(predictions, self.min_confidence), words, strict=True))


def _sentences(text: str, number: int = 0) -> list[Sentence]:
    if not isinstance(text, str):
        raise TypeError(f"text {number} is {type(text).__name__}, not str")
    if half_character(text):
        advice = "decode it again from its bytes, or leave the character out"
        raise NewsvoiceError("half a character (a lone surrogate) in it", where=f"text {number}", advice=advice)
    return segment(parse_article(text, article_id=str(number)))


def _sentences_or_none(text: str, number: int) -> list[Sentence]:
    try:
        return _sentences(text, number)
    except NewsvoiceError:
        return []


def load(model: Path | str | None = None, *, min_confidence: float = 0.0) -> Newsvoice:
    """Load a model folder, or the default one, as the command line does.

    Raises `NewsvoiceError` when it is missing or broken.
    """
    return Newsvoice(load_engine(None if model is None else Path(model)), min_confidence)
