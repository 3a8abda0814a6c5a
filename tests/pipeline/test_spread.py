from typing import Any

import pytest

from pipeline.evaluation.spread import by_model, curve_rows, last_step, learning_curve, sets, spread


def row(model: str, seed: int, macro_f1: float, **other: Any) -> dict[str, Any]:
    return {"model": model, "seed": seed, "test": {"macro_f1": macro_f1}, **other}


def test_a_spread_is_mean_range_and_deviation() -> None:
    assert spread([0.8, 0.9, 1.0]) == {
        "mean": pytest.approx(0.9),
        "low": 0.8,
        "high": 1.0,
        "deviation": pytest.approx(0.1),
        "runs": 3,
    }


def test_a_single_run_has_no_deviation() -> None:
    assert spread([0.8]) == {"mean": 0.8, "low": 0.8, "high": 0.8, "deviation": None, "runs": 1}


def test_runs_are_taken_together_by_model() -> None:
    rows = [row("b", 1, 0.5, given_article=20), row("a", 1, 0.7), row("b", 2, 0.7, given_article=22)]
    found = by_model(rows)
    assert list(found) == ["b", "a"]
    assert found["b"]["test"]["macro_f1"]["mean"] == pytest.approx(0.6)
    assert found["b"]["given_article"]["mean"] == 21
    assert found["a"]["test"]["macro_f1"]["runs"] == 1
    assert "given_article" not in found["a"]


def test_a_figure_or_set_that_a_run_lacks_is_taken_over_the_others() -> None:
    rows = [row("a", 1, 0.5, news={"macro_f1": 0.4}), row("a", 2, 0.7, news=None), row("a", 3, 0.6)]
    found = by_model(rows)["a"]
    assert (found["news"]["macro_f1"]["runs"], found["test"]["macro_f1"]["runs"]) == (1, 3)
    assert sets(rows) == ["test", "news"]


def test_a_learning_curve_grows_with_the_share() -> None:
    rows = [
        row("a", seed, score, share=share, articles=articles, sentences=10 * articles)
        for share, articles, seed, score in ((1.0, 40, 1, 0.9), (0.1, 4, 1, 0.5), (0.1, 5, 2, 0.7))
    ]
    first, last = learning_curve(rows)["a"]
    assert (first["share"], first["articles"], first["sentences"]) == (0.1, 4, 45)
    assert (first["test"]["macro_f1"]["low"], first["test"]["macro_f1"]["high"]) == (0.5, 0.7)
    assert last["test"]["macro_f1"]["mean"] == 0.9


def test_a_learning_curve_becomes_a_row_a_share_and_a_column_a_set() -> None:
    rows = [
        row(model, seed, score, share=share, articles=articles, sentences=9)
        for model, share, articles, seed, score in (
            ("a", 1.0, 40, 1, 0.9),
            ("a", 0.5, 20, 1, 0.5),
            ("a", 0.5, 20, 2, 0.7),
            ("b", 1.0, 40, 1, 0.4),
        )
    ]
    curve = learning_curve(rows)
    assert curve_rows(curve["a"], ["test"]) == [
        {"articles": 20, "test": pytest.approx(0.6)},
        {"articles": 40, "test": 0.9},
    ]
    assert curve_rows(curve["b"], ["test", "nowhere"]) == [{"articles": 40, "test": 0.4}]


def test_the_last_step_of_a_curve_is_a_difference_of_means() -> None:
    rows = [
        row("a", seed, score, share=share, articles=9, sentences=9, news={"macro_f1": score, "analysis": 2 * score})
        for share, seed, score in ((0.5, 1, 0.5), (0.5, 2, 0.7), (1.0, 1, 0.8), (0.1, 1, 0.2))
    ]
    points = learning_curve(rows)["a"]
    assert last_step(points, "news") == {
        "from": 0.5,
        "to": 1.0,
        "change": {"macro_f1": pytest.approx(0.2), "analysis": pytest.approx(0.4)},
    }
    assert last_step(points, "nowhere") is None
    assert last_step(points[:1], "news") is None


def test_no_runs_are_no_figures() -> None:
    assert curve_rows([], []) == []
    assert (by_model([]), learning_curve([]), sets([])) == ({}, {}, [])
