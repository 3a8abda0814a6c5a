import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from newsvoice.errors import NewsvoiceError
from newsvoice.labels import NOT_PROSE
from newsvoice.records import Sentence
from pipeline.classifiers.majority import MajorityClassifier
from pipeline.evaluation.contrast import evaluate_pairs
from pipeline.evaluation.predictions import score
from pipeline.labelling.contrast import ContrastPair, describe, labelled, read_pairs
from pipeline.labelling.label import CONTEXT, GOLD
from tests.pipeline.build import A, E, R, one_hot, scored, votes

FINE = {
    "id": "c1",
    "rule": "no-source",
    "before": "The pier shut in May.",
    "sentences": [
        {"text": "Critics call it a waste.", "votes": [{"annotator": "writer", "label": R}]},
        {"text": "It has been called a waste.", "votes": [{"annotator": "writer", "label": E}]},
    ],
}


def write(folder: Path, *lines: object) -> Path:
    path = folder / "contrast.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def with_first(**changes: object) -> dict[str, Any]:
    return FINE | {"sentences": [FINE["sentences"][0] | changes, FINE["sentences"][1]]}


def pair(folder: Path, **changes: object) -> ContrastPair:
    return read_pairs(write(folder, FINE | changes))[0]


def test_pairs_are_read_with_their_votes(tmp_path: Path) -> None:
    (found,) = read_pairs(write(tmp_path, FINE))
    assert (found.id, found.rule, found.before) == ("c1", "no-source", "The pier shut in May.")
    assert [s.text for s in found.sentences] == ["Critics call it a waste.", "It has been called a waste."]
    assert [s.votes for s in found.sentences] == [votes(writer=R), votes(writer=E)]
    assert found.usable


@pytest.mark.parametrize(
    ("first", "second"), [(R, R), ("none", E), (R, None)], ids=["same-label", "not-prose", "unsettled"]
)
def test_a_pair_without_two_settled_labels_is_not_usable(tmp_path: Path, first: str, second: str | None) -> None:
    disputed = [{"annotator": "writer", "label": A}, {"annotator": "reader", "label": E}]
    sides = [
        {"text": "One.", "votes": [{"annotator": "writer", "label": label}] if label else disputed}
        for label in (first, second)
    ]
    assert not pair(tmp_path, sentences=sides).usable


@pytest.mark.parametrize(
    "line",
    [
        pytest.param({k: v for k, v in FINE.items() if k != "before"}, id="no-before"),
        pytest.param(FINE | {"sentences": FINE["sentences"][:1]}, id="one-sentence"),
        pytest.param(FINE | {"sentences": [*FINE["sentences"], FINE["sentences"][0]]}, id="three-sentences"),
        pytest.param(with_first(votes=None), id="null-votes"),
        pytest.param(with_first(votes=[{"annotator": "writer"}]), id="vote-without-label"),
        pytest.param(with_first(votes=[]), id="no-votes"),
        pytest.param(with_first(votes=[{"annotator": "w", "label": "opinion"}]), id="unknown-label"),
        pytest.param(with_first(votes=[{"annotator": "w", "label": A, "confidence": 4}]), id="confidence-4"),
        pytest.param(with_first(text=""), id="empty-sentence"),
        pytest.param(FINE, id="repeated"),
    ],
)
def test_a_broken_pair_is_an_error_with_file_and_line(tmp_path: Path, line: dict[str, Any]) -> None:
    path = write(tmp_path, FINE, line if line is FINE else line | {"id": "c2"})
    with pytest.raises(NewsvoiceError, match=re.escape(f"{path}:2: ")):
        read_pairs(path)


def test_both_sides_become_small_articles_that_begin_with_the_context(tmp_path: Path) -> None:
    assert [(s.article, s.index, s.text, s.label, s.source) for s in labelled([pair(tmp_path)])] == [
        ("c1-a", 0, "The pier shut in May.", NOT_PROSE, CONTEXT),
        ("c1-a", 1, "Critics call it a waste.", R, GOLD),
        ("c1-b", 0, "The pier shut in May.", NOT_PROSE, CONTEXT),
        ("c1-b", 1, "It has been called a waste.", E, GOLD),
    ]


