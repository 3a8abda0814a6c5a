"""What is guessed of a sentence before a person looks at it, and whether the guess is doubtful."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from newsvoice.annotate.candidates import Candidate, Predict, candidates
from newsvoice.records import Article
from newsvoice.rules import label_by_rules
from newsvoice.text.segment import segment

# The model is torn where its best label is less than this far ahead of the second.
TORN: Final = 0.5


@dataclass(frozen=True, slots=True)
class Guess:
    """A guess on `text[start:end]` of an article: the label, the grounds in words, and whether to look twice."""

    start: int
    end: int
    label: str
    why: str
    doubtful: bool


def guesses(article: Article, predict: Predict | None) -> list[Guess]:
    """Return a guess for every sentence, in order: the model's, or without a model the rules'."""
    if predict is not None:
        return [_by_model(candidate) for candidate in candidates(article, predict)]
    return _by_rules(article)


def _by_model(candidate: Candidate) -> Guess:
    doubtful = candidate.margin < TORN or candidate.disagrees
    return Guess(candidate.start, candidate.end, candidate.label, f"The model: {candidate.why}.", doubtful)


def _by_rules(article: Article) -> list[Guess]:
    found = []
    for sentence in segment(article):
        rule = label_by_rules(sentence)
        names = _words(rule.votes)
        why = f"The rules: {names}." if rule.votes else "The rules are silent."
        # A default, or functions that contradict one another, are no more than a start.
        found.append(Guess(sentence.start, sentence.end, rule.label, why, rule.confidence < 1))
    return found


def _words(names: Sequence[str]) -> str:
    return ", ".join(name.replace("_", " ") for name in names)
