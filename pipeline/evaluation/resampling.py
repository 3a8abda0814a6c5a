"""Two models on the same sentences: paired bootstrap over articles, and McNemar's test."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

from newsvoice.metrics import confusion_matrix, interval, macro_f1
from pipeline.evaluation.predictions import ScoredSentence, gold_indices, predicted_indices


def matrices_by_article(scored: Sequence[ScoredSentence]) -> NDArray[np.int64]:
    """Return `(articles, 3, 3)` confusion matrices, articles in order of first appearance."""
    gold, predicted = gold_indices(scored), predicted_indices(scored)
    names = list(dict.fromkeys(s.article for s in scored))
    rows = np.array([names.index(s.article) for s in scored])
    return np.stack(
        [confusion_matrix(gold[rows == i].tolist(), predicted[rows == i].tolist()) for i in range(len(names))]
    )


def compare(
    one: Sequence[ScoredSentence], other: Sequence[ScoredSentence], weights: NDArray[np.int64]
) -> dict[str, Any]:
    """Compare two models on the same sentences, in the same order.

    Returns the difference of macro-F1 (one − other) with its 95 % interval over paired draws, the share
    of draws in which `one` is not better (a one-sided bootstrap p), and McNemar's exact test on the
    sentences that only one of the two gets right.

    Raises `ValueError` when the sentences are not the same.
    """
    if [(s.article, s.index) for s in one] != [(s.article, s.index) for s in other]:
        raise ValueError("a paired comparison needs the same sentences in the same order")
    first, second = matrices_by_article(one), matrices_by_article(other)
    difference = macro_f1(np.einsum("sa,aij->sij", weights, first)) - macro_f1(
        np.einsum("sa,aij->sij", weights, second)
    )
    gold = gold_indices(one)
    right_one, right_other = predicted_indices(one) == gold, predicted_indices(other) == gold
    only_one, only_other = int((right_one & ~right_other).sum()), int((right_other & ~right_one).sum())
    discordant = only_one + only_other
    return {
        "difference": float(macro_f1(first.sum(axis=0)) - macro_f1(second.sum(axis=0))),
        "interval": interval(difference),
        "share_not_better": float(np.mean(difference <= 0)),
        "only_first_right": only_one,
        "only_second_right": only_other,
        "mcnemar_p": float(binomtest(only_one, discordant).pvalue) if discordant else 1.0,
    }
