"""Windows of sentences as training batches: other borders in every epoch, little padding, one loss a sentence."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any, Final

import numpy as np
import torch
from datasets import Dataset
from numpy.typing import NDArray

from newsvoice.runtime.classifier import collate
from newsvoice.runtime.encoding import Tokens, cut_batches, windows
from newsvoice.runtime.tokens import Tokenizer
from pipeline.labelling.label import LabelledSentence

# Lengths are rounded up to this many tokens: fewer distinct shapes, so fewer kernels to prepare.
LENGTH_MULTIPLE: Final = 4
# Shuffled inputs are sorted by length inside pools of this many batches: little padding, still random.
POOL_BATCHES: Final = 16


def training_windows(
    sentences: Sequence[LabelledSentence],
    tokens: Sequence[Tokens],
    targets: NDArray[np.float64],
    tokenizer: Tokenizer,
    *,
    window_tokens: int,
    seed: int,
    epoch: int,
) -> Dataset:
    """Lay the sentences that an epoch reads into windows, with other borders in every epoch.

    Every sentence is learnt from once an epoch, with what stands before and behind it in its window. `targets` has a
    row a sentence (`pipeline.classifiers.targets`).
    """
    articles = sum(1 for _ in groupby(sentence.article for sentence in sentences))
    rng = np.random.default_rng((seed, epoch))
    first = rng.integers(window_tokens // 4, window_tokens, size=articles, endpoint=True).tolist()
    laid = windows(tokenizer, sentences, tokens, window_tokens=window_tokens, context_tokens=0, first_tokens=first)
    return Dataset.from_dict(
        {
            "input_ids": [w.input_ids for w in laid],
            "type_ids": [w.type_ids for w in laid],
            "spans": [[(span.start, span.end) for span in w.own] for w in laid],
            "targets": [[targets[span.position].tolist() for span in w.own] for w in laid],
            "length": [len(w.input_ids) for w in laid],
        }
    )


def shuffled_batches(lengths: Sequence[int], token_budget: int, *, seed: int) -> list[list[int]]:
    """Shuffle, sort by length inside pools, cut into batches of at most `token_budget` padded tokens, shuffle."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(lengths)).tolist()
    pool = max(1, round(POOL_BATCHES * token_budget / float(np.mean(lengths))))
    batches: list[list[int]] = []
    for first in range(0, len(order), pool):
        batches.extend(
            cut_batches(sorted(order[first : first + pool], key=lambda p: lengths[p]), lengths, token_budget)
        )
    return [batches[i] for i in rng.permutation(len(batches))]


def learnt(rows: Mapping[str, Any]) -> int:
    """How many sentences of a batch have a target."""
    return sum(any(target) for window in rows["targets"] for target in window)


def batch_loss(
    model: Any,
    rows: Mapping[str, Any],
    tokenizer: Any,
    *,
    sharpness: float,
    sentences: int,
    device: str,
    precision: str,
) -> torch.Tensor:
    """Forward some windows and return the cross-entropy of their sentences, summed and divided by `sentences`.

    That is `learnt` of the batch, of which the windows may be a part; `sharpness` pools tokens to sentences.
    """
    inputs = collate(model, tokenizer, rows["input_ids"], rows["type_ids"], multiple=LENGTH_MULTIPLE)
    with torch.autocast(torch.device(device).type, dtype=torch.bfloat16, enabled=precision == "bf16"):
        by_token = model(**{name: tensor.to(device) for name, tensor in inputs.items()}).logits
    by_sentence = pooled_logits(by_token.float(), averages(rows["spans"], by_token.shape[1]).to(device), sharpness)
    targets = torch.zeros_like(by_sentence)
    for row, of_window in zip(targets, rows["targets"], strict=True):
        row[: len(of_window)] = torch.tensor(of_window)
    return -(targets * by_sentence.log_softmax(dim=-1)).sum() / max(sentences, 1)


def pooled_logits(by_token: torch.Tensor, weights: torch.Tensor, sharpness: float) -> torch.Tensor:
    """Return `(batch, sentences, labels)` logits of tokens' `(batch, tokens, labels)`, weighed by `averages`.

    Does what `newsvoice.runtime.model.pool` does for one sentence. A row without tokens gets anything finite.
    """
    if not sharpness:
        return torch.bmm(weights, by_token)
    # One shift for a whole window keeps the exponentials finite; sentences up to 87 / sharpness below the window's
    # loudest token are exact, and logits lie far closer together (settings allow no sharpness above 4).
    shift = by_token.detach().amax(dim=1, keepdim=True)
    means = torch.bmm(weights, (sharpness * (by_token - shift)).exp())
    return shift + means.clamp_min(torch.finfo(torch.float32).tiny).log() / sharpness


def averages(spans: Sequence[Sequence[Sequence[int]]], tokens: int) -> torch.Tensor:
    """Return `(batch, sentences, tokens)` weights that take the mean over each sentence's tokens."""
    weights = torch.zeros(len(spans), max(map(len, spans)), tokens)
    for row, of_window in zip(weights, spans, strict=True):
        for sentence, (start, end) in zip(row, of_window, strict=False):
            sentence[start:end] = 1 / (end - start)
    return weights
