"""The words that weighed in the sentences a report shows one by one: every error, and the given article."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from newsvoice.engine import Engine
from newsvoice.explain import explain
from newsvoice.labels import NAMES
from newsvoice.predict import Word
from newsvoice.records import Prediction, Sentence, read_records
from pipeline.evaluation.predictions import ScoredSentence

# By article and index.
Weights = Mapping[tuple[str, int], Sequence[Word]]


@dataclass(frozen=True, slots=True)
class Explained:
    """A sentence's weighted words; their offsets count from the sentence's own start."""

    article: str
    index: int
    words: tuple[Word, ...]


def explain_scored(scored: Sequence[ScoredSentence], engine: Engine, *, whole: Collection[str]) -> list[Explained]:
    """Weigh the words of every sentence that got a wrong label, and of all sentences of the `whole` articles.

    The label is that of `scored`, whichever engine weighs.
    """
    explained = []
    for name, group in groupby(scored, key=lambda s: s.article):
        own = list(group)
        only = [n for n, s in enumerate(own) if name in whole or s.gold != s.predicted]
        words = explain([_sentence(s) for s in own], [_prediction(s) for s in own], engine, only=only)
        explained += [Explained(name, own[n].index, words[n]) for n in only]
    return explained


def read_weights(path: Path) -> dict[tuple[str, int], tuple[Word, ...]]:
    """Read what the stage `explain` wrote."""
    return {(e.article, e.index): tuple(Word(**word) for word in e.words) for e in read_records(path, Explained)}  # type: ignore[arg-type]


def _sentence(s: ScoredSentence) -> Sentence:
    return Sentence(s.article, s.index, 0, len(s.text), s.text, s.paragraph, s.in_quotation)


def _prediction(s: ScoredSentence) -> Prediction:
    return Prediction(
        article=s.article,
        index=s.index,
        start=0,
        end=len(s.text),
        text=s.text,
        label=s.predicted,
        probabilities=dict(zip(NAMES, s.probabilities, strict=True)),
        in_quotation=s.in_quotation,
        model="",
    )
