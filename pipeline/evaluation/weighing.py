"""Which words weighed in the sentences that a report shows one by one: every error, and the given article."""

from collections.abc import Collection, Sequence
from itertools import groupby

from newsvoice.engine import Engine
from newsvoice.explain import explain
from newsvoice.labels import NAMES
from newsvoice.records import Prediction, Sentence
from pipeline.evaluation.explained import Explained
from pipeline.evaluation.predictions import ScoredSentence


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
