import json
from pathlib import Path
from typing import Any

import pytest

from newsvoice.errors import NewsvoiceError
from newsvoice.labels import NAMES
from newsvoice.runtime.encoding import ModelDescription, encode, length_sorted_batches, text_pairs
from newsvoice.text.segment import SEGMENTER_VERSION, from_sentences

DESCRIPTION = ModelDescription(name="m", labels=NAMES, context_sentences=2, max_tokens=64, temperature=1.25)


@pytest.fixture(scope="module")
def tokenizer(tiny_model: Path) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(tiny_model)


def test_a_description_is_saved_and_loaded(tmp_path: Path) -> None:
    DESCRIPTION.save(tmp_path)

    assert ModelDescription.load(tmp_path) == DESCRIPTION
    assert DESCRIPTION.segmenter == SEGMENTER_VERSION


@pytest.mark.parametrize(
    "change",
    [
        {"labels": list(reversed(NAMES))},
        {"labels": list(NAMES[:2])},
        {"labels": "RAE"},
        {"labels": None},
        {"mystery": 1},
        {"max_tokens": "many"},
        {"max_tokens": 0},
        {"context_sentences": -1},
        {"temperature": 0},
        {"temperature": "warm"},
    ],
    ids=str,
)
def test_a_tampered_description_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    DESCRIPTION.save(tmp_path)
    path = tmp_path / "newsvoice.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))

    with pytest.raises(NewsvoiceError, match=r"newsvoice\.json: "):
        ModelDescription.load(tmp_path)


@pytest.mark.parametrize("field", ["name", "labels", "context_sentences", "max_tokens", "temperature"])
def test_a_description_without_a_field_is_refused(tmp_path: Path, field: str) -> None:
    DESCRIPTION.save(tmp_path)
    path = tmp_path / "newsvoice.json"
    value = json.loads(path.read_text())
    del value[field]
    path.write_text(json.dumps(value))

    with pytest.raises(NewsvoiceError, match="not a newsvoice model; build one: make repro"):
        ModelDescription.load(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", "3", "null", '"x"'])
def test_a_broken_description_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "newsvoice.json").write_text(text)

    with pytest.raises(NewsvoiceError, match="not a newsvoice model; build one: make repro"):
        ModelDescription.load(tmp_path)


def test_a_missing_description_is_named(tmp_path: Path) -> None:
    with pytest.raises(NewsvoiceError, match=r"newsvoice\.json: not a newsvoice model"):
        ModelDescription.load(tmp_path)


@pytest.mark.parametrize(
    ("context_sentences", "contexts"),
    [
        (0, ["", "", "", ""]),
        (1, ["", "One.", "Two.", ""]),
        (2, ["", "One.", "One. Two.", ""]),
        (9, ["", "One.", "One. Two.", ""]),
    ],
)
def test_context_is_what_precedes_in_the_same_article(context_sentences: int, contexts: list[str]) -> None:
    sentences = [
        *from_sentences(["One.", "Two.", "Three."], article="a", paragraphs=[0, 0, 1]),
        *from_sentences(["Four."], article="b", paragraphs=[0]),
    ]

    pairs = text_pairs(sentences, context_sentences=context_sentences)

    assert pairs == list(zip(["One.", "Two.", "Three.", "Four."], contexts, strict=True))


def test_pairs_are_read_without_layout() -> None:
    sentences = from_sentences(["*One*\r\nline.", "\ufeffTwo\u00a0 lines."], article="a", paragraphs=[0, 0])

    assert text_pairs(sentences, context_sentences=1) == [("One line.", ""), ("Two lines.", "One line.")]


def test_pairs_show_the_quotation_that_a_sentence_stands_in() -> None:
    sentences = from_sentences(["“We pay.", "We do.", "They don’t,” he said."], article="a", paragraphs=[0, 0, 0])

    assert text_pairs(sentences[:2], context_sentences=1) == [("“We pay.", ""), ("“We do.”", "“We pay.")]


def tokens(tokenizer: Any, sentence: str, context: str, *, max_tokens: int) -> tuple[str, bool]:
    [encoded] = encode(tokenizer, [(sentence, context)], max_tokens=max_tokens)
    assert len(encoded.input_ids) == len(encoded.token_type_ids) <= max_tokens
    return " ".join(tokenizer.convert_ids_to_tokens(encoded.input_ids)), encoded.truncated


@pytest.mark.parametrize(
    ("sentence", "context", "max_tokens", "expected", "truncated"),
    [
        ("the ships pay", "", 5, "[CLS] the ships pay [SEP]", False),
        ("the ships pay", "", 4, "[CLS] the ships [SEP]", True),
        ("the ships pay", "she said", 9, "[CLS] the ships pay [SEP] she said [SEP]", False),
        ("the ships pay", "the mayor said", 8, "[CLS] the ships pay [SEP] mayor said [SEP]", False),
        ("the ships pay", "the mayor said", 7, "[CLS] the ships pay [SEP] said [SEP]", False),
        ("the ships pay", "the mayor said", 6, "[CLS] the ships pay [SEP]", False),
        ("the ships pay", "the mayor said", 5, "[CLS] the ships pay [SEP]", False),
        ("the ships pay", "the mayor said", 4, "[CLS] the ships [SEP]", True),
        ("", "", 8, "[CLS] [SEP]", False),
    ],
)
def test_the_sentence_goes_first_and_its_context_is_cut_first(
    tokenizer: Any, sentence: str, context: str, max_tokens: int, expected: str, truncated: bool
) -> None:
    assert tokens(tokenizer, sentence, context, max_tokens=max_tokens) == (expected, truncated)


def test_the_context_is_the_second_segment(tokenizer: Any) -> None:
    [encoded] = encode(tokenizer, [("the ships pay", "she said")], max_tokens=32)

    assert encoded.token_type_ids == [0, 0, 0, 0, 0, 1, 1, 1]


def test_encoding_leaves_the_tokenizer_as_it_was(tokenizer: Any) -> None:
    side = tokenizer.truncation_side
    encode(tokenizer, [("the ships pay", "she said")], max_tokens=6)

    assert tokenizer.truncation_side == side


def test_nothing_is_encoded_as_nothing(tokenizer: Any) -> None:
    assert encode(tokenizer, [], max_tokens=32) == []


@pytest.mark.parametrize(
    ("lengths", "budget", "batches"),
    [
        ([], 8, []),
        ([4, 4, 4], 8, [[0, 1], [2]]),
        ([5, 1, 3, 1], 6, [[1, 3], [2], [0]]),
        ([9, 2], 6, [[1], [0]]),
        ([2, 2, 2], 100, [[0, 1, 2]]),
    ],
)
def test_batches_stay_within_the_token_budget(lengths: list[int], budget: int, batches: list[list[int]]) -> None:
    assert length_sorted_batches(lengths, token_budget=budget) == batches
