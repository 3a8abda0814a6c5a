"""Sentences that a person might label: what stands around each, and what model and rules say of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from newsvoice.annotations import Annotation
from newsvoice.records import Article, Prediction, Sentence
from newsvoice.rules import label_by_rules
from newsvoice.text.segment import segment

# The codebook decides in context; two sentences before and one after settle nearly every carry-on.
BEFORE: Final = 2
AFTER: Final = 1
# What a rule's contradiction is worth beside the model's own doubt, which runs from 0 to 1: a sentence of which the
# model is sure and the rules speak against ranks with one on which the model is half torn.
DISAGREEMENT: Final = 0.5


# Sentences of an article, in order, to one prediction each.
Predict = Callable[[Sequence[Sentence]], list[Prediction]]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence with its neighbours' text and what is guessed of it.

    `probabilities` are the model's, by label; `rules` is the label that the labelling functions give, or
    None where none of them spoke.
    """

    article: str
    index: int
    start: int
    end: int
    text: str
    before: str
    after: str
    probabilities: Mapping[str, float]
    rules: str | None
    model: str

    @property
    def label(self) -> str:
        """The model's label."""
        return max(self.probabilities, key=lambda name: self.probabilities[name])

    @property
    def margin(self) -> float:
        """How far the best label is ahead of the second, 0 (torn) to 1 (sure)."""
        first, second = sorted(self.probabilities.values(), reverse=True)[:2]
        return first - second

    @property
    def disagrees(self) -> bool:
        """Whether the rules speak, and against the model."""
        return self.rules is not None and self.rules != self.label

    @property
    def usefulness(self) -> float:
        """What a label would teach, 0 to 1.5: the model's doubt, and the rules' contradiction."""
        return 1 - self.margin + DISAGREEMENT * self.disagrees

    @property
    def why(self) -> str:
        """The usefulness in words."""
        first, second = sorted(self.probabilities, key=lambda name: -self.probabilities[name])[:2]
        reasons = f"{first} {self.probabilities[first]:.0%}, {second} {self.probabilities[second]:.0%}"
        return reasons + (f"; the rules say {self.rules}" if self.disagrees else "")


def candidates(article: Article, predict: Predict, *, done: Sequence[Annotation] = ()) -> list[Candidate]:
    """Return a candidate for every sentence that no annotation in `done` (in order of offset) touches."""
    sentences = segment(article)
    predictions = predict(sentences)
    found = []
    for position, (sentence, prediction) in enumerate(zip(sentences, predictions, strict=True)):
        if not any(mark.start < sentence.end and sentence.start < mark.end for mark in done):
            found.append(_candidate(sentences, position, prediction))
    return found


def _candidate(sentences: Sequence[Sentence], position: int, prediction: Prediction) -> Candidate:
    sentence = sentences[position]
    rule = label_by_rules(sentence)
    return Candidate(
        article=sentence.article,
        index=sentence.index,
        start=sentence.start,
        end=sentence.end,
        text=sentence.text,
        before=" ".join(s.text for s in sentences[max(0, position - BEFORE) : position]),
        after=" ".join(s.text for s in sentences[position + 1 : position + 1 + AFTER]),
        probabilities=prediction.probabilities,
        rules=rule.label if rule.votes else None,
        model=prediction.model,
    )
