import json
from argparse import Namespace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from newsvoice.labels import NAMES
from newsvoice.metrics import draws
from newsvoice.records import Article, write_jsonl
from pipeline.classifiers.majority import MajorityClassifier
from pipeline.classifiers.registry import MODELS, TRANSFORMER
from pipeline.evaluation.calibration import calibration, recommended_threshold, risk_coverage
from pipeline.evaluation.evaluate import EvaluateSettings, evaluate_model, evaluate_models
from pipeline.evaluation.given import evaluate_given
from pipeline.evaluation.headline import headline
from pipeline.evaluation.predictions import ScoredSentence, score
from pipeline.evaluation.resampling import compare
from pipeline.stages.evaluate import main
from tests.pipeline.build import A, E, R, labelled, one_hot, scored

SETTINGS = EvaluateSettings(samples=100, seed=7, bins=10, min_slice=3, kept_accuracy=0.9)


def random_model(count: int, *, confidence: float | None = None, seed: int = 5) -> list[ScoredSentence]:
    """Sentences whose gold is drawn from the probabilities; `confidence`, where given, is claimed instead of them."""
    rng = np.random.default_rng(seed)
    sentences = []
    for number in range(count):
        shares = rng.dirichlet((1.0, 1.0, 1.0))
        gold = NAMES[int(rng.choice(3, p=shares))]
        claimed = shares if confidence is None else one_hot(NAMES[int(shares.argmax())], confidence=confidence)
        sentences.append(scored(gold, claimed, article=f"art-{number % 20}", index=number // 20))
    return sentences


# Calibration.


def test_true_probabilities_are_calibrated() -> None:
    assert calibration(random_model(20_000), bins=10)["ece"] < 0.02


def test_overconfidence_shows() -> None:
    found = calibration(random_model(2_000, confidence=0.99), bins=10)
    (row,) = found["curve"]
    assert row["sentences"] == 2_000
    assert row["confidence"] == pytest.approx(0.99)
    assert found["ece"] == pytest.approx(0.99 - row["accuracy"])
    assert found["ece"] > 0.3


def test_calibration_error_is_the_gap_weighted_by_sentences() -> None:
    sure = [scored(A, one_hot(A, confidence=0.9)) for _ in range(6)]
    unsure = [scored(gold, one_hot(A, confidence=0.5)) for gold in (A, R)]
    found = calibration([*sure, *unsure], bins=10)
    assert found["curve"] == [
        {"confidence": pytest.approx(0.5), "accuracy": 0.5, "sentences": 2},
        {"confidence": pytest.approx(0.9), "accuracy": 1.0, "sentences": 6},
    ]
    assert found["ece"] == pytest.approx(6 / 8 * 0.1)


def test_full_certainty_falls_into_the_last_bin() -> None:
    found = calibration([scored(A, one_hot(A)), scored(A, one_hot(A, confidence=0.95))], bins=10)
    assert [row["sentences"] for row in found["curve"]] == [2]


def coverage_of(sentences: list[ScoredSentence], thresholds: list[float]) -> list[dict[str, Any]]:
    articles = len({s.article for s in sentences})
    return risk_coverage(sentences, thresholds, weights=draws(articles, samples=200, seed=7))


def test_coverage_falls_as_more_confidence_is_asked_for() -> None:
    rows = coverage_of(random_model(3_000), [0.4, 0.5, 0.6, 0.7, 0.8, 0.9])
    coverage = [row["coverage"] for row in rows]
    accuracy = [row["accuracy"] for row in rows]
    assert coverage == sorted(coverage, reverse=True)
    assert accuracy == sorted(accuracy)
    assert coverage[0] > coverage[-1] > 0
    assert all(low < row["accuracy"] < high for row in rows for low, high in [row["accuracy_interval"]])


def test_a_threshold_nobody_reaches_has_no_accuracy_to_show() -> None:
    rows = coverage_of([scored(A, one_hot(A, confidence=0.6))], [0.5, 0.6, 0.9])
    assert [(row["min_confidence"], row["coverage"], row["accuracy"]) for row in rows] == [(0.5, 1, 1), (0.6, 1, 1)]


def test_accuracy_of_kept_labels_is_drawn_by_article() -> None:
    # One article all right, one all wrong: a draw of two articles is right in 0, half or all of its sentences.
    sentences = [scored(gold, one_hot(A), article=name) for name, gold in (("x", A), ("y", R)) for _ in range(50)]
    (row,) = coverage_of(sentences, [0.5])
    assert (row["accuracy"], row["accuracy_interval"]) == (0.5, [0.0, 1.0])


def test_the_recommended_threshold_is_the_lowest_that_surely_reaches_the_target() -> None:
    rows = [
        {"min_confidence": 0.5, "accuracy": 0.96, "accuracy_interval": [0.94, 0.97]},
        {"min_confidence": 0.6, "accuracy": 0.97, "accuracy_interval": [0.95, 0.98]},
        {"min_confidence": 0.7, "accuracy": 0.99, "accuracy_interval": [0.98, 1.0]},
    ]
    assert recommended_threshold(rows, kept_accuracy=0.95) == 0.6
    assert recommended_threshold(rows, kept_accuracy=0.99) is None
    assert recommended_threshold([], kept_accuracy=0.5) is None


# A model, all models.


def test_a_model_is_scored_with_intervals_around_its_scores() -> None:
    found = evaluate_model(random_model(400), SETTINGS)
    assert (found["sentences"], found["articles"]) == (400, 20)
    low, high = found["macro_f1_interval"]
    assert low < found["macro_f1"] < high
    for name in NAMES:
        low, high = found["labels"][name]["f1_interval"]
        assert low < found["labels"][name]["f1"] < high
    assert np.sum(found["confusion"]) == 400
    assert [sum(row) for row in found["confusion"]] == [found["labels"][name]["support"] for name in NAMES]


def test_the_main_model_is_compared_with_every_other() -> None:
    by_model = {"one": random_model(60), "two": random_model(60, confidence=0.9), "main": random_model(60)}
    found = evaluate_models(by_model, SETTINGS, main="main")
    assert list(found["models"]) == ["one", "two", "main"]
    assert list(found["comparisons"]) == ["one", "two"]
    assert found["comparisons"]["one"]["difference"] == 0.0
    assert found["comparisons"]["two"] == compare(
        by_model["main"], by_model["two"], draws(20, samples=SETTINGS.samples, seed=SETTINGS.seed)
    )


def test_the_same_seed_gives_the_same_figures() -> None:
    assert evaluate_model(random_model(200), SETTINGS) == evaluate_model(random_model(200), SETTINGS)


def test_the_given_article_is_counted_alone() -> None:
    sentences = [scored(A, one_hot(label), article=name) for name, label in (("x", A), ("x", R), ("y", A))]
    assert evaluate_given({"m": sentences}, "x") == {"m": {"right": 1, "sentences": 2}}


def test_the_headline_holds_all_of_the_main_model_and_one_figure_of_the_others() -> None:
    results = evaluate_models({"m": random_model(40), "other": random_model(40)}, SETTINGS, main="m")
    without = headline(results, main="m")
    assert without["other"] == {"macro_f1": results["models"]["other"]["macro_f1"]}
    assert list(without["m"]) == ["macro_f1", "accuracy", *(f"f1_{name}" for name in NAMES), "ece"]
    assert [without["m"][f"f1_{name}"] for name in NAMES] == [
        results["models"]["m"]["labels"][name]["f1"] for name in NAMES
    ]
    results |= {"given": {"x": {"m": {"right": 1, "sentences": 2}}}, "contrast": {"m": {"both_right": None}}}
    found = headline(results, main="m")["m"]
    assert (found["right_in_x"], found["contrast_both_right"]) == (1, 0.0)


def test_the_stage_writes_results_of_a_model_that_is_never_sure(tmp_path: Path) -> None:
    probabilities = one_hot(A, confidence=0.36)
    for name in MODELS:
        test = [scored(gold, probabilities, article="rain", index=n) for n, gold in enumerate((R, A, E, A))]
        pairs = [scored(gold, probabilities, article=f"c1-{side}") for side, gold in (("a", R), ("b", A))]
        write_jsonl(tmp_path / "predictions" / name / "test.jsonl", test)
        write_jsonl(tmp_path / "predictions" / name / "contrast.jsonl", pairs)
    write_jsonl(tmp_path / "articles.jsonl", [Article("rain", "Rain fell.", (), {"genre": "news"})])
    sides = [{"text": "Rain fell.", "votes": [{"annotator": "w", "label": label}]} for label in (R, A)]
    write_jsonl(tmp_path / "pairs.jsonl", [{"id": "c1", "rule": "r", "before": "", "sentences": sides}])
    params = yaml.safe_load((Path(__file__).parents[2] / "params.yaml").read_text(encoding="utf-8"))
    params["split"]["always_test"] = ["rain"]
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    files = {"params": "params.yaml", "articles": "articles.jsonl", "pairs": "pairs.jsonl", "plots": "plots"}
    files |= {"predictions": "predictions", "results": "results.json", "metrics": "metrics.json"}
    main(Namespace(**{name: tmp_path / file for name, file in files.items()}))
    assert json.loads((tmp_path / "metrics.json").read_text(encoding="utf-8"))[TRANSFORMER]["accuracy"] == 0.5
    assert json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))["min_confidence"] is None
    header, *rows = (tmp_path / "plots/confusion.csv").read_text(encoding="utf-8").splitlines()
    assert (header, rows) == ("gold,predicted", [f"{R},{A}", f"{A},{A}", f"{E},{A}", f"{A},{A}"])


def test_predictions_are_written_beside_gold_with_six_digits() -> None:
    undecided = MajorityClassifier([1 / 3, 1 / 3, 1 / 3])
    (found,) = score(undecided, [labelled("Rain fell.", E, article="rain", index=4, in_quotation=True)])
    assert found == ScoredSentence("rain", 4, "Rain fell.", 0, True, E, (0.333333, 0.333333, 0.333333))
    # The first label in order wins a tie.
    assert found.predicted == NAMES[0]
