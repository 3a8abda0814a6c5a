"""What an import did and how far the annotators agree, as a few lines of text."""

from collections.abc import Iterator, Mapping
from typing import Any

from newsvoice.annotate.merge import Merged
from newsvoice.annotations import ADJUDICATOR
from newsvoice.labels import NAMES


def describe(merged: Merged, *, unlabelled: int) -> Iterator[str]:
    """Yield what was done, and what is left to settle."""
    yield (
        f"{count(merged.added, 'vote')} added, {merged.altered} changed, {merged.same} as before, "
        f"in {count(len(merged.annotations), 'article')}; {count(unlabelled, 'sentence')} came back without a label"
    )
    disputed = sum(mark.disputed for marks in merged.annotations.values() for mark in marks)
    if disputed:
        yield f"disputed: {count(disputed, 'passage')}; settle with `annotate review --annotator {ADJUDICATOR}`"


def describe_agreement(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield what `newsvoice.agreement.agreement` found in the articles that the import touched."""
    twice = found["labelled_twice_or_more"]
    if not twice:
        yield "agreement: no passage has two votes yet"
        return
    yield f"agreement on {count(twice, 'passage')} with two votes or more (differing: {found['differing']}):"
    by_label = ", ".join(f"{name} {_score(found['alpha_by_label'][name])}" for name in NAMES)
    yield f"  Krippendorff's α {_score(found['alpha'])} ({by_label})"
    for pair, row in found["kappa"].items():
        yield f"  Cohen's κ {_score(row['kappa'])} {pair} ({count(row['passages'], 'passage')})"


def count(number: int, thing: str) -> str:
    """Return a number of things in words: `1 vote`, `2 votes`."""
    return f"{number} {thing}{'' if number == 1 else 's'}"


def _score(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.2f}"
