"""Where a model is better and worse: scores by what a sentence is and what its article says of itself."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from scipy.stats import binomtest

from newsvoice.labels import NAMES
from newsvoice.metrics import classification_scores, confusion_matrix
from newsvoice.text.plain import plain
from pipeline.evaluation.predictions import ScoredSentence, gold_indices, predicted_indices

# Words; the bounds are near the quartiles of news sentences.
LENGTH_BANDS: Final = ((0, 12), (12, 21), (21, 31), (31, 10_000))
# Front matter that makes slices, and what tables call it.
META: Final = {"genre": "genre", "style": "outlet style"}
# In reading order; tables keep it.
POSITIONS: Final = ("headline", "first third", "middle third", "last third")
UNSTATED: Final = "unstated"


def slices(
    scored: Sequence[ScoredSentence], *, min_slice: int, meta_of: Mapping[str, Mapping[str, str]] | None = None
) -> dict[str, dict[str, Any]]:
    """Scores by quotation state, sentence length, position and, where `meta_of` an article is given, front matter.

    Slices of fewer than `min_slice` sentences are left out. `accuracy_interval` is Wilson's 95 % interval; it
    takes sentences as independent, for many a slice is a single article.
    """
    groupings = _groupings(scored, meta_of or {})
    return {name: _slice(scored, key, min_slice) for name, key in groupings.items()}


def worst_slices(found: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """The worst named slice of each group that has two or more, the worst of all first.

    Worst is the one whose interval ends lowest: among many small slices some are low by chance, and this
    names one that is low even when it is lucky.
    """
    rows = []
    for group, all_members in found.items():
        members = {name: row for name, row in all_members.items() if name != UNSTATED}
        if len(members) > 1:
            name = min(members, key=lambda name: (_ceiling(members[name]), name))
            kept = {key: members[name][key] for key in ("sentences", "accuracy", "accuracy_interval", "macro_f1")}
            rows.append({"group": group, "slice": name, **kept})
    return sorted(rows, key=_ceiling)


def _ceiling(row: Mapping[str, Any]) -> float:
    return float(row["accuracy_interval"][1])


def _groupings(
    scored: Sequence[ScoredSentence], meta_of: Mapping[str, Mapping[str, str]]
) -> dict[str, Callable[[ScoredSentence], str]]:
    last = {s.article: s.index for s in scored}

    def length(s: ScoredSentence) -> str:
        words = len(plain(s.text).split())
        low, high = next(band for band in LENGTH_BANDS if band[0] <= words < band[1])
        return f"{low}–{high - 1} words" if high < LENGTH_BANDS[-1][1] else f"{low} words and more"

    def position(s: ScoredSentence) -> str:
        if s.index == 0:
            return POSITIONS[0]
        return POSITIONS[1 + min(2, 3 * s.index // (last[s.article] + 1))]

    def stated(key: str) -> Callable[[ScoredSentence], str]:
        return lambda s: meta_of.get(s.article, {}).get(key, UNSTATED)

    return {
        "quotation": lambda s: "inside a quotation" if s.in_quotation else "outside quotations",
        "length": length,
        "position": position,
        **({title: stated(key) for key, title in META.items()} if meta_of else {}),
    }


def _slice(
    scored: Sequence[ScoredSentence], key: Callable[[ScoredSentence], str], min_slice: int
) -> dict[str, dict[str, Any]]:
    groups: dict[str, list[ScoredSentence]] = {}
    for s in scored:
        groups.setdefault(key(s), []).append(s)
    names = sorted(groups, key=lambda name: (POSITIONS.index(name) if name in POSITIONS else 0, name))
    return {name: _scores(groups[name]) for name in names if len(groups[name]) >= min_slice}


def _scores(group: Sequence[ScoredSentence]) -> dict[str, Any]:
    scores = classification_scores(confusion_matrix(gold_indices(group).tolist(), predicted_indices(group).tolist()))
    right = sum(s.gold == s.predicted for s in group)
    bounds = binomtest(right, len(group)).proportion_ci(method="wilson")
    return {
        "sentences": len(group),
        "accuracy": scores["accuracy"],
        "accuracy_interval": [float(bounds.low), float(bounds.high)],
        "macro_f1": scores["macro_f1"],
        "labels": {n: {k: scores["labels"][n][k] for k in ("f1", "support")} for n in NAMES},
    }
