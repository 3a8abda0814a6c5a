"""The fine-tuned transformer: a small pretrained encoder with a linear head over each token."""

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field, field_validator
from torch import nn
from transformers import AutoModelForTokenClassification

from newsvoice.errors import NewsvoiceError
from newsvoice.labels import INDEX, NAMES
from newsvoice.metrics import confusion_matrix, macro_f1
from newsvoice.records import Sentence
from newsvoice.runtime.classifier import Classifier, check_length
from newsvoice.runtime.encoding import DESCRIPTION, ModelDescription, tokenize
from newsvoice.runtime.tokens import Tokenizer
from pipeline.classifiers.batches import learnt, shuffled_batches, training_windows
from pipeline.classifiers.calibration import fit_offsets, fit_temperature, negative_log_likelihood
from pipeline.classifiers.encoders import load_encoder
from pipeline.classifiers.optimisation import (
    MAX_GRADIENT_NORM,
    backward,
    make_deterministic,
    optimiser_and_schedule,
    pull_back,
    resolve_precision,
)
from pipeline.classifiers.processes import Processes
from pipeline.classifiers.targets import targets
from pipeline.config import Settings
from pipeline.environment import is_pinned
from pipeline.labelling.label import LabelledSentence

log = logging.getLogger(__name__)


class FinetuneSettings(Settings):
    """How the encoder is fine-tuned.

    `encoder` is `embedded` (the package's MiniLM), a hub id (then pin `revision`) or a local folder.
    `window_tokens` is the longest input, special tokens included; in inference `context_tokens` of the
    sentences before a window's own are read along. `sharpness` pools the logits of a sentence's tokens: 0 is
    their mean, more is nearer to their maximum. `token_budget` is the size of a batch in padded tokens;
    `warmup_share` of all steps raises the learning rate, the rest lowers it to zero. `precision: auto` takes
    bf16 where the processor multiplies it natively. `threads` is pinned because another count sums in
    another order. After the first epoch only articles whose id matches `every_epoch` are read (empty: all are).
    `soft_share` of a target is how the annotators' votes are spread, the rest the gold label;
    `interpolation` is how far the trained encoder goes from the pretrained one (1: all the way). `profile:
    reproducible` takes fp32, one thread and AVX2 on the CPU, whatever else is set. `processes` train
    together, each with `threads` of its own.
    """

    encoder: str
    revision: str | None
    window_tokens: int = Field(ge=16, le=8192)
    context_tokens: int = Field(ge=0, le=4096)
    sharpness: float = Field(ge=0, le=4, multiple_of=0.25)
    epochs: int = Field(ge=1)
    every_epoch: str
    learning_rate: float = Field(gt=0)
    weight_decay: float = Field(ge=0)
    warmup_share: float = Field(ge=0, lt=1)
    dropout: float = Field(ge=0, lt=1)
    label_smoothing: float = Field(ge=0, lt=1)
    soft_share: float = Field(ge=0, le=1)
    interpolation: float = Field(gt=0, le=1)
    freeze_embeddings: bool
    token_budget: int = Field(ge=64)
    precision: Literal["auto", "fp32", "bf16"]
    device: str
    profile: Literal["fast", "reproducible"]
    threads: int = Field(ge=1)
    processes: int = Field(ge=1)
    seed: int

    @field_validator("every_epoch")
    @classmethod
    def _compiles(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"no regular expression ({error})") from error
        return pattern

    @property
    def reproducible(self) -> bool:
        """Whether bytes are promised across processors."""
        return self.profile == "reproducible"

    def effective(self) -> Self:
        """These settings with what the profile `reproducible` stands for in place of theirs."""
        pinned = {"precision": "fp32", "threads": 1, "device": "cpu"}
        return self.model_copy(update=pinned) if self.reproducible else self


@dataclass(frozen=True, slots=True)
class Epoch:
    """One pass over the sentences that this epoch reads and how the model stood after it, before calibration."""

    epoch: int
    train_loss: float
    validation_loss: float
    validation_macro_f1: float


