"""One model, one set of labelled sentences: every figure the report shows."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import Field

from newsvoice.labels import NAMES
from newsvoice.metrics import classification_scores, confusion_matrix, draws, intervals
from newsvoice.text.plain import plain
from pipeline.config import Settings
from pipeline.evaluation.calibration import calibration, risk_coverage
from pipeline.evaluation.predictions import ScoredSentence, gold_indices, predicted_indices
from pipeline.evaluation.resampling import compare, matrices_by_article

RISK_THRESHOLDS = tuple(round(0.4 + 0.05 * step, 2) for step in range(12))
# Words; the bounds are near the quartiles of news sentences.
LENGTH_BANDS = ((0, 12), (12, 21), (21, 31), (31, 10_000))


class EvaluateSettings(Settings):
    """`samples` bootstrap draws of articles from `seed`; `bins` of the reliability curve.

    Slices of fewer than `min_slice` sentences are not reported: their scores would be noise.
    """

    samples: int = Field(ge=100)
    seed: int
    bins: int = Field(ge=5, le=50)
    min_slice: int = Field(ge=1)


def evaluate_model(
    scored: Sequence[ScoredSentence], settings: EvaluateSettings, *, genre_of: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Scores with intervals, confusion, calibration, risk and coverage, and slices, of one model."""
    matrices = matrices_by_article(scored)
    weights = draws(len(matrices), samples=settings.samples, seed=settings.seed)
    scores = classification_scores(matrices.sum(axis=0))
    bounds = intervals(matrices, weights)
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
        "risk_coverage": risk_coverage(scored, RISK_THRESHOLDS),
        "slices": slices(scored, settings, genre_of=genre_of or {}),
    }


def slices(
    scored: Sequence[ScoredSentence], settings: EvaluateSettings, *, genre_of: Mapping[str, str]
) -> dict[str, dict[str, Any]]:
    """Scores by quotation state, sentence length, position in the article, and genre."""
    last = {s.article: s.index for s in scored}

    def length(s: ScoredSentence) -> str:
        words = len(plain(s.text).split())
        low, high = next(band for band in LENGTH_BANDS if band[0] <= words < band[1])
        return f"{low}–{high - 1} words" if high < LENGTH_BANDS[-1][1] else f"{low} words and more"

    def position(s: ScoredSentence) -> str:
        if s.index == 0:
            return "headline"
        return ("first third", "middle third", "last third")[min(2, 3 * s.index // (last[s.article] + 1))]

    groupings: dict[str, Callable[[ScoredSentence], str]] = {
        "quotation": lambda s: "inside a quotation" if s.in_quotation else "outside quotations",
        "length": length,
        "position": position,
    }
    if genre_of:
        groupings["genre"] = lambda s: genre_of[s.article]
    return {name: _slice(scored, key, settings.min_slice) for name, key in groupings.items()}


def _slice(
    scored: Sequence[ScoredSentence], key: Callable[[ScoredSentence], str], min_slice: int
) -> dict[str, dict[str, Any]]:
    groups: dict[str, list[ScoredSentence]] = {}
    for s in scored:
        groups.setdefault(key(s), []).append(s)
    rows = {}
    for name, group in sorted(groups.items()):
        if len(group) >= min_slice:
            matrix = confusion_matrix(gold_indices(group).tolist(), predicted_indices(group).tolist())
            scores = classification_scores(matrix)
            rows[name] = {
                "sentences": len(group),
                "accuracy": scores["accuracy"],
                "macro_f1": scores["macro_f1"],
                "labels": {n: {k: scores["labels"][n][k] for k in ("f1", "support")} for n in NAMES},
            }
    return rows


def evaluate_models(
    scored_by_model: Mapping[str, Sequence[ScoredSentence]],
    settings: EvaluateSettings,
    *,
    main: str,
    genre_of: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Evaluate every model, and compare the `main` one with each of the others on the same draws."""
    articles = len(dict.fromkeys(s.article for s in scored_by_model[main]))
    weights = draws(articles, samples=settings.samples, seed=settings.seed)
    return {
        "models": {
            name: evaluate_model(scored, settings, genre_of=genre_of) for name, scored in scored_by_model.items()
        },
        "comparisons": {
            name: compare(scored_by_model[main], scored, weights)
            for name, scored in scored_by_model.items()
            if name != main
        },
    }
