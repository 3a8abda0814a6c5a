"""What an import did and how far the annotators agree, as a few lines of text."""

from collections.abc import Iterator, Mapping
from typing import Any

from newsvoice.annotate.merge import Merged
from newsvoice.labels import NAMES


def describe(merged: Merged, *, unlabelled: int) -> Iterator[str]:
    """Yield what was done, and what is left to settle."""
    articles = len(merged.annotations)
    yield (
        f"{merged.added} votes added, {merged.altered} changed, {merged.same} as before, "
        f"in {articles} article{'' if articles == 1 else 's'}; {unlabelled} sentences came back without a label"
    )
    disputed = sum(mark.disputed for marks in merged.annotations.values() for mark in marks)
    if disputed:
        yield f"{disputed} passages are disputed: settle them with `annotate review --annotator adjudicator`"


def describe_agreement(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield what `newsvoice.agreement.agreement` found in the articles that the import touched."""
    twice = found["labelled_twice_or_more"]
    if not twice:
        yield "agreement: no passage has two votes yet"
        return
    yield f"agreement on {twice} passages with two votes or more ({found['differing']} differ):"
    by_label = ", ".join(f"{name} {_score(found['alpha_by_label'][name])}" for name in NAMES)
    yield f"  Krippendorff's α {_score(found['alpha'])} ({by_label})"
    for pair, row in found["kappa"].items():
        yield f"  Cohen's κ {_score(row['kappa'])} {pair} ({row['passages']} passages)"


def _score(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.2f}"
