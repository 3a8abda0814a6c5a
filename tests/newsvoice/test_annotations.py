import json
import re
from pathlib import Path

import pytest

from newsvoice.annotations import ADJUDICATOR, Annotation, Vote, check_against, read_annotations
from newsvoice.errors import NewsvoiceError
from newsvoice.records import Article, write_jsonl
from tests.pipeline.build import A, E, R, annotation, votes

TEXT = "Rain fell all night. The dam held, Mayor Low said."
FINE = {"start": 0, "end": 20, "text": "Rain fell all night.", "votes": [{"annotator": "writer", "label": A}]}


def mark(*passes: Vote) -> Annotation:
    return Annotation(start=0, end=4, text="Rain", votes=passes)


def test_annotations_come_back_as_they_were_written(tmp_path: Path) -> None:
    marks = [
        annotation(TEXT, "Rain fell all night.", Vote("writer", A), Vote("reader", "none", 1, A)),
        annotation(TEXT, "The dam held, Mayor Low said.", Vote("writer", R), Vote("reader", R, confidence=3)),
    ]
    path = tmp_path / "rain.jsonl"
    write_jsonl(path, marks)
    assert read_annotations(path) == marks


def test_what_a_vote_does_not_say_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "rain.jsonl"
    write_jsonl(path, [mark(Vote("writer", A))])
    assert json.loads(path.read_text(encoding="utf-8"))["votes"] == [{"annotator": "writer", "label": A}]


@pytest.mark.parametrize(
    ("passes", "gold"),
    [
        (votes(writer=A), A),
        (votes(writer=A, reader=A), A),
        (votes(writer=A, reader=E), None),
        (votes(writer=A, reader=E, third=E), None),
        (votes(writer=A, reader=E) + votes(adjudicator=E), E),
        (votes(adjudicator=R) + votes(writer=A, reader=A), R),
    ],
    ids=["one", "agreed", "differing", "no-majority-rule", "adjudicated", "adjudicator-first"],
)
def test_the_gold_label_is_the_adjudicators_or_the_agreed_one(passes: tuple[Vote, ...], gold: str | None) -> None:
    assert mark(*passes).label == gold
    assert mark(*passes).disputed == (gold is None)


@pytest.mark.parametrize(
    ("passes", "shares"),
    [
        ([Vote("writer", A)], {A: 1.0}),
        ([Vote("writer", A), Vote("reader", A, 2)], {A: 1.0}),
        ([Vote("writer", A), Vote("reader", A, 1, E)], {A: 0.8, E: 0.2}),
        ([Vote("writer", A), Vote("reader", E), Vote(ADJUDICATOR, E)], {A: 1 / 3, E: 2 / 3}),
        ([Vote("writer", A), Vote("reader", R, 1, E), Vote(ADJUDICATOR, E)], {A: 1 / 3, R: 0.2, E: 1.4 / 3}),
    ],
    ids=["one", "doubt-without-a-runner-up", "toss-up", "overruled", "runner-up-counts"],
)
def test_shares_count_votes_and_doubts(passes: list[Vote], shares: dict[str, float]) -> None:
    found = mark(*passes).shares
    assert {label: share for label, share in found.items() if share} == pytest.approx(shares)
    assert sum(found.values()) == pytest.approx(1)


def without(key: str) -> dict[str, object]:
    return {k: v for k, v in FINE.items() if k != key}


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("{", id="no-json"),
        pytest.param("[1]", id="no-object"),
        pytest.param(without("votes"), id="no-votes"),
        pytest.param(without("text"), id="no-text"),
        pytest.param(without("start"), id="no-start"),
        pytest.param(FINE | {"note": "odd"}, id="unknown-field"),
        pytest.param(FINE | {"votes": []}, id="empty-votes"),
        pytest.param(FINE | {"votes": None}, id="null-votes"),
        pytest.param(FINE | {"votes": ["writer"]}, id="vote-no-object"),
        pytest.param(FINE | {"votes": [{"annotator": "writer"}]}, id="vote-without-label"),
        pytest.param(FINE | {"votes": [{"annotator": "writer", "label": A, "mood": 1}]}, id="vote-unknown-field"),
        pytest.param(FINE | {"votes": [{"annotator": "writer", "label": "opinion"}]}, id="unknown-label"),
        pytest.param(
            FINE | {"votes": [{"annotator": "w", "label": A, "runner_up": "opinion"}]}, id="unknown-runner-up"
        ),
        pytest.param(FINE | {"votes": [{"annotator": "w", "label": A, "confidence": 4}]}, id="confidence-4"),
        pytest.param(FINE | {"votes": [{"annotator": "w", "label": A, "confidence": 0}]}, id="confidence-0"),
        pytest.param(FINE | {"votes": [{"annotator": "w", "label": A, "confidence": "3"}]}, id="confidence-text"),
        pytest.param(FINE | {"end": 0}, id="empty-passage"),
        pytest.param(FINE | {"start": -4}, id="before-the-start"),
        pytest.param(FINE | {"start": 19, "end": 30}, id="overlap"),
        pytest.param(FINE | {"start": "21", "end": "50"}, id="offset-text"),
        pytest.param(FINE | {"start": None}, id="offset-null"),
        pytest.param(FINE | {"start": 21.5, "end": 50}, id="offset-fraction"),
        pytest.param(FINE | {"start": 21, "end": 50, "text": 5}, id="text-number"),
    ],
)
def test_a_broken_annotation_is_an_error_with_file_and_line(tmp_path: Path, line: object) -> None:
    path = tmp_path / "rain.jsonl"
    broken = line if isinstance(line, str) else json.dumps(line)
    path.write_text(f"{json.dumps(FINE)}\n{broken}\n", encoding="utf-8")
    with pytest.raises(NewsvoiceError, match=re.escape(f"{path}:2: ")):
        read_annotations(path)


def test_an_unknown_label_comes_with_the_known_ones(tmp_path: Path) -> None:
    path = tmp_path / "rain.jsonl"
    path.write_text(json.dumps(FINE | {"votes": [{"annotator": "w", "label": "opinion"}]}), encoding="utf-8")
    with pytest.raises(NewsvoiceError, match=rf"unknown label 'opinion'; labels are {R}, {A}, {E}, none"):
        read_annotations(path)


def test_neighbouring_passages_may_touch(tmp_path: Path) -> None:
    path = tmp_path / "rain.jsonl"
    write_jsonl(path, [Annotation(0, 4, "Rain", votes(writer=A)), Annotation(4, 9, " fell", votes(writer=A))])
    assert [a.end for a in read_annotations(path)] == [4, 9]


def test_annotations_of_the_article_they_were_made_on_pass() -> None:
    marks = [annotation(TEXT, "Rain fell all night.", *votes(writer=A))]
    check_against(Article("rain", TEXT, ()), marks, where="rain.jsonl")


@pytest.mark.parametrize("edited", [TEXT.replace("night", "day"), f" {TEXT}", "Rain", ""])
def test_an_edited_article_is_an_error_that_names_the_place(edited: str) -> None:
    marks = [annotation(TEXT, "Rain", *votes(writer=A)), annotation(TEXT, "night.", *votes(writer=A))]
    with pytest.raises(NewsvoiceError) as caught:
        check_against(Article("rain", edited, ()), marks, where="rain.jsonl")
    first = next(n for n, m in enumerate(marks) if edited[m.start : m.end] != m.text)
    assert str(caught.value).startswith(f"rain.jsonl:{first + 1}: rain[{marks[first].start}:{marks[first].end}] is ")
    assert repr(marks[first].text) in str(caught.value)
