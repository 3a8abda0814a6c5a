"""The labelling functions as a classifier: no learning but how far each of their answers can be trusted."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from newsvoice.labels import INDEX, NAMES
from newsvoice.records import Sentence, write_json
from newsvoice.rules import labels_by_rules
from pipeline.labelling.label import LabelledSentence

FILE = "rules.json"
# Weight of the rule's own answer against the counts, so that it stays the prediction.
_PRIOR = 1.0


class RulesClassifier:
    """Predicts the rules' label. Its probability is how often, in training, that label was right.

    The rules decide and the counts only say how sure to be: where another label is more frequent behind
    a rule's answer, the answer keeps half of the mass plus a hair.
    """

    def __init__(self, table: NDArray[np.float64] | None = None) -> None:
        self.table = np.eye(len(NAMES)) if table is None else table

    def fit(self, train: Sequence[LabelledSentence], validation: Sequence[LabelledSentence]) -> Self:
        """Estimate P(label | rule label) on `train`, with one sentence of prior for the rule's own answer."""
        counts = _PRIOR * np.eye(len(NAMES))
        for sentence, label in zip(train, labels_by_rules(train), strict=True):
            counts[INDEX[label], INDEX[sentence.label]] += 1
        table = counts / counts.sum(axis=1, keepdims=True)
        for row, own in enumerate(np.diagonal(table).copy()):
            if table[row].argmax() != row:
                table[row] *= 0.499 / (1 - own)
                table[row, row] = 0.501
        self.table = table
        return self

    def predict_proba(self, sentences: Sequence[Sentence]) -> NDArray[np.float64]:
        """Look up each sentence's rule label."""
        rows = [INDEX[label] for label in labels_by_rules(sentences)]
        return self.table[rows] if rows else np.zeros((0, len(NAMES)))

    def save(self, folder: Path) -> None:
        """Write `rules.json`: for each rule label, the probability of each label."""
        rows = {name: dict(zip(NAMES, row, strict=True)) for name, row in zip(NAMES, self.table.tolist(), strict=True)}
        write_json(folder / FILE, rows)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read `rules.json`."""
        rows = json.loads((folder / FILE).read_text())
        table = np.array([[rows[rule][name] for name in NAMES] for rule in NAMES])
        return cls(table / table.sum(axis=1, keepdims=True))
