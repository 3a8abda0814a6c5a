"""The model that `make repro` trained, on the article the project began with."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from newsvoice.cli import cli
from newsvoice.cli_predict import RECOMMENDED
from newsvoice.labels import INDEX, NAMES
from newsvoice.metrics import confusion_matrix, macro_f1
from newsvoice.records import read_records
from newsvoice.render.weights import heaviest
from newsvoice.runtime.exported import ExportedModel
from pipeline.evaluation.explained import read_weights
from pipeline.evaluation.predictions import ScoredSentence
from pipeline.labelling.label import LabelledSentence

ROOT = Path(__file__).resolve().parents[2]
MODEL = ROOT / "models/classifier"
ARTICLE = ROOT / "data/raw/articles/putin-warns-kyiv.txt"
RUNTIME = ROOT / "models/runtime"
TEST = ROOT / "data/splits/test.jsonl"
PREDICTIONS = ROOT / "data/predictions/classifier/test.jsonl"
BASELINE = ROOT / "data/predictions/tfidf/test.jsonl"
EXPLAINED = ROOT / "data/explained.jsonl"

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
def staged_all() -> list[ScoredSentence]:
    return read_records(PREDICTIONS, ScoredSentence)


@pytest.fixture(scope="module")
def staged(staged_all: list[ScoredSentence]) -> list[ScoredSentence]:
    return [s for s in staged_all if s.article == ARTICLE.stem]


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


def test_more_of_the_article_is_read_as_annotators_read_it_than_by_the_learnt_baseline(
    staged: list[ScoredSentence],
) -> None:
    baseline = read_records(BASELINE, ScoredSentence)
    right, by_baseline = (
        sum(s.gold == s.predicted for s in scored if s.article == ARTICLE.stem) for scored in (staged, baseline)
    )

    # Another processor may turn a sentence that is on the fence, so no count is asked for.
    assert right > by_baseline > len(staged) / 2


@pytest.mark.parametrize("folder", [MODEL, RUNTIME], ids=["torch", "exported"])
@pytest.mark.parametrize(
    ("cue", "text"),
    [
        ("said", "The council will raise the fee in May, the mayor said on Monday."),
        ("warned", "The bank warned that prices could rise faster than wages next year."),
        ("believes", "The minister believes the plan will fail."),
    ],
)
def test_the_cue_weighs_most_in_reported_speech(cue: str, text: str, folder: Path) -> None:
    from newsvoice.api import load

    [(prediction, words)] = load(folder).explain(text)
    weights = {text[word.start : word.end]: word.weight for word in words}

    assert prediction.label == NAMES[0]
    assert max(weights, key=weights.__getitem__) == cue, weights
    assert weights[cue] > 0.1


def test_every_error_and_the_whole_article_are_explained(staged_all: list[ScoredSentence]) -> None:
    weights = read_weights(EXPLAINED)
    wanted = {(s.article, s.index): s for s in staged_all if s.gold != s.predicted or s.article == ARTICLE.stem}

    assert set(weights) == set(wanted)
    for key, sentence in wanted.items():
        assert all(sentence.text[w.start : w.end].strip() and abs(w.weight) <= 1 for w in weights[key])


def test_what_marks_the_articles_reported_speech_is_its_cues(staged: list[ScoredSentence]) -> None:
    cues = {"stated", "note", "argue"}
    weights = read_weights(EXPLAINED)
    named = {
        word
        for s in staged
        if s.predicted == NAMES[0]
        for word, _ in heaviest(s.text, weights[s.article, s.index], start=0)
    }

    assert len(cues & named) >= 2


def test_the_exported_model_agrees_on_the_whole_test_split(staged_all: list[ScoredSentence]) -> None:
    """Labels of at least 99.5 % of the sentences, and a macro-F1 at most 0.003 lower."""
    sentences = read_records(TEST, LabelledSentence)
    exported = ExportedModel.load(RUNTIME).predict_proba(sentences).argmax(axis=1).tolist()
    by_place = {(s.article, s.index): label for s, label in zip(sentences, exported, strict=True)}
    after = [by_place[s.article, s.index] for s in staged_all]
    before, gold = [INDEX[s.predicted] for s in staged_all], [INDEX[s.gold] for s in staged_all]

    assert sum(a == b for a, b in zip(after, before, strict=True)) >= 0.995 * len(before)
    assert macro_f1(confusion_matrix(gold, after)) >= macro_f1(confusion_matrix(gold, before)) - 0.003


def test_the_confidence_that_help_recommends_is_the_reports() -> None:
    assert json.loads((ROOT / "reports/results.json").read_text(encoding="utf-8"))["min_confidence"] == RECOMMENDED
    assert f"`--min-confidence {RECOMMENDED}`" in (ROOT / "README.md").read_text(encoding="utf-8")
