"""Contrast pairs: how often both sides are right, which neither topic nor tone alone can bring about."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from newsvoice.metrics import draws, interval
from pipeline.evaluation.predictions import ScoredSentence
from pipeline.labelling.contrast import ContrastPair


def evaluate_pairs(
    scored_by_model: Mapping[str, Sequence[ScoredSentence]],
    pairs: Sequence[ContrastPair],
    *,
    samples: int,
    seed: int,
) -> dict[str, Any]:
    """For each model, the share of pairs with both sides right, with its 95 % interval, and by rule.

    `scored` holds the sentences `ID-a` and `ID-b` of every pair. Without pairs the figures are None.
    """
    rule_of = {pair.id: pair.rule for pair in pairs}
    results: dict[str, Any] = {}
    for name, scored in scored_by_model.items():
        both = both_right(scored)
        if not both:
            results[name] = {"pairs": 0, "both_right": None, "interval": None, "sides_right": None, "by_rule": {}}
            continue
        right = np.array(list(both.values()), dtype=float)
        weights = draws(len(right), samples=samples, seed=seed)
        by_rule: dict[str, list[bool]] = defaultdict(list)
        for pair, correct in both.items():
            by_rule[rule_of[pair]].append(correct)
        results[name] = {
            "pairs": len(right),
            "both_right": float(right.mean()),
            "interval": interval(weights @ right / len(right)),
            "sides_right": float(np.mean([s.gold == s.predicted for s in scored])),
            "by_rule": {rule: {"pairs": len(row), "both_right": sum(row)} for rule, row in sorted(by_rule.items())},
        }
    return results


def both_right(scored: Sequence[ScoredSentence]) -> dict[str, bool]:
    """Whether both sides of each pair, by its id, were labelled right."""
    both: dict[str, bool] = {}
    for sentence in scored:
        pair = sentence.article.rpartition("-")[0]
        both[pair] = both.get(pair, True) and sentence.gold == sentence.predicted
    return both
