"""The walk with small models, and the articles it is done on."""

import argparse
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from newsvoice.annotations import read_annotations
from newsvoice.errors import NewsvoiceError
from newsvoice.labels import NAMES
from newsvoice.records import write_jsonl
from newsvoice.text.ingest import read_article
from newsvoice.text.segment import segment
from pipeline import walk as module
from pipeline.classifiers.transformer import FinetuneSettings
from pipeline.walk import JUDGED, OWN, filled_in, in_order, page, trained, walk
from tests.pipeline.build import toy_set

ROOT = Path(__file__).parents[2]
ARTICLES, REVIEW = ROOT / "data/walk/articles", ROOT / "data/walk/annotations"


@pytest.fixture
def paths(
    tmp_path: Path, saved_models: Path, tiny_runtime: Path, finetune_settings: FinetuneSettings
) -> Iterator[argparse.Namespace]:
    """A corpus of toy sentences, and twelve of the walk's articles."""
    for name in ("train", "validation", "test"):
        write_jsonl(tmp_path / f"splits/{name}.jsonl", toy_set(name))
    write_jsonl(tmp_path / "contrast/train.jsonl", toy_set("pair"))
    for file in sorted(ARTICLES.glob("*.txt"))[-12:]:
        for source in (file, REVIEW / f"{file.stem}.jsonl"):
            target = tmp_path / source.parent.name / source.name
            target.parent.mkdir(exist_ok=True)
            shutil.copy(source, target)
    models = tmp_path / "models"
    shutil.copytree(saved_models, models)
    shutil.copytree(tiny_runtime, models / "runtime")
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    params["finetune"], params["evaluate"] = finetune_settings.model_dump(), params["evaluate"] | {"samples": 100}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    (tmp_path / "about.md").write_text("A paper of its own.\n", encoding="utf-8")
    (tmp_path / "sets.yaml").write_text("news: nowhere.jsonl\n", encoding="utf-8")
    return argparse.Namespace(
        params=tmp_path / "params.yaml",
        sets=tmp_path / "sets.yaml",
        articles=tmp_path / "articles",
        review=tmp_path / "annotations",
        splits=tmp_path / "splits",
        contrast=tmp_path / "contrast",
        models=models,
        work=tmp_path / "work",
        about=tmp_path / "about.md",
        record=tmp_path / "walk.json",
        page=tmp_path / "walk.md",
    )


def test_the_walk_goes_from_texts_to_what_they_bought(paths: argparse.Namespace) -> None:
    module.main(paths)
    record = json.loads(paths.record.read_text(encoding="utf-8"))
    assert record["articles"] == 12
    assert record["added"]["articles"] == 8
    assert record["about"] == "A paper of its own."
    assert "measured on 12 articles. A paper of its own." in paths.page.read_text(encoding="utf-8")
    mine = record["sets"][OWN]
    assert mine["articles"] == 12 // JUDGED
    assert mine["sentences"] + record["added"]["sentences"] == record["sentences"] == sum(record["by_label"].values())
    # 36 toy sentences of the split, 36 of pairs, and the new ones.
    assert record["trained_on"] == 72 + record["added"]["sentences"]
    assert set(mine["models"]) == {"rules", "before", "after"}
    assert len(mine["better"]) == mine["comparison"]["only_first_right"]
    assert list(record["sets"]) == [OWN, "test split"]
    assert isinstance(record["sets"]["test split"]["better"], int)
    # What came back through the commands is what the review holds.
    for file in paths.review.glob("*.jsonl"):
        back = read_annotations(paths.work / "annotations" / file.name)
        assert [(m.start, m.end, m.label) for m in back] == [(m.start, m.end, m.label) for m in read_annotations(file)]
    assert page(record) == paths.page.read_text(encoding="utf-8")


def test_a_stopped_walk_does_not_train_again(
    paths: argparse.Namespace, finetune_settings: FinetuneSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = walk(paths)

    def never(*_: object) -> None:
        raise AssertionError("trained again")

    monkeypatch.setattr(module.TransformerClassifier, "fit", never)
    assert walk(paths) == first
    other = finetune_settings.model_copy(update={"seed": 8})
    with pytest.raises(AssertionError, match="trained again"):
        trained(toy_set(), toy_set(), other, paths.work / "model")


def test_a_sentence_that_the_review_lacks_stops_the_walk(paths: argparse.Namespace) -> None:
    file = sorted(paths.review.glob("*.jsonl"))[0]
    write_jsonl(file, read_annotations(file)[1:])
    with pytest.raises(NewsvoiceError, match=rf"{file.stem}\[\d+:\d+\]: the review has no label for it"):
        walk(paths)


def test_two_articles_are_too_few(paths: argparse.Namespace) -> None:
    for file in sorted(paths.articles.glob("*.txt"))[2:]:
        file.unlink()
    with pytest.raises(NewsvoiceError, match="2 articles are too few"):
        walk(paths)


def test_without_a_model_there_is_one_line(paths: argparse.Namespace) -> None:
    shutil.rmtree(paths.models / "runtime")
    with pytest.raises(NewsvoiceError, match="no model here; build it: make repro"):
        module.main(paths)


def test_the_latest_articles_come_last() -> None:
    articles = [read_article(file) for file in ARTICLES.glob("*.txt")]
    dates = {a.id: a.meta["date"] for a in articles}
    assert [dates[name] for name in in_order(articles)] == sorted(dates.values())


def test_only_the_label_is_filled_in() -> None:
    [mark, *_] = read_annotations(next(iter(sorted(REVIEW.glob("*.jsonl")))))
    table = f'\ufeffarticle,start,end,sentence,label\nslip-01,{mark.start},{mark.end},"a ""b"", c",\n'
    assert (
        filled_in(table, {"slip-01": [mark]}).splitlines()[1]
        == f'slip-01,{mark.start},{mark.end},"a ""b"", c",analysis'
    )


def test_every_article_of_the_walk_is_split_as_it_was_labelled() -> None:
    files = sorted(ARTICLES.glob("*.txt"))
    assert len(files) == 30
    labels = []
    for file in files:
        marks = read_annotations(REVIEW / f"{file.stem}.jsonl")
        assert [(s.start, s.end) for s in segment(read_article(file))] == [(m.start, m.end) for m in marks]
        labels += [m.label for m in marks]
    assert set(labels) == set(NAMES)


@pytest.mark.corpus
def test_the_walk_shares_no_sentence_with_the_corpus() -> None:
    corpus = {m.text for file in (ROOT / "data/raw/annotations").glob("*.jsonl") for m in read_annotations(file)}
    own = {m.text for file in REVIEW.glob("*.jsonl") for m in read_annotations(file)}
    assert own & corpus == set()


@pytest.mark.skipif(not (ROOT / "reports/walk.json").exists(), reason="not walked yet: make walk")
def test_the_page_in_the_repository_is_of_its_record() -> None:
    record = json.loads((ROOT / "reports/walk.json").read_text(encoding="utf-8"))
    assert page(record) == (ROOT / "docs/walk.md").read_text(encoding="utf-8")
