"""What changed between two runs of one model: sentence by sentence, with the paired test."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from newsvoice.labels import NAMES
from newsvoice.metrics import classification_scores, draws
from pipeline.evaluation.predictions import ScoredSentence
from pipeline.evaluation.resampling import compare, matrices_by_article


@dataclass(frozen=True, slots=True)
class Change:
    """One sentence under both runs."""

    before: ScoredSentence
    after: ScoredSentence


@dataclass(frozen=True, slots=True)
class Shared:
    """The sentences that two runs can be compared on, and how many they cannot.

    `only_before` and `only_after` count sentences (article, place and text) that one run lacks; `other_gold`
    those whose gold label differs, for there the runs answered different questions.
    """

    pairs: tuple[Change, ...]
    only_before: int
    only_after: int
    other_gold: int


def share(before: Sequence[ScoredSentence], after: Sequence[ScoredSentence]) -> Shared:
    """Match the sentences of two runs, in the order of the first."""
    later = {_key(s): s for s in after}
    matched = [Change(s, later[_key(s)]) for s in before if _key(s) in later]
    pairs = tuple(pair for pair in matched if pair.before.gold == pair.after.gold)
    return Shared(
        pairs=pairs,
        only_before=len(before) - len(matched),
        only_after=len(after) - len(matched),
        other_gold=len(matched) - len(pairs),
    )


def changes(shared: Shared, *, samples: int, seed: int) -> dict[str, Any]:
    """Scores of both runs on the shared sentences, their paired comparison (after − before), and what changed.

    `better`, `worse` and `otherwise_wrong` list changes, the largest swing in the gold label's probability first;
    `by_label` counts the first two for each gold label. Without a shared sentence there is nothing to compare, and
    the caller must not ask.
    """
    before, after = [pair.before for pair in shared.pairs], [pair.after for pair in shared.pairs]
    articles = len({s.article for s in before})
    better = _listed(pair for pair in shared.pairs if not _right(pair.before) and _right(pair.after))
    worse = _listed(pair for pair in shared.pairs if _right(pair.before) and not _right(pair.after))
    return {
        "sentences": len(before),
        "articles": articles,
        "before": _scores(before),
        "after": _scores(after),
        "comparison": compare(after, before, draws(articles, samples=samples, seed=seed)),
        "better": better,
        "worse": worse,
        "otherwise_wrong": _listed(
            pair
            for pair in shared.pairs
            if not _right(pair.before) and not _right(pair.after) and pair.before.predicted != pair.after.predicted
        ),
        "by_label": {name: {"better": _count(better, name), "worse": _count(worse, name)} for name in NAMES},
    }


def _key(s: ScoredSentence) -> tuple[str, int, str]:
    return s.article, s.index, s.text


def _right(s: ScoredSentence) -> bool:
    return s.gold == s.predicted


def _swing(pair: Change) -> float:
    gold = NAMES.index(pair.before.gold)
    return abs(pair.after.probabilities[gold] - pair.before.probabilities[gold])


def _listed(pairs: Iterable[Change]) -> list[Change]:
    return sorted(pairs, key=lambda pair: (-_swing(pair), pair.before.article, pair.before.index))


def _count(pairs: Sequence[Change], name: str) -> int:
    return sum(pair.before.gold == name for pair in pairs)


def _scores(scored: Sequence[ScoredSentence]) -> dict[str, Any]:
    return classification_scores(matrices_by_article(scored).sum(axis=0))
