import json
from pathlib import Path

import pytest

from newsvoice.errors import NewsvoiceError
from pipeline import external
from pipeline.classifiers.registry import MODELS, TRANSFORMER
from pipeline.evaluation.evaluate import EvaluateSettings
from pipeline.external import update
from pipeline.folders import folder_hash
from pipeline.stages.report import current
from tests.pipeline.build import toy_set

SETTINGS = EvaluateSettings(samples=100, seed=7, bins=10, min_slice=1, kept_accuracy=0.5)


@pytest.fixture
def news(tmp_path: Path) -> Path:
    path = tmp_path / "news.jsonl"
    lines = [json.dumps({"text": s.text, "label": s.label, "article": s.article}) for s in toy_set("abroad")]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.fixture
def record(news: Path, saved_models: Path) -> dict[str, object]:
    return update({}, {"news": str(news)}, models=saved_models, settings=SETTINGS)


def test_a_set_that_is_there_is_measured_with_every_model(record: dict[str, dict], saved_models: Path) -> None:
    measured = record["news"]
    assert measured["measured"] is True
    assert list(measured["models"]) == list(MODELS)
    assert list(measured["comparisons"]) == [name for name in MODELS if name != TRANSFORMER]
    assert measured["models"]["tfidf"]["accuracy"] == 1.0
    assert measured["models"][TRANSFORMER]["sentences"] == 36
    assert measured["models_sha256"] == {name: folder_hash(saved_models / name) for name in MODELS}


def test_an_absent_set_keeps_the_record_of_the_same_models(record: dict[str, dict], saved_models: Path) -> None:
    assert update(record, {"news": "gone.jsonl"}, models=saved_models, settings=SETTINGS) == record


def test_an_absent_set_is_not_measured_once_a_model_changed(record: dict[str, dict], saved_models: Path) -> None:
    old = {"news": record["news"] | {"models_sha256": record["news"]["models_sha256"] | {"rules": "0" * 64}}}
    found = update(old, {"news": "gone.jsonl"}, models=saved_models, settings=SETTINGS)
    assert found == {"news": {"measured": False}}


@pytest.mark.parametrize("old", [{}, {"news": {"measured": False}}])
def test_an_absent_set_without_record_is_not_measured(old: dict[str, dict], saved_models: Path) -> None:
    found = update(old, {"news": "gone.jsonl"}, models=saved_models, settings=SETTINGS)
    assert found == {"news": {"measured": False}}


def test_a_set_that_is_there_is_measured_anew(record: dict[str, dict], news: Path, saved_models: Path) -> None:
    with news.open("a", encoding="utf-8") as stream:
        stream.write("\n" + json.dumps({"text": "Rain fell.", "label": toy_set()[0].label, "article": "rain"}))
    found = update(record, {"news": str(news)}, models=saved_models, settings=SETTINGS)
    assert found["news"]["models"][TRANSFORMER]["sentences"] == 37
    assert found["news"]["sha256"] != record["news"]["sha256"]


def test_models_measured_again_keep_the_day_on_which_they_were_new(
    record: dict[str, dict], news: Path, saved_models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(external, "today", lambda: "2099-01-01")
    again = update(record, {"news": str(news)}, models=saved_models, settings=SETTINGS)
    other = {"news": record["news"] | {"models_sha256": {}}}

    assert again == record
    assert update(other, {"news": str(news)}, models=saved_models, settings=SETTINGS)["news"]["since"] == "2099-01-01"


def test_a_set_no_longer_listed_leaves_the_record(record: dict[str, dict], saved_models: Path) -> None:
    assert update(record, {}, models=saved_models, settings=SETTINGS) == {}


def test_no_text_enters_the_record(record: dict[str, dict]) -> None:
    written = json.dumps(record, ensure_ascii=False)
    assert [s.text for s in toy_set("abroad") if s.text in written] == []
    assert "abroad-" not in written


def test_a_broken_set_is_an_error_that_names_it(news: Path, saved_models: Path) -> None:
    news.write_text('{"text": "Rain fell."}\n', encoding="utf-8")
    with pytest.raises(NewsvoiceError, match=r"news\.jsonl:1: "):
        update({}, {"news": str(news)}, models=saved_models, settings=SETTINGS)


def test_the_report_shows_only_what_was_measured_with_these_models(record: dict[str, dict], saved_models: Path) -> None:
    other = record["news"] | {"models_sha256": dict.fromkeys(MODELS, "0" * 64)}
    shown = current({"news": record["news"], "old": other, "never": {"measured": False}}, saved_models)
    assert shown == {"news": record["news"], "old": {"measured": False}, "never": {"measured": False}}


def test_a_folders_hash_is_of_its_names_and_bytes(tmp_path: Path) -> None:
    hashes = []
    for name, data in (("a.json", b"1"), ("a.json", b"2"), ("b.json", b"1")):
        folder = tmp_path / str(len(hashes))
        (folder / "deep").mkdir(parents=True)
        (folder / "deep" / name).write_bytes(data)
        hashes.append(folder_hash(folder))
    assert len(set(hashes)) == 3
    (tmp_path / "2/deep/b.json").rename(tmp_path / "2/deep/a.json")
    assert folder_hash(tmp_path / "2") == hashes[0]
