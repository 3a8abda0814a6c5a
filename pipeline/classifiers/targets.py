"""What training aims at: a distribution over the labels for each sentence.

The gold label, how the annotators' votes are spread, or a mixture, as `soft_share` says; smoothed where asked for.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from newsvoice.labels import INDEX, NAMES
from pipeline.labelling.label import LabelledSentence


def targets(sentences: Sequence[LabelledSentence], *, smoothing: float, soft_share: float) -> NDArray[np.float64]:
    """Return `(n, 3)` target probabilities; a row of zeros for a sentence that has no label and teaches nothing.

    `smoothing` spreads that much of the gold label over all; of a sentence with votes, their shares make up
    `soft_share` of the target. A sentence without votes keeps its gold label.
    """
    rows = np.zeros((len(sentences), len(NAMES)))
    for row, sentence in zip(rows, sentences, strict=True):
        if sentence.label not in INDEX:
            continue
        row[:] = smoothing / len(NAMES)
        row[INDEX[sentence.label]] += 1 - smoothing
        if sentence.shares is not None:
            row[:] = (1 - soft_share) * row + soft_share * np.asarray(sentence.shares)
    return rows
