from collections.abc import Callable
from pathlib import Path

import pytest
from transformers.utils import logging as transformers_logging

from pipeline.classifiers.base import SentenceClassifier
from pipeline.classifiers.majority import MajorityClassifier
from pipeline.classifiers.registry import MODELS
from pipeline.classifiers.rules import RulesClassifier
from pipeline.classifiers.tfidf import TfidfClassifier, TfidfSettings
from pipeline.classifiers.transformer import FinetuneSettings, TransformerClassifier
from tests.pipeline.build import toy_set
from tests.tiny_encoder import write_tiny_encoder

transformers_logging.disable_progress_bar()

Factory = Callable[[], SentenceClassifier]


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_encoder(tmp_path_factory.mktemp("encoder"), (s.text for s in toy_set()))


@pytest.fixture(scope="session")
def finetune_settings(tiny_encoder: Path) -> FinetuneSettings:
    return FinetuneSettings(
        encoder=str(tiny_encoder),
        revision=None,
        window_tokens=32,
        context_tokens=12,
        sharpness=2.0,
        epochs=1,
        every_epoch="",
        learning_rate=5e-3,
        weight_decay=0.0,
        warmup_share=0.0,
        dropout=0.0,
        label_smoothing=0.0,
        soft_share=0.0,
        interpolation=1.0,
        freeze_embeddings=False,
        token_budget=64,
        precision="fp32",
        device="cpu",
        profile="fast",
        threads=1,
        processes=1,
        seed=7,
    )


@pytest.fixture(scope="session")
def tfidf_settings() -> TfidfSettings:
    return TfidfSettings(
        words=2, characters=3, min_sentences=1, inverse_regularisation=10.0, class_weight="balanced", seed=7
    )


@pytest.fixture(scope="session")
def factories(finetune_settings: FinetuneSettings, tfidf_settings: TfidfSettings) -> dict[str, Factory]:
    makers: tuple[Factory, ...] = (
        MajorityClassifier,
        RulesClassifier,
        lambda: TfidfClassifier(tfidf_settings),
        lambda: TransformerClassifier(finetune_settings),
    )
    return dict(zip(MODELS, makers, strict=True))


@pytest.fixture(scope="session")
def fitted(factories: dict[str, Factory]) -> dict[str, SentenceClassifier]:
    """Every model of the comparison, fitted once on the toy set."""
    return {name: make().fit(toy_set(), toy_set("other")) for name, make in factories.items()}


@pytest.fixture(scope="session")
def saved_models(fitted: dict[str, SentenceClassifier], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of saved models, as `models/`; only to be read."""
    folder = tmp_path_factory.mktemp("models")
    for name, classifier in fitted.items():
        classifier.save(folder / name)
    return folder