@dataclass(frozen=True, slots=True)
class History:
    """What training looked like: every epoch, the one that was kept, how the model stands uncalibrated, the precision.

    `sentences_seen` counts a sentence once for every epoch that taught it.
    """

    epochs: list[Epoch] = field(default_factory=list)
    best_epoch: int = 0
    validation_loss: float = 0.0
    validation_macro_f1: float = 0.0
    precision: str = ""
    steps: int = 0
    sentences_seen: int = 0


class TransformerClassifier:
    """Fine-tunes on windows of whole sentences; keeps the best validation epoch."""

    def __init__(self, settings: FinetuneSettings | None = None, runtime: Classifier | None = None) -> None:
        self.settings, self.runtime = settings, runtime
        self.history = History()

    def fit(self, train: Sequence[LabelledSentence], validation: Sequence[LabelledSentence]) -> Self:
        """Train on `train`; `validation` picks the epoch (macro-F1) and the calibration, nothing else.

        Raises `NewsvoiceError` when the encoder cannot be found or is too short, or when the profile asks for an
        environment that this process was not started in.
        """
        if self.settings is None:
            raise ValueError("settings are needed to fit")
        s = self.settings.effective()
        if s.reproducible and not is_pinned():
            raise NewsvoiceError(
                "this process was not started for it", where="finetune.profile", advice="see pipeline/environment.py"
            )
        processes = Processes.present(device=s.device)
        make_deterministic(threads=s.threads, seed=s.seed)
        precision = resolve_precision(s.precision, s.device)
        model, tokenizer = _build(s)
        pretrained = {k: v.clone() for k, v in model.base_model.state_dict().items()} if s.interpolation < 1 else {}
        description = ModelDescription(
            name="transformer",
            labels=NAMES,
            window_tokens=s.window_tokens,
            context_tokens=s.context_tokens,
            temperature=1.0,
            sharpness=s.sharpness,
        )
        text_tokenizer = Tokenizer.of(tokenizer.backend_tokenizer)
        tokens = tokenize(text_tokenizer, train, window_tokens=s.window_tokens)
        if cut := sum(t.truncated for t in tokens):
            log.warning(
                "%d training sentences are longer than a window of %d tokens and were cut", cut, s.window_tokens
            )
        aims = targets(train, smoothing=s.label_smoothing, soft_share=s.soft_share)
        again = [i for i, sentence in enumerate(train) if re.search(s.every_epoch, sentence.article)]
        if s.epochs > 1 and not again:
            raise NewsvoiceError(
                "no training article matches", where="finetune.every_epoch", advice="leave it empty to read all"
            )
        data = [
            training_windows(
                [train[i] for i in read],
                [tokens[i] for i in read],
                aims[read],
                text_tokenizer,
                window_tokens=s.window_tokens,
                seed=s.seed,
                epoch=epoch,
            )
            for epoch, read in enumerate([list(range(len(train))), *[again] * (s.epochs - 1)])
        ]
        schedule = [
            shuffled_batches(rows["length"], s.token_budget, seed=s.seed + epoch) for epoch, rows in enumerate(data)
        ]
        optimiser, scheduler = optimiser_and_schedule(
            model,
            steps=sum(map(len, schedule)),
            learning_rate=s.learning_rate,
            weight_decay=s.weight_decay,
            warmup_share=s.warmup_share,
            reproducible=s.reproducible,
        )
        step = partial(backward, model, tokenizer, sharpness=s.sharpness, device=s.device, precision=precision)
        gold = np.array([INDEX[v.label] for v in validation])
        best: tuple[float, dict[str, torch.Tensor], NDArray[np.float64]] | None = None
        epochs: list[Epoch] = []
        for number, (rows, batches) in enumerate(zip(data, schedule, strict=True), start=1):
            model.train()
            losses = []
            for batch in batches:
                loss = step(rows[batch], processes)
                nn.utils.clip_grad_norm_(model.parameters(), MAX_GRADIENT_NORM)
                optimiser.step()
                scheduler.step()
                optimiser.zero_grad(set_to_none=True)
                losses.append(loss)
            logits = _logits(model, tokenizer, description, validation)
            epoch = Epoch(number, float(np.mean(losses)), *_scores(logits, gold))
            epochs.append(epoch)
            score = epoch.validation_macro_f1
            log.info("epoch %d: loss %.4f, validation macro-F1 %.4f", number, epoch.train_loss, score)
            if best is None or score > best[0]:
                best = (score, {k: v.detach().cpu().clone() for k, v in model.state_dict().items()}, logits)
                best_epoch = number
        assert best is not None
        model.load_state_dict(best[1])
        logits = best[2]
        if s.interpolation < 1:
            pull_back(model.base_model, pretrained, s.interpolation)
            logits = _logits(model, tokenizer, description, validation)
        temperature = fit_temperature(logits, gold)
        description = replace(
            description, temperature=temperature, offsets=fit_offsets(logits / temperature, validation, gold)
        )
        self.runtime = Classifier(model.cpu(), tokenizer, description)
        self.history = History(
            epochs,
            best_epoch,
            *_scores(logits, gold),
            precision,
            steps=sum(map(len, schedule)),
            sentences_seen=sum(learnt(rows[:]) for rows in data),
        )
        return self

    def predict_proba(self, sentences: Sequence[Sentence]) -> NDArray[np.float64]:
        """Return calibrated probabilities, computed in float32 by the same code that users run."""
        if self.runtime is None:
            raise ValueError("fit or load before predicting")
        return self.runtime.predict_proba(sentences)

    def save(self, folder: Path) -> None:
        """Write a plain `transformers` folder and, last, the description without which it does not load."""
        if self.runtime is None:
            raise ValueError("fit before saving")
        folder.mkdir(parents=True, exist_ok=True)
        # Whatever a model before this one left here must not make half of this one load.
        (folder / DESCRIPTION).unlink(missing_ok=True)
        self.runtime.model.save_pretrained(folder, safe_serialization=True)
        self.runtime.tokenizer.save_pretrained(folder)
        self.runtime.description.save(folder)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote; raises `NewsvoiceError` when it is missing or broken."""
        return cls(runtime=Classifier.load(folder))


def _build(s: FinetuneSettings) -> tuple[Any, Any]:
    model, tokenizer = load_encoder(
        AutoModelForTokenClassification,
        s.encoder,
        s.revision,
        dropout=s.dropout,
        labels=NAMES,
        # Flash attention's backward pass is slow on processors (torch 2.13).
        attn_implementation="eager" if s.device == "cpu" else None,
        dtype=torch.float32,
    )
    check_length(model, s.window_tokens, where=f"finetune.encoder: {s.encoder}")
    if s.freeze_embeddings:
        embeddings = model.base_model.embeddings
        embeddings.requires_grad_(False)
        if (types := getattr(embeddings, "token_type_embeddings", None)) is not None:
            # The two vectors that tell a quotation from the rest mean something new here.
            types.requires_grad_(True)
    return model.to(s.device), tokenizer


def _logits(
    model: Any, tokenizer: Any, description: ModelDescription, sentences: Sequence[Sentence]
) -> NDArray[np.float64]:
    """Log-probabilities before calibration, as the users' code computes them; leaves the model in inference mode."""
    probabilities: NDArray[np.float64] = Classifier(model, tokenizer, description).predict_proba(sentences)
    return np.log(probabilities)


def _scores(logits: NDArray[np.float64], gold: NDArray[np.int64]) -> tuple[float, float]:
    """Loss and macro-F1 of uncalibrated logits."""
    score = macro_f1(confusion_matrix(gold.tolist(), logits.argmax(axis=1).tolist()))
    return negative_log_likelihood(logits, gold, 1.0), float(score)
