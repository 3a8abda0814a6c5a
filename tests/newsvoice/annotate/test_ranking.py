from collections import Counter

import pytest

from newsvoice.annotate.ranking import rank
from tests.newsvoice.annotate.build import E, candidate

SURE, HALF, TORN = (0.0, 1.0, 0.0), (0.2, 0.7, 0.1), (0.5, 0.5, 0.0)
TEXTS = ["Ferries dock at noon.", "Mills grind rye.", "Bakers rose early today.", "Two quarries closed in May."]


def test_the_most_doubtful_comes_first() -> None:
    found = [candidate(text, p) for text, p in zip(TEXTS, (SURE, TORN, HALF, SURE), strict=True)]
    assert [c.text for c in rank(found)][:2] == [TEXTS[1], TEXTS[2]]
    assert len(rank(found)) == 4


def test_a_contradiction_comes_before_the_same_doubt_without_one() -> None:
    found = [candidate(TEXTS[0], HALF), candidate(TEXTS[1], HALF, rules=E)]
    assert rank(found)[0].text == TEXTS[1]


def test_a_twin_waits_behind_a_less_useful_stranger() -> None:
    found = [candidate(TEXTS[0], TORN), candidate(TEXTS[0], TORN, index=1), candidate(TEXTS[1], (0.3, 0.7, 0.0))]
    assert [c.index for c in rank(found)] == [0, 0, 1]
    assert rank(found)[1].text == TEXTS[1]


def test_a_limit_takes_the_best() -> None:
    found = [candidate(f"{text} {n}", HALF if n % 5 else TORN, index=n) for n, text in enumerate(TEXTS * 10)]
    best = rank(found, limit=4)
    assert len(best) == 4
    assert all(c.probabilities == candidate(probabilities=TORN).probabilities for c in best)


def test_no_article_fills_the_list() -> None:
    found = [candidate(f"{TEXTS[n % 4]} {n}", TORN, article="long", index=n) for n in range(40)]
    found += [candidate(f"{TEXTS[n % 4]} {n} b", SURE, article=f"short-{n}", index=n) for n in range(3)]
    best = rank(found, limit=6, per_article=4)
    assert Counter(c.article == "long" for c in best) == {True: 4, False: 2}
    assert len(rank(found, per_article=1)) == 4


def test_the_order_does_not_hang_on_the_order_given() -> None:
    found = [candidate(text, HALF, index=n) for n, text in enumerate(TEXTS)]
    assert rank(found) == rank(found[::-1])


@pytest.mark.parametrize("limit", [None, 5])
def test_nothing_ranks_as_nothing(limit: int | None) -> None:
    assert rank([], limit=limit) == []


def test_texts_without_words_are_ranked_too() -> None:
    assert len(rank([candidate("…", TORN), candidate("—", TORN)])) == 2
