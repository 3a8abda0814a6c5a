import pytest

from pipeline.evaluation.changes import changes, share
from tests.pipeline.build import A, E, R, one_hot, scored


def run(*predicted: str, confidence: float = 0.9, gold: str = A) -> list:
    return [scored(gold, one_hot(label, confidence=confidence), index=n) for n, label in enumerate(predicted)]


def test_sentences_are_told_apart_by_what_became_of_them() -> None:
    shared = share(run(A, R, A, R, R, R), run(A, A, E, R, E, A))
    found = changes(shared, samples=100, seed=7)
    assert [pair.before.index for pair in found["better"]] == [1, 5]
    assert [pair.before.index for pair in found["worse"]] == [2]
    assert [pair.before.index for pair in found["otherwise_wrong"]] == [4]
    assert found["by_label"][A] == {"better": 2, "worse": 1}
    assert found["by_label"][E] == {"better": 0, "worse": 0}
    assert (found["before"]["accuracy"], found["after"]["accuracy"]) == (pytest.approx(2 / 6), pytest.approx(3 / 6))


def test_the_test_counts_what_the_second_run_wins() -> None:
    found = changes(share(run(R, R, R, A), run(A, A, A, R)), samples=100, seed=7)["comparison"]
    assert (found["only_first_right"], found["only_second_right"]) == (3, 1)
    # Two-sided binomial of 3 in 4.
    assert found["mcnemar_p"] == pytest.approx(0.625)
    assert found["difference"] > 0


def test_the_largest_swing_comes_first() -> None:
    before = [scored(A, one_hot(R, confidence=c), index=n) for n, c in enumerate((0.4, 0.98, 0.7))]
    found = changes(share(before, run(A, A, A)), samples=100, seed=7)
    assert [pair.before.index for pair in found["better"]] == [1, 2, 0]


def test_what_cannot_be_compared_is_counted_and_left_out() -> None:
    before = [*run(A, R, A), scored(A, one_hot(A), index=9, text="Gone.")]
    after = [
        *run(A, A),
        scored(E, one_hot(E), index=2),
        scored(A, one_hot(A), index=9, text="New."),
        scored(A, one_hot(A), article="b"),
    ]
    shared = share(before, after)
    assert [pair.before.index for pair in shared.pairs] == [0, 1]
    assert (shared.only_before, shared.only_after, shared.other_gold) == (1, 2, 1)


def test_the_order_of_the_second_run_does_not_matter() -> None:
    after = run(A, A, E)
    assert share(run(A, R, A), after) == share(run(A, R, A), after[::-1])
