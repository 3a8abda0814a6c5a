import json
from pathlib import Path

import numpy as np
import pytest
import yaml

from newsvoice.labels import INDEX, NOT_PROSE
from pipeline.classifiers import contrastive
from pipeline.classifiers.contrastive import ContrastiveClassifier, sample_pairs
from pipeline.classifiers.frozen import FrozenClassifier
from pipeline.classifiers.registry import FROZEN, SETFIT, TRANSFORMER
from pipeline.classifiers.tfidf import TfidfSettings
from pipeline.classifiers.transformer import FinetuneSettings
from pipeline.labelling.label import CONTEXT, LabelledSentence, with_label
from pipeline.study import (
    TFIDF,
    Data,
    Plan,
    StudySettings,
    extend_curve,
    fingerprint,
    measure,
    plans,
    study,
    subset,
)
from tests.pipeline.build import A, E, R, labelled, toy_set

SETTINGS = StudySettings(seeds=[7, 8, 9], shares=[0.25, 0.5], curve_seeds=2, setfit_pairs=200)


def pair(number: int) -> list[LabelledSentence]:
    sides = []
    for side, label in (("a", R), ("b", A)):
        context, target = (labelled("The pier shut.", A, article=f"p{number}-{side}", index=i) for i in (0, 1))
        sides += [with_label(context, NOT_PROSE, CONTEXT, 0.0), with_label(target, label, "gold", 1.0)]
    return sides


@pytest.fixture(scope="module")
def data() -> Data:
    return Data(toy_set(), pair(1), toy_set("other"), {"test": toy_set("new"), "contrast": pair(2)})


@pytest.fixture
def params(tmp_path: Path, finetune_settings: FinetuneSettings, tfidf_settings: TfidfSettings) -> Path:
    path = tmp_path / "params.yaml"
    value = {"finetune": finetune_settings.model_dump(), "baseline": {"tfidf": tfidf_settings.model_dump()}}
    value["study"] = SETTINGS.model_dump()
    path.write_text(yaml.safe_dump(value), encoding="utf-8")
    return path


def test_every_seed_trains_on_everything_and_some_on_shares() -> None:
    assert list(plans(SETTINGS, share_of_all=True)) == [
        Plan(TFIDF, 1.0, 7),
        Plan(FROZEN, 1.0, 7),
        *(Plan(SETFIT, 1.0, seed) for seed in (7, 8, 9)),
        *(Plan(TRANSFORMER, 1.0, seed) for seed in (7, 8, 9)),
    ]
    curve = list(plans(SETTINGS, share_of_all=False))
    assert len(curve) == 2 * 2 * 2
    assert {plan.share for plan in curve} == {0.25, 0.5}


@pytest.mark.parametrize(("share", "articles"), [(0.5, 3), (1.0, 6), (0.0, 0)])
def test_a_share_is_of_whole_articles(share: float, articles: int) -> None:
    sentences = toy_set()
    assert len({s.article for s in sentences}) == 6
    chosen = subset(sentences, share, seed=1)
    names = {s.article for s in chosen}
    assert len(names) == articles
    assert chosen == [s for s in sentences if s.article in names]


def test_a_row_measures_every_set(data: Data, fitted: dict[str, FrozenClassifier]) -> None:
    row = measure(fitted["majority"], data, given=toy_set("new")[0].article)
    assert row["contrast_both_right"] == 0.0
    assert set(row["test"]) == {"macro_f1", R, A, E}
    assert 0 < row["given_article"] < 6


def test_an_interrupted_study_goes_on_and_other_inputs_start_anew(data: Data, params: Path, tmp_path: Path) -> None:
    record = tmp_path / "seeds.json"
    todo = [Plan(TFIDF, 1.0, 7), Plan(FROZEN, 1.0, 7), Plan(SETFIT, 1.0, 7), Plan(TRANSFORMER, 0.5, 8)]

    def run(plans_: list[Plan], inputs: str) -> list[dict[str, object]]:
        study(record, plans_, data, params=params, models=tmp_path, given="x", inputs=inputs)
        rows: list[dict[str, object]] = json.loads(record.read_text())["rows"]
        return rows

    first = run(todo[:2], "one")
    marked = json.loads(record.read_text())
    marked["rows"][0]["sentences"] = -1
    record.write_text(json.dumps(marked))
    second = run(todo, "one")
    assert [row["model"] for row in second] == [TFIDF, FROZEN, SETFIT, TRANSFORMER]
    assert second[0]["sentences"] == -1, "a row that is there was made again"
    assert first[1] == second[1]
    assert [row["sentences"] for row in run(todo[:1], "two")] == [38]
    (tmp_path / TRANSFORMER).mkdir()
    (tmp_path / TRANSFORMER / "model.safetensors").write_text("trained by other code")
    assert [row["model"] for row in run(todo[1:2], "two")] == [FROZEN], "a row of another model was kept"


