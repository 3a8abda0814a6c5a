"""Predictions beside gold: what the predict stage writes and everything after it reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from newsvoice.labels import INDEX, NAMES
from pipeline.classifiers.base import SentenceClassifier
from pipeline.labelling.label import CONTEXT, LabelledSentence

# Files in a model's folder of predictions.
TEST_PREDICTIONS: Final = "test.jsonl"
CONTRAST_PREDICTIONS: Final = "contrast.jsonl"
# Digits kept of a probability: enough for every metric here, few enough to stay the same across kernels.
DIGITS = 6


@dataclass(frozen=True, slots=True)
class ScoredSentence:
    """A test sentence with its gold label and one model's probabilities, in the order of the labels."""

    article: str
    index: int
    text: str
    paragraph: int
    in_quotation: bool
    gold: str
    probabilities: tuple[float, ...]

    @property
    def predicted(self) -> str:
        """The most probable label; the first in order when two are equal."""
        return NAMES[int(np.argmax(self.probabilities))]


def score(classifier: SentenceClassifier, sentences: Sequence[LabelledSentence]) -> list[ScoredSentence]:
    """Run a classifier over labelled sentences, whole articles in reading order; context is read, not scored."""
    probabilities = classifier.predict_proba(sentences)
    return [
        ScoredSentence(
            article=s.article,
            index=s.index,
            text=s.text,
            paragraph=s.paragraph,
            in_quotation=s.in_quotation,
            gold=s.label,
            probabilities=tuple(round(float(p), DIGITS) for p in row),
        )
        for s, row in zip(sentences, probabilities, strict=True)
        if s.source != CONTEXT
    ]


def gold_indices(scored: Sequence[ScoredSentence]) -> NDArray[np.int64]:
    """Gold labels as indices, `(n,)`."""
    return np.array([INDEX[s.gold] for s in scored], dtype=np.int64)


def predicted_indices(scored: Sequence[ScoredSentence]) -> NDArray[np.int64]:
    """Predicted labels as indices, `(n,)`."""
    return np.array([INDEX[s.predicted] for s in scored], dtype=np.int64)
