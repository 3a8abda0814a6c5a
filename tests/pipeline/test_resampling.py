import pytest

from newsvoice.labels import INDEX, NAMES
from newsvoice.metrics import draws
from pipeline.evaluation.predictions import ScoredSentence
from pipeline.evaluation.resampling import compare, matrices_by_article
from tests.pipeline.build import A, E, R, one_hot, scored

WEIGHTS = draws(12, samples=400, seed=7)


def model(*, wrong_every: int) -> list[ScoredSentence]:
    """Twelve articles of ten sentences; each so-many-th sentence is wrong."""
    sentences = []
    for number in range(120):
        gold = NAMES[number % 3]
        predicted = NAMES[(number + 1) % 3] if number % wrong_every == 0 else gold
        sentences.append(scored(gold, one_hot(predicted), article=f"art-{number // 10}", index=number % 10))
    return sentences


def test_a_model_is_no_better_than_itself() -> None:
    same = compare(model(wrong_every=4), model(wrong_every=4), WEIGHTS)
    assert same == {
        "difference": 0.0,
        "interval": [0.0, 0.0],
        "share_not_better": 1.0,
        "only_first_right": 0,
        "only_second_right": 0,
        "mcnemar_p": 1.0,
    }


def test_a_clearly_better_model_is_better_in_every_draw() -> None:
    found = compare(model(wrong_every=40), model(wrong_every=2), WEIGHTS)
    low, high = found["interval"]
    assert 0 < low < found["difference"] < high
    assert found["share_not_better"] == 0.0
    assert (found["only_first_right"], found["only_second_right"]) == (57, 0)
    assert found["mcnemar_p"] < 1e-9


def test_a_comparison_turned_round_has_the_other_sign() -> None:
    one, other = model(wrong_every=7), model(wrong_every=3)
    found, turned = compare(one, other, WEIGHTS), compare(other, one, WEIGHTS)
    assert turned["difference"] == -found["difference"]
    assert turned["interval"] == pytest.approx([-found["interval"][1], -found["interval"][0]])
    assert turned["mcnemar_p"] == found["mcnemar_p"]
    assert (turned["only_first_right"], turned["only_second_right"]) == (
        found["only_second_right"],
        found["only_first_right"],
    )


def test_mcnemar_is_the_exact_binomial_test() -> None:
    gold = [scored(A, one_hot(A), index=n) for n in range(5)]
    # Right alone: 4 times the one, once the other. Two-sided: 2 · (C(5,0) + C(5,1)) / 2^5.
    one = [scored(A, one_hot(A if n < 4 else R), index=n) for n in range(5)]
    other = [scored(A, one_hot(R if n < 4 else A), index=n) for n in range(5)]
    weights = draws(1, samples=100, seed=7)
    assert compare(one, other, weights)["mcnemar_p"] == pytest.approx(12 / 32)
    assert compare(gold, one, weights)["mcnemar_p"] == 1.0


@pytest.mark.parametrize("other", [model(wrong_every=3)[:-1], model(wrong_every=3)[::-1], []])
def test_other_sentences_cannot_be_compared(other: list[ScoredSentence]) -> None:
    with pytest.raises(ValueError, match="same sentences in the same order"):
        compare(model(wrong_every=3), other, WEIGHTS)


def test_matrices_come_one_an_article_in_order_of_appearance() -> None:
    sentences = [
        scored(R, one_hot(A), article="b"),
        scored(E, one_hot(E), article="a"),
        scored(R, one_hot(R), article="b", index=1),
    ]
    first, second = matrices_by_article(sentences)
    assert (first[INDEX[R], INDEX[A]], first[INDEX[R], INDEX[R]], first.sum()) == (1, 1, 2)
    assert (second[INDEX[E], INDEX[E]], second.sum()) == (1, 1)
