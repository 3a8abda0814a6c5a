import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from newsvoice.annotate.review.wanted import read_wanted
from newsvoice.annotations import Annotation, Vote
from newsvoice.errors import NewsvoiceError
from newsvoice.labels import INDEX, NAMES
from newsvoice.records import write_json, write_jsonl
from pipeline.classifiers.tfidf import TfidfSettings
from pipeline.labelling.label import RULES, LabelledSentence
from pipeline.suspects import FOLDS, suspects, unseen_probabilities
from tests.pipeline.build import A, E, R, one_hot, toy_set

SETTINGS = TfidfSettings(
    words=1, characters=3, min_sentences=1, inverse_regularisation=10.0, class_weight="balanced", seed=7
)


def corpus() -> list[LabelledSentence]:
    """Twelve articles whose labels can be read off the words."""
    return [*toy_set("one"), *toy_set("two")]


def meaning(sentences: list[LabelledSentence]) -> np.ndarray:
    """What an encoder would make of the words, with a little noise."""
    noise = np.random.default_rng(7).normal(scale=0.1, size=(len(sentences), len(NAMES)))
    true = np.array([one_hot(s.label) for s in sentences])
    return true + noise


def mislabelled(sentences: list[LabelledSentence], position: int, label: str) -> list[LabelledSentence]:
    return [replace(s, label=label) if n == position else s for n, s in enumerate(sentences)]


def test_a_planted_error_is_the_first_suspect() -> None:
    clean = corpus()
    assert clean[0].label == A
    planted = mislabelled(clean, 0, E)
    probabilities = unseen_probabilities(planted, SETTINGS, meaning(clean))
    found = suspects(planted, probabilities, {})

    assert found["rows"][0] == {
        "rank": 1,
        "article": planted[0].article,
        "index": planted[0].index,
        "start": planted[0].start,
        "end": planted[0].end,
        "text": planted[0].text,
        "given": E,
        "suggested": A,
        "score": pytest.approx(probabilities[0, INDEX[E]]),
        "annotators": [],
    }
    assert found["found"] == len(found["rows"]) == 1
    assert found["found_by_label"] == {R: 0, A: 0, E: 1}
    assert found["sentences"] == len(planted)
    assert found["articles"] == 12


def test_clean_labels_are_not_suspect() -> None:
    clean = corpus()
    found = suspects(clean, unseen_probabilities(clean, SETTINGS, meaning(clean)), {})
    assert (found["found"], found["rows"]) == (0, [])
    assert found["macro_f1_on_unseen_articles"] > 0.95


def test_a_sentence_is_judged_without_its_own_article() -> None:
    clean = corpus()
    article = clean[0].article
    turned = {A: E, E: R, R: A}
    # Were its own labels seen, the models would learn them by heart from identical sentences.
    planted = [replace(s, label=turned[s.label]) if s.article == article else s for s in clean]
    probabilities = unseen_probabilities(planted, SETTINGS, meaning(clean))
    own = [n for n, s in enumerate(planted) if s.article == article]
    assert [NAMES[probabilities[n].argmax()] for n in own] == [clean[n].label for n in own]


def test_probabilities_are_probabilities_and_the_same_every_time() -> None:
    sentences = corpus()
    first, second = (unseen_probabilities(sentences, SETTINGS, meaning(sentences)) for _ in range(2))
    assert first.shape == (len(sentences), len(NAMES))
    assert first.sum(axis=1) == pytest.approx(1.0)
    assert np.array_equal(first, second)


def test_a_row_says_who_has_voted() -> None:
    clean = corpus()
    planted = mislabelled(clean, 0, E)
    mark = Annotation(0, planted[0].end, planted[0].text, (Vote("writer", E), Vote("adjudicator", E)))
    probabilities = unseen_probabilities(planted, SETTINGS, meaning(clean))
    found = suspects(planted, probabilities, {planted[0].article: [mark]})
    assert found["rows"][0]["annotators"] == ["adjudicator", "writer"]


def test_rows_stop_at_the_limit_and_the_count_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.suspects.SHOWN", 1)
    clean = corpus()
    planted = mislabelled(mislabelled(clean, 0, E), 42, R)
    found = suspects(planted, unseen_probabilities(planted, SETTINGS, meaning(clean)), {})
    assert (found["found"], len(found["rows"])) == (2, 1)


def test_too_few_articles_are_named() -> None:
    few = toy_set()[:12]
    with pytest.raises(NewsvoiceError, match=rf"2 articles are too few for {FOLDS} folds; annotate more"):
        unseen_probabilities(few, SETTINGS, meaning(few))


def test_the_review_page_reads_what_is_written(tmp_path: Path) -> None:
    clean = corpus()
    planted = mislabelled(clean, 0, E)
    path = tmp_path / "suspects.json"
    write_json(path, suspects(planted, unseen_probabilities(planted, SETTINGS, meaning(clean)), {}))
    [[wanted]] = read_wanted(path).values()
    assert (wanted.start, wanted.end, wanted.given) == (planted[0].start, planted[0].end, E)


def test_the_command_judges_gold_alone(tmp_path: Path) -> None:
    sentences = [replace(s, source=RULES) if s.article.startswith("two") else s for s in corpus()[: 6 * 9]]
    write_jsonl(tmp_path / "labelled.jsonl", sentences)
    (tmp_path / "annotations").mkdir()
    command = [sys.executable, "-m", "pipeline.suspects", "--params", "params.yaml"]
    for option in ("labelled", "annotations", "record"):
        name = {"labelled": "labelled.jsonl", "record": "suspects.json"}.get(option, option)
        command += [f"--{option}", str(tmp_path / name)]
    subprocess.run(command, check=True, capture_output=True, cwd=Path(__file__).parents[2])
    record = json.loads((tmp_path / "suspects.json").read_text())
    assert record["sentences"] == 36
    assert len(record["labelled_sha256"]) == 64
    assert list(record)[-1] == "rows"
