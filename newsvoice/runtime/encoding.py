"""What a classifier reads: windows of whole sentences. Shared by training and inference.

Every token is encoded once, between the sentences around it: context costs next to nothing, and a sentence's
answer is pooled from its own tokens' (sequential sentence classification, after Cohan et al. 2019). Sentences
inside a quotation are told by their segment id, where the encoder has segments.
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from newsvoice.errors import NewsvoiceError
from newsvoice.labels import NAMES
from newsvoice.records import Sentence, write_json
from newsvoice.rules import RULES_VERSION
from newsvoice.runtime.tokens import Tokenizer
from newsvoice.text.plain import marked
from newsvoice.text.segment import SEGMENTER_VERSION

DESCRIPTION: Final = "newsvoice.json"


@dataclass(frozen=True, slots=True)
class ModelDescription:
    """What the weights cannot say themselves; it lies beside them as `newsvoice.json`.

    `window_tokens`: longest input, special tokens included; `context_tokens`: how much of the sentences
    before a window's own is read along; `temperature` divides the logits, and then `offsets` of the label that
    the rules give a sentence (`newsvoice.rules`) are added, one for each label (calibration; empty: none).
    `sharpness` pools tokens (`newsvoice.runtime.model.pool`); `segmenter` and `rules` are the versions it was trained
    with.
    """

    name: str
    labels: tuple[str, ...]
    window_tokens: int
    context_tokens: int
    temperature: float
    offsets: Mapping[str, Sequence[float]] = field(default_factory=dict)
    sharpness: float = 0.0
    segmenter: str = SEGMENTER_VERSION
    rules: int = RULES_VERSION

    def save(self, folder: Path) -> None:
        """Write the description into a model folder."""
        write_json(folder / DESCRIPTION, asdict(self))

    @classmethod
    def load(cls, folder: Path) -> "ModelDescription":
        """Read and check a model folder's description.

        Raises `NewsvoiceError` when it is missing or broken, or the model's labels are not this version's.
        """
        path = folder / DESCRIPTION
        try:
            value: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            description = cls(**value | {"labels": tuple(value["labels"])})
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise NewsvoiceError("not a newsvoice model", where=str(path), advice="build one: make repro") from error
        for name, good in (
            ("window_tokens", _is_count(description.window_tokens, least=8)),
            ("context_tokens", _is_count(description.context_tokens, least=0)),
            ("temperature", _is_number(description.temperature) and description.temperature > 0),
            ("offsets", _are_offsets(description.offsets)),
            ("sharpness", _is_number(description.sharpness) and description.sharpness >= 0),
        ):
            if not good:
                raise NewsvoiceError(f"{name} is {getattr(description, name)!r}", where=str(path), advice="make repro")
        if description.labels != NAMES:
            raise NewsvoiceError(f"labels {description.labels} are not {NAMES}", where=str(path))
        return description


def _are_offsets(value: object) -> bool:
    """Whether it is nothing, or a finite number for each label behind each label of the rules."""
    if not isinstance(value, dict):
        return False
    rows = [row for row in value.values() if isinstance(row, list) and len(row) == len(NAMES)]
    numbers = [number for row in rows for number in row if _is_number(number)]
    return not value or (set(value) == set(NAMES) and len(numbers) == len(NAMES) ** 2)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _is_count(value: object, *, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


@dataclass(frozen=True, slots=True)
class Span:
    """Where a sentence stands in a window: `input_ids[start:end]`, its closing separator included.

    `position` is the sentence's place in the sequence that was encoded.
    """

    position: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Window:
    """Consecutive sentences of one article as one input: those read along as context, then its own.

    `type_ids` are as many as `input_ids`: 1 on the tokens of a sentence that stands inside a quotation, else 0.
    """

    input_ids: list[int]
    type_ids: list[int]
    context: tuple[Span, ...]
    own: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Tokens:
    """A sentence's token ids without special tokens, whether they had to be cut to fit a window, and its state."""

    ids: list[int]
    truncated: bool
    in_quotation: bool


def tokenize(tokenizer: Tokenizer, sentences: Sequence[Sentence], *, window_tokens: int) -> list[Tokens]:
    """Tokenize what a model reads of each sentence; one too long for a window is cut at its end."""
    if not sentences:
        return []
    texts = [marked(s.text, in_quotation=s.in_quotation) for s in sentences]
    # One token opens the window, one closes the sentence.
    longest = window_tokens - 2
    return [
        Tokens(ids[:longest], truncated=len(ids) > longest, in_quotation=sentence.in_quotation)
        for ids, sentence in zip(tokenizer.ids(texts), sentences, strict=True)
    ]


def windows(
    tokenizer: Tokenizer,
    sentences: Sequence[Sentence],
    tokens: Sequence[Tokens],
    *,
    window_tokens: int,
    context_tokens: int,
    first_tokens: Sequence[int] = (),
) -> list[Window]:
    """Lay `sentences`, in reading order, into windows of at most `window_tokens`: `[CLS] s [SEP] s [SEP] …`.

    Each sentence is some window's own exactly once. A window never crosses from one article to another, and
    takes the sentences before it along while they fit into `context_tokens`; so an answer depends on the
    article alone. `first_tokens` bounds the first window of each article instead (training moves the
    borders with it).
    """
    found: list[Window] = []
    by_article = groupby(range(len(sentences)), key=lambda position: sentences[position].article)
    for number, (_, group) in enumerate(by_article):
        positions = list(group)
        size = [len(tokens[position].ids) + 1 for position in positions]
        limit = first_tokens[number] if first_tokens else window_tokens
        first = 0
        while first < len(positions):
            before = first
            while before and 1 + sum(size[before - 1 : first]) <= context_tokens:
                before -= 1
            after, used = first, 1 + sum(size[before:first])
            if used + size[first] > limit:
                # The sentence fills the window alone.
                before, used = first, 1
            while after < len(positions) and (after == first or used + size[after] <= limit):
                used += size[after]
                after += 1
            found.append(_window(tokenizer, tokens, positions[before:first], positions[first:after]))
            first, limit = after, window_tokens
    return found


def _window(tokenizer: Tokenizer, tokens: Sequence[Tokens], context: Sequence[int], own: Sequence[int]) -> Window:
    ids, types = [tokenizer.opening], [0]
    spans = []
    for position in (*context, *own):
        start = len(ids)
        ids += [*tokens[position].ids, tokenizer.closing]
        types += [int(tokens[position].in_quotation)] * (len(ids) - start)
        spans.append(Span(position, start, len(ids)))
    return Window(ids, types, tuple(spans[: len(context)]), tuple(spans[len(context) :]))


def length_sorted_batches(lengths: Sequence[int], *, token_budget: int) -> list[list[int]]:
    """Group positions so that a batch, padded to its longest, stays within `token_budget` tokens.

    Positions come in order of length, so that little is padded; a single input may exceed the budget.
    """
    return list(cut_batches(sorted(range(len(lengths)), key=lambda p: (lengths[p], p)), lengths, token_budget))


def cut_batches(positions: Sequence[int], lengths: Sequence[int], token_budget: int) -> Iterator[list[int]]:
    """Cut `positions`, whose lengths don't fall, into batches of at most `token_budget` padded tokens."""
    batch: list[int] = []
    for position in positions:
        if batch and lengths[position] * (len(batch) + 1) > token_budget:
            yield batch
            batch = []
        batch.append(position)
    if batch:
        yield batch