def test_context_is_read_and_not_scored(tmp_path: Path) -> None:
    class Echo(MajorityClassifier):
        def predict_proba(self, sentences: Sequence[Sentence]) -> NDArray[np.float64]:
            assert len(sentences) == 4
            return super().predict_proba(sentences)

    scored_sentences = score(Echo([0.5, 0.25, 0.25]), labelled([pair(tmp_path)]))
    assert [s.text for s in scored_sentences] == ["Critics call it a waste.", "It has been called a waste."]


@pytest.mark.parametrize(
    ("before", "inside"),
    [("Ms Berg said: “The pier leaks.", True), ("Ms Berg said: “The pier leaks.”", False), ("", False)],
)
def test_the_context_decides_whether_a_side_is_inside_a_quotation(tmp_path: Path, before: str, inside: bool) -> None:
    sides = [
        {"text": "It cost too much.”" if inside else "It cost too much.", "votes": [{"annotator": "w", "label": label}]}
        for label in (R, A)
    ]
    found = labelled([pair(tmp_path, before=before, sentences=sides)])
    assert [s.in_quotation for s in found if s.source == GOLD] == [inside, inside]


def test_a_quarter_is_for_test_by_the_id_alone(tmp_path: Path) -> None:
    lines = [FINE | {"id": f"c{n}"} for n in range(400)]
    before = {p.id: p.for_test for p in read_pairs(write(tmp_path, *lines))}
    after = {p.id: p.for_test for p in read_pairs(write(tmp_path, *lines[::-3], *lines[1:300:3]))}
    assert sum(before.values()) == pytest.approx(100, abs=25)
    assert all(before[name] == for_test for name, for_test in after.items())


def test_pairs_are_counted_by_use_and_rule(tmp_path: Path) -> None:
    unusable = with_first(votes=[{"annotator": "writer", "label": E}]) | {"id": "c0"}
    lines = [unusable, *(FINE | {"id": f"c{n}", "rule": f"rule-{n % 2}"} for n in range(1, 9))]
    pairs = read_pairs(write(tmp_path, *lines))
    found = describe(pairs)
    assert (found["pairs"], found["usable"]) == (9, 8)
    assert found["for_training"] + found["for_test"] == 8
    assert found["for_test"] == sum(p.for_test for p in pairs if p.usable)
    assert found["by_rule"] == {"rule-0": 4, "rule-1": 4}


def test_a_pair_counts_when_both_sides_are_right(tmp_path: Path) -> None:
    pairs = read_pairs(write(tmp_path, *(FINE | {"id": f"c-{n}"} for n in range(4))))
    half = [
        scored(gold, one_hot(gold if n < 2 or side == "a" else A), article=f"c-{n}-{side}")
        for n in range(4)
        for side, gold in (("a", R), ("b", E))
    ]
    found = evaluate_pairs({"half": half}, pairs, samples=200, seed=7)["half"]
    assert (found["pairs"], found["both_right"], found["sides_right"]) == (4, 0.5, 0.75)
    assert found["by_rule"] == {"no-source": {"pairs": 4, "both_right": 2}}
    low, high = found["interval"]
    assert 0 <= low < 0.5 < high <= 1


def test_a_model_that_is_always_right_has_a_narrow_interval(tmp_path: Path) -> None:
    right = [scored(gold, one_hot(gold), article=f"c1-{side}") for side, gold in (("a", R), ("b", E))]
    found = evaluate_pairs({"right": right}, [pair(tmp_path)], samples=100, seed=7)["right"]
    assert (found["both_right"], found["interval"]) == (1.0, [1.0, 1.0])


def test_without_pairs_for_test_nothing_is_claimed() -> None:
    found = evaluate_pairs({"none": []}, [], samples=100, seed=7)["none"]
    assert (found["pairs"], found["both_right"]) == (0, None)
