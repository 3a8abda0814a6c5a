"""One model, one set of labelled sentences: every figure the report shows."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from newsvoice.labels import NAMES
from newsvoice.metrics import classification_scores, draws, intervals
from pipeline.config import Settings
from pipeline.evaluation.calibration import calibration, risk_coverage
from pipeline.evaluation.predictions import ScoredSentence
from pipeline.evaluation.resampling import compare, matrices_by_article
from pipeline.evaluation.slices import slices, worst_slices

RISK_THRESHOLDS = tuple(round(0.4 + 0.05 * step, 2) for step in range(12))


class EvaluateSettings(Settings):
    """`samples` bootstrap draws of articles from `seed`; `bins` of the reliability curve.

    Slices of fewer than `min_slice` sentences are not reported: their scores would be noise. `kept_accuracy` is
    how often a label should be right that `--min-confidence` lets stand; it sets the recommended threshold.
    """

    samples: int = Field(ge=100)
    seed: int
    bins: int = Field(ge=5, le=50)
    min_slice: int = Field(ge=1)
    kept_accuracy: float = Field(gt=0, lt=1)


def evaluate_model(
    scored: Sequence[ScoredSentence],
    settings: EvaluateSettings,
    *,
    meta_of: Mapping[str, Mapping[str, str]] | None = None,
) -> dict[str, Any]:
    """Scores with intervals, confusion, calibration, risk and coverage, and slices, of one model.

    `meta_of` an article is its front matter; what it says makes slices.
    """
    matrices = matrices_by_article(scored)
    weights = draws(len(matrices), samples=settings.samples, seed=settings.seed)
    scores = classification_scores(matrices.sum(axis=0))
    bounds = intervals(matrices, weights)
    found = slices(scored, min_slice=settings.min_slice, meta_of=meta_of)
    for name in NAMES:
        scores["labels"][name]["f1_interval"] = bounds["labels"][name]
    return {
        "sentences": len(scored),
        "articles": len(matrices),
        "accuracy": scores["accuracy"],
        "macro_f1": scores["macro_f1"],
        "macro_f1_interval": bounds["macro_f1"],
        "labels": scores["labels"],
        "confusion": matrices.sum(axis=0).tolist(),
        "calibration": calibration(scored, bins=settings.bins),
        "risk_coverage": risk_coverage(scored, RISK_THRESHOLDS, weights=weights),
        "slices": found,
        "worst_slices": worst_slices(found),
    }


def evaluate_models(
    scored_by_model: Mapping[str, Sequence[ScoredSentence]],
    settings: EvaluateSettings,
    *,
    main: str,
    meta_of: Mapping[str, Mapping[str, str]] | None = None,
) -> dict[str, Any]:
    """Evaluate every model, and compare the `main` one with each of the others on the same draws."""
    articles = len(dict.fromkeys(s.article for s in scored_by_model[main]))
    weights = draws(articles, samples=settings.samples, seed=settings.seed)
    return {
        "models": {name: evaluate_model(scored, settings, meta_of=meta_of) for name, scored in scored_by_model.items()},
        "comparisons": {
            name: compare(scored_by_model[main], scored, weights)
            for name, scored in scored_by_model.items()
            if name != main
        },
    }
