"""What every classifier in the comparison can do, and how it is told apart on disk."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from newsvoice.records import Sentence
from pipeline.labelling.label import LabelledSentence


class SentenceClassifier(Protocol):
    """The contract of baselines and transformer alike; one test suite holds all of them to it.

    Sentences are given in reading order, whole articles at a time, since a classifier may read context.
    """

    def fit(self, train: Sequence[LabelledSentence], validation: Sequence[LabelledSentence]) -> Self:
        """Learn from `train` and return self; `validation` may choose between candidates and calibrate, never teach."""
        ...

    def predict_proba(self, sentences: Sequence[Sentence]) -> NDArray[np.float64]:
        """Return `(n, 3)` probabilities in the order of `newsvoice.labels`; rows sum to 1."""
        ...

    def save(self, folder: Path) -> None:
        """Write the fitted classifier into an empty or missing folder, without pickle."""
        ...

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""
        ...
