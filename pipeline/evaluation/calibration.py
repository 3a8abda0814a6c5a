"""Does 0.8 mean four in five? Reliability of the predicted label's probability, and what doubt buys."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from pipeline.evaluation.predictions import ScoredSentence, gold_indices, predicted_indices


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


def risk_coverage(scored: Sequence[ScoredSentence], thresholds: Sequence[float]) -> list[dict[str, float]]:
    """For each least confidence: the share of sentences that keep their label, and how many of those are right."""
    confidence = np.array([max(s.probabilities) for s in scored])
    right = gold_indices(scored) == predicted_indices(scored)
    rows = []
    for threshold in thresholds:
        kept = confidence >= threshold
        if kept.any():
            rows.append(
                {
                    "min_confidence": float(threshold),
                    "coverage": float(kept.mean()),
                    "accuracy": float(right[kept].mean()),
                }
            )
    return rows
