"""The floor: every sentence gets the share of each label in training."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from newsvoice.labels import INDEX, NAMES
from newsvoice.records import Sentence, write_json
from pipeline.labelling.label import LabelledSentence

FILE = "majority.json"


class MajorityClassifier:
    """Predicts the most frequent training label, with the training shares as probabilities."""

    def __init__(self, shares: Sequence[float] = ()) -> None:
        self.shares = np.asarray(shares, dtype=float)

    def fit(self, train: Sequence[LabelledSentence], validation: Sequence[LabelledSentence]) -> Self:
        """Count the labels of `train`."""
        counts = np.bincount([INDEX[s.label] for s in train], minlength=len(NAMES))
        self.shares = counts / counts.sum()
        return self

    def predict_proba(self, sentences: Sequence[Sentence]) -> NDArray[np.float64]:
        """Return the same row for every sentence."""
        return np.tile(self.shares, (len(sentences), 1))

    def save(self, folder: Path) -> None:
        """Write `majority.json`."""
        write_json(folder / FILE, {"shares": dict(zip(NAMES, self.shares.tolist(), strict=True))})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read `majority.json`."""
        shares = np.array([json.loads((folder / FILE).read_text())["shares"][name] for name in NAMES])
        return cls(shares / shares.sum())
