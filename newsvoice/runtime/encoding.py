"""What a classifier reads: a sentence and the words before it. Shared by training and inference."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from newsvoice.errors import NewsvoiceError
from newsvoice.labels import NAMES
from newsvoice.records import Sentence, write_json
from newsvoice.text.plain import marked
from newsvoice.text.segment import SEGMENTER_VERSION

DESCRIPTION: Final = "newsvoice.json"


@dataclass(frozen=True, slots=True)
class ModelDescription:
    """What the weights cannot say themselves; it lies beside them as `newsvoice.json`.

    `context_sentences`: how many preceding sentences of the article the model reads along.
    `max_tokens`: longest input, special tokens included; `temperature` divides the logits (calibration).
    """

    name: str
    labels: tuple[str, ...]
    context_sentences: int
    max_tokens: int
    temperature: float
    segmenter: str = SEGMENTER_VERSION

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
            ("context_sentences", _is_count(description.context_sentences, least=0)),
            ("max_tokens", _is_count(description.max_tokens, least=8)),
            ("temperature", isinstance(description.temperature, (int, float)) and description.temperature > 0),
        ):
            if not good:
                raise NewsvoiceError(f"{name} is {getattr(description, name)!r}", where=str(path), advice="make repro")
        if description.labels != NAMES:
            raise NewsvoiceError(f"labels {description.labels} are not {NAMES}", where=str(path))
        return description


def _is_count(value: object, *, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def text_pairs(sentences: Sequence[Sentence], *, context_sentences: int) -> list[tuple[str, str]]:
    """Return `(sentence, context)` for each sentence; the context is empty at an article's start.

    `sentences` are in reading order; only those given, of the same article, serve as context.
    """
    pairs = []
    for position, sentence in enumerate(sentences):
        before = sentences[max(0, position - context_sentences) : position]
        context = " ".join(_read(other) for other in before if other.article == sentence.article)
        pairs.append((_read(sentence), context))
    return pairs


def _read(sentence: Sentence) -> str:
    return marked(sentence.text, in_quotation=sentence.in_quotation)


@dataclass(frozen=True, slots=True)
class Encoded:
    """Token ids of one input, and whether the sentence itself had to be cut to fit."""

    input_ids: list[int]
    token_type_ids: list[int]
    truncated: bool


def encode(tokenizer: Any, pairs: Sequence[tuple[str, str]], *, max_tokens: int) -> list[Encoded]:
    """Tokenize pairs: the sentence first and whole if it fits, then the end of its context.

    A sentence longer than the model's window is cut at its end and marked `truncated`. `tokenizer` is a
    `transformers` tokenizer; its own special tokens and segment ids frame the pair.
    """
    lengths = [len(ids) for ids in _ids(tokenizer, [sentence for sentence, _ in pairs])]
    alone = max_tokens - tokenizer.num_special_tokens_to_add(pair=False)
    # Below this many free tokens a context is not worth its separator.
    framed = max_tokens - tokenizer.num_special_tokens_to_add(pair=True)
    encoded = []
    side = tokenizer.truncation_side
    for (sentence, context), length in zip(pairs, lengths, strict=True):
        if context and length < framed:
            tokenizer.truncation_side = "left"
            inputs = tokenizer(sentence, context, truncation="only_second", max_length=max_tokens)
        else:
            tokenizer.truncation_side = "right"
            inputs = tokenizer(sentence, truncation=True, max_length=max_tokens)
        ids = inputs["input_ids"]
        types = inputs.get("token_type_ids", [0] * len(ids))
        encoded.append(Encoded(input_ids=ids, token_type_ids=types, truncated=length > alone))
    tokenizer.truncation_side = side
    return encoded


def _ids(tokenizer: Any, texts: Sequence[str]) -> list[list[int]]:
    if not texts:
        return []
    ids: list[list[int]] = tokenizer(list(texts), add_special_tokens=False, verbose=False)["input_ids"]
    return ids


def length_sorted_batches(lengths: Sequence[int], *, token_budget: int) -> list[list[int]]:
    """Group positions so that a batch, padded to its longest, stays within `token_budget` tokens.

    Positions come in order of length, so that little is padded; a single input may exceed the budget.
    """
    batches: list[list[int]] = []
    for position in sorted(range(len(lengths)), key=lambda p: (lengths[p], p)):
        if batches and lengths[position] * (len(batches[-1]) + 1) <= token_budget:
            batches[-1].append(position)
        else:
            batches.append([position])
    return batches
