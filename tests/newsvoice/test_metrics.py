import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn import metrics as sklearn_metrics

from newsvoice.labels import NAMES
from newsvoice.metrics import (
    classification_scores,
    confusion_matrix,
    draws,
    f1_scores,
    interval,
    intervals,
    macro_f1,
)

Pair = tuple[NDArray[np.int64], NDArray[np.int64]]


def random_pair(seed: int, *, size: int = 200) -> Pair:
    random = np.random.default_rng(seed)
    gold = random.choice(3, p=[0.3, 0.6, 0.1], size=size)
    return gold, np.where(random.random(size) < 0.6, gold, random.integers(3, size=size))


@pytest.fixture(params=range(5))
def pair(request: pytest.FixtureRequest) -> Pair:
    return random_pair(request.param)


def test_rows_are_gold_and_columns_predictions() -> None:
    matrix = confusion_matrix([0, 0, 1, 2], [1, 1, 1, 0])

    assert matrix.tolist() == [[0, 2, 0], [0, 1, 0], [1, 0, 0]]


def test_no_sentences_count_to_zeros() -> None:
    assert confusion_matrix([], []).tolist() == [[0] * 3] * 3


def test_the_matrix_agrees_with_scikit_learn(pair: Pair) -> None:
    gold, predicted = pair

    assert (
        confusion_matrix(gold, predicted) == sklearn_metrics.confusion_matrix(gold, predicted, labels=[0, 1, 2])
    ).all()


def test_scores_agree_with_scikit_learn(pair: Pair) -> None:
    gold, predicted = pair
    scores = classification_scores(confusion_matrix(gold, predicted))
    expected = sklearn_metrics.precision_recall_fscore_support(gold, predicted, labels=[0, 1, 2], zero_division=0)

    for name, precision, recall, f1, support in zip(NAMES, *expected, strict=True):
        assert scores["labels"][name] == pytest.approx(
            {"precision": precision, "recall": recall, "f1": f1, "support": support}
        )
    assert scores["accuracy"] == pytest.approx(sklearn_metrics.accuracy_score(gold, predicted))
    assert scores["macro_f1"] == pytest.approx(sklearn_metrics.f1_score(gold, predicted, average="macro"))


def test_macro_f1_counts_only_labels_present_in_gold() -> None:
    gold, predicted = [0, 0, 1, 1], [0, 2, 1, 1]
    expected = sklearn_metrics.f1_score(gold, predicted, labels=[0, 1], average="macro")

    assert macro_f1(confusion_matrix(gold, predicted)) == pytest.approx(expected)


def test_a_label_in_gold_that_is_never_predicted_counts_as_zero() -> None:
    assert macro_f1(confusion_matrix([0, 1], [0, 0])) == pytest.approx((2 / 3 + 0) / 2)


def test_macro_f1_of_nothing_is_not_a_number() -> None:
    assert np.isnan(macro_f1(np.zeros((3, 3), dtype=np.int64)))


def test_a_label_neither_gold_nor_predicted_scores_zero() -> None:
    matrix = confusion_matrix([0, 1], [0, 1])

    assert f1_scores(matrix).tolist() == [1, 1, 0]
    assert classification_scores(matrix)["labels"][NAMES[2]] == {"precision": 0, "recall": 0, "f1": 0, "support": 0}


def test_leading_axes_are_batches() -> None:
    matrices = np.array([[confusion_matrix(*random_pair(seed)) for seed in row] for row in ((0, 1), (2, 3))])

    assert macro_f1(matrices).shape == (2, 2)
    assert f1_scores(matrices).shape == (2, 2, 3)
    assert macro_f1(matrices)[1, 0] == macro_f1(matrices[1, 0])


def test_every_draw_takes_as_many_clusters_as_there_are() -> None:
    drawn = draws(7, samples=50, seed=1)

    assert drawn.shape == (50, 7)
    assert (drawn.sum(axis=1) == 7).all()
    assert (drawn == draws(7, samples=50, seed=1)).all()
    assert (drawn != draws(7, samples=50, seed=2)).any()


@pytest.mark.parametrize("seed", range(5))
def test_intervals_contain_the_estimate(seed: int) -> None:
    matrices = np.stack([confusion_matrix(*random_pair(20 * seed + n, size=30)) for n in range(20)])
    scores = classification_scores(matrices.sum(axis=0))
    bounds = intervals(matrices, draws(20, samples=500, seed=seed))

    low, high = bounds["macro_f1"]
    assert low < scores["macro_f1"] < high
    for name in NAMES:
        low, high = bounds["labels"][name]
        assert 0 <= low < scores["labels"][name]["f1"] < high <= 1


def test_articles_that_are_all_alike_leave_no_interval() -> None:
    matrix = confusion_matrix(*random_pair(0))
    bounds = intervals(np.stack([matrix] * 4), draws(4, samples=100, seed=1))

    assert bounds["macro_f1"] == pytest.approx([float(macro_f1(matrix))] * 2)


def test_an_interval_leaves_out_what_could_not_be_scored() -> None:
    values = np.append(np.linspace(0, 1, 1001), np.nan)

    assert interval(values) == pytest.approx([0.025, 0.975])
