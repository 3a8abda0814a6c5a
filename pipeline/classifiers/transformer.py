"""The fine-tuned transformer: a small pretrained encoder with a classification head."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
import torch
from datasets import Dataset
from numpy.typing import NDArray
from pydantic import Field
from scipy.optimize import minimize_scalar
from torch import nn
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from newsvoice.labels import INDEX, NAMES
from newsvoice.metrics import confusion_matrix, macro_f1
from newsvoice.records import Sentence
from newsvoice.runtime.classifier import Classifier, collate
from newsvoice.runtime.encoding import Encoded, ModelDescription, encode, text_pairs
from pipeline.classifiers.encoders import encoder_source
from pipeline.config import Settings
from pipeline.labelling.label import LabelledSentence

log = logging.getLogger(__name__)

# Lengths are rounded up to this many tokens: fewer distinct shapes, so fewer kernels to prepare.
LENGTH_MULTIPLE = 4
# Shuffled inputs are sorted by length inside pools of this many batches: little padding, still random.
POOL_BATCHES = 16
MAX_GRADIENT_NORM = 1.0


class FinetuneSettings(Settings):
    """How the encoder is fine-tuned.

    `encoder` is `embedded` (the package's MiniLM), a hub id (then pin `revision`) or a local folder.
    `token_budget` is the size of a batch in padded tokens; `warmup_share` of all steps raises the
    learning rate, the rest lowers it to zero. `precision: auto` takes bf16 where the processor
    multiplies it natively. `threads` is pinned because another count sums in another order.
    """

    encoder: str
    revision: str | None
    context_sentences: int = Field(ge=0, le=8)
    max_tokens: int = Field(ge=16, le=8192)
    epochs: int = Field(ge=1)
    learning_rate: float = Field(gt=0)
    weight_decay: float = Field(ge=0)
    warmup_share: float = Field(ge=0, lt=1)
    dropout: float = Field(ge=0, lt=1)
    label_smoothing: float = Field(ge=0, lt=1)
    freeze_embeddings: bool
    token_budget: int = Field(ge=64)
    precision: Literal["auto", "fp32", "bf16"]
    device: str
    threads: int = Field(ge=1)
    seed: int


@dataclass(frozen=True, slots=True)
class Epoch:
    """One pass over the training sentences and how the model stood after it."""

    epoch: int
    train_loss: float
    validation_loss: float
    validation_macro_f1: float


@dataclass(frozen=True, slots=True)
class History:
    """What training looked like: every epoch, the one that was kept, and the precision it ran in."""

    epochs: list[Epoch] = field(default_factory=list)
    best_epoch: int = 0
    precision: str = ""
    steps: int = 0


class TransformerClassifier:
    """Fine-tunes on single sentences with optional preceding context; keeps the best validation epoch."""

    def __init__(self, settings: FinetuneSettings | None = None, runtime: Classifier | None = None) -> None:
        self.settings, self.runtime = settings, runtime
        self.history = History()

    def fit(self, train: Sequence[LabelledSentence], validation: Sequence[LabelledSentence]) -> Self:
        """Train on `train`; `validation` picks the epoch (macro-F1) and the temperature, nothing else.

        Raises `NewsvoiceError` when the encoder cannot be found.
        """
        if self.settings is None:
            raise ValueError("settings are needed to fit")
        s = self.settings
        _make_deterministic(s)
        precision = resolve_precision(s.precision, s.device)
        model, tokenizer = _build(s)
        description = ModelDescription(
            name="transformer",
            labels=NAMES,
            context_sentences=s.context_sentences,
            max_tokens=s.max_tokens,
            temperature=1.0,
        )
        data = _encoded(train, tokenizer, s)
        schedule = [_batches(data["length"], s.token_budget, seed=s.seed + epoch) for epoch in range(s.epochs)]
        optimiser, scheduler = _optimiser(model, s, steps=sum(map(len, schedule)))
        loss_function = nn.CrossEntropyLoss(label_smoothing=s.label_smoothing)
        gold = np.array([INDEX[v.label] for v in validation])
        best: tuple[float, dict[str, torch.Tensor], NDArray[np.float64]] | None = None
        epochs: list[Epoch] = []
        for number, batches in enumerate(schedule, start=1):
            model.train()
            losses = []
            for batch in batches:
                loss = _step(model, data, batch, loss_function, tokenizer, device=s.device, precision=precision)
                loss.backward()  # type: ignore[no-untyped-call]
                nn.utils.clip_grad_norm_(model.parameters(), MAX_GRADIENT_NORM)
                optimiser.step()
                scheduler.step()
                optimiser.zero_grad(set_to_none=True)
                losses.append(loss.item())
            model.eval()
            logits = np.log(Classifier(model, tokenizer, description).predict_proba(validation))
            score = float(macro_f1(confusion_matrix(gold.tolist(), logits.argmax(axis=1).tolist())))
            epoch = Epoch(number, float(np.mean(losses)), negative_log_likelihood(logits, gold, 1.0), score)
            epochs.append(epoch)
            log.info("epoch %d: loss %.4f, validation macro-F1 %.4f", number, epoch.train_loss, score)
            if best is None or score > best[0]:
                best = (score, {k: v.detach().cpu().clone() for k, v in model.state_dict().items()}, logits)
                best_epoch = number
        assert best is not None
        model.load_state_dict(best[1])
        description = replace(description, temperature=fit_temperature(best[2], gold))
        self.runtime = Classifier(model.cpu(), tokenizer, description)
        self.history = History(epochs, best_epoch, precision, steps=sum(map(len, schedule)))
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
        self.runtime.model.save_pretrained(folder, safe_serialization=True)
        self.runtime.tokenizer.save_pretrained(folder)
        self.runtime.description.save(folder)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote; raises `NewsvoiceError` when it is missing or broken."""
        return cls(runtime=Classifier.load(folder))


def resolve_precision(wanted: str, device: str) -> str:
    """Return `bf16` or `fp32`; `auto` asks the processor whether it multiplies bf16 natively."""
    if wanted != "auto":
        return wanted
    if device == "cpu":
        return "bf16" if torch.ops.mkldnn._is_mkldnn_bf16_supported() and _has_native_bf16() else "fp32"
    return "bf16" if torch.cuda.is_bf16_supported() else "fp32"


def _has_native_bf16() -> bool:
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16") or capabilities.get("bf16"))


def negative_log_likelihood(logits: NDArray[np.float64], gold: NDArray[np.int64], temperature: float) -> float:
    """Mean −log p(gold) of `(n, 3)` logits divided by `temperature`."""
    scaled = logits / temperature
    peak = scaled.max(axis=1, keepdims=True)
    normaliser = np.log(np.exp(scaled - peak).sum(axis=1)) + peak[:, 0]
    return float(np.mean(normaliser - scaled[np.arange(len(gold)), gold]))


def fit_temperature(logits: NDArray[np.float64], gold: NDArray[np.int64]) -> float:
    """Return the temperature of least negative log-likelihood (Guo et al. 2017), in 0.25 to 10."""
    found = minimize_scalar(lambda t: negative_log_likelihood(logits, gold, t), bounds=(0.25, 10.0), method="bounded")
    return round(float(found.x), 3)


def _make_deterministic(settings: FinetuneSettings) -> None:
    torch.set_num_threads(settings.threads)
    torch.manual_seed(settings.seed)
    torch.use_deterministic_algorithms(True)


def _build(s: FinetuneSettings) -> tuple[Any, Any]:
    source, revision = encoder_source(s.encoder, s.revision)
    names = dict(enumerate(NAMES))
    model = AutoModelForSequenceClassification.from_pretrained(
        source,
        revision=revision,
        num_labels=len(NAMES),
        id2label=names,
        label2id={name: index for index, name in names.items()},
        hidden_dropout_prob=s.dropout,
        attention_probs_dropout_prob=s.dropout,
        # Flash attention's backward pass is slow on processors (torch 2.13).
        attn_implementation="eager" if s.device == "cpu" else None,
        dtype=torch.float32,
    )
    tokenizer = AutoTokenizer.from_pretrained(source, revision=revision)
    if s.freeze_embeddings:
        model.base_model.embeddings.requires_grad_(False)
    return model.to(s.device), tokenizer


def _encoded(sentences: Sequence[LabelledSentence], tokenizer: Any, s: FinetuneSettings) -> Dataset:
    pairs = text_pairs(sentences, context_sentences=s.context_sentences)
    inputs = encode(tokenizer, pairs, max_tokens=s.max_tokens)
    if cut := sum(e.truncated for e in inputs):
        log.warning("%d training sentences are longer than %d tokens and were cut", cut, s.max_tokens)
    return Dataset.from_dict(
        {
            "input_ids": [e.input_ids for e in inputs],
            "token_type_ids": [e.token_type_ids for e in inputs],
            "length": [len(e.input_ids) for e in inputs],
            "label": [INDEX[sentence.label] for sentence in sentences],
        }
    )


def _batches(lengths: Sequence[int], token_budget: int, *, seed: int) -> list[list[int]]:
    """Shuffle, sort by length inside pools, cut into batches of at most `token_budget` padded tokens, shuffle."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(lengths)).tolist()
    pool = max(1, round(POOL_BATCHES * token_budget / float(np.mean(lengths))))
    batches: list[list[int]] = []
    for first in range(0, len(order), pool):
        batches.extend(_cut(sorted(order[first : first + pool], key=lambda p: lengths[p]), lengths, token_budget))
    return [batches[i] for i in rng.permutation(len(batches))]


def _cut(positions: Sequence[int], lengths: Sequence[int], token_budget: int) -> Iterator[list[int]]:
    batch: list[int] = []
    for position in positions:
        if batch and lengths[position] * (len(batch) + 1) > token_budget:
            yield batch
            batch = []
        batch.append(position)
    if batch:
        yield batch


def _optimiser(model: Any, s: FinetuneSettings, *, steps: int) -> tuple[Any, Any]:
    """AdamW with decay on matrices alone, a linear warm-up and a linear way down to zero."""
    trained = [p for p in model.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in trained if p.ndim > 1], "weight_decay": s.weight_decay},
        {"params": [p for p in trained if p.ndim <= 1], "weight_decay": 0.0},
    ]
    optimiser = torch.optim.AdamW(groups, lr=s.learning_rate, foreach=True)
    warmup = max(1, round(s.warmup_share * steps))
    scheduler = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min((step + 1) / warmup, (steps - step) / max(1, steps - warmup))
    )
    return optimiser, scheduler


def _step(
    model: Any,
    data: Dataset,
    batch: list[int],
    loss_function: nn.Module,
    tokenizer: Any,
    *,
    device: str,
    precision: str,
) -> torch.Tensor:
    """Forward one batch and return its mean loss."""
    rows = data[batch]
    encoded = [Encoded(i, t, truncated=False) for i, t in zip(rows["input_ids"], rows["token_type_ids"], strict=True)]
    inputs = collate(encoded, pad_id=tokenizer.pad_token_id, multiple=LENGTH_MULTIPLE)
    accepted = {k: v.to(device) for k, v in inputs.items() if k in tokenizer.model_input_names}
    labels = torch.tensor(rows["label"], device=device)
    with torch.autocast(torch.device(device).type, dtype=torch.bfloat16, enabled=precision == "bf16"):
        logits = model(**accepted).logits
    loss: torch.Tensor = loss_function(logits.float(), labels)
    return loss
