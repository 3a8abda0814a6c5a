"""The given article, sentence by sentence: what readers look at first."""

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.evaluation.predictions import ScoredSentence


def evaluate_given(scored_by_model: Mapping[str, Sequence[ScoredSentence]], article: str) -> dict[str, Any]:
    """For each model, how many of one article's sentences are right, and of how many."""
    rows = {}
    for name, scored in scored_by_model.items():
        own = [s for s in scored if s.article == article]
        rows[name] = {"right": sum(s.gold == s.predicted for s in own), "sentences": len(own)}
    return rows