def test_the_curve_ends_at_the_whole_training_split(tmp_path: Path) -> None:
    curve, seeds = tmp_path / "curve.json", tmp_path / "seeds.json"
    curve.write_text(json.dumps({"inputs": "x", "rows": [{"model": TFIDF, "share": 0.5, "seed": 7}]}))
    full = [{"model": model, "share": 1.0, "seed": 7} for model in (TFIDF, FROZEN)]
    seeds.write_text(json.dumps({"inputs": "x", "rows": full}))
    for _ in range(2):
        extend_curve(curve, seeds)
        rows = json.loads(curve.read_text())["rows"]
        assert [(row["model"], row["share"]) for row in rows] == [(TFIDF, 0.5), (TFIDF, 1.0)]


def test_settings_and_data_are_what_rows_depend_on(params: Path, tmp_path: Path) -> None:
    file = tmp_path / "train.jsonl"
    file.write_text("{}")
    before = fingerprint(params, [file])
    assert fingerprint(params, [file]) == before
    changed = params.read_text().replace("setfit_pairs: 200", "setfit_pairs: 300")
    other = tmp_path / "other.yaml"
    other.write_text(changed)
    assert fingerprint(other, [file]) != before
    file.write_text("{ }")
    assert fingerprint(params, [file]) != before


def test_frozen_embeddings_separate_an_easy_set_and_are_not_saved(
    finetune_settings: FinetuneSettings, tmp_path: Path
) -> None:
    classifier = FrozenClassifier(finetune_settings).fit(toy_set(), [])
    probabilities = classifier.predict_proba(toy_set("new"))
    assert probabilities.shape == (36, 3)
    assert probabilities.sum(axis=1) == pytest.approx(1)
    assert classifier.predict_proba([]).shape == (0, 3)
    with pytest.raises(NotImplementedError):
        classifier.save(tmp_path)


def test_pairs_are_half_of_one_label_and_half_of_two() -> None:
    labels = np.array([0] * 60 + [1] * 30 + [2] * 10)
    first, second = sample_pairs(labels, 400, seed=3)
    assert len(first) == len(second) == 400
    assert (first != second).all()
    same = labels[first] == labels[second]
    assert same.sum() == 200
    # Each from all such pairs alike: of one label, most are of the frequent one.
    shares = np.bincount(labels[first[same]], minlength=3) / 200
    assert shares == pytest.approx([60 * 59 / 4530, 30 * 29 / 4530, 10 * 9 / 4530], abs=0.08)
    again, other = sample_pairs(labels, 400, seed=3), sample_pairs(labels, 400, seed=4)
    assert (again[0] == first).all()
    assert (other[0] != first).any()


def test_setfits_recipe_draws_labels_apart_and_gives_the_same_again(
    finetune_settings: FinetuneSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What suits a pretrained encoder hardly moves a random one.
    monkeypatch.setattr(contrastive, "LEARNING_RATE", 3e-3)

    def angles(classifier: FrozenClassifier) -> float:
        """How much nearer sentences of one label are than those of two."""
        vectors = classifier.embed(toy_set("new"))
        near, same = vectors @ vectors.T, np.equal.outer(*[[s.label for s in toy_set("new")]] * 2)
        return float(near[same].mean() - near[~same].mean())

    frozen = FrozenClassifier(finetune_settings).fit(toy_set(), [])
    one, other = (ContrastiveClassifier(finetune_settings, pairs=2000).fit(toy_set(), []) for _ in range(2))
    assert angles(one) > angles(frozen) + 0.05
    assert (one.predict_proba(toy_set("new")) == other.predict_proba(toy_set("new"))).all()
    assert one.predict_proba(toy_set("new")).argmax(axis=1).tolist() == [INDEX[s.label] for s in toy_set("new")]
