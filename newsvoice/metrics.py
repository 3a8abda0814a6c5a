"""Classification scores from confusion matrices. One owner for every table, test and report.

A confusion matrix has gold labels as rows and predicted ones as columns, both in the order of
`newsvoice.labels`. Leading axes are batches: scores of shape `(..., )` come from matrices `(..., k, k)`.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from newsvoice.labels import NAMES

# Percentiles of a two-sided 95 % interval.
TAILS = (2.5, 97.5)


def confusion_matrix(gold: Sequence[int], predicted: Sequence[int]) -> NDArray[np.int64]:
    """Count `(gold, predicted)` label indices into a `(k, k)` matrix."""
    size = len(NAMES)
    cells = np.asarray(gold, dtype=np.int64) * size + np.asarray(predicted, dtype=np.int64)
    return np.bincount(cells, minlength=size * size).reshape(size, size)


def f1_scores(matrix: NDArray[np.int64]) -> NDArray[np.float64]:
    """F1 of each label, `(..., k)`; 0 where a label is neither gold nor predicted."""
    hits = np.diagonal(matrix, axis1=-2, axis2=-1).astype(float)
    either = matrix.sum(axis=-1) + matrix.sum(axis=-2)
    f1: NDArray[np.float64] = np.divide(2 * hits, either, out=np.zeros_like(hits), where=either > 0)
    return f1


def macro_f1(matrix: NDArray[np.int64]) -> NDArray[np.float64]:
    """Mean F1 over the labels that occur as gold, `(...,)`; NaN where none does.

    A slice without a label cannot be judged on it, so that label does not count there.
    """
    present = matrix.sum(axis=-1) > 0
    counted = present.sum(axis=-1)
    total = (f1_scores(matrix) * present).sum(axis=-1)
    mean: NDArray[np.float64] = np.divide(total, counted, out=np.full(np.shape(total), np.nan), where=counted > 0)
    return mean


def classification_scores(matrix: NDArray[np.int64]) -> dict[str, Any]:
    """Accuracy, macro-F1, and precision, recall, F1 and support of each label, from one `(k, k)` matrix."""
    hits = np.diagonal(matrix)
    gold, predicted = matrix.sum(axis=1), matrix.sum(axis=0)
    f1 = f1_scores(matrix)
    return {
        "accuracy": float(hits.sum() / max(1, matrix.sum())),
        "macro_f1": float(macro_f1(matrix)),
        "labels": {
            name: {
                "precision": float(hits[i] / predicted[i]) if predicted[i] else 0.0,
                "recall": float(hits[i] / gold[i]) if gold[i] else 0.0,
                "f1": float(f1[i]),
                "support": int(gold[i]),
            }
            for i, name in enumerate(NAMES)
        },
    }


def draws(clusters: int, *, samples: int, seed: int) -> NDArray[np.int64]:
    """Return `(samples, clusters)` counts of a bootstrap: how often each cluster (article) was drawn."""
    return np.random.default_rng(seed).multinomial(clusters, np.full(clusters, 1 / clusters), size=samples)


def intervals(matrices: NDArray[np.int64], weights: NDArray[np.int64]) -> dict[str, Any]:
    """Return 95 % percentile intervals `[low, high]` of macro-F1 and of each label's F1.

    `matrices` is `(articles, k, k)`, one confusion matrix an article; `weights` is from `draws`. Sentences
    of one article are not independent, so the article is what is drawn (a cluster bootstrap): weighted
    and summed matrices give a draw's score without touching a sentence twice.
    """
    drawn = np.einsum("sa,aij->sij", weights, matrices)
    by_label = np.percentile(f1_scores(drawn), TAILS, axis=0)
    return {
        "macro_f1": interval(macro_f1(drawn)),
        "labels": {name: by_label[:, i].tolist() for i, name in enumerate(NAMES)},
    }


def interval(values: NDArray[np.float64]) -> list[float]:
    """Return the 95 % percentile interval of bootstrap values."""
    low, high = np.nanpercentile(values, TAILS)
    return [float(low), float(high)]
