import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from newsvoice.errors import NewsvoiceError
from newsvoice.labels import NAMES
from newsvoice.records import Sentence
from newsvoice.runtime.encoding import ModelDescription, Window, length_sorted_batches, tokenize, windows
from newsvoice.runtime.tokens import Tokenizer
from newsvoice.text.segment import SEGMENTER_VERSION, from_sentences

DESCRIPTION = ModelDescription(name="m", labels=NAMES, window_tokens=64, context_tokens=16, temperature=1.25)


@pytest.fixture(scope="module")
def tokenizer(tiny_model: Path) -> Tokenizer:
    return Tokenizer.load(tiny_model)


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
        {"window_tokens": "many"},
        {"window_tokens": 0},
        {"context_tokens": -1},
        {"temperature": 0},
        {"temperature": "warm"},
        {"temperature": float("inf")},
        {"temperature": True},
        {"sharpness": True},
        {"sharpness": -1},
        {"sharpness": "very"},
        {"sharpness": float("inf")},
        {"offsets": [0, 0, 0]},
        {"offsets": {NAMES[0]: [0, 0, 0]}},
        {"offsets": {key: [0, 0] for key in NAMES}},
        {"offsets": {key: [0, 0, "much"] for key in NAMES}},
        {"offsets": {key: [0, 0, float("nan")] for key in NAMES}},
    ],
    ids=str,
)
def test_a_tampered_description_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    DESCRIPTION.save(tmp_path)
    path = tmp_path / "newsvoice.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))

    with pytest.raises(NewsvoiceError, match=r"newsvoice\.json: "):
        ModelDescription.load(tmp_path)


@pytest.mark.parametrize("field", ["name", "labels", "window_tokens", "context_tokens", "temperature"])
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


def article(*texts: str, name: str = "a") -> list[Sentence]:
    return from_sentences(list(texts), article=name, paragraphs=[0] * len(texts))


def lay(
    tokenizer: Tokenizer,
    sentences: list[Sentence],
    *,
    window_tokens: int,
    context_tokens: int = 0,
    first: Sequence[int] = (),
) -> list[Window]:
    tokens = tokenize(tokenizer, sentences, window_tokens=window_tokens)
    return windows(
        tokenizer,
        sentences,
        tokens,
        window_tokens=window_tokens,
        context_tokens=context_tokens,
        first_tokens=first,
    )


def words(tokenizer: Tokenizer, window: Window) -> str:
    return " ".join(map(tokenizer.backend.id_to_token, window.input_ids))


def own(found: list[Window]) -> list[list[int]]:
    return [[span.position for span in window.own] for window in found]


def context(found: list[Window]) -> list[list[int]]:
    return [[span.position for span in window.context] for window in found]


# "the ships pay" and "she said not" are three tokens each, four with the separator.
FIVE = ["the ships pay", "she said not", "the mayor said", "it was not", "we pay he"]


def test_whole_sentences_fill_a_window_between_separators(tokenizer: Tokenizer) -> None:
    [window] = lay(tokenizer, article(*FIVE[:2]), window_tokens=9)

    assert words(tokenizer, window) == "[CLS] the ships pay [SEP] she said not [SEP]"
    assert [(span.position, span.start, span.end) for span in window.own] == [(0, 1, 5), (1, 5, 9)]
    assert window.context == ()


@pytest.mark.parametrize(
    ("window_tokens", "context_tokens", "expected_own", "expected_context"),
    [
        (9, 0, [[0, 1], [2, 3], [4]], [[], [], []]),
        (8, 0, [[0], [1], [2], [3], [4]], [[], [], [], [], []]),
        (9, 4, [[0, 1], [2, 3], [4]], [[], [], []]),
        (9, 5, [[0, 1], [2], [3], [4]], [[], [1], [2], [3]]),
        (13, 9, [[0, 1, 2], [3], [4]], [[], [1, 2], [2, 3]]),
        (64, 16, [[0, 1, 2, 3, 4]], [[]]),
    ],
)
def test_windows_own_each_sentence_once_and_read_those_before_along(
    tokenizer: Tokenizer,
    window_tokens: int,
    context_tokens: int,
    expected_own: list[list[int]],
    expected_context: list[list[int]],
) -> None:
    found = lay(tokenizer, article(*FIVE), window_tokens=window_tokens, context_tokens=context_tokens)

    assert own(found) == expected_own
    assert context(found) == expected_context
    assert all(len(window.input_ids) <= window_tokens for window in found)


def test_a_window_never_crosses_into_another_article(tokenizer: Tokenizer) -> None:
    found = lay(tokenizer, [*article(*FIVE[:2]), *article(*FIVE[2:], name="b")], window_tokens=64, context_tokens=32)

    assert own(found) == [[0, 1], [2, 3, 4]]
    assert context(found) == [[], []]


def test_the_first_window_of_each_article_can_be_made_shorter(tokenizer: Tokenizer) -> None:
    sentences = [*article(*FIVE), *article(*FIVE[:3], name="b")]

    assert own(lay(tokenizer, sentences, window_tokens=17, first=[5, 9])) == [[0], [1, 2, 3, 4], [5, 6], [7]]


def test_a_sentence_that_leaves_no_room_stands_alone(tokenizer: Tokenizer) -> None:
    found = lay(tokenizer, article("she said not", "the ships pay the fee", "no"), window_tokens=8, context_tokens=6)

    assert own(found)[:2] == [[0], [1]]
    assert context(found)[1] == []


@pytest.mark.parametrize(("window_tokens", "expected"), [(5, False), (4, True)])
def test_a_sentence_too_long_for_a_window_is_cut_and_says_so(
    tokenizer: Tokenizer, window_tokens: int, expected: bool
) -> None:
    [tokens] = tokenize(tokenizer, article("the ships pay"), window_tokens=window_tokens)

    assert tokens.truncated is expected
    assert len(tokens.ids) == window_tokens - 2


def test_sentences_are_read_without_layout_and_with_the_marks_of_a_running_quotation(tokenizer: Tokenizer) -> None:
    def read(sentences: list[Sentence]) -> str:
        return words(tokenizer, lay(tokenizer, sentences, window_tokens=64)[0])

    assert read(article("*the ships*\r\npay", "\ufeffshe\u00a0 said")) == "[CLS] the ships pay [SEP] she said [SEP]"
    quoted = article("“we pay.", "she said.", "he said,” he said.")
    assert read(quoted).startswith("[CLS] “ we pay . [SEP] “ she said . ” [SEP]")


def test_a_sentence_inside_a_quotation_has_a_segment_of_its_own(tokenizer: Tokenizer) -> None:
    [window] = lay(tokenizer, article("he said", "“we pay.", "she said.”", "ship"), window_tokens=64)

    assert words(tokenizer, window) == "[CLS] he said [SEP] “ we pay . [SEP] “ she said . ” [SEP] ship [SEP]"
    assert window.type_ids == [0] * 4 + [1] * 5 + [1] * 6 + [0] * 2


def test_nothing_is_laid_out_as_nothing(tokenizer: Tokenizer) -> None:
    assert lay(tokenizer, [], window_tokens=32) == []


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
