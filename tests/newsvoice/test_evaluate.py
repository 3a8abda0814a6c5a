from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray

from newsvoice.evaluate import evaluate_gold
from newsvoice.gold import GoldSet
from newsvoice.labels import INDEX, NAMES
from newsvoice.records import Sentence
from newsvoice.runtime.classifier import Classifier
from newsvoice.text.segment import from_sentences

R, A, E = NAMES


class NamesItsLabel:
    """A classifier that reads the answer out of the sentence."""

    def predict_proba(self, sentences: Sequence[Sentence]) -> NDArray[np.float64]:
        return np.eye(3)[[INDEX[s.text] for s in sentences]]


def judged(*articles: list[tuple[str, str]]) -> dict[str, Any]:
    """Judge `(gold, predicted)` label pairs, a list an article."""
    sentences = [
        sentence
        for n, pairs in enumerate(articles)
        for sentence in from_sentences([p for _, p in pairs], article=str(n), paragraphs=[0] * len(pairs))
    ]
    labels = [gold for pairs in articles for gold, _ in pairs]
    return evaluate_gold(GoldSet(sentences, labels), cast(Classifier, NamesItsLabel()))


def test_counts_and_scores() -> None:
    result = judged([(A, A), (A, E), (E, E)], [(R, R), (R, A)])

    assert (result["sentences"], result["articles"]) == (5, 2)
    assert result["confusion"] == [[1, 1, 0], [0, 1, 1], [0, 0, 1]]
    assert result["accuracy"] == pytest.approx(3 / 5)
    assert result["labels"][A]["recall"] == pytest.approx(1 / 2)
    assert result["labels"][E]["precision"] == pytest.approx(1 / 2)
    assert result["macro_f1"] == pytest.approx((2 / 3 + 1 / 2 + 2 / 3) / 3)


def test_intervals_are_drawn_over_articles() -> None:
    result = judged(*([(A, A), (R, R), (E, E)] if n % 2 else [(A, R), (R, A), (E, A)] for n in range(8)))

    low, high = result["macro_f1_interval"]
    assert low < result["macro_f1"] < high
    for name in NAMES:
        low, high = result["labels"][name]["f1_interval"]
        assert low <= result["labels"][name]["f1"] <= high


def test_a_single_article_has_no_intervals() -> None:
    result = judged([(A, A), (R, A)])

    assert result["macro_f1_interval"] is None
    assert all(result["labels"][name]["f1_interval"] is None for name in NAMES)
