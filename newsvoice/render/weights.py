"""Words that weighed, made visible: which of them show, how strongly, and the same in words."""

from collections.abc import Iterator, Sequence

from newsvoice.predict import Word
from newsvoice.text.plain import visible

# Beyond these shares of the heaviest word's weight a word shows, or shows strongly; below the least weight
# nothing does, for every sentence has a heaviest word.
SHOWS, SHOWS_STRONGLY, LEAST_WEIGHT = 0.33, 0.67, 0.02
# Words named beside a sentence, and how many characters of each.
MOST_WORDS, LONGEST_WORD = 3, 40


def levels(words: Sequence[Word]) -> list[int]:
    """Return how much each word shows: 0 not, 1 or 2, by its share of the heaviest word's weight for the label."""
    heaviest = max((word.weight for word in words), default=0.0)
    if heaviest < LEAST_WEIGHT:
        return [0] * len(words)
    return [(word.weight >= SHOWS * heaviest) + (word.weight >= SHOWS_STRONGLY * heaviest) for word in words]


def pieces(text: str, words: Sequence[Word], *, start: int) -> Iterator[tuple[str, int, float]]:
    """Yield `(piece, level, weight)`: a sentence's text, cut where words show; `start` is its offset."""
    end = 0
    for word, level in zip(words, levels(words), strict=True):
        if level:
            yield visible(text[end : word.start - start]), 0, 0.0
            yield visible(text[word.start - start : word.end - start]), level, word.weight
            end = word.end - start
    yield visible(text[end:]), 0, 0.0


def heaviest(text: str, words: Sequence[Word], *, start: int) -> list[tuple[str, float]]:
    """Return the weightiest words that show, for those who see no marking."""
    showing = [word for word, level in zip(words, levels(words), strict=True) if level]
    return _named(text, sorted(showing, key=lambda word: -word.weight), start)


def contrary(text: str, words: Sequence[Word], *, start: int) -> list[tuple[str, float]]:
    """Return the words that speak most against the label."""
    against = [word for word in words if word.weight <= -LEAST_WEIGHT]
    return _named(text, sorted(against, key=lambda word: word.weight), start)


def _named(text: str, words: Sequence[Word], start: int) -> list[tuple[str, float]]:
    return [(visible(text[w.start - start : w.end - start])[:LONGEST_WORD], w.weight) for w in words[:MOST_WORDS]]
