"""The model that `make repro` trained, on the article the project began with."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from newsvoice.cli import cli
from newsvoice.labels import NAMES
from newsvoice.records import read_records
from pipeline.evaluation.predictions import ScoredSentence

ROOT = Path(__file__).resolve().parents[2]
MODEL = ROOT / "models/classifier"
ARTICLE = ROOT / "data/raw/articles/putin-warns-kyiv.txt"
PREDICTIONS = ROOT / "data/predictions/classifier/test.jsonl"

pytestmark = [
    pytest.mark.model,
    pytest.mark.skipif(not PREDICTIONS.exists(), reason="no model here: make repro"),
]


@pytest.fixture(scope="module")
def records() -> list[dict[str, object]]:
    outcome = CliRunner().invoke(cli, ["predict", str(ARTICLE), "--format", "jsonl", "--model", str(MODEL)])
    assert outcome.exit_code == 0, outcome.output
    return [json.loads(line) for line in outcome.stdout.splitlines()]


@pytest.fixture(scope="module")
def staged() -> list[ScoredSentence]:
    return [s for s in read_records(PREDICTIONS, ScoredSentence) if s.article == ARTICLE.stem]


def test_the_article_has_27_sentences_in_their_places(records: list[dict[str, object]]) -> None:
    original = ARTICLE.read_bytes().decode()

    assert len(records) == 27
    assert [original[r["start"] : r["end"]] for r in records] == [r["text"] for r in records]  # type: ignore[misc]


def test_the_command_says_what_the_stage_said(records: list[dict[str, object]], staged: list[ScoredSentence]) -> None:
    # The command rounds probabilities to four digits, the stage to six.
    for record, sentence in zip(records, staged, strict=True):
        assert record["text"] == sentence.text
        assert record["label"] == sentence.predicted
        assert record["probabilities"] == pytest.approx(dict(zip(NAMES, sentence.probabilities, strict=True)), abs=1e-4)


def test_every_quotation_of_the_article_is_reported_speech(records: list[dict[str, object]]) -> None:
    quoted = [record for record in records if record["in_quotation"]]

    assert len(quoted) == 2
    assert {record["label"] for record in quoted} == {NAMES[0]}


def test_the_article_is_read_better_than_by_the_majority(staged: list[ScoredSentence]) -> None:
    right = sum(sentence.gold == sentence.predicted for sentence in staged)

    assert right >= 18


@pytest.mark.parametrize(
    ("cue", "text"),
    [
        ("said", "The council will raise the fee in May, the mayor said on Monday."),
        ("warned", "The bank warned that prices could rise faster than wages next year."),
        ("believes", "The minister believes the plan will fail."),
    ],
)
def test_the_cue_weighs_most_in_reported_speech(cue: str, text: str) -> None:
    from newsvoice.api import load

    [(prediction, words)] = load(MODEL).explain(text)
    weights = {text[word.start : word.end]: word.weight for word in words}

    assert prediction.label == NAMES[0]
    assert max(weights, key=weights.__getitem__) == cue, weights
    assert weights[cue] > 0.1
