"""Encoders of every family go the whole way: training, saving, loading, export, the users' engine."""

from pathlib import Path

import numpy as np
import pytest

from newsvoice.errors import NewsvoiceError
from newsvoice.runtime.classifier import Classifier, collate, model_inputs
from newsvoice.runtime.exported import ExportedModel
from newsvoice.runtime.manifest import Manifest
from newsvoice.runtime.tokens import Tokenizer
from pipeline.classifiers.transformer import FinetuneSettings, TransformerClassifier
from pipeline.export import export
from tests.pipeline.build import A, labelled, toy_set
from tests.tiny_encoder import FAMILIES, write_tiny_encoder

TRAINED = 4
every_family = pytest.mark.parametrize("family", FAMILIES)


@pytest.fixture(scope="module")
def settings(
    finetune_settings: FinetuneSettings, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, FinetuneSettings]:
    """Settings that train a tiny encoder of each family, dropout included."""
    folder = tmp_path_factory.mktemp("families")
    found = {}
    for family in FAMILIES:
        write_tiny_encoder(folder / family, (s.text for s in toy_set()), family=family)
        changes = {"encoder": str(folder / family), "dropout": 0.25, "freeze_embeddings": True, "epochs": TRAINED}
        found[family] = finetune_settings.model_copy(update=changes)
    return found


@pytest.fixture(scope="module")
def trained(settings: dict[str, FinetuneSettings]) -> dict[str, TransformerClassifier]:
    return {name: TransformerClassifier(s).fit(toy_set(), toy_set("other")) for name, s in settings.items()}


@every_family
def test_it_learns_and_answers_the_same_when_it_is_loaded_again(
    trained: dict[str, TransformerClassifier], tmp_path: Path, family: str
) -> None:
    classifier = trained[family]
    assert classifier.history.epochs[-1].train_loss < classifier.history.epochs[0].train_loss
    classifier.save(tmp_path)
    loaded = Classifier.load(tmp_path)
    assert loaded.model.config.model_type == family
    # Training computes attention by another kernel than inference.
    assert loaded.predict_proba(toy_set("new")) == pytest.approx(classifier.predict_proba(toy_set("new")), abs=1e-5)


@every_family
def test_every_dropout_of_its_config_is_the_one_that_was_set(
    trained: dict[str, TransformerClassifier], family: str
) -> None:
    import torch

    model = trained[family].runtime.model
    rates = {m.p for m in model.modules() if isinstance(m, torch.nn.Dropout)}
    assert 0.25 in rates
    assert rates <= {0.25, 0.0}


@every_family
def test_exported_it_gives_the_same_answers(
    trained: dict[str, TransformerClassifier], tmp_path: Path, family: str
) -> None:
    export(trained[family].runtime, tmp_path)
    Manifest.write(tmp_path, {"weights": "0" * 64})
    exported = ExportedModel.load(tmp_path)
    difference = np.abs(exported.predict_proba(toy_set("new")) - trained[family].predict_proba(toy_set("new")))
    # Words lose precision in eight bits, layers in sixteen.
    assert difference.max() < 0.02


@every_family
def test_padding_changes_nothing(trained: dict[str, TransformerClassifier], family: str) -> None:
    sentences = toy_set("new")
    together = trained[family].predict_proba(sentences)
    alone = [trained[family].predict_proba(sentences[at : at + 6]) for at in range(0, len(sentences), 6)]
    assert together == pytest.approx(np.concatenate(alone), abs=1e-5)


@every_family
def test_segments_tell_a_quotation_where_the_encoder_has_two(
    trained: dict[str, TransformerClassifier], family: str
) -> None:
    runtime = trained[family].runtime
    inputs = collate(runtime.model, runtime.tokenizer, [[2, 5, 3]], [[0, 1, 1]])
    assert tuple(inputs) == model_inputs(runtime.model)
    assert ("token_type_ids" in inputs) == (family == "bert")


@every_family
def test_a_quotation_that_runs_on_is_read_by_every_family(
    trained: dict[str, TransformerClassifier], family: str
) -> None:
    plain, quoted = (
        trained[family].predict_proba([labelled("The bakery opened at noon.", A, in_quotation=running)])
        for running in (False, True)
    )
    assert np.abs(plain - quoted).max() > 1e-5


@every_family
def test_a_window_longer_than_its_positions_is_refused_before_training(
    settings: dict[str, FinetuneSettings], family: str
) -> None:
    wanted = settings[family].model_copy(update={"window_tokens": 65})
    with pytest.raises(NewsvoiceError, match=r"window_tokens 65 is more than the model's 64 positions"):
        TransformerClassifier(wanted).fit(toy_set(), toy_set("other"))


def test_a_tokenizer_that_opens_no_window_is_refused(settings: dict[str, FinetuneSettings], tmp_path: Path) -> None:
    from tokenizers import Tokenizer as Backend
    from tokenizers.processors import TemplateProcessing

    folder = Path(settings["bert"].encoder)
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    backend = Backend.from_file(str(folder / "tokenizer.json"))
    backend.post_processor = TemplateProcessing(single="$A", special_tokens=[])
    backend.save(str(tmp_path / "tokenizer.json"))
    with pytest.raises(NewsvoiceError, match="0 special tokens around a text, not one on each side"):
        Tokenizer.load(tmp_path)
