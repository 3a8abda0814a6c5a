"""How far annotation passes agree: Krippendorff's α for all, Cohen's κ for each pair."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np

from newsvoice.annotations import ADJUDICATOR, ALLOWED, Annotation
from newsvoice.errors import NewsvoiceError


def agreement(annotations: Sequence[Annotation]) -> dict[str, Any]:
    """Measure agreement before adjudication over passages that two or more passes have labelled.

    Returns counts, α over all labels and for each label against the rest, and κ for each pair of
    annotators with the number of passages they share. A figure that is undefined (no second pass, or
    no variation) is None.

    Raises `NewsvoiceError` when the package krippendorff (extra `[annotate]`) is missing.
    """
    shared = [[vote for vote in a.votes if vote.annotator != ADJUDICATOR] for a in annotations]
    shared = [votes for votes in shared if len(votes) > 1]
    # A rater is a column of the table; annotators of different articles share columns, as α allows.
    width = max((len(votes) for votes in shared), default=0)
    table = np.full((width, len(shared)), np.nan)
    pairs: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for unit, votes in enumerate(shared):
        for rater, vote in enumerate(votes):
            table[rater, unit] = ALLOWED.index(vote.label)
        for one, other in combinations(votes, 2):
            # One row a pair, whichever of the two voted first on a passage.
            first, second = sorted((one, other), key=lambda vote: vote.annotator)
            pairs[first.annotator, second.annotator].append((first.label, second.label))
    by_label = {label: _alpha(np.where(np.isnan(table), np.nan, table == i)) for i, label in enumerate(ALLOWED)}
    return {
        "passages": len(annotations),
        "labelled_twice_or_more": len(shared),
        "differing": sum(len({vote.label for vote in votes}) > 1 for votes in shared),
        "adjudicated": sum(any(vote.annotator == ADJUDICATOR for vote in a.votes) for a in annotations),
        "alpha": _alpha(table),
        "alpha_by_label": by_label,
        "kappa": {
            f"{one} × {other}": {"passages": len(labels), "kappa": _kappa(labels)}
            for (one, other), labels in sorted(pairs.items())
        },
    }


def _alpha(table: np.ndarray) -> float | None:
    try:
        import krippendorff
    except ImportError:
        raise NewsvoiceError(
            "measuring agreement needs krippendorff", advice="pip install 'newsvoice[annotate]'"
        ) from None
    values = table[~np.isnan(table)]
    if len(np.unique(values)) < 2:
        return None
    return float(krippendorff.alpha(reliability_data=table, level_of_measurement="nominal"))


def _kappa(labels: Sequence[tuple[str, str]]) -> float | None:
    """Cohen's κ of `(one, other)` labels; four lines, so that the light wing needs no scikit-learn."""
    table = np.zeros((len(ALLOWED), len(ALLOWED)))
    for one, other in labels:
        table[ALLOWED.index(one), ALLOWED.index(other)] += 1
    observed, expected = np.trace(table) / len(labels), table.sum(axis=0) @ table.sum(axis=1) / len(labels) ** 2
    return None if expected == 1 else float((observed - expected) / (1 - expected))
