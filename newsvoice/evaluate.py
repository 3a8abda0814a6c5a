"""Judge a model on somebody's labelled sentences: scores with intervals over articles."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from newsvoice.gold import GoldSet
from newsvoice.labels import INDEX, NAMES
from newsvoice.metrics import classification_scores, confusion_matrix, draws, intervals
from newsvoice.runtime.model import SentenceModel

# Bootstrap draws; percentiles of 2,000 are steady to about half a point.
SAMPLES: Final = 2000
SEED: Final = 7


def evaluate_gold(gold: GoldSet, model: SentenceModel) -> dict[str, Any]:
    """Return accuracy, macro-F1 and each label's scores with 95 % intervals, and the confusion matrix.

    With a single article there is nothing to resample, and the intervals are None.
    """
    predicted = model.predict_proba(gold.sentences).argmax(axis=1).tolist()
    truth = [INDEX[label] for label in gold.labels]
    names = list(dict.fromkeys(s.article for s in gold.sentences))
    matrices = np.stack([_matrix_of(name, gold, truth, predicted) for name in names])
    scores = classification_scores(matrices.sum(axis=0))
    bounds = intervals(matrices, draws(len(names), samples=SAMPLES, seed=SEED)) if len(names) > 1 else None
    for label in NAMES:
        scores["labels"][label]["f1_interval"] = bounds["labels"][label] if bounds else None
    return {
        "sentences": len(truth),
        "articles": len(names),
        **scores,
        "macro_f1_interval": bounds["macro_f1"] if bounds else None,
        "confusion": matrices.sum(axis=0).tolist(),
    }


def _matrix_of(article: str, gold: GoldSet, truth: Sequence[int], predicted: Sequence[int]) -> Any:
    own = [i for i, s in enumerate(gold.sentences) if s.article == article]
    return confusion_matrix([truth[i] for i in own], [predicted[i] for i in own])
