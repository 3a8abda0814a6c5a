"""Does 0.8 mean four in five? Reliability of the predicted label's probability, and what doubt buys."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from newsvoice.metrics import interval
from pipeline.evaluation.predictions import ScoredSentence, gold_indices, predicted_indices

# Columns of the curves as plot data.
RELIABILITY: Final = ("confidence", "accuracy", "sentences")
RISK_COVERAGE: Final = ("min_confidence", "coverage", "accuracy")


def calibration(scored: Sequence[ScoredSentence], *, bins: int) -> dict[str, Any]:
    """Return the expected calibration error and the reliability curve over equal-width bins.

    ECE is the mean gap between confidence (the largest probability) and accuracy, weighted by how many
    sentences a bin holds (Naeini et al. 2015); empty bins are left out of the curve.
    """
    confidence = np.array([max(s.probabilities) for s in scored])
    right = gold_indices(scored) == predicted_indices(scored)
    edges = np.minimum((confidence * bins).astype(int), bins - 1)
    curve = []
    for number in range(bins):
        inside = edges == number
        if inside.any():
            curve.append(
                {
                    "confidence": float(confidence[inside].mean()),
                    "accuracy": float(right[inside].mean()),
                    "sentences": int(inside.sum()),
                }
            )
    error = sum(row["sentences"] * abs(row["confidence"] - row["accuracy"]) for row in curve) / len(scored)
    return {"ece": float(error), "curve": curve}


def risk_coverage(
    scored: Sequence[ScoredSentence], thresholds: Sequence[float], *, weights: NDArray[np.int64]
) -> list[dict[str, Any]]:
    """For each least confidence: the share of sentences that keep their label, and how many of those are right.

    `weights` is from `draws` over the articles in order of first appearance; it makes the interval of the
    accuracy. Draws that keep no sentence say nothing and do not count.
    """
    confidence = np.array([max(s.probabilities) for s in scored])
    right = gold_indices(scored) == predicted_indices(scored)
    order = {article: number for number, article in enumerate(dict.fromkeys(s.article for s in scored))}
    article = np.array([order[s.article] for s in scored])
    rows = []
    for threshold in thresholds:
        kept = confidence >= threshold
        if kept.any():
            drawn_kept, drawn_right = (
                weights @ np.bincount(article[mask], minlength=len(order)) for mask in (kept, kept & right)
            )
            shares = np.divide(drawn_right, drawn_kept, out=np.full(len(weights), np.nan), where=drawn_kept > 0)
            rows.append(
                {
                    "min_confidence": float(threshold),
                    "coverage": float(kept.mean()),
                    "accuracy": float(right[kept].mean()),
                    "accuracy_interval": interval(shares),
                }
            )
    return rows


def recommended_threshold(rows: Sequence[Mapping[str, Any]], *, kept_accuracy: float) -> float | None:
    """The lowest least confidence that makes kept labels right `kept_accuracy` of the time, surely.

    Surely: the lower end of the accuracy's interval reaches it. None where no threshold does.
    """
    reached = (row["min_confidence"] for row in rows if row["accuracy_interval"][0] >= kept_accuracy)
    return min(reached, default=None)
