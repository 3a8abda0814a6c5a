"""The record of words that weighed: what the stage `explain` writes and the report reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from newsvoice.predict import Word
from newsvoice.records import read_records

# By article and index.
Weights = Mapping[tuple[str, int], Sequence[Word]]


@dataclass(frozen=True, slots=True)
class Explained:
    """A sentence's weighted words; their offsets count from the sentence's own start."""

    article: str
    index: int
    words: tuple[Word, ...]


def read_weights(path: Path) -> dict[tuple[str, int], tuple[Word, ...]]:
    """Read what the stage `explain` wrote."""
    return {(e.article, e.index): tuple(Word(**word) for word in e.words) for e in read_records(path, Explained)}  # type: ignore[arg-type]
