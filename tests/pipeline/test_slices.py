from collections.abc import Mapping, Sequence

import pytest

from pipeline.evaluation.predictions import ScoredSentence
from pipeline.evaluation.slices import POSITIONS, UNSTATED, slices, worst_slices
from tests.pipeline.build import A, E, R, one_hot, scored


def sized(words: int, *, index: int = 1, article: str = "a", in_quotation: bool = False) -> ScoredSentence:
    return scored(A, one_hot(A), index=index, article=article, text="word " * words, in_quotation=in_quotation)


def sizes(
    sentences: Sequence[ScoredSentence], *, min_slice: int = 1, meta_of: Mapping[str, Mapping[str, str]] | None = None
) -> dict[str, dict[str, int]]:
    found = slices(sentences, min_slice=min_slice, meta_of=meta_of)
    return {group: {name: row["sentences"] for name, row in rows.items()} for group, rows in found.items()}


def test_small_slices_are_left_out() -> None:
    sentences = [sized(5, index=n, in_quotation=n < 2) for n in range(5)]
    assert sizes(sentences, min_slice=2)["quotation"] == {"inside a quotation": 2, "outside quotations": 3}
    assert sizes(sentences, min_slice=3)["quotation"] == {"outside quotations": 3}
    assert sizes(sentences, min_slice=6) == {"quotation": {}, "length": {}, "position": {}}


def test_length_counts_words() -> None:
    sentences = [sized(words) for words in (1, 11, 12, 20, 21, 30, 31, 90)]
    assert sizes(sentences)["length"] == {
        "0–11 words": 2,
        "12–20 words": 2,
        "21–30 words": 2,
        "31 words and more": 2,
    }


def test_position_is_a_third_of_the_own_article_in_reading_order() -> None:
    sentences = [sized(5, index=n) for n in range(9)] + [sized(5, index=n, article="b") for n in range(2)]
    assert list(sizes(sentences)["position"].items()) == list(zip(POSITIONS, (2, 2, 4, 3), strict=True))


def test_front_matter_makes_slices_where_it_is_known() -> None:
    sentences = [sized(5, article=name) for name in ("a", "b", "b", "c")]
    meta_of = {"a": {"genre": "opinion", "style": "agency"}, "b": {"genre": "news"}}
    found = sizes(sentences, meta_of=meta_of)
    assert found["genre"] == {"news": 2, "opinion": 1, UNSTATED: 1}
    assert found["outlet style"] == {"agency": 1, UNSTATED: 3}
    assert set(sizes(sentences)) == {"quotation", "length", "position"}


def test_a_slice_is_judged_on_the_labels_it_holds() -> None:
    sentences = [scored(gold, one_hot(A)) for gold in (A, A, R)]
    row = slices(sentences, min_slice=3)["quotation"]["outside quotations"]
    # F1 of analysis 2·2/(3+2), of reported speech 0; framing does not occur.
    assert row["macro_f1"] == pytest.approx((4 / 5 + 0) / 2)
    assert row["accuracy"] == pytest.approx(2 / 3)
    # Wilson's interval for 2 of 3.
    assert row["accuracy_interval"] == pytest.approx([0.2077, 0.9385], abs=1e-4)
    assert row["labels"][E] == {"f1": 0.0, "support": 0}


def test_the_worst_slice_is_low_even_when_it_is_lucky() -> None:
    def row(sentences: int, accuracy: float, high: float) -> dict[str, object]:
        return {"sentences": sentences, "accuracy": accuracy, "accuracy_interval": [0.0, high], "macro_f1": 0.5}

    found = {
        # Lower, but on so few sentences that it may be chance.
        "genre": {"few": row(4, 0.5, 0.85), "many": row(400, 0.7, 0.74), UNSTATED: row(400, 0.1, 0.15)},
        "position": {"headline": row(50, 0.6, 0.7), "last third": row(50, 0.9, 0.95)},
        "quotation": {"outside quotations": row(9, 0.1, 0.2)},
    }
    assert [(w["group"], w["slice"]) for w in worst_slices(found)] == [("position", "headline"), ("genre", "many")]
    assert worst_slices({"length": {}}) == []
