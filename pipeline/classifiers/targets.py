"""What training aims at: a distribution over the labels for each sentence.

Usually the gold label alone; smoothed, or mixed with what other models made of the sentence without having learnt
from it (out of fold), where settings ask for it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from newsvoice.errors import NewsvoiceError
from newsvoice.labels import INDEX, NAMES
from newsvoice.records import read_records
from pipeline.labelling.label import LabelledSentence

SoftLabels = Mapping[tuple[str, int], Sequence[float]]


@dataclass(frozen=True, slots=True)
class SoftLabel:
    """A sentence (`article` and its `index` there) and its probabilities in the order of `newsvoice.labels`."""

    article: str
    index: int
    probabilities: Sequence[float]


def read_soft_labels(path: Path) -> SoftLabels:
    """Read a JSON Lines file of `SoftLabel`s; raise `NewsvoiceError` where one is no distribution or comes twice."""
    found: dict[tuple[str, int], Sequence[float]] = {}
    for row in read_records(path, SoftLabel):
        key, values = (row.article, row.index), np.asarray(row.probabilities, dtype=float)
        if key in found or values.shape != (len(NAMES),) or (values < 0).any() or abs(values.sum() - 1) > 1e-3:
            what = "comes twice" if key in found else f"needs {len(NAMES)} probabilities that sum to 1"
            raise NewsvoiceError(f"sentence {row.index} of {row.article} {what}", where=str(path))
        found[key] = row.probabilities
    return found


def targets(
    sentences: Sequence[LabelledSentence], *, smoothing: float, soft_labels: SoftLabels, soft_share: float
) -> NDArray[np.float64]:
    """Return `(n, 3)` target probabilities; a row of zeros for a sentence that has no label and teaches nothing.

    `smoothing` spreads that much of the gold label over all; of a sentence with a soft label, the soft label makes
    up `soft_share` of the target. A sentence without one keeps its gold label.
    """
    rows = np.zeros((len(sentences), len(NAMES)))
    for row, sentence in zip(rows, sentences, strict=True):
        if sentence.label not in INDEX:
            continue
        row[:] = smoothing / len(NAMES)
        row[INDEX[sentence.label]] += 1 - smoothing
        if (soft := soft_labels.get((sentence.article, sentence.index))) is not None:
            row[:] = (1 - soft_share) * row + soft_share * np.asarray(soft)
    return rows
