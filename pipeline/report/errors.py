"""The errors of a model, each in its place: what the error browser shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from newsvoice.predict import Word
from pipeline.evaluation.explained import Weights
from pipeline.evaluation.predictions import ScoredSentence
from pipeline.evaluation.slices import UNSTATED

# Sentences shown on either side: a quotation's opening or a framed passage's cause is rarely further away.
AROUND: Final = 2


@dataclass(frozen=True, slots=True)
class Error:
    """A sentence that got the wrong label, with its neighbours in reading order and its article's genre.

    `words` are its weighted words, empty where nobody asked.
    """

    sentence: ScoredSentence
    before: tuple[ScoredSentence, ...]
    after: tuple[ScoredSentence, ...]
    genre: str
    words: Sequence[Word] = ()

    @property
    def confidence(self) -> float:
        """Probability of the predicted label."""
        return max(self.sentence.probabilities)


def errors(
    scored: Sequence[ScoredSentence],
    meta_of: Mapping[str, Mapping[str, str]] | None = None,
    weights: Weights | None = None,
    *,
    around: int = AROUND,
) -> list[Error]:
    """Return the sentences that are wrong, the most confident first; `meta_of` an article is its front matter."""
    articles: dict[str, list[ScoredSentence]] = {}
    for s in scored:
        articles.setdefault(s.article, []).append(s)
    found = []
    for name, sentences in articles.items():
        genre = (meta_of or {}).get(name, {}).get("genre", UNSTATED)
        found += [
            Error(
                s,
                before=tuple(sentences[max(0, i - around) : i]),
                after=tuple(sentences[i + 1 : i + 1 + around]),
                genre=genre,
                words=(weights or {}).get((s.article, s.index), ()),
            )
            for i, s in enumerate(sentences)
            if s.gold != s.predicted
        ]
    return sorted(found, key=lambda e: (-e.confidence, e.sentence.article, e.sentence.index))
